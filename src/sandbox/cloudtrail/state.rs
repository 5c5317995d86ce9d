//! What exists in CloudTrail, in one region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sandbox::gone::lingering;
use crate::sandbox::lag::Versioned;
use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::Milliseconds;
use crate::sandbox::world::partition_of;

/// What exists in CloudTrail.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Trails whose home region this is, by their name (CT-1).
    pub trails: BTreeMap<String, Versioned<Trail>>,
    /// What was deleted lately.
    #[serde(default)]
    pub gone: Gone,
}

lingering! {
    State,
    |world, account, region| &mut world.region(account, region).cloudtrail,
    trails: Versioned<Trail>,
}

/// A trail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trail {
    /// The bucket that receives the logs.
    pub bucket: String,
    /// What the log objects' keys start with.
    pub prefix: Option<String>,
    /// Whether events of global services are recorded.
    pub global_events: bool,
    /// Whether it records every region, in all of which it has a shadow (CT-2).
    pub multi_region: bool,
    /// Whether it writes digests.
    pub validation: bool,
    /// The log group and the role that writes to it.
    pub log_group: Option<(String, String)>,
    /// The ARN of the key that encrypts the logs (CT-14).
    pub key: Option<String>,
    /// Whether it records the whole organization (CT-9).
    pub organization: bool,
    /// Whether it records at all: a new trail does not (CT-3).
    pub logging: bool,
    /// When logging was last switched on.
    pub started: Option<Milliseconds>,
    /// When logging was last switched off.
    pub stopped: Option<Milliseconds>,
    /// Basic or advanced selectors, as they are shown; the default one where absent.
    pub selectors: Option<Selectors>,
    /// Insight selectors, as they were sent.
    pub insights: Option<Value>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When its tags were last written.
    pub tagged: Milliseconds,
}

/// Which events a trail records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selectors {
    /// `EventSelectors`.
    Basic(Value),
    /// `AdvancedEventSelectors`.
    Advanced(Value),
}

impl Selectors {
    /// What a trail records that nobody told otherwise.
    pub fn default_basic() -> Value {
        json!([{
            "ReadWriteType": "All",
            "IncludeManagementEvents": true,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }])
    }
}

impl Index for State {
    fn tagged(&self, account: &str, region: &str) -> Vec<Tagged> {
        let all = self.trails.iter();
        all.map(|(name, trail)| Tagged {
            arn: format!("arn:{}:cloudtrail:{region}:{account}:trail/{name}", partition_of(region)),
            tags: trail.truth().tags.clone(),
            since: trail.truth().tagged,
        })
        .collect()
    }
}
