//! A security group with its rules, edited rule by rule (aws-truths 1.8).

use serde::{Deserialize, Serialize};

use super::security_rule::SecurityRule;
use crate::model::{Link, Set, Shape};

/// A security group. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// The name, unique in the VPC.
    pub name: String,
    /// What it is for; AWS never lets it change.
    pub description: String,
    /// The VPC's id.
    pub vpc: Link,
    /// What it lets in.
    pub ingress: Set<SecurityRule>,
    /// What it lets out; a new group lets everything out (SG-3).
    pub egress: Set<SecurityRule>,
}

impl Shape for SecurityGroup {
    const KIND: &'static str = "ec2.security-group";
}
