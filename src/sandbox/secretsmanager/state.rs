//! What exists in Secrets Manager, in one region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::Milliseconds;

/// What exists in Secrets Manager.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Secrets by name.
    pub secrets: BTreeMap<String, Secret>,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its ARN, which ends in six letters that AWS chose.
    pub arn: String,
    /// What it is for.
    pub description: String,
    /// Its versions, the one in force last.
    pub versions: Vec<Version>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub made: Milliseconds,
    /// When it goes, where it is to be deleted.
    pub deleted: Option<Milliseconds>,
}

/// A version of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its id: the token of the call that wrote it.
    pub id: String,
    /// Its value.
    pub value: String,
    /// When it was written.
    pub at: Milliseconds,
}

impl Index for State {
    fn tagged(&self, _: &str, _: &str) -> Vec<Tagged> {
        let tagged = |secret: &Secret| Tagged {
            arn: secret.arn.clone(),
            tags: secret.tags.clone(),
            since: secret.made,
        };
        self.secrets.values().map(tagged).collect()
    }
}
