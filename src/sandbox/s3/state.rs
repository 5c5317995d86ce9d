//! Buckets and their contents, in one account.

use serde::{Deserialize, Serialize};

use crate::sandbox::tagging::{Index, Tagged};

/// Buckets and their contents, in one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}

/// Who holds a bucket name, in the one table of all accounts (S3-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The account's twelve digits.
    pub account: String,
    /// The bucket's region.
    pub region: String,
}

impl Index for State {
    fn tagged(&self, _account: &str, _region: &str) -> Vec<Tagged> {
        Vec::new()
    }
}
