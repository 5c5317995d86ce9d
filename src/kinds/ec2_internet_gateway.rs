//! An internet gateway and the VPC it is attached to (aws-truths 1.7).

use serde::{Deserialize, Serialize};

use crate::model::{Link, Shape};

/// An internet gateway. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternetGateway {
    /// The id of the VPC it is attached to; detached where absent.
    pub vpc: Option<Link>,
}

impl Shape for InternetGateway {
    const KIND: &'static str = "ec2.internet-gateway";
}
