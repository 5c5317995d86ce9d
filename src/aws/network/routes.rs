//! VPCs, subnets, route tables and gateways as the model of a network has them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    AttachmentStatus, ConnectivityType, InternetGateway as LiveGateway, InternetGatewayBlockMode,
    InternetGatewayExclusionMode, NatGateway as LiveNat, NatGatewayState, Route as LiveRoute, RouteOrigin,
    RouteState, RouteTable as LiveTable, Subnet as LiveSubnet, Vpc as LiveVpc, VpcBlockPublicAccessExclusion,
    VpcBlockPublicAccessExclusionState, VpcBlockPublicAccessOptions, VpcPeeringConnection,
    VpcPeeringConnectionStateReasonCode,
};
use ipnet::IpNet;

use super::range;
use crate::aws::Error;
use crate::network::{
    BlockPublicAccess, Destination, Id, InternetGateway, Labels, NatGateway, Network, Peer, Peering, Route,
    RouteTable, Subnet, Via, Vpc,
};

/// VPC Block Public Access, and what is excluded of it by VPC and subnet.
pub(super) struct Block {
    mode: BlockPublicAccess,
    excluded: BTreeMap<String, BlockPublicAccess>,
}

/// What blocks public access; where it could not be read, that is not known.
pub(super) fn block_public_access(
    options: &Result<Option<VpcBlockPublicAccessOptions>, Error>,
    exclusions: &Result<Vec<VpcBlockPublicAccessExclusion>, Error>,
) -> Block {
    let mode = match options {
        Err(_) => BlockPublicAccess::Unread,
        Ok(options) => match options.as_ref().and_then(|options| options.internet_gateway_block_mode()) {
            None | Some(InternetGatewayBlockMode::Off) => BlockPublicAccess::Off,
            Some(InternetGatewayBlockMode::BlockIngress) => BlockPublicAccess::Ingress,
            Some(InternetGatewayBlockMode::BlockBidirectional) => BlockPublicAccess::Bidirectional,
            Some(_) => BlockPublicAccess::Unread,
        },
    };
    // What is off needs no exceptions, and with exceptions that could not be read nobody knows what is blocked.
    let mode =
        if mode != BlockPublicAccess::Off && exclusions.is_err() { BlockPublicAccess::Unread } else { mode };
    let holds = |exclusion: &&VpcBlockPublicAccessExclusion| {
        use VpcBlockPublicAccessExclusionState::{CreateComplete, UpdateComplete};
        matches!(exclusion.state(), Some(CreateComplete | UpdateComplete))
    };
    let excluded = exclusions.iter().flatten().filter(holds).filter_map(|exclusion| {
        let id = exclusion.resource_arn()?.rsplit('/').next()?.to_owned();
        let stays = match exclusion.internet_gateway_exclusion_mode()? {
            InternetGatewayExclusionMode::AllowBidirectional => BlockPublicAccess::Off,
            InternetGatewayExclusionMode::AllowEgress => BlockPublicAccess::Ingress,
            _ => BlockPublicAccess::Unread,
        };
        Some((id, stays))
    });
    Block { mode, excluded: excluded.collect() }
}

pub(super) fn places(
    network: &mut Network,
    labels: &Labels,
    vpcs: &[LiveVpc],
    subnets: &[LiveSubnet],
    block: &Block,
) {
    for vpc in vpcs {
        let more = vpc.cidr_block_association_set().iter().filter_map(|one| one.cidr_block());
        let v6 = vpc.ipv6_cidr_block_association_set().iter().filter_map(|one| one.ipv6_cidr_block());
        let ranges: BTreeSet<IpNet> =
            vpc.cidr_block().into_iter().chain(more).chain(v6).filter_map(range).collect();
        let read =
            Vpc { ranges: ranges.into_iter().collect(), block_public_access: block.mode, main_table: None };
        network.vpcs.insert(labels.of(vpc.vpc_id().unwrap_or_default()), read);
    }
    for subnet in subnets {
        let v6 = subnet.ipv6_cidr_block_association_set().iter().filter_map(|one| one.ipv6_cidr_block());
        let (id, vpc) = (subnet.subnet_id().unwrap_or_default(), subnet.vpc_id().unwrap_or_default());
        let excluded = block.excluded.get(id).or_else(|| block.excluded.get(vpc));
        let read = Subnet {
            vpc: labels.of(vpc),
            ranges: subnet.cidr_block().into_iter().chain(v6).filter_map(range).collect(),
            table: None,
            acl: "network ACL".to_owned(),
            exclusion: excluded.copied(),
        };
        network.subnets.insert(labels.of(id), read);
    }
}

pub(super) fn tables(network: &mut Network, labels: &Labels, tables: &[LiveTable]) {
    for table in tables {
        let label = labels.of(table.route_table_id().unwrap_or_default());
        for association in table.associations() {
            if let Some(subnet) =
                association.subnet_id().and_then(|id| network.subnets.get_mut(&labels.of(id)))
            {
                subnet.table = Some(label.clone());
            }
            let vpc = table.vpc_id().filter(|_| association.main() == Some(true));
            if let Some(vpc) = vpc.and_then(|id| network.vpcs.get_mut(&labels.of(id))) {
                vpc.main_table = Some(label.clone());
            }
        }
        let routes = table.routes().iter().filter_map(|live| route(labels, live)).collect();
        network.tables.insert(label, RouteTable { routes });
    }
}

