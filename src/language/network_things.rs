//! What `[network]` and its tiers become in AWS.

use super::flows::{self, End, Flow};
use super::names::Names;
use super::network::{DefaultGroup, Nat, Network, OtherRoutes};
use super::subnets::{self, Zone};
use super::tier::Tier;
use super::types::Entry;
use super::{endpoint_things, ipv6, network_acl, route, security_group};
use crate::kinds::ec2_availability_zone::AvailabilityZone;
use crate::kinds::ec2_egress_only_internet_gateway::EgressOnlyGateway;
use crate::kinds::ec2_elastic_ip::ElasticIp;
use crate::kinds::ec2_flow_log::FlowLog;
use crate::kinds::ec2_internet_gateway::InternetGateway;
use crate::kinds::ec2_nat_gateway::NatGateway;
use crate::kinds::ec2_network_acl::NetworkAcl;
use crate::kinds::ec2_route_table::RouteTable;
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_subnet::{Subnet, SubnetIpv6};
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::s3_bucket;
use crate::model::{Addr, DecodeError, Link, Origin, Owned, ResourceSpec as _, Set, Wanted};

/// The one VPC of a baseline, and what it has one of.
pub(super) const MAIN: &str = "main";
/// The route table of every public tier.
const PUBLIC: &str = "public";
const EVERYWHERE: &str = "0.0.0.0/0";
/// The same of IPv6.
const EVERYWHERE_V6: &str = "::/0";

pub(super) fn expand(names: &Names<'_>, network: &Network, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let origin = Origin::from(&network.header);
    let zones = subnets::zones(network);
    let sealed = || (network.default_group.value == DefaultGroup::Sealed).then(Set::default);
    let vpc = Vpc {
        id: network.id.as_ref().map(|id| Link::from(id.written())),
        cidr: network.cidr.to_string(),
        ipv6: network.ipv6.as_ref().map(|ipv6| ipv6.value.source()),
        ipv6_pool: network.ipv6_pool.as_ref().map(|pool| pool.written().to_owned()),
        dns_support: true,
        dns_hostnames: network.dns_hostnames.value,
        default_ingress: sealed(),
        default_egress: sealed(),
    };
    wanted.add(MAIN, &vpc, [], &origin)?;
    let looked_up = |zone: &&Zone| zone.name.is_none() && has_derived_subnets(network);
    for zone in zones.iter().filter(looked_up) {
        let lookup = AvailabilityZone { index: i64::from(zone.slot()) };
        wanted.add(zone.letter.to_string(), &lookup, [], &origin)?;
    }
    if network.tier.iter().any(|entry| entry.section.public.value) {
        wanted.add(MAIN, &InternetGateway { vpc: Some(vpc_id()) }, [], &origin)?;
        public_routes(network, wanted, &origin)?;
    }
    nat_gateways(network, wanted, &origin)?;
    if network.tier.iter().any(|entry| flows::uses_egress_only(network, entry)) {
        wanted.add(MAIN, &EgressOnlyGateway { vpc: vpc_id() }, [], &origin)?;
    }
    if let Some(bucket) = network.flow_log_bucket() {
        let log = FlowLog {
            vpc: vpc_id(),
            traffic: "ALL".to_owned(),
            destination: names.bucket_arn(bucket),
            aggregation_seconds: 600,
        };
        wanted.add(MAIN, &log, [s3_bucket::Bucket::addr(bucket)], &origin)?;
    }
    let flows = flows::flows(names, network);
    for entry in network.tier.iter() {
        tier(names, network, &flows, entry, wanted)?;
    }
    endpoint_things::expand(names, network, &flows, wanted)
}

/// Whether the zones of a tier are those of the network.
fn has_derived_subnets(network: &Network) -> bool {
    network.tier.0.is_empty() || network.tier.iter().any(|entry| !entry.section.has_own_subnets())
}

fn vpc_id() -> Link {
    Vpc::output(MAIN, "id")
}

