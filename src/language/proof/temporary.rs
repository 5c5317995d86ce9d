//! What changes in a network for a while: which network ACLs see the packets of a range, what it reached before, and what it would.

use ipnet::IpNet;

use super::Topology;
use crate::language::traffic::EPHEMERAL;
use crate::language::types::Ports;
use crate::network::{
    AclEntry, Action, Answer, Destination, Id, Peer, Protocol, Reach, Rule, Traffic, Via, carrying,
};

/// What a range and one end of the network may open to each other.
#[derive(Debug, Clone)]
pub struct Contact {
    /// The end of the network.
    pub end: String,
    /// What the range may open to it.
    pub inward: Reach,
    /// What it may open to the range.
    pub outward: Reach,
}

impl Topology {
    /// Whether packets between a range and the subnets behind a network ACL meet it first or last on their way. What leaves
    /// through a NAT gateway meets the ACL of the gateway's subnet there.
    pub fn sees(&self, acl: &Id, range: &IpNet) -> bool {
        let leads_there = |to: &Destination| match to {
            Destination::Range(to) => to.contains(range) || range.contains(to),
            Destination::PrefixList(_) => true,
        };
        let mut ways = self.network.subnets.values().filter(|subnet| subnet.acl == *acl).flat_map(|subnet| {
            let main = self.network.vpcs.get(&subnet.vpc).and_then(|vpc| vpc.main_table.as_ref());
            let table = subnet.table.as_ref().or(main).and_then(|table| self.network.tables.get(table));
            table.into_iter().flat_map(|table| &table.routes).filter(|route| leads_there(&route.to))
        });
        ways.any(|route| match route.via {
            Via::InternetGateway(_) | Via::EgressOnly(_) | Via::Peering(_) | Via::Unknown(_) => true,
            Via::NatGateway(_) | Via::Local | Via::GatewayEndpoint(_) | Via::Blackhole(_) => false,
        })
    }

    /// The network with ranges denied, in both directions, before every other entry of some ACLs.
    pub fn with_blocked(&self, acls: &[Id], ranges: &[IpNet]) -> Self {
        let mut blocked = self.clone();
        for acl in acls {
            let Some(acl) = blocked.network.acls.get_mut(acl) else { continue };
            for entries in [&mut acl.ingress, &mut acl.egress] {
                let deny = |range: &IpNet| AclEntry {
                    number: 0,
                    action: Action::Deny,
                    range: *range,
                    traffic: Traffic::all(),
                };
                entries.extend(ranges.iter().map(deny));
            }
        }
        blocked
    }

    /// The network with a range let in to some traffic of a security group, there and back through a network ACL, behind
    /// whatever blocks.
    pub fn with_admitted(&self, (acl, group): (&Id, &Id), range: &IpNet, traffic: &Traffic) -> Self {
        let mut admitted = self.clone();
        if let Some(group) = admitted.network.groups.get_mut(group) {
            group.ingress.push(Rule { peer: Peer::Range(*range), traffic: traffic.clone() });
        }
        if let Some(acl) = admitted.network.acls.get_mut(acl) {
            let Ports { from, to } = EPHEMERAL;
            let answers = match traffic.protocol {
                Protocol::UDP => Traffic::udp(from, to),
                _ => Traffic::tcp(from, to),
            };
            let allow =
                |traffic: Traffic| AclEntry { number: 99, action: Action::Allow, range: *range, traffic };
            acl.ingress.push(allow(traffic.clone()));
            acl.egress.push(allow(answers));
        }
        admitted
    }

    /// What a range and the ends of the network may open to each other, where there is anything.
    pub fn contacts(&self, range: &IpNet) -> Vec<Contact> {
        let Some(outside) = self.ends.find(&range.to_string()) else { return Vec::new() };
        let everything = carrying(&Traffic::all());
        let contacts = self.ends.named().map(|end| Contact {
            end: end.name.clone(),
            inward: self.reach(&outside, end, &everything),
            outward: self.reach(end, &outside, &everything),
        });
        contacts.filter(|contact| !contact.is_none()).collect()
    }
}

impl Contact {
    /// Whether surely nothing passes either way.
    pub fn is_none(&self) -> bool {
        [&self.inward, &self.outward].iter().all(|reach| reach.answer() == Answer::Unreachable)
    }
}
