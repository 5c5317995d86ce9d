//! The region's defaults for the instance metadata service (ACC-4).

use serde::{Deserialize, Serialize};

use crate::model::Shape;

/// What an instance gets whose launch says nothing about metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceMetadataDefaults {
    /// `required` (IMDSv2 only), `optional`, or `no-preference` where the account has none.
    pub http_tokens: String,
    /// How many network hops an answer may travel; unmanaged where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop_limit: Option<i64>,
}

impl Shape for InstanceMetadataDefaults {
    const KIND: &'static str = "ec2.instance-metadata-defaults";
}
