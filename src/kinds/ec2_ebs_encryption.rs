//! EBS encryption by default, a setting of the region (ACC-2, ACC-3).

use serde::{Deserialize, Serialize};

use crate::model::{Link, Shape};

/// Whether new volumes are encrypted, and with which key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EbsEncryption {
    /// New volumes are encrypted.
    pub enabled: bool,
    /// The ARN of the default key, or `alias/aws/ebs`; unmanaged where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Link>,
}

impl Shape for EbsEncryption {
    const KIND: &'static str = "ec2.ebs-encryption";
}
