//! Reads the whole network of one region: what the baseline owns and what others made.

mod filters;
mod interfaces;
mod load_balancers;
mod routes;
mod service_ranges;

use ipnet::IpNet;
use std::collections::BTreeMap;

use super::trace::{chain, chains};
use super::{Account, Error, NAME_TAG, Owner};
use crate::aws::pages::Items as _;
use crate::network::{Id, Labels, LiveNetwork};
use aws_sdk_ec2::types::{
    InternetGateway as LiveGateway, NatGateway as LiveNat, NetworkAcl, NetworkInterface, PrefixListEntry,
    RouteTable, SecurityGroup, Subnet as LiveSubnet, Tag, Vpc as LiveVpc, VpcBlockPublicAccessExclusion,
    VpcBlockPublicAccessOptions, VpcEndpoint, VpcPeeringConnection,
};

pub use service_ranges::{ServiceRanges, service_ranges};

/// The reads of a live network, as IAM calls them.
pub const CALLS: [&str; 17] = [
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcBlockPublicAccessExclusions",
    "ec2:DescribeVpcBlockPublicAccessOptions",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "ec2:GetManagedPrefixListEntries",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
];

/// What the lists of EC2 answered. Each may fail for itself.
struct Lists {
    vpcs: Result<Vec<LiveVpc>, Error>,
    subnets: Result<Vec<LiveSubnet>, Error>,
    interfaces: Result<Vec<NetworkInterface>, Error>,
    tables: Result<Vec<RouteTable>, Error>,
    acls: Result<Vec<NetworkAcl>, Error>,
    groups: Result<Vec<SecurityGroup>, Error>,
    gateways: Result<Vec<LiveGateway>, Error>,
    nats: Result<Vec<LiveNat>, Error>,
    peerings: Result<Vec<VpcPeeringConnection>, Error>,
    endpoints: Result<Vec<VpcEndpoint>, Error>,
    block: Result<Option<VpcBlockPublicAccessOptions>, Error>,
    exclusions: Result<Vec<VpcBlockPublicAccessExclusion>, Error>,
}

macro_rules! pages {
    ($account:expr, $operation:ident) => {
        chain(Box::pin($account.call(|| $account.ec2.$operation().all_items())))
    };
}

impl Lists {
    async fn read(account: &Account) -> Self {
        let block = async {
            let request = || account.ec2.describe_vpc_block_public_access_options().send();
            account.call(request).await.map(|answer| answer.vpc_block_public_access_options)
        };
        let exclusions = async {
            let request = || account.ec2.describe_vpc_block_public_access_exclusions().send();
            account
                .call(request)
                .await
                .map(|answer| answer.vpc_block_public_access_exclusions.unwrap_or_default())
        };
        let inside = async {
            tokio::join!(
                pages!(account, describe_vpcs),
                pages!(account, describe_subnets),
                pages!(account, describe_network_interfaces),
                pages!(account, describe_route_tables),
                pages!(account, describe_network_acls),
                pages!(account, describe_security_groups),
            )
        };
        let leading_out = async {
            tokio::join!(
                pages!(account, describe_internet_gateways),
                pages!(account, describe_nat_gateways),
                pages!(account, describe_vpc_peering_connections),
                pages!(account, describe_vpc_endpoints),
                chain(Box::pin(block)),
                chain(Box::pin(exclusions)),
            )
        };
        let (inside, leading_out) = tokio::join!(chain(Box::pin(inside)), chain(Box::pin(leading_out)));
        let (vpcs, subnets, interfaces, tables, acls, groups) = inside;
        let (gateways, nats, peerings, endpoints, block, exclusions) = leading_out;
        Self {
            vpcs,
            subnets,
            interfaces,
            tables,
            acls,
            groups,
            gateways,
            nats,
            peerings,
            endpoints,
            block,
            exclusions,
        }
    }

    /// What everything is called.
    fn labels(&self, account: &Account, names: &BTreeMap<String, String>) -> Labels {
        let mut labels = Labels::default();
        let mut add = |id: Option<&str>, name: Option<&str>, tags: &[Tag]| {
            let Some(id) = id else { return };
            labels.add(id, names.get(id).cloned().unwrap_or_else(|| label(account, id, name, tags)));
        };
        for vpc in self.vpcs.iter().flatten() {
            add(vpc.vpc_id(), None, vpc.tags());
        }
        for subnet in self.subnets.iter().flatten() {
            add(subnet.subnet_id(), None, subnet.tags());
        }
        for table in self.tables.iter().flatten() {
            add(table.route_table_id(), None, table.tags());
        }
        for acl in self.acls.iter().flatten() {
            add(acl.network_acl_id(), None, acl.tags());
        }
        for group in self.groups.iter().flatten() {
            add(group.group_id(), group.group_name(), group.tags());
        }
        for gateway in self.gateways.iter().flatten() {
            add(gateway.internet_gateway_id(), None, gateway.tags());
        }
        for nat in self.nats.iter().flatten() {
            add(nat.nat_gateway_id(), None, nat.tags());
        }
        for endpoint in self.endpoints.iter().flatten() {
            add(endpoint.vpc_endpoint_id(), None, endpoint.tags());
        }
        labels
    }
}