fn route(labels: &Labels, live: &LiveRoute) -> Option<Route> {
    let to = match live.destination_prefix_list_id() {
        Some(list) => Destination::PrefixList(list.to_owned()),
        None => {
            Destination::Range(range(live.destination_cidr_block().or(live.destination_ipv6_cidr_block())?)?)
        }
    };
    Some(Route {
        to,
        via: via(labels, live),
        propagated: live.origin() == Some(&RouteOrigin::EnableVgwRoutePropagation),
    })
}

fn via(labels: &Labels, live: &LiveRoute) -> Via {
    let others = [
        live.transit_gateway_id(),
        live.network_interface_id(),
        live.instance_id(),
        live.local_gateway_id(),
        live.carrier_gateway_id(),
        live.core_network_arn(),
        live.odb_network_arn(),
    ];
    let other = || others.into_iter().flatten().next().unwrap_or("what AWS does not name").to_owned();
    let known = match (live.gateway_id(), live.nat_gateway_id(), live.egress_only_internet_gateway_id()) {
        (Some("local"), ..) => Via::Local,
        (Some(id), ..) if id.starts_with("igw-") => Via::InternetGateway(labels.of(id)),
        (Some(id), ..) if id.starts_with("vpce-") => Via::GatewayEndpoint(labels.of(id)),
        (Some(id), ..) => Via::Unknown(id.to_owned()),
        (None, Some(id), _) => Via::NatGateway(labels.of(id)),
        (None, None, Some(id)) => Via::EgressOnly(id.to_owned()),
        (None, None, None) => match live.vpc_peering_connection_id() {
            Some(id) => Via::Peering(id.to_owned()),
            None => Via::Unknown(other()),
        },
    };
    if live.state() != Some(&RouteState::Blackhole) {
        return known;
    }
    Via::Blackhole(match known {
        Via::InternetGateway(id)
        | Via::EgressOnly(id)
        | Via::NatGateway(id)
        | Via::Peering(id)
        | Via::GatewayEndpoint(id)
        | Via::Blackhole(id)
        | Via::Unknown(id) => id,
        Via::Local => "local".to_owned(),
    })
}

pub(super) fn internet_gateways(network: &mut Network, labels: &Labels, gateways: &[LiveGateway]) {
    for gateway in gateways {
        // AWS says `available` of an internet gateway where it says `attached` of others (NET-6).
        let attached = gateway.attachments().iter().find(|attachment| {
            let state = attachment.state();
            state == Some(&AttachmentStatus::Attached)
                || state.map(AttachmentStatus::as_str) == Some("available")
        });
        let vpc = attached.and_then(|attachment| attachment.vpc_id()).map(|id| labels.of(id));
        let id = labels.of(gateway.internet_gateway_id().unwrap_or_default());
        network.internet_gateways.insert(id, InternetGateway { vpc });
    }
}

pub(super) fn nat_gateways(network: &mut Network, labels: &Labels, gateways: &[LiveNat]) {
    let there = gateways.iter().filter(|gateway| gateway.state() == Some(&NatGatewayState::Available));
    for gateway in there {
        // One of all zones stands in no subnet: what goes through it is not known.
        let Some(subnet) = gateway.subnet_id() else { continue };
        let id = labels.of(gateway.nat_gateway_id().unwrap_or_default());
        let public = gateway.connectivity_type() != Some(&ConnectivityType::Private);
        network.nat_gateways.insert(id, NatGateway { subnet: labels.of(subnet), public });
    }
}

pub(super) fn peerings(network: &mut Network, labels: &Labels, peerings: &[VpcPeeringConnection]) {
    for peering in peerings {
        let (asks, accepts) = (peering.requester_vpc_info(), peering.accepter_vpc_info());
        let vpc = |side: Option<&aws_sdk_ec2::types::VpcPeeringConnectionVpcInfo>| {
            labels.of(side.and_then(|side| side.vpc_id()).unwrap_or_default())
        };
        let status = peering.status().and_then(|status| status.code());
        let read = Peering {
            vpcs: [vpc(asks), vpc(accepts)],
            active: status == Some(&VpcPeeringConnectionStateReasonCode::Active),
            references: asks.and_then(|side| side.region()) == accepts.and_then(|side| side.region()),
        };
        network.peerings.insert(peering.vpc_peering_connection_id().unwrap_or_default().to_owned(), read);
    }
}

/// The prefix lists that rules and routes name.
pub(super) fn prefix_lists(network: &Network) -> BTreeSet<Id> {
    let rules = network.groups.values().flat_map(|group| group.ingress.iter().chain(&group.egress));
    let of_rules = rules.filter_map(|rule| match &rule.peer {
        Peer::PrefixList(id) => Some(id.clone()),
        Peer::Range(_) | Peer::Group(_) => None,
    });
    let routes = network.tables.values().flat_map(|table| &table.routes);
    let of_routes = routes.filter_map(|route| match &route.to {
        Destination::PrefixList(id) => Some(id.clone()),
        Destination::Range(_) => None,
    });
    of_rules.chain(of_routes).collect()
}
