//! A public address that stays (aws-truths 1.7).

use serde::{Deserialize, Serialize};

use crate::model::Shape;

/// An elastic address. Output: `id`, its allocation id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticIp {
    /// `vpc`.
    pub domain: String,
}

impl Shape for ElasticIp {
    const KIND: &'static str = "ec2.elastic-ip";
}
