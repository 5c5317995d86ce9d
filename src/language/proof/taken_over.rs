//! What a plan changes for packets in a VPC that it takes over: of everything that is in it, whoever made it.

use std::collections::{BTreeMap, BTreeSet};

use super::change::between;
use ipnet::IpNet;

use super::{Ends, Kept, NetworkChange, Topology, assertions, planned};
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::ec2_vpc::Vpc;
use crate::language::{Baseline, ipv6};
use crate::model::{Addr, DecodeError, ResourceSpec as _, Wanted};
use crate::network::{
    Acl, AclEntry, Classes, Destination, Group, Id, LiveNetwork, Network, Peer, Place, Route, RouteTable,
    Rule, Via,
};

impl Baseline {
    /// The VPC that the file takes over, by its id.
    pub fn vpc_taken_over(&self) -> Option<&str> {
        self.file.network.as_ref()?.id.as_ref().map(|id| id.written())
    }

    /// The same as [`Baseline::network_change`], of the whole VPC that is taken over. In `live` everything of the file has its address
    /// already.
    ///
    /// # Errors
    /// Fails only where a tree cannot be read back.
    pub fn network_change_in_place(
        &self,
        live: &LiveNetwork,
        (wanted, found, left): (&Wanted, &Wanted, &Wanted),
        unread: Vec<Addr>,
    ) -> Result<Option<NetworkChange>, DecodeError> {
        let Some(section) = &self.file.network else { return Ok(None) };
        let live = within_reach(live);
        let as_there = |tree| Ok::<_, DecodeError>(in_range_of(&live.network, planned::network(tree)?));
        let network = as_left(&live.network, &as_there(found)?, &as_there(left)?);
        let after = LiveNetwork { network, ..live.clone() };
        let [before, mut after] =
            [self.live_network(wanted, &live)?, self.live_network(wanted, &after)?].map(without_groups);
        add_planned(&mut after.ends, Ends::of(&self.file, left, &after.network)?);
        let judged =
            section.assert.iter().map(|assertion| assertions::judge(&assertion.value, section, &before));
        let broken = judged.filter(|judged| matches!(judged.kept, Kept::No(..))).collect();
        Ok(Some(NetworkChange { changed: between(&before, &after), unread, broken, unnamed: unnamed(&live) }))
    }
}

fn main() -> String {
    Vpc::addr("main").to_string()
}

/// A planned network in the IPv6 range that the VPC has, where it has one: Amazon chose it, and no file says it.
fn in_range_of(live: &Network, mut planned: Network) -> Network {
    let ranges = live.vpcs.get(&main()).map(|vpc| vpc.ranges.as_slice()).unwrap_or_default();
    let own = ranges.iter().find_map(|range| match range {
        IpNet::V6(range) => Some(*range),
        IpNet::V4(_) => None,
    });
    let Some(own) = own else { return planned };
    let move_to = |range: &mut IpNet| *range = ipv6::at_its_place(*range, own);
    planned.vpcs.values_mut().flat_map(|vpc| &mut vpc.ranges).for_each(move_to);
    planned.subnets.values_mut().flat_map(|subnet| &mut subnet.ranges).for_each(move_to);
    for route in planned.tables.values_mut().flat_map(|table| &mut table.routes) {
        if let Destination::Range(range) = &mut route.to {
            move_to(range);
        }
    }
    for acl in planned.acls.values_mut() {
        acl.ingress.iter_mut().chain(&mut acl.egress).for_each(|entry| move_to(&mut entry.range));
    }
    for group in planned.groups.values_mut() {
        for rule in group.ingress.iter_mut().chain(&mut group.egress) {
            if let Peer::Range(range) = &mut rule.peer {
                move_to(range);
            }
        }
    }
    planned
}

/// Ranges with those that are to be given.
fn add_ranges(there: &mut Vec<IpNet>, left: &[IpNet]) {
    let new: Vec<IpNet> = left.iter().filter(|range| !there.contains(range)).copied().collect();
    there.extend(new);
}

