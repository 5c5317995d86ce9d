//! What exists in S3 Control, in one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::lag::{Lens, Versioned};

/// What exists in S3 Control.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// The account's public access block, with effect in every region; regions hear of it one by one (ACC-1).
    pub public_access_block: Option<Versioned<Option<Value>>>,
    /// Access points by their place.
    #[serde(default)]
    pub access_points: BTreeMap<String, AccessPoint>,
}

impl State {
    /// The public access block as this call sees it.
    pub fn seen(&self, lens: Lens) -> Option<&Value> {
        self.public_access_block.as_ref()?.seen(lens, "account-public-access")?.as_ref()
    }
}

/// Another door to a bucket, or to one bucket in each of several regions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessPoint {
    /// Its name.
    pub name: String,
    /// By what name of a bucket requests may reach it.
    #[serde(default)]
    pub alias: String,
    /// The bucket, or buckets.
    pub buckets: Vec<String>,
    /// The VPC from which alone it is reached.
    pub vpc: Option<String>,
    /// Its own block of public access.
    pub block: Value,
    /// Its policy.
    pub policy: Option<String>,
}

impl AccessPoint {
    /// Where it is kept: names are unique in a region. Those of several regions have none.
    pub fn place(region: &str, name: &str) -> String {
        format!("{region}/{name}")
    }
}
