//! What exists in EC2 and VPC, in one region of one account.

use serde::{Deserialize, Serialize};

use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::Birth;

/// What exists in EC2 and VPC, in one region of one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}

impl State {
    /// What a new region comes with: the default VPC and all it holds.
    pub fn born(_birth: &mut Birth<'_>) -> Self {
        Self::default()
    }
}

impl Index for State {
    fn tagged(&self, _account: &str, _region: &str) -> Vec<Tagged> {
        Vec::new()
    }
}
