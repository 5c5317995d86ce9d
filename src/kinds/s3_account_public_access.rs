//! The S3 public-access block of the whole account (ACC-1).

use serde::{Deserialize, Serialize};

use crate::model::Shape;

/// The four switches that keep buckets private, on a bucket or on the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicAccessBlock {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Existing public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// New public bucket policies are refused.
    pub block_public_policy: bool,
    /// Existing public bucket policies reach only the account itself.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four switches in one position.
    pub const fn all(on: bool) -> Self {
        Self {
            block_public_acls: on,
            ignore_public_acls: on,
            block_public_policy: on,
            restrict_public_buckets: on,
        }
    }
}

impl Shape for PublicAccessBlock {
    const KIND: &'static str = "s3.account-public-access";
}
