//! What exists in IAM.

use serde::{Deserialize, Serialize};

use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::Birth;

/// What exists in IAM.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    account: String,
}

impl State {
    /// What a new account comes with.
    pub fn born(birth: &mut Birth<'_>) -> Self {
        Self { account: birth.account.to_owned() }
    }

    /// The ARN and unique id of the user whose active access key this is.
    pub fn user_of_key(&self, _access_key: &str) -> Option<(String, String)> {
        None
    }

    /// The unique id of a user or role and when it was made.
    pub fn unique_id(&self, _arn: &str, _resource: &str) -> Option<(String, i64)> {
        None
    }

    /// Whether a user or role has this unique id.
    pub fn has_unique_id(&self, _id: &str) -> bool {
        false
    }

    /// The ARN and unique id of the session that credentials without a user of their own stand for.
    pub fn administrator(&self) -> (String, String) {
        (format!("arn:aws:iam::{}:root", self.account), self.account.clone())
    }
}

impl Index for State {
    fn tagged(&self, _account: &str, _region: &str) -> Vec<Tagged> {
        Vec::new()
    }
}
