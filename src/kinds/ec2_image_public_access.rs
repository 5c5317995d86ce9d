//! Whether AMIs may be shared with everyone, a setting of the region (ACC-5).

use serde::{Deserialize, Serialize};

use crate::model::Shape;

/// The public-access block of AMIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagePublicAccess {
    /// `block-new-sharing` or `unblocked`.
    pub state: String,
}

impl Shape for ImagePublicAccess {
    const KIND: &'static str = "ec2.image-public-access";
}
