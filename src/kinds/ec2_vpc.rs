//! A VPC with its DNS attributes and the default security group AWS put into it (aws-truths 1.7).

use serde::{Deserialize, Serialize};

use super::security_rule::SecurityRule;
use crate::model::{Set, Shape};

/// A VPC. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// The primary IPv4 range, canonical.
    pub cidr: String,
    /// Names resolve inside the VPC.
    pub dns_support: bool,
    /// Instances get DNS names.
    pub dns_hostnames: bool,
    /// What the default security group lets in.
    pub default_ingress: Set<SecurityRule>,
    /// What the default security group lets out.
    pub default_egress: Set<SecurityRule>,
}

impl Shape for Vpc {
    const KIND: &'static str = "ec2.vpc";
}
