//! The network of a plan: what wanted things make of it.

use std::collections::BTreeMap;

use ipnet::{IpNet, Ipv6Net};

use crate::kinds::ec2::ipv6_blocks;
use crate::kinds::ec2::security_rule::SecurityRule;
use crate::kinds::ec2_egress_only_internet_gateway::EgressOnlyGateway;
use crate::kinds::ec2_internet_gateway::InternetGateway as WantedInternetGateway;
use crate::kinds::ec2_nat_gateway::NatGateway as WantedNatGateway;
use crate::kinds::ec2_network_acl::{AclEntry as WantedEntry, NetworkAcl};
use crate::kinds::ec2_prefix_list::PrefixList;
use crate::kinds::ec2_route_table::RouteTable as WantedTable;
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_subnet::Subnet as WantedSubnet;
use crate::kinds::ec2_vpc::Vpc as WantedVpc;
use crate::kinds::ec2_vpc_endpoint::VpcEndpoint;
use crate::language::ipv6;
use crate::model::{DecodeError, Link, ResourceSpec, Wanted, restore};
use crate::network::{
    Acl, AclEntry, Action, Destination, Group, Id, InternetGateway, NatGateway, Network, Peer, Route,
    RouteTable, Rule, Subnet, Traffic, Via, Vpc,
};

/// Every wanted thing of a kind, by address.
pub(super) fn things<S: ResourceSpec>(wanted: &Wanted) -> Result<Vec<(Id, S)>, DecodeError> {
    let of_kind = wanted.things.iter().filter(|(addr, _)| addr.kind() == S::KIND);
    of_kind.map(|(addr, want)| Ok((addr.to_string(), restore::<S>(&want.value)?))).collect()
}

/// The id a link leads to: the address of a wanted thing, or an id in AWS.
pub(super) fn id(link: &Link) -> Id {
    match link {
        Link::Ref(reference) => reference.addr.to_string(),
        Link::Id(id) => id.clone(),
    }
}

/// A range that may be a block of the VPC's IPv6 range.
fn range_of(link: &Link, blocks: &Blocks) -> Result<IpNet, DecodeError> {
    match link {
        Link::Id(text) => range(text),
        Link::Ref(reference) => blocks
            .get(&reference.addr.to_string())
            .and_then(|whole| ipv6_blocks::block(*whole, ipv6_blocks::number(&reference.output)?))
            .map(IpNet::V6)
            .ok_or_else(|| DecodeError::from(format!("{reference} is not a range of addresses"))),
    }
}

/// The IPv6 range of each VPC; one that stands for Amazon's where that is not known.
type Blocks = BTreeMap<Id, Ipv6Net>;

fn range(text: &str) -> Result<IpNet, DecodeError> {
    text.parse().map_err(|_| DecodeError::from(format!("{text:?} is not a range of addresses")))
}

fn traffic(protocol: &str, from: Option<i64>, to: Option<i64>) -> Result<Traffic, DecodeError> {
    Traffic::of(protocol, from, to)
        .ok_or_else(|| DecodeError::from(format!("{protocol:?} is not a protocol")))
}

fn rules(wanted: impl IntoIterator<Item = SecurityRule>) -> Result<Vec<Rule>, DecodeError> {
    let mut rules = Vec::new();
    for rule in wanted {
        let traffic = traffic(&rule.protocol, rule.from_port, rule.to_port)?;
        let peers = [
            rule.cidr.as_deref().map(range).transpose()?.map(Peer::Range),
            rule.group.as_ref().map(id).map(Peer::Group),
            rule.prefix_list.as_ref().map(id).map(Peer::PrefixList),
        ];
        rules.extend(peers.into_iter().flatten().map(|peer| Rule { peer, traffic: traffic.clone() }));
    }
    Ok(rules)
}

/// The number of an entry that stands on the wrong side of the others, which is part of its action.
fn own_number(action: &str) -> Option<u16> {
    action.split_once("(as number ")?.1.trim_end_matches(')').parse().ok()
}

/// Entries as they will be numbered: denials from 100, allowances from 1000. Among each other their order decides nothing.
fn entries(
    wanted: impl IntoIterator<Item = WantedEntry>,
    blocks: &Blocks,
) -> Result<Vec<AclEntry>, DecodeError> {
    let (mut denial, mut allowance) = (90, 990);
    let entry = |entry: WantedEntry| {
        let action = if entry.action.starts_with("deny") { Action::Deny } else { Action::Allow };
        let next = if action == Action::Deny { &mut denial } else { &mut allowance };
        *next += 10;
        Ok(AclEntry {
            number: own_number(&entry.action).unwrap_or(*next),
            action,
            range: range_of(&entry.cidr, blocks)?,
            traffic: traffic(&entry.protocol, entry.from_port, entry.to_port)?,
        })
    };
    wanted.into_iter().map(entry).collect()
}

