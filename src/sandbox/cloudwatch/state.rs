//! What exists in CloudWatch, in one region of one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::kept::Members as _;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::{Milliseconds, partition_of};

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
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl State {
    /// Names of the alarms that do something, by its ARN.
    pub fn that_do(&self, lens: Lens, action: &str) -> Vec<String> {
        let does = |alarm: &Alarm| alarm.settings.texts("AlarmActions").contains(&action);
        let seen = self.alarms.iter().filter(|(name, alarm)| alarm.seen(lens, name).is_some_and(does));
        seen.map(|(name, _)| name.clone()).collect()
    }
    /// Takes an action away from all alarms, as when what it sets off is deleted.
    pub fn forget(&mut self, now: Milliseconds, action: &str) {
        for alarm in self.alarms.values_mut() {
            let actions = alarm.truth().settings.texts("AlarmActions");
            if actions.contains(&action) {
                let left: Vec<Value> =
                    actions.into_iter().filter(|one| *one != action).map(Value::from).collect();
                alarm.change(now).settings.set("AlarmActions", left);
            }
        }
    }
}

impl Index for State {
    fn tagged(&self, account: &str, region: &str) -> Vec<Tagged> {
        let partition = partition_of(region);
        let tagged = |(name, alarm): (&String, &Versioned<Alarm>)| Tagged {
            arn: format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"),
            tags: alarm.truth().tags.clone(),
            since: alarm.truth().updated,
        };
        self.alarms.iter().map(tagged).collect()
    }
}
