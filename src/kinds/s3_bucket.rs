//! A bucket with all its settings (aws-truths 1.2).

use serde::{Deserialize, Serialize};

use super::s3_account_public_access::PublicAccessBlock;
use crate::model::{Dict, Document, Link, Set, Shape};

/// A bucket. Its ARN is computable, so it has no outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The globally unique name.
    pub bucket: String,
    /// Object ownership: `BucketOwnerEnforced` switches ACLs off (S3-8); `none` where AWS has no record of it.
    pub ownership: String,
    /// The bucket's own public-access block.
    pub public_access: PublicAccessBlock,
    /// Encryption of new objects.
    pub encryption: Encryption,
    /// `Enabled`, `Suspended`, or `Unset` where it was never switched on.
    pub versioning: String,
    /// The bucket policy; none may exist where absent.
    pub policy: Option<Document>,
    /// Lifecycle rules by their id.
    pub lifecycle: Dict<LifecycleRule>,
    /// Server access logging; off where absent.
    pub logging: Option<Logging>,
    /// Object Lock, which can never be switched off again; unmanaged where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_lock: Option<ObjectLock>,
}

/// Encryption of new objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// `AES256` (SSE-S3), `aws:kms`, or `none` where AWS has no record of it.
    pub algorithm: String,
    /// The full ARN of the key for `aws:kms` (S3-9).
    pub kms_key: Option<Link>,
    /// A bucket key, which saves calls to KMS.
    pub bucket_key: bool,
}

/// One lifecycle rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// Whether it is in force.
    pub enabled: bool,
    /// The objects it covers; empty for the whole bucket (S3-27).
    pub prefix: String,
    /// When current versions move to cheaper storage.
    pub transitions: Set<Transition>,
    /// Days until current versions expire.
    pub expire_after_days: Option<i64>,
    /// Days until noncurrent versions are deleted.
    pub noncurrent_expire_after_days: Option<i64>,
    /// Days until an incomplete upload is dropped.
    pub abort_incomplete_after_days: Option<i64>,
    /// What a live rule has that this vocabulary does not cover, in words; never wanted.
    pub unsupported: Option<String>,
}

/// One move to cheaper storage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// Days after creation.
    pub after_days: i64,
    /// The storage class, such as `GLACIER` or `STANDARD_IA`.
    pub storage_class: String,
}

/// Server access logging.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// The bucket that receives the logs, by name.
    pub target: String,
    /// What the log objects' keys start with.
    pub prefix: String,
}

/// Object Lock with its default retention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectLock {
    /// `GOVERNANCE` or `COMPLIANCE`; no default retention where absent.
    pub mode: Option<String>,
    /// Days of default retention.
    pub days: Option<i64>,
}

impl Shape for Bucket {
    const KIND: &'static str = "s3.bucket";
}