fn subnet_name(tier: &str, zone: &Zone) -> String {
    format!("{tier}-{}", zone.letter)
}

fn subnet_ids(network: &Network, tier: &str) -> Vec<Link> {
    let zones = subnets::zones_of(network, tier);
    zones.iter().map(|zone| Subnet::output(subnet_name(tier, zone), "id")).collect()
}

/// What a route table of these tiers waits for. In a VPC that is taken over instances run already: whatever filters packets is as
/// narrow as it will be before a way out opens.
fn after_filters<'a>(network: &Network, tiers: impl Iterator<Item = &'a str>) -> Vec<Addr> {
    let filters = |tier: &'a str| [NetworkAcl::addr(tier), SecurityGroup::addr(tier)];
    if network.id.is_some() { tiers.flat_map(filters).collect() } else { Vec::new() }
}

fn public_routes(network: &Network, wanted: &mut Wanted, origin: &Origin) -> Result<(), DecodeError> {
    let public: Vec<&Entry<Tier>> = network.tier.iter().filter(|entry| entry.section.public.value).collect();
    let everywhere = [Some(EVERYWHERE), network.has_ipv6().then_some(EVERYWHERE_V6)].into_iter().flatten();
    let gateway = everywhere.map(|to| (to.to_owned(), InternetGateway::output(MAIN, "id")));
    // They share the table, so a route is for each of them.
    let own = public.first().into_iter().flat_map(|entry| declared_routes(network, &entry.name));
    let table = RouteTable {
        vpc: vpc_id(),
        only_declared: removes_others(network),
        routes: gateway.chain(own).collect(),
        subnets: public.iter().flat_map(|entry| subnet_ids(network, &entry.name)).collect(),
    };
    let after = after_filters(network, public.iter().map(|entry| entry.name.as_str()));
    wanted.add(PUBLIC, &table, after, origin)?;
    Ok(())
}

fn removes_others(network: &Network) -> bool {
    network.other_routes.value == OtherRoutes::Remove
}

/// The routes of the file for a tier.
fn declared_routes<'a>(network: &'a Network, tier: &'a str) -> impl Iterator<Item = (String, Link)> + 'a {
    route::of_tier(network, tier).map(|(to, through)| (to.to_string(), Link::from(through)))
}

fn nat_name(zone: &Zone) -> String {
    format!("nat-{}", zone.letter)
}

/// The zones that have a NAT gateway, of those of the tier that it stands in.
fn nat_zones(network: &Network, host: &str) -> Vec<Zone> {
    let mut zones = subnets::zones_of(network, host);
    match network.nat.value {
        Nat::None => zones.clear(),
        Nat::Single => zones.truncate(1),
        Nat::PerZone => {}
    }
    zones
}

fn nat_gateways(network: &Network, wanted: &mut Wanted, origin: &Origin) -> Result<(), DecodeError> {
    let Some(host) = flows::nat_tier(network) else { return Ok(()) };
    for zone in &nat_zones(network, host) {
        let name = nat_name(zone);
        let subnet = || Subnet::output(subnet_name(host, zone), "id");
        let address = ElasticIp { domain: "vpc".to_owned(), nat_in: network.id.as_ref().map(|_| subnet()) };
        wanted.add(name.clone(), &address, [], origin)?;
        let gateway = NatGateway { subnet: subnet(), address: ElasticIp::output(name.clone(), "id") };
        // A NAT gateway needs the way to the internet from its first moment (NET-5).
        let after = [InternetGateway::addr(MAIN), RouteTable::addr(PUBLIC)];
        wanted.add(name, &gateway, after, origin)?;
    }
    Ok(())
}

