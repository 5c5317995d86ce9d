//! What exists in EC2 and VPC, in one region of one account.

use serde::{Deserialize, Serialize};

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
