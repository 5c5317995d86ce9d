//! The entries of a tier's network ACL: what is denied, what is let through, and the way back.
//!
//! Network ACLs are stateless (ACL-3): whatever is let in must be let out again, to the ports clients and
//! NAT open connections from.

use std::collections::BTreeMap;

use super::flows::{End, Flow};
use super::network::Network;
use super::subnets;
use super::traffic::Traffic;
use super::types::Cidr;
use crate::kinds::ec2_network_acl::AclEntry;
use crate::model::Dict;

/// Where the numbers of each group start. The gaps keep a new entry from renumbering another group.
const DENY_FROM: usize = 100;
const OPEN_FROM: usize = 1000;
const ANSWER_FROM: usize = 2000;

/// What is let through in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    peer: Cidr,
    traffic: Traffic,
}

impl Way {
    fn covers(&self, other: &Self) -> bool {
        self.traffic.covers(other.traffic) && self.peer.0.contains(&other.peer.0)
    }
}

/// Both directions of an ACL.
pub(super) struct AclEntries {
    /// Inbound entries by number.
    pub(super) ingress: Dict<AclEntry>,
    /// Outbound entries by number.
    pub(super) egress: Dict<AclEntry>,
}

/// The entries for a tier.
pub(super) fn entries(network: &Network, tier: &str, flows: &[Flow]) -> AclEntries {
    let range = |end: &End| match end {
        End::Range(range) => Some(*range),
        End::Tier(name) => subnets::block(network, name).map(Cidr),
    };
    let here = End::Tier(tier.to_owned());
    let mut opened_in = Vec::new();
    let mut opened_out = Vec::new();
    for flow in flows {
        if flow.to == here
            && let Some(peer) = range(&flow.from)
        {
            opened_in.push(Way { peer, traffic: flow.traffic });
        }
        if flow.from == here
            && let Some(peer) = range(&flow.to)
        {
            opened_out.push(Way { peer, traffic: flow.traffic });
        }
    }
    let answers = |opened: &[Way]| -> Vec<Way> {
        opened.iter().filter_map(|way| Some(Way { traffic: way.traffic.answer()?, ..way.clone() })).collect()
    };
    let (answered_in, answered_out) = (answers(&opened_out), answers(&opened_in));
    AclEntries {
        ingress: numbered(network, &opened_in, &answered_in),
        egress: numbered(network, &opened_out, &answered_out),
    }
}

fn numbered(network: &Network, opened: &[Way], answered: &[Way]) -> Dict<AclEntry> {
    let mut entries = BTreeMap::new();
    let mut add = |start: usize, index: usize, entry: AclEntry| {
        entries.insert(format!("{:05}", start + 10 * index), entry);
    };
    for (index, range) in network.deny.iter().enumerate() {
        add(
            DENY_FROM,
            index,
            AclEntry {
                action: "deny".to_owned(),
                protocol: "all".to_owned(),
                cidr: range.to_string(),
                from_port: None,
                to_port: None,
            },
        );
    }
    let all: Vec<&Way> = opened.iter().chain(answered).collect();
    // An entry that another one covers would only use up the quota.
    let needed = |place: usize, way: &Way| {
        !all.iter().enumerate().any(|(other_place, other)| {
            other_place != place && other.covers(way) && (!way.covers(other) || other_place < place)
        })
    };
    let allow = |way: &Way| {
        let (from_port, to_port) = way.traffic.bounds();
        AclEntry {
            action: "allow".to_owned(),
            protocol: way.traffic.protocol().to_owned(),
            cidr: way.peer.to_string(),
            from_port,
            to_port,
        }
    };
    let kept = |ways: &[Way], first: usize| -> Vec<AclEntry> {
        ways.iter()
            .enumerate()
            .filter(|(index, way)| needed(first + index, way))
            .map(|(_, way)| allow(way))
            .collect()
    };
    for (index, entry) in kept(opened, 0).into_iter().enumerate() {
        add(OPEN_FROM, index, entry);
    }
    for (index, entry) in kept(answered, opened.len()).into_iter().enumerate() {
        add(ANSWER_FROM, index, entry);
    }
    Dict(entries)
}
