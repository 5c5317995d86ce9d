//! A public NAT gateway (aws-truths 1.7).

use serde::{Deserialize, Serialize};

use crate::model::{Link, Shape};

/// A NAT gateway. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatGateway {
    /// The public subnet it stands in.
    pub subnet: Link,
    /// The allocation id of its elastic address.
    pub address: Link,
}

impl Shape for NatGateway {
    const KIND: &'static str = "ec2.nat-gateway";
}
