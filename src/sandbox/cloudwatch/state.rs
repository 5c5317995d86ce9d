//! What exists in CloudWatch, in one region of one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::kept::Members as _;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::world::Milliseconds;

/// What exists in CloudWatch, in one region of one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Alarms by name.
    pub alarms: BTreeMap<String, Versioned<Alarm>>,
}

/// An alarm of one metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What was set, by the names of the API.
    pub settings: Value,
    /// When it was written last.
    pub updated: Milliseconds,
}

impl State {
    /// Names of the alarms that do something, by its ARN.
    pub fn that_do(&self, lens: Lens, action: &str) -> Vec<String> {
        let does = |alarm: &Alarm| alarm.settings.texts("AlarmActions").contains(&action);
        let seen = self.alarms.iter().filter(|(name, alarm)| alarm.seen(lens, name).is_some_and(does));
        seen.map(|(name, _)| name.clone()).collect()
    }
}