/// The interfaces in the VPC, and in those that a peering connection joins to it.
fn within_reach(live: &LiveNetwork) -> LiveNetwork {
    let main = main();
    let joined = live.network.peerings.values().filter(|peering| peering.vpcs.contains(&main));
    let vpcs: BTreeSet<&Id> = joined.flat_map(|peering| &peering.vpcs).chain([&main]).collect();
    let is_near =
        |subnet: &Id| live.network.subnets.get(subnet).is_some_and(|subnet| vpcs.contains(&subnet.vpc));
    let interfaces = live.interfaces.iter().filter(|one| is_near(&one.subnet)).cloned().collect();
    LiveNetwork { interfaces, ..live.clone() }
}

/// Of a tier whose security group is not there yet nothing runs.
fn without_groups(mut topology: Topology) -> Topology {
    let groups = &topology.network.groups;
    for end in &mut topology.ends.tiers {
        end.classes.retain(|class| match &class.place {
            Place::Interface(interface) => interface.groups.iter().all(|group| groups.contains_key(group)),
            Place::Outside | Place::Internet | Place::Service(_) => true,
        });
    }
    topology
}

/// Adds the load balancers and endpoints that are still to be made.
fn add_planned(ends: &mut Ends, planned: Ends) {
    let known: BTreeSet<String> = ends.named().map(|end| end.name.clone()).collect();
    let new = |end: &Classes| !known.contains(&end.name);
    ends.load_balancers.extend(planned.load_balancers.into_iter().filter(new));
    ends.endpoints.extend(planned.endpoints.into_iter().filter(new));
}

/// Subnets of the VPC that no tier names, with their ranges and zones.
fn unnamed(live: &LiveNetwork) -> Vec<String> {
    let main = main();
    let is_named = |label: &Id| label.parse().is_ok_and(|addr: Addr| addr.kind() == Subnet::KIND);
    let others = live.network.subnets.iter().filter(|(label, subnet)| subnet.vpc == main && !is_named(label));
    let told = others.map(|(label, subnet)| {
        let ranges: Vec<String> = subnet.ranges.iter().map(ToString::to_string).collect();
        let zone = live.zones.get(label).map(|zone| format!(" in {zone}")).unwrap_or_default();
        format!("{label} {}{zone}", ranges.join(" "))
    });
    told.collect()
}

/// A network as a plan leaves it: what the plan finds of its own resources gives way to what it leaves, and the rest stays.
fn as_left(live: &Network, found: &Network, left: &Network) -> Network {
    let mut after = live.clone();
    for (name, vpc) in &left.vpcs {
        let there = after.vpcs.entry(name.clone()).or_insert_with(|| vpc.clone());
        add_ranges(&mut there.ranges, &vpc.ranges);
    }
    for (name, subnet) in &left.subnets {
        let place = after.subnets.entry(name.clone()).or_insert_with(|| subnet.clone());
        add_ranges(&mut place.ranges, &subnet.ranges);
        if subnet.table.is_some() {
            place.table.clone_from(&subnet.table);
        }
        if left.acls.contains_key(&subnet.acl) {
            place.acl.clone_from(&subnet.acl);
        }
    }
    after.subnets.retain(|name, _| !is_gone(name, &found.subnets, &left.subnets));
    after.internet_gateways.extend(left.internet_gateways.clone());
    after
        .internet_gateways
        .retain(|name, _| !is_gone(name, &found.internet_gateways, &left.internet_gateways));
    after.nat_gateways.extend(left.nat_gateways.clone());
    after.nat_gateways.retain(|name, _| !is_gone(name, &found.nat_gateways, &left.nat_gateways));
    for (name, table) in &left.tables {
        let there = live.tables.get(name).cloned().unwrap_or_default();
        let routes = routes(live, there, found.tables.get(name), table);
        after.tables.insert(name.clone(), RouteTable { routes });
    }
    after.tables.retain(|name, _| !is_gone(name, &found.tables, &left.tables));
    for (name, acl) in &left.acls {
        let there = live.acls.get(name).cloned().unwrap_or_default();
        let before = found.acls.get(name).cloned().unwrap_or_default();
        let acl = Acl {
            ingress: entries(there.ingress, before.ingress, &acl.ingress),
            egress: entries(there.egress, before.egress, &acl.egress),
        };
        after.acls.insert(name.clone(), acl);
    }
    after.acls.retain(|name, _| !is_gone(name, &found.acls, &left.acls));
    for (name, group) in &left.groups {
        let there = live.groups.get(name).cloned().unwrap_or_default();
        let before = found.groups.get(name).cloned().unwrap_or_default();
        let group = Group {
            ingress: rules(there.ingress, &before.ingress, &group.ingress),
            egress: rules(there.egress, &before.egress, &group.egress),
        };
        after.groups.insert(name.clone(), group);
    }
    after.groups.retain(|name, _| !is_gone(name, &found.groups, &left.groups));
    for (list, ranges) in &left.prefix_lists {
        after.prefix_lists.entry(list.clone()).or_insert_with(|| ranges.clone());
    }
    after
}

