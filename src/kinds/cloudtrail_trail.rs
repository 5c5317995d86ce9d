//! A trail with its selectors and whether it is logging (aws-truths 1.3).

use serde::{Deserialize, Serialize};

use crate::model::{Link, Set, Shape};

/// A trail. Its ARN is computable, so it has no outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// The name, unique in the account and home region.
    pub trail: String,
    /// The bucket that receives the logs, by name.
    pub bucket: String,
    /// What the log objects' keys start with; nothing where absent.
    pub prefix: Option<String>,
    /// The ARN of the key that encrypts log files.
    pub kms_key: Option<Link>,
    /// Records every region.
    pub multi_region: bool,
    /// Records events of global services such as IAM.
    pub global_events: bool,
    /// Writes digests that show whether a log file was changed.
    pub validation: bool,
    /// Whether it records at all: a new trail does not (CT-3).
    pub logging: bool,
    /// Management events: `All`, `ReadOnly`, `WriteOnly` or `None`.
    pub management_events: String,
    /// Sources whose management events are left out, such as `kms.amazonaws.com`.
    pub excluded_sources: Set<String>,
    /// Data events.
    pub data_events: Set<DataEvents>,
    /// Insight types: `ApiCallRateInsight`, `ApiErrorRateInsight`.
    pub insights: Set<String>,
    /// What live selectors have that this vocabulary does not cover, in words; never wanted.
    pub unsupported_selectors: Option<String>,
}

/// Data events of one resource type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataEvents {
    /// `AWS::S3::Object`, `AWS::Lambda::Function` or `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// ARNs or ARN prefixes; `arn:aws:s3` stands for every bucket.
    pub resources: Set<String>,
}

impl Shape for Trail {
    const KIND: &'static str = "cloudtrail.trail";
}
