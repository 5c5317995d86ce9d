//! What exists in Elastic Load Balancing, in one region of one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::classic;
use super::listener::Listener;
use super::load_balancer::LoadBalancer;
use super::rule::Rule;
use super::tags::TagSet;
use super::target_group::TargetGroup;
use crate::sandbox::gone::lingering;
use crate::sandbox::lag::Versioned;
use crate::sandbox::tagging::{Index, Tagged};

/// Things by ARN.
pub type Things<T> = BTreeMap<String, Versioned<T>>;

/// What exists in Elastic Load Balancing, in one region of one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Load balancers.
    pub load_balancers: Things<LoadBalancer>,
    /// Classic Load Balancers, by name.
    pub classic: Things<classic::Balancer>,
    /// Target groups with their targets.
    pub target_groups: Things<TargetGroup>,
    /// Listeners of all load balancers.
    pub listeners: Things<Listener>,
    /// Rules of all listeners beside their default actions.
    pub rules: Things<Rule>,
    /// Tags: everything that exists has an entry.
    pub tags: Things<TagSet>,
    /// What was deleted lately.
    pub gone: Gone,
}

lingering! {
    State,
    |world, account, region| &mut world.region(account, region).elb,
    load_balancers: Versioned<LoadBalancer>,
    target_groups: Versioned<TargetGroup>,
    listeners: Versioned<Listener>,
    rules: Versioned<Rule>,
    tags: Versioned<TagSet>,
}

impl Index for State {
    fn tagged(&self, _account: &str, _region: &str) -> Vec<Tagged> {
        let thing = |(arn, set): (&String, &Versioned<TagSet>)| {
            let set = set.truth();
            Some(Tagged { arn: arn.clone(), tags: set.tags.clone(), since: set.since? })
        };
        self.tags.iter().filter_map(thing).collect()
    }
}
