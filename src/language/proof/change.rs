//! What a plan changes for packets.

use std::collections::BTreeSet;

use super::{Judged, Kept, Topology, assertions};
use crate::kinds::ec2_egress_only_internet_gateway::EgressOnlyGateway;
use crate::kinds::ec2_internet_gateway::InternetGateway;
use crate::kinds::ec2_nat_gateway::NatGateway;
use crate::kinds::ec2_network_acl::NetworkAcl;
use crate::kinds::ec2_prefix_list::PrefixList;
use crate::kinds::ec2_route_table::RouteTable;
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::ec2_vpc_endpoint::VpcEndpoint;
use crate::kinds::elb_load_balancer::LoadBalancer;
use crate::kinds::elb_target_group::TargetGroup;
use crate::language::Baseline;
use crate::model::{Addr, DecodeError, ResourceSpec as _, Wanted};
use crate::network::{Classes, Group, Packets, Peer, Rule, Traffic, addresses, carrying, from_clients};

/// The kinds that decide about packets.
pub const DECIDING: [&str; 12] = [
    Vpc::KIND,
    Subnet::KIND,
    InternetGateway::KIND,
    EgressOnlyGateway::KIND,
    NatGateway::KIND,
    RouteTable::KIND,
    NetworkAcl::KIND,
    SecurityGroup::KIND,
    LoadBalancer::KIND,
    TargetGroup::KIND,
    PrefixList::KIND,
    VpcEndpoint::KIND,
];

/// What changes between two ends.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Who opens connections.
    pub from: Classes,
    /// Who is reached.
    pub to: Classes,
    /// What is let through and surely was not.
    pub opened: Packets,
    /// What was let through and surely is no longer.
    pub closed: Packets,
    /// What may be let through and was not surely.
    pub perhaps_opened: Packets,
    /// What may have been let through and surely is no longer, or was and may be no longer.
    pub perhaps_closed: Packets,
    /// Why either is not known.
    pub reasons: Vec<String>,
}

/// What a plan changes for packets.
#[derive(Debug, Clone, Default)]
pub struct NetworkChange {
    /// By pair of ends, the internet first.
    pub changed: Vec<Changed>,
    /// What could not be read and decides about packets, so that more may change than is listed.
    pub unread: Vec<Addr>,
    /// Assertions of the file that do not hold of what is found.
    pub broken: Vec<Judged>,
    /// Subnets of a VPC that is taken over which no tier names.
    pub unnamed: Vec<String>,
}

impl NetworkChange {
    /// Whether nothing changes, and all is known.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.unread.is_empty()
    }
}

/// Whoever carries a group that the network does not know, anywhere in it. Such a group is taken for one that lets
/// everything out.
fn add_unmanaged_groups(planned: &mut Topology) {
    let network = &planned.network;
    let rules = network.groups.values().flat_map(|group| group.ingress.iter().chain(&group.egress));
    let named: BTreeSet<String> = rules
        .filter_map(|rule| match &rule.peer {
            Peer::Group(id) => Some(id.clone()),
            Peer::Range(_) | Peer::PrefixList(_) => None,
        })
        .filter(|id| !network.groups.contains_key(id))
        .collect();
    for id in named {
        let everywhere =
            addresses::everywhere().map(|range| Rule { peer: Peer::Range(range), traffic: Traffic::all() });
        planned.network.groups.insert(id.clone(), Group { ingress: Vec::new(), egress: everywhere.into() });
        planned.ends.add_carriers(&planned.network, &id);
    }
}

pub(super) fn between(before: &Topology, after: &Topology) -> Vec<Changed> {
    // Nobody means a connection from a port below 1024.
    let everything = from_clients(&carrying(&Traffic::all()));
    let internet = [before.ends.internet(), after.ends.internet()];
    let mut names: Vec<&str> = vec![&internet[0].name];
    for end in after.ends.named().chain(before.ends.named()) {
        if !names.contains(&end.name.as_str()) {
            names.push(&end.name);
        }
    }
    let end = |planned: &Topology, side: usize, name: &str| {
        let named = planned.ends.named().find(|end| end.name == name).cloned();
        let nobody = || Classes { name: name.to_owned(), classes: Vec::new() };
        if name == internet[side].name { internet[side].clone() } else { named.unwrap_or_else(nobody) }
    };
    let mut changed = Vec::new();
    for from in &names {
        for to in names.iter().filter(|to| *to != from || **to != internet[0].name) {
            let [old, new] = [(before, 0), (after, 1)].map(|(planned, side)| {
                planned.reach(&end(planned, side, from), &end(planned, side, to), &everything)
            });
            let opened = new.open.minus(&old.possible());
            let closed = old.open.minus(&new.possible());
            let alike = old.unknown.intersect(&new.unknown);
            let perhaps_opened = new.possible().minus(&old.open).minus(&opened).minus(&alike);
            let perhaps_closed = old.possible().minus(&new.open).minus(&closed).minus(&alike);
            if [&opened, &closed, &perhaps_opened, &perhaps_closed].into_iter().all(Packets::is_empty) {
                continue;
            }
            let is_known = perhaps_opened.is_empty() && perhaps_closed.is_empty();
            let mut reasons = if is_known { Vec::new() } else { [old.reasons, new.reasons].concat() };
            reasons.sort();
            reasons.dedup();
            let widest = |name: &str| {
                let [old, new] = [end(before, 0, name), end(after, 1, name)];
                if new.classes.is_empty() { old } else { new }
            };
            changed.push(Changed {
                from: widest(from),
                to: widest(to),
                opened,
                closed,
                perhaps_opened,
                perhaps_closed,
                reasons,
            });
        }
    }
    changed
}

impl Baseline {
    /// What changes for packets between what is found and what a plan leaves; nothing where the file declares no network.
    ///
    /// # Errors
    /// Fails only where a tree cannot be read back.
    pub fn network_change(
        &self,
        found: &Wanted,
        left: &Wanted,
        unreadable: impl Iterator<Item = Addr>,
    ) -> Result<Option<NetworkChange>, DecodeError> {
        let Some(section) = &self.file.network else { return Ok(None) };
        let unread = unreadable.filter(|addr| DECIDING.contains(&addr.kind())).collect();
        let [mut before, mut after] = [Topology::of(&self.file, found)?, Topology::of(&self.file, left)?];
        if before == after {
            return Ok(Some(NetworkChange { unread, ..NetworkChange::default() }));
        }
        let judged =
            section.assert.iter().map(|assertion| assertions::judge(&assertion.value, section, &before));
        let broken = judged.filter(|judged| matches!(judged.kept, Kept::No(..))).collect();
        add_unmanaged_groups(&mut before);
        add_unmanaged_groups(&mut after);
        Ok(Some(NetworkChange { changed: between(&before, &after), unread, broken, unnamed: Vec::new() }))
    }
}