fn via(link: &Link) -> Via {
    let target = id(link);
    match link {
        Link::Ref(reference) if reference.addr.kind() == WantedInternetGateway::KIND => {
            Via::InternetGateway(target)
        }
        Link::Ref(reference) if reference.addr.kind() == EgressOnlyGateway::KIND => Via::EgressOnly(target),
        Link::Ref(reference) if reference.addr.kind() == WantedNatGateway::KIND => Via::NatGateway(target),
        Link::Ref(_) | Link::Id(_) => Via::Unknown(target),
    }
}

/// An address that stands for whatever the prefix list of a service holds: its ranges are AWS's, and no plan leans on them. It is of the
/// range that nobody has (RFC 1112, class E), so that no range that a file names holds it but the one of everywhere.
fn stand_in(list: &str) -> IpNet {
    let last = match list.rsplit('.').next() {
        Some("s3") => 1,
        Some("dynamodb") => 2,
        _ => 255,
    };
    IpNet::from(std::net::IpAddr::from([240, 0, 0, last]))
}

/// Gateway endpoints: AWS writes a route to each into the tables that it is for.
fn gateway_endpoints(wanted: &Wanted, network: &mut Network) -> Result<(), DecodeError> {
    let lists = things::<PrefixList>(wanted)?;
    for (addr, list) in &lists {
        network.prefix_lists.insert(addr.clone(), Some(vec![stand_in(&list.list)]));
    }
    for (name, endpoint) in things::<VpcEndpoint>(wanted)? {
        let list = lists.iter().find(|(_, list)| list.list == endpoint.service).map(|(addr, _)| addr);
        let list = list.unwrap_or(&endpoint.service).clone();
        for table in endpoint.route_tables.0.iter().map(id) {
            let Some(table) = network.tables.get_mut(&table) else { continue };
            table.routes.push(Route {
                to: Destination::PrefixList(list.clone()),
                via: Via::GatewayEndpoint(name.clone()),
                propagated: false,
            });
            network
                .prefix_lists
                .entry(list.clone())
                .or_insert_with(|| Some(vec![stand_in(&endpoint.service)]));
        }
    }
    Ok(())
}

/// The network that the wanted things make.
pub(super) fn network(wanted: &Wanted) -> Result<Network, DecodeError> {
    let mut network = Network::default();
    let mut blocks = Blocks::new();
    for (name, vpc) in things::<WantedVpc>(wanted)? {
        let ipv6 = vpc.ipv6.as_deref().and_then(ipv6::range_of);
        let ranges = std::iter::once(range(&vpc.cidr)?).chain(ipv6.map(IpNet::V6)).collect();
        blocks.extend(ipv6.map(|range| (name.clone(), range)));
        network.vpcs.insert(name, Vpc { ranges, ..Vpc::default() });
    }
    for (name, subnet) in things::<WantedSubnet>(wanted)? {
        let place = subnet.ipv6.as_ref();
        let ipv6 = match place.map(|ipv6| range_of(&ipv6.block, &blocks)).transpose()? {
            Some(IpNet::V6(block)) => {
                place.and_then(|ipv6| ipv6_blocks::slot(block, ipv6.slot)).or(Some(block))
            }
            _ => None,
        };
        let ranges = std::iter::once(range(&subnet.cidr)?).chain(ipv6.map(IpNet::V6)).collect();
        let subnet = Subnet {
            vpc: id(&subnet.vpc),
            ranges,
            table: None,
            acl: "the default network ACL".to_owned(),
            exclusion: None,
        };
        network.subnets.insert(name, subnet);
    }
    for (name, gateway) in things::<WantedInternetGateway>(wanted)? {
        network.internet_gateways.insert(name, InternetGateway { vpc: gateway.vpc.as_ref().map(id) });
    }
    for (name, gateway) in things::<WantedNatGateway>(wanted)? {
        network.nat_gateways.insert(name, NatGateway { subnet: id(&gateway.subnet), public: true });
    }
    for (name, table) in things::<WantedTable>(wanted)? {
        for subnet in &table.subnets.0 {
            if let Some(subnet) = network.subnets.get_mut(&id(subnet)) {
                subnet.table = Some(name.clone());
            }
        }
        let route = |(to, link): (&String, &Link)| {
            let to = match to.parse() {
                Ok(range) => Destination::Range(range),
                Err(_) => Destination::PrefixList(to.clone()),
            };
            Route { to, via: via(link), propagated: false }
        };
        let routes = table.routes.0.iter().map(route).collect();
        network.tables.insert(name, RouteTable { routes });
    }
    gateway_endpoints(wanted, &mut network)?;
    for (name, acl) in things::<NetworkAcl>(wanted)? {
        for subnet in &acl.subnets.0 {
            if let Some(subnet) = network.subnets.get_mut(&id(subnet)) {
                subnet.acl.clone_from(&name);
            }
        }
        let acl = Acl { ingress: entries(acl.ingress.0, &blocks)?, egress: entries(acl.egress.0, &blocks)? };
        network.acls.insert(name, acl);
    }
    for (name, group) in things::<SecurityGroup>(wanted)? {
        let group = Group { ingress: rules(group.ingress.0)?, egress: rules(group.egress.0)? };
        network.groups.insert(name, group);
    }
    Ok(network)
}
