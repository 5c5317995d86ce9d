//! Whether EBS snapshots may be shared with everyone, a setting of the region (ACC-5).

use serde::{Deserialize, Serialize};

use crate::model::Shape;

/// The public-access block of snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPublicAccess {
    /// `block-all-sharing`, `block-new-sharing` or `unblocked`.
    pub state: String,
}

impl Shape for SnapshotPublicAccess {
    const KIND: &'static str = "ec2.snapshot-public-access";
}