fn tier(
    names: &Names<'_>,
    network: &Network,
    flows: &[Flow],
    entry: &Entry<Tier>,
    wanted: &mut Wanted,
) -> Result<(), DecodeError> {
    let (name, tier) = (entry.name.as_str(), &entry.section);
    let origin = Origin::from(&tier.header);
    for zone in &subnets::zones_of(network, name) {
        let Some(range) = subnets::subnet(network, name, zone) else { continue };
        let own = subnets::own(network, name, zone);
        let subnet = Subnet {
            id: own.and_then(|own| own.id.as_ref()).map(|id| Link::from(id.written())),
            vpc: vpc_id(),
            zone: match (&zone.name, own) {
                (Some(chosen), _) => Owned::Always(chosen.as_str().into()),
                (None, Some(_)) => Owned::Always(format!("{}{}", names.region(), zone.letter).into()),
                (None, None) => Owned::AtCreation(AvailabilityZone::output(zone.letter.to_string(), "name")),
            },
            cidr: range.to_string(),
            public_ip_on_launch: tier.public_ips.value,
            ipv6: ipv6::block_link(network, name).map(|block| SubnetIpv6 {
                block,
                slot: i64::from(zone.slot()),
                on_launch: true,
            }),
        };
        wanted.add(subnet_name(name, zone), &subnet, [], &origin)?;
    }
    if !tier.public.value {
        private_routes(network, entry, wanted, &origin)?;
    }
    let here = End::Tier(name.to_owned());
    let group = SecurityGroup {
        // Of use to people only, and AWS never changes them: a group keeps those of its tier's first name.
        name: match &tier.security_group {
            Some(chosen) => Owned::Always(chosen.written().to_owned()),
            None => Owned::AtCreation(names.prefixed(name)),
        },
        description: Owned::AtCreation(format!("Tier {name} of {}", names.file.name.written())),
        vpc: vpc_id(),
        ingress: security_group::ingress(&here, flows),
        egress: security_group::egress(&here, flows),
        temporary: Set::default(),
    };
    wanted.add(name, &group, [], &origin)?;
    let entries = network_acl::entries(network, name, flows);
    let acl = NetworkAcl {
        vpc: vpc_id(),
        ingress: entries.ingress,
        egress: entries.egress,
        subnets: subnet_ids(network, name).into_iter().collect(),
        temporary: Set::default(),
    };
    wanted.add(name, &acl, [], &origin)?;
    Ok(())
}

/// A private tier has a table of its own, so that it never falls back to the VPC's main one (NET-7).
fn private_routes(
    network: &Network,
    entry: &Entry<Tier>,
    wanted: &mut Wanted,
    origin: &Origin,
) -> Result<(), DecodeError> {
    let name = entry.name.as_str();
    let host = flows::nat_tier(network).filter(|_| flows::uses_nat(network, entry));
    let after = after_filters(network, std::iter::once(name));
    let route = |zone: &Zone| (EVERYWHERE.to_owned(), NatGateway::output(nat_name(zone), "id"));
    let out = || {
        let only = flows::uses_egress_only(network, entry);
        let gateway = only.then(|| (EVERYWHERE_V6.to_owned(), EgressOnlyGateway::output(MAIN, "id")));
        gateway.into_iter().chain(declared_routes(network, name))
    };
    if host.is_some() && network.nat.value == Nat::PerZone {
        for zone in &subnets::zones_of(network, name) {
            let table = RouteTable {
                vpc: vpc_id(),
                only_declared: removes_others(network),
                routes: std::iter::once(route(zone)).chain(out()).collect(),
                subnets: Set::from_iter([Subnet::output(subnet_name(name, zone), "id")]),
            };
            wanted.add(subnet_name(name, zone), &table, after.clone(), origin)?;
        }
        return Ok(());
    }
    let table = RouteTable {
        vpc: vpc_id(),
        only_declared: removes_others(network),
        routes: host
            .map(|host| nat_zones(network, host))
            .unwrap_or_default()
            .iter()
            .map(route)
            .chain(out())
            .collect(),
        subnets: subnet_ids(network, name).into_iter().collect(),
    };
    wanted.add(name, &table, after, origin)?;
    Ok(())
}