/// The address of what this baseline made; else the id, with a name where there is one.
fn label(account: &Account, id: &str, name: Option<&str>, tags: &[Tag]) -> Id {
    let pairs = || tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()?)));
    let own = pairs().any(|(key, value)| key == NAME_TAG && value == account.baseline);
    if let Some(addr) = Owner::from_tags(pairs()).filter(|_| own).and_then(|owner| owner.addr()) {
        return addr.to_string();
    }
    let named =
        pairs().find(|(key, value)| *key == "Name" && !value.is_empty()).map(|(_, value)| value).or(name);
    named.map_or_else(|| id.to_owned(), |name| format!("{id} ({name})"))
}

/// Reads the network of the account's region. Parts that could not be read are listed with the reason; nothing is said
/// of them, which makes answers that lean on them unknown.
///
/// # Errors
/// Fails where VPCs, subnets or interfaces cannot be listed: then nobody can be placed.
pub async fn read(account: &Account) -> Result<(LiveNetwork, Vec<Error>), Error> {
    read_as(account, &BTreeMap::new()).await
}

/// The same, where these ids have names that no tag says yet.
///
/// # Errors
/// As [`read`].
pub async fn read_as(
    account: &Account,
    names: &BTreeMap<String, String>,
) -> Result<(LiveNetwork, Vec<Error>), Error> {
    let (lists, balancers) =
        tokio::join!(Lists::read(account), chain(Box::pin(load_balancers::read(account))));
    let labels = lists.labels(account, names);
    let mut unread: Vec<Error> = Vec::new();
    let mut live = LiveNetwork::default();
    let network = &mut live.network;
    let block = routes::block_public_access(&lists.block, &lists.exclusions);
    let (vpcs, subnets, interfaces) = (lists.vpcs?, lists.subnets?, lists.interfaces?);
    routes::places(network, &labels, &vpcs, &subnets, &block);
    let zone =
        |subnet: &LiveSubnet| Some((labels.of(subnet.subnet_id()?), subnet.availability_zone()?.to_owned()));
    live.zones = subnets.iter().filter_map(zone).collect();
    keep(lists.groups, &mut unread, |groups| filters::groups(network, &labels, &groups));
    keep(lists.acls, &mut unread, |acls| filters::acls(network, &labels, &acls));
    keep(lists.tables, &mut unread, |tables| routes::tables(network, &labels, &tables));
    keep(lists.gateways, &mut unread, |gateways| routes::internet_gateways(network, &labels, &gateways));
    keep(lists.nats, &mut unread, |nats| routes::nat_gateways(network, &labels, &nats));
    keep(lists.peerings, &mut unread, |peerings| routes::peerings(network, &labels, &peerings));
    unread.extend([lists.block.err(), lists.exclusions.err()].into_iter().flatten());
    let balancers = balancers.unwrap_or_else(|error| {
        unread.push(error);
        BTreeMap::new()
    });
    let mut of_endpoints = BTreeMap::new();
    keep(lists.endpoints, &mut unread, |endpoints| {
        of_endpoints = interfaces::of_endpoints(&labels, &endpoints);
    });
    network.public_addresses = interfaces::public_addresses(&interfaces);
    live.interfaces = interfaces::interfaces(&labels, &interfaces, &balancers, &of_endpoints);
    let lists = prefix_lists(account, routes::prefix_lists(network)).await;
    for (id, found) in lists {
        let ranges = found.map(|entries| entries.iter().filter_map(|entry| range(entry.cidr()?)).collect());
        let ranges = ranges.map_err(|error| unread.push(error)).ok();
        network.prefix_lists.insert(id, ranges);
    }
    Ok((live, unread))
}

/// A range as AWS spells it.
fn range(text: &str) -> Option<IpNet> {
    text.parse().ok()
}

fn keep<T>(found: Result<Vec<T>, Error>, unread: &mut Vec<Error>, put: impl FnOnce(Vec<T>)) {
    match found {
        Ok(found) => put(found),
        Err(error) => unread.push(error),
    }
}

async fn prefix_lists(
    account: &Account,
    ids: impl IntoIterator<Item = Id>,
) -> Vec<(Id, Result<Vec<PrefixListEntry>, Error>)> {
    let reads = ids.into_iter().map(|id| {
        Box::pin(async move {
            let request = || account.ec2.get_managed_prefix_list_entries().prefix_list_id(&id);
            let entries = account.call(|| request().all_items()).await;
            (id.clone(), entries)
        })
    });
    chains(reads).await
}
