//! What exists in CloudTrail.

use serde::{Deserialize, Serialize};

use crate::sandbox::tagging::{Index, Tagged};

/// What exists in CloudTrail.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}

impl Index for State {
    fn tagged(&self, _account: &str, _region: &str) -> Vec<Tagged> {
        Vec::new()
    }
}
