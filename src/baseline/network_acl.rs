//! The entries of a tier's network ACL: what is denied, what is let through, and the way back.
//!
//! Network ACLs are stateless (ACL-3): whatever is let in must be let out again, to the ports clients and
//! NAT open connections from.

use super::flows::{End, Flow};
use super::network::Network;
use super::subnets;
use super::traffic::Traffic;
use super::types::Cidr;
use crate::kinds::ec2_network_acl::AclEntry;
use crate::model::Set;

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
    /// Inbound entries.
    pub(super) ingress: Set<AclEntry>,
    /// Outbound entries.
    pub(super) egress: Set<AclEntry>,
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
        ingress: needed(network, &opened_in, &answered_in),
        egress: needed(network, &opened_out, &answered_out),
    }
}

/// What is denied, and what must be let through so that everything that is opened or answered passes.
fn needed(network: &Network, opened: &[Way], answered: &[Way]) -> Set<AclEntry> {
    let denied = network.deny.iter().map(|range| AclEntry {
        action: "deny".to_owned(),
        protocol: "all".to_owned(),
        cidr: range.to_string(),
        from_port: None,
        to_port: None,
    });
    let all: Vec<&Way> = opened.iter().chain(answered).collect();
    // An entry that another one covers would only use up the quota.
    let is_needed = |place: usize, way: &Way| {
        !all.iter().enumerate().any(|(other_place, other)| {
            other_place != place && other.covers(way) && (!way.covers(other) || other_place < place)
        })
    };
    let allowed = all.iter().enumerate().filter(|(place, way)| is_needed(*place, way)).map(|(_, way)| {
        let (from_port, to_port) = way.traffic.bounds();
        AclEntry {
            action: "allow".to_owned(),
            protocol: way.traffic.protocol().to_owned(),
            cidr: way.peer.to_string(),
            from_port,
            to_port,
        }
    });
    denied.chain(allowed).collect()
}