fn is_gone<T>(name: &Id, found: &BTreeMap<Id, T>, left: &BTreeMap<Id, T>) -> bool {
    found.contains_key(name) && !left.contains_key(name)
}

/// What a table holds besides what the plan looks at stays. The route to a gateway endpoint that is there is AWS's, and names the list of
/// the service by its id.
fn routes(live: &Network, there: RouteTable, found: Option<&RouteTable>, left: &RouteTable) -> Vec<Route> {
    let endpoint = |route: &Route| match &route.via {
        Via::GatewayEndpoint(name) => Some(name.clone()),
        _ => None,
    };
    let of_found = || found.into_iter().flat_map(|table| &table.routes);
    let goes = |route: &Route| match endpoint(route) {
        Some(name) => of_found().any(|other| endpoint(other).as_ref() == Some(&name)),
        None => of_found().any(|other| other.to == route.to),
    };
    let stays = |route: &Route| left.routes.contains(route) && of_found().any(|other| other == route);
    // One that nobody changes is better known as it was read: what a peering connection leads to, for example.
    let kept = |route: &Route| {
        let is_it = |other: &&Route| other.to == route.to && endpoint(other).is_none();
        there.routes.iter().find(is_it).filter(|_| endpoint(route).is_none() && stays(route))
    };
    let known: Vec<Route> = left.routes.iter().map(|route| kept(route).unwrap_or(route).clone()).collect();
    let mut routes: Vec<Route> = there.routes.iter().filter(|route| !goes(route)).cloned().collect();
    let everywhere = live.tables.values().flat_map(|table| &table.routes);
    let by_endpoint: BTreeMap<Id, &Route> =
        everywhere.filter_map(|route| Some((endpoint(route)?, route))).collect();
    for route in &known {
        let same = endpoint(route).and_then(|name| by_endpoint.get(&name).copied());
        let known = match (&route.to, same) {
            (Destination::PrefixList(_), Some(same)) => same,
            _ => route,
        };
        routes.push(known.clone());
    }
    routes
}

/// Entries whose place among the others is their own stay, such as those that hold for a while.
fn entries(there: Vec<AclEntry>, mut found: Vec<AclEntry>, left: &[AclEntry]) -> Vec<AclEntry> {
    let mut entries: Vec<AclEntry> = Vec::new();
    for entry in there {
        let same = |other: &AclEntry| {
            (other.action, other.range, &other.traffic) == (entry.action, entry.range, &entry.traffic)
        };
        match found.iter().position(same) {
            Some(place) => drop(found.swap_remove(place)),
            None => entries.push(entry),
        }
    }
    entries.extend_from_slice(left);
    entries
}

fn rules(there: Vec<Rule>, found: &[Rule], left: &[Rule]) -> Vec<Rule> {
    there.into_iter().filter(|rule| !found.contains(rule)).chain(left.iter().cloned()).collect()
}
