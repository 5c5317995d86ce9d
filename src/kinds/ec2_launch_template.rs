//! A launch template; its default version is what counts (aws-truths 1.10).

use serde::{Deserialize, Serialize};

use crate::model::{Dict, Link, Set, Shape};

/// A launch template. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchTemplate {
    /// The name, unique in the region.
    pub template: String,
    /// An AMI id, or `resolve:ssm:` and a parameter's name.
    pub image: String,
    /// Such as `t3.micro`.
    pub instance_type: String,
    /// Ids of the instances' security groups.
    pub security_groups: Set<Link>,
    /// The name of the instance profile; none where absent.
    pub instance_profile: Option<String>,
    /// `required` for IMDSv2 only.
    pub http_tokens: String,
    /// How many hops a metadata answer may travel.
    pub hop_limit: i64,
    /// Detailed monitoring, at one-minute steps.
    pub detailed_monitoring: bool,
    /// Volumes by device name.
    pub volumes: Dict<Volume>,
    /// The script run at first boot, as plain text; none where absent.
    pub user_data: Option<String>,
}

/// One volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The ARN of its key; the region's default key where absent.
    pub kms_key: Option<Link>,
    /// Such as `gp3`.
    pub volume_type: String,
    /// Size in GiB; the image's where absent.
    pub size_gib: Option<i64>,
}

impl Shape for LaunchTemplate {
    const KIND: &'static str = "ec2.launch-template";
}
