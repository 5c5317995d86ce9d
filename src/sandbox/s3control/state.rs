//! What exists in S3 Control, in one account.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::lag::{Lens, Versioned};

/// What exists in S3 Control.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// The account's public access block, with effect in every region; regions hear of it one by one (ACC-1).
    pub public_access_block: Option<Versioned<Option<Value>>>,
}

impl State {
    /// The public access block as this call sees it.
    pub fn seen(&self, lens: Lens) -> Option<&Value> {
        self.public_access_block.as_ref()?.seen(lens, "account-public-access")?.as_ref()
    }
}
