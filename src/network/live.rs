//! A network as it was found in an account.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::class::{Public, Role};
use super::model::{Id, Network};

/// What was found in one region of an account. Things are named by their address in the baseline where they carry its
/// tags, and otherwise by their id, with the name that somebody gave them.
#[derive(Debug, Clone, Default)]
pub struct LiveNetwork {
    /// What filters and what sends on.
    pub network: Network,
    /// Who opens connections and answers.
    pub interfaces: Vec<LiveInterface>,
    /// The availability zones of subnets.
    pub zones: BTreeMap<Id, String>,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveInterface {
    /// Its id.
    pub id: Id,
    /// The instance it is attached to.
    pub instance: Option<Id>,
    /// Its subnet.
    pub subnet: Id,
    /// Its security groups.
    pub groups: Vec<Id>,
    /// Its private addresses and those of IPv6, and ranges that were given to it whole.
    pub addresses: Vec<IpNet>,
    /// Whether it has a public IPv4 address.
    pub public: Public,
    /// What it does.
    pub role: Role,
    /// What AWS or a person calls it, where it is no plain instance: a load balancer, an endpoint.
    pub name: Option<String>,
}

/// What people call the things of a network, by id.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    by_id: BTreeMap<Id, Id>,
    taken: BTreeSet<Id>,
}

impl Labels {
    /// Names a thing; a name that another one has already is not taken twice.
    pub fn add(&mut self, id: &str, label: String) {
        let label = if self.taken.insert(label.clone()) { label } else { id.to_owned() };
        self.by_id.insert(id.to_owned(), label);
    }

    /// What the thing of an id is called.
    pub fn of(&self, id: &str) -> Id {
        self.by_id.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}
