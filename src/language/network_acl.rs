//! The entries of a tier's network ACL: what is denied, what is let through, and the way back.
//!
//! Network ACLs are stateless (ACL-3): whatever is let in must be let out again, to the ports clients and
//! NAT open connections from.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ipnet::IpNet;

use super::flows::{End, Flow};
use super::network::Network;
use super::traffic::Traffic;
use super::types::Family;
use super::{ipv6, subnets};
use crate::kinds::ec2_network_acl::AclEntry;
use crate::model::Set;

/// What is let through in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    peer: IpNet,
    traffic: Traffic,
}

/// The ways of a protocol to each range, none of which covers another: the last of each by its first.
#[derive(Default)]
struct Cover(BTreeMap<(u8, IpNet), BTreeMap<u16, u16>>);

impl Cover {
    /// Whether one way lets all of another through: to its range, or to one around it.
    fn covers(&self, way: &Way) -> bool {
        let (first, last) = way.traffic.interval();
        let around = std::iter::successors(Some(way.peer), IpNet::supernet);
        around.filter_map(|range| self.0.get(&(way.traffic.number(), range.trunc()))).any(|ways| {
            // Those that start later cannot cover it; of the others the last to start is the last to end.
            ways.range(..=first).next_back().is_some_and(|(_, to)| last <= *to)
        })
    }

    /// Adds a way that nothing covers yet. The widest come first, so it covers none that is here already.
    fn add(&mut self, way: &Way) {
        let (first, last) = way.traffic.interval();
        self.0.entry((way.traffic.number(), way.peer.trunc())).or_default().insert(first, last);
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
    let ranges = |end: &End, family: Family| -> Vec<IpNet> {
        match (end, family) {
            (End::Range(range), _) => {
                Some(range.0).filter(|_| range.family() == family).into_iter().collect()
            }
            // An ACL cannot name a prefix list, and AWS changes the ranges of a service when it likes (docs/network.md).
            (End::Service(_), _) => vec![family.everywhere().0],
            (End::Tier(tier) | End::LoadBalancer { tier, .. } | End::Endpoint { tier, .. }, Family::V4) => {
                subnets::ranges(network, tier).into_iter().map(IpNet::V4).collect()
            }
            (End::Tier(tier) | End::LoadBalancer { tier, .. } | End::Endpoint { tier, .. }, Family::V6) => {
                ipv6::block(network, tier).map(IpNet::V6).into_iter().collect()
            }
        }
    };
    let ways = |flow: &Flow, peer: &End| -> Vec<Way> {
        let ranges = flow.families(network).flat_map(|family| ranges(peer, family));
        ranges.map(|peer| Way { peer, traffic: flow.traffic }).collect()
    };
    let is_here = |end: &End| end.tier() == Some(tier);
    let mut opened_in = Vec::new();
    let mut opened_out = Vec::new();
    for flow in flows {
        if is_here(&flow.to) {
            opened_in.extend(ways(flow, &flow.from));
        }
        if is_here(&flow.from) {
            opened_out.extend(ways(flow, &flow.to));
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

/// The ways that no other covers: an entry for one of the others would only use up the quota.
fn widest<'a>(ways: &[&'a Way]) -> Vec<&'a Way> {
    let mut sorted = ways.to_vec();
    sorted.sort_by_key(|way| {
        let (first, last) = way.traffic.interval();
        (way.peer.prefix_len(), first, Reverse(last))
    });
    let mut cover = Cover::default();
    sorted.retain(|way| {
        let needed = !cover.covers(way);
        if needed {
            cover.add(way);
        }
        needed
    });
    sorted
}

/// What is denied, and what must be let through so that everything that is opened or answered passes.
fn needed(network: &Network, opened: &[Way], answered: &[Way]) -> Set<AclEntry> {
    let denied = network.deny.iter().map(|range| AclEntry {
        action: "deny".to_owned(),
        protocol: "all".to_owned(),
        cidr: range.to_string().into(),
        from_port: None,
        to_port: None,
    });
    let all: Vec<&Way> = opened.iter().chain(answered).collect();
    let allowed = widest(&all).into_iter().map(|way| {
        let (from_port, to_port) = way.traffic.bounds();
        AclEntry {
            action: "allow".to_owned(),
            protocol: way.traffic.protocol(),
            cidr: ipv6::link(network, way.peer),
            from_port,
            to_port,
        }
    });
    denied.chain(allowed).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::language::types::Ports;

    fn way() -> impl Strategy<Value = Way> {
        let traffic = prop_oneof![
            (1_u16..6, 0_u16..4).prop_map(|(from, more)| Traffic::Tcp(Ports { from, to: from + more })),
            (1_u16..6, 0_u16..4).prop_map(|(from, more)| Traffic::Udp(Ports { from, to: from + more })),
            (proptest::option::of(0_u8..3), 0_u8..3).prop_map(|(kind, code)| match kind {
                Some(kind) if code > 0 => Traffic::Icmp(Some(kind), Some(code)),
                kind => Traffic::Icmp(kind, None),
            }),
            (49_u8..52).prop_map(Traffic::Other),
        ];
        let peer = (0_u8..4, 28_u8..=32).prop_map(|(last, prefix)| {
            let v4 = std::net::Ipv4Addr::new(198, 51, 100, last);
            IpNet::new(v4.into(), prefix).unwrap().trunc()
        });
        let peer = prop_oneof![
            peer,
            (0_u16..4, 124_u8..=128).prop_map(|(last, prefix)| {
                let v6 = std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);
                IpNet::new(v6.into(), prefix).unwrap().trunc()
            }),
        ];
        (peer, traffic).prop_map(|(peer, traffic)| Way { peer, traffic })
    }

    proptest! {
        /// Against the definition: every two ways compared with each other.
        #[test]
        fn what_is_kept_covers_everything_and_nothing_else_that_is_kept(ways in prop::collection::vec(way(), 0..14)) {
            let covers =
                |one: &Way, other: &Way| one.traffic.covers(other.traffic) && one.peer.contains(&other.peer);
            let kept = widest(&ways.iter().collect::<Vec<_>>());
            for way in &ways {
                prop_assert!(kept.iter().any(|one| covers(one, way)), "{way:?} is lost");
            }
            for (place, way) in kept.iter().enumerate() {
                let others = kept.iter().enumerate().filter(|(other, _)| *other != place);
                prop_assert!(others.into_iter().all(|(_, other)| !covers(other, way)), "{way:?} is not needed");
            }
        }
    }
}
