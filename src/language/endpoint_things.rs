//! What `[network.endpoint.NAME]` becomes in AWS.

use std::collections::BTreeSet;

use super::endpoint::{self, Endpoint, Service};
use super::flows::Flow;
use super::names::Names;
use super::network::Network;
use super::policies;
use super::security_group;
use super::subnets;
use super::types::Entry;
use crate::kinds::ec2_prefix_list::PrefixList;
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::ec2_vpc_endpoint::{GATEWAY, INTERFACE, VpcEndpoint};
use crate::model::{DecodeError, Link, Origin, Owned, Ref, ResourceSpec as _, Set, Wanted};

pub(super) fn expand(
    names: &Names<'_>,
    network: &Network,
    flows: &[Flow],
    wanted: &mut Wanted,
) -> Result<(), DecodeError> {
    let mut listed = BTreeSet::new();
    for entry in network.endpoint.iter() {
        let origin = Origin::from(&entry.section.header);
        let is_gateway = entry.section.is_gateway(names.region());
        if !is_gateway {
            let group = own_group(names, entry, flows);
            wanted.add(endpoint::group_name(&entry.name), &group, [], &origin)?;
        }
        for service in entry.section.services(names.region()) {
            if is_gateway && listed.insert(service.label.clone()) {
                let list = PrefixList { list: service.full.clone() };
                wanted.add(service.label.clone(), &list, [], &origin)?;
            }
            let attributes = attributes(names, network, entry, &service)?;
            wanted.add(service.name(&entry.name), &attributes, [], &origin)?;
        }
    }
    Ok(())
}

fn attributes(
    names: &Names<'_>,
    network: &Network,
    entry: &Entry<Endpoint>,
    service: &Service,
) -> Result<VpcEndpoint, DecodeError> {
    let endpoint = &entry.section;
    let policy = endpoint::statements(names, endpoint, service).map(policies::document).transpose()?;
    let (mut route_tables, mut subnets, mut groups) = (Set::default(), Set::default(), Set::default());
    if service.is_gateway {
        let tables = endpoint::clients(network, entry).flat_map(|tier| network.route_tables(&tier.name));
        route_tables = tables.map(|addr| Link::Ref(Ref { addr, output: "id".to_owned() })).collect();
    } else {
        let tier = endpoint.r#in.as_ref().map(|tier| tier.name()).unwrap_or_default();
        let zones = subnets::zones_of(network, tier);
        subnets = zones.iter().map(|zone| Subnet::output(format!("{tier}-{}", zone.letter), "id")).collect();
        groups = Set::from_iter([SecurityGroup::output(endpoint::group_name(&entry.name), "id")]);
    }
    Ok(VpcEndpoint {
        vpc: Vpc::output("main", "id"),
        service: service.full.clone(),
        endpoint_type: if service.is_gateway { GATEWAY } else { INTERFACE }.to_owned(),
        policy,
        route_tables,
        subnets,
        security_groups: groups,
        private_dns: !service.is_gateway && endpoint.private_dns.value,
    })
}

/// The security group of an interface endpoint. An endpoint opens no connections, so it lets nothing out.
fn own_group(names: &Names<'_>, entry: &Entry<Endpoint>, flows: &[Flow]) -> SecurityGroup {
    let group = endpoint::group_name(&entry.name);
    let ends = endpoint::ends(entry, names.region());
    SecurityGroup {
        name: Owned::AtCreation(names.prefixed(&group)),
        description: Owned::AtCreation(format!("Endpoint {} of {}", entry.name, names.file.name.written())),
        vpc: Vpc::output("main", "id"),
        ingress: ends.iter().flat_map(|end| security_group::ingress(end, flows).0).collect(),
        egress: Set::default(),
        temporary: Set::default(),
    }
}
