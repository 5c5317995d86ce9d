//! What `[network]` and its tiers become in AWS.

use super::flows::{self, End, Flow};
use super::names::Names;
use super::network::{Nat, Network, OtherRoutes};
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
use crate::model::{DecodeError, Link, Origin, Owned, Set, Shape as _, Wanted};

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
    let vpc = Vpc {
        cidr: network.cidr.to_string(),
        ipv6: network.ipv6.as_ref().map(|ipv6| ipv6.value.source()),
        ipv6_pool: network.ipv6_pool.as_ref().map(|pool| pool.written().to_owned()),
        dns_support: true,
        dns_hostnames: network.dns_hostnames.value,
        default_ingress: Set::default(),
        default_egress: Set::default(),
    };
    wanted.add(MAIN, &vpc, [], &origin)?;
    for zone in zones.iter().filter(|zone| zone.name.is_none()) {
        let lookup = AvailabilityZone { index: i64::from(zone.slot()) };
        wanted.add(zone.letter.to_string(), &lookup, [], &origin)?;
    }
    if network.tier.iter().any(|entry| entry.section.public.value) {
        wanted.add(MAIN, &InternetGateway { vpc: Some(vpc_id()) }, [], &origin)?;
        public_routes(network, &zones, wanted, &origin)?;
    }
    nat_gateways(network, &zones, wanted, &origin)?;
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
        tier(names, network, &zones, &flows, entry, wanted)?;
    }
    endpoint_things::expand(names, network, &flows, wanted)
}

fn vpc_id() -> Link {
    Vpc::output(MAIN, "id")
}

fn subnet_name(tier: &str, zone: &Zone) -> String {
    format!("{tier}-{}", zone.letter)
}

fn subnet_ids<'a>(tier: &'a str, zones: &'a [Zone]) -> impl Iterator<Item = Link> + 'a {
    zones.iter().map(move |zone| Subnet::output(subnet_name(tier, zone), "id"))
}

fn public_routes(
    network: &Network,
    zones: &[Zone],
    wanted: &mut Wanted,
    origin: &Origin,
) -> Result<(), DecodeError> {
    let public: Vec<&Entry<Tier>> = network.tier.iter().filter(|entry| entry.section.public.value).collect();
    let everywhere = [Some(EVERYWHERE), network.has_ipv6().then_some(EVERYWHERE_V6)].into_iter().flatten();
    let gateway = everywhere.map(|to| (to.to_owned(), InternetGateway::output(MAIN, "id")));
    // They share the table, so a route is for each of them.
    let own = public.first().into_iter().flat_map(|entry| declared_routes(network, &entry.name));
    let table = RouteTable {
        vpc: vpc_id(),
        only_declared: removes_others(network),
        routes: gateway.chain(own).collect(),
        subnets: public.iter().flat_map(|entry| subnet_ids(&entry.name, zones)).collect(),
    };
    wanted.add(PUBLIC, &table, [], origin)?;
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

/// The zones that have a NAT gateway.
fn nat_zones<'a>(network: &Network, zones: &'a [Zone]) -> &'a [Zone] {
    match network.nat.value {
        Nat::None => &[],
        Nat::Single => zones.get(..1).unwrap_or_default(),
        Nat::PerZone => zones,
    }
}

fn nat_gateways(
    network: &Network,
    zones: &[Zone],
    wanted: &mut Wanted,
    origin: &Origin,
) -> Result<(), DecodeError> {
    let Some(host) = flows::nat_tier(network) else { return Ok(()) };
    for zone in nat_zones(network, zones) {
        let name = nat_name(zone);
        wanted.add(name.clone(), &ElasticIp { domain: "vpc".to_owned() }, [], origin)?;
        let gateway = NatGateway {
            subnet: Subnet::output(subnet_name(host, zone), "id"),
            address: ElasticIp::output(name.clone(), "id"),
        };
        // A NAT gateway needs the way to the internet from its first moment (NET-5).
        let after = [InternetGateway::addr(MAIN), RouteTable::addr(PUBLIC)];
        wanted.add(name, &gateway, after, origin)?;
    }
    Ok(())
}

fn tier(
    names: &Names<'_>,
    network: &Network,
    zones: &[Zone],
    flows: &[Flow],
    entry: &Entry<Tier>,
    wanted: &mut Wanted,
) -> Result<(), DecodeError> {
    let (name, tier) = (entry.name.as_str(), &entry.section);
    let origin = Origin::from(&tier.header);
    for zone in zones {
        let Some(range) = subnets::subnet(network, name, zone) else { continue };
        let subnet = Subnet {
            vpc: vpc_id(),
            zone: match &zone.name {
                Some(chosen) => Owned::Always(chosen.as_str().into()),
                None => Owned::AtCreation(AvailabilityZone::output(zone.letter.to_string(), "name")),
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
        private_routes(network, zones, entry, wanted, &origin)?;
    }
    let here = End::Tier(name.to_owned());
    let group = SecurityGroup {
        // Of use to people only, and AWS never changes them: a group keeps those of its tier's first name.
        name: Owned::AtCreation(names.prefixed(name)),
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
        subnets: subnet_ids(name, zones).collect(),
        temporary: Set::default(),
    };
    wanted.add(name, &acl, [], &origin)?;
    Ok(())
}

/// A private tier has a table of its own, so that it never falls back to the VPC's main one (NET-7).
fn private_routes(
    network: &Network,
    zones: &[Zone],
    entry: &Entry<Tier>,
    wanted: &mut Wanted,
    origin: &Origin,
) -> Result<(), DecodeError> {
    let name = entry.name.as_str();
    let nat = flows::uses_nat(network, entry) && flows::nat_tier(network).is_some();
    let route = |zone: &Zone| (EVERYWHERE.to_owned(), NatGateway::output(nat_name(zone), "id"));
    let out = || {
        let only = flows::uses_egress_only(network, entry);
        let gateway = only.then(|| (EVERYWHERE_V6.to_owned(), EgressOnlyGateway::output(MAIN, "id")));
        gateway.into_iter().chain(declared_routes(network, name))
    };
    if nat && network.nat.value == Nat::PerZone {
        for zone in zones {
            let table = RouteTable {
                vpc: vpc_id(),
                only_declared: removes_others(network),
                routes: std::iter::once(route(zone)).chain(out()).collect(),
                subnets: Set::from_iter([Subnet::output(subnet_name(name, zone), "id")]),
            };
            wanted.add(subnet_name(name, zone), &table, [], origin)?;
        }
        return Ok(());
    }
    let table = RouteTable {
        vpc: vpc_id(),
        only_declared: removes_others(network),
        routes: nat_zones(network, zones).iter().filter(|_| nat).map(route).chain(out()).collect(),
        subnets: subnet_ids(name, zones).collect(),
    };
    wanted.add(name, &table, [], origin)?;
    Ok(())
}
