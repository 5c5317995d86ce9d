//! The default VPC of a region, which AWS made with the account (NET-7). It is only ever deleted, where nothing is in it.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    InternetGateway as LiveGateway, NetworkAcl, NetworkInterface, RouteTable, SecurityGroup, Subnet, Vpc,
    VpnGateway, VpnState,
};
use serde::{Deserialize, Serialize};

use crate::aws::trace::chain;
use crate::aws::{Account, Error, Items as _, Owner, OwnershipTags, Tags};
use crate::kinds::ec2::obstacle::told;
use crate::kinds::ec2::tags::{adopt, filter, owner};
use crate::kinds::ec2_internet_gateway::{InternetGateway, detach};
use crate::kinds::{
    DeleteRequest, Found, KindMeta, Lives, ReadRequest, ReadResult, Reading, Resource, State, Tagged, Update,
    unreadable,
};
use crate::model::{Addr, Link, ResourceSpec, Set};

/// A default VPC. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultVpc {
    /// Its range.
    pub cidr: String,
    /// Ids of its subnets, which go with it.
    pub subnets: Set<String>,
}

impl ResourceSpec for DefaultVpc {
    const KIND: &'static str = "ec2.default-vpc";
}

/// The name of a region's default VPC; a region has one at most.
const NAME: &str = "default";

/// Default VPCs.
pub struct DefaultVpcs;

impl Resource for DefaultVpcs {
    type Spec = DefaultVpc;
    const META: KindMeta = KindMeta {
        tags: Tagged::Cannot("AWS made it; it is only deleted"),
        lives: Lives::EveryRegion,
        outputs: &["id"],
        undeclared_next: "delete it with apply --prune",
        settle_seconds: 300,
        read_actions: &[
            "ec2:DescribeInternetGateways",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeRouteTables",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "ec2:DescribeVpnGateways",
        ],
        write_actions: &[
            "ec2:CreateTags",
            "ec2:DeleteInternetGateway",
            "ec2:DeleteSubnet",
            "ec2:DeleteVpc",
            "ec2:DetachInternetGateway",
        ],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<DefaultVpc>>) -> Vec<ReadResult<DefaultVpc>> {
        let Some(addr) = asked.first().map(|question| question.addr.clone()) else { return Vec::new() };
        match find_default_vpc(account, &addr).await {
            Err(error) => unreadable(asked, &error),
            Ok(mut found) => asked
                .into_iter()
                .map(|question| {
                    let found = found.take().filter(|_| question.addr == addr);
                    (question.addr, found.map_or(Reading::Absent, |found| Reading::Found(Box::new(found))))
                })
                .collect(),
        }
    }

    async fn create(_: &Account, addr: &Addr, _: &DefaultVpc) -> Result<(), Error> {
        Err(only_deleted(addr))
    }

    async fn update(_: &Account, update: &Update<DefaultVpc>) -> Result<(), Error> {
        Err(only_deleted(&update.addr))
    }

    /// The VPC goes last, so that whatever a run leaves is found by the next one.
    async fn delete(account: &Account, request: &DeleteRequest<DefaultVpc>) -> Result<(), Error> {
        let vpc = request.output("id")?;
        let inside = Inside::read(account, vpc).await?;
        let used = inside.uses();
        if !used.is_empty() {
            let message = format!("the default VPC {vpc} is in use: {}", used.join(", "));
            return Err(Error::reported("ec2", "DeleteVpc", "DependencyViolation", &message));
        }
        let ec2 = &account.ec2;
        for subnet in inside.subnets.iter().filter_map(Subnet::subnet_id) {
            let request = ec2.delete_subnet().subnet_id(subnet);
            account.find(|| request.clone().send()).await?;
        }
        let name = gateway_addr(&request.addr);
        for gateway in inside.own_gateways(account, vpc, &name) {
            let id = gateway.internet_gateway_id().unwrap_or_default();
            if gateway.attachments().iter().any(|attachment| attachment.vpc_id() == Some(vpc)) {
                // Once it is detached, nothing but this tag says that it is to go.
                adopt(account, &name, id).await?;
                detach(account, id, Some(&Link::from(vpc))).await?;
            }
            let request = ec2.delete_internet_gateway().internet_gateway_id(id);
            account.find(|| request.clone().send()).await?;
        }
        let request = ec2.delete_vpc().vpc_id(vpc);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    async fn used_by(account: &Account, request: &DeleteRequest<DefaultVpc>) -> Result<Vec<String>, Error> {
        Ok(Inside::read(account, request.output("id")?).await?.uses())
    }

    fn example(_: u8) -> DefaultVpc {
        DefaultVpc { cidr: "172.31.0.0/16".into(), subnets: Set::default() }
    }
}

fn only_deleted(addr: &Addr) -> Error {
    Error::internal(format!(
        "{addr} is only ever deleted, so it is neither created nor changed; run plan again"
    ))
}

/// The address that the gateway of a default VPC is tagged with before it goes.
fn gateway_addr(vpc: &Addr) -> Addr {
    InternetGateway::addr("default-vpc").within(vpc.region())
}

/// Everything in a default VPC.
struct Inside {
    interfaces: Vec<NetworkInterface>,
    subnets: Vec<Subnet>,
    gateways: Vec<LiveGateway>,
    tables: Vec<RouteTable>,
    acls: Vec<NetworkAcl>,
    groups: Vec<SecurityGroup>,
    vpn_gateways: Vec<VpnGateway>,
}

macro_rules! of_vpc {
    ($account:expr, $operation:ident, $vpc:expr) => {
        chain(Box::pin($account.call(|| {
            let of_vpc = filter("vpc-id", [$vpc.to_owned()]);
            $account.ec2.$operation().filters(of_vpc).all_items()
        })))
    };
}

impl Inside {
    async fn read(account: &Account, vpc: &str) -> Result<Self, Error> {
        let gateways = account.call(|| account.ec2.describe_internet_gateways().all_items());
        let attached = || filter("attachment.vpc-id", [vpc.to_owned()]);
        let vpn_gateways = account.call(|| account.ec2.describe_vpn_gateways().filters(attached()).send());
        let (interfaces, subnets, gateways, tables, acls, groups, vpn_gateways) = tokio::join!(
            of_vpc!(account, describe_network_interfaces, vpc),
            of_vpc!(account, describe_subnets, vpc),
            chain(Box::pin(gateways)),
            of_vpc!(account, describe_route_tables, vpc),
            of_vpc!(account, describe_network_acls, vpc),
            of_vpc!(account, describe_security_groups, vpc),
            chain(Box::pin(vpn_gateways)),
        );
        Ok(Self {
            interfaces: interfaces?,
            subnets: subnets?,
            gateways: gateways?,
            tables: tables?,
            acls: acls?,
            groups: groups?,
            vpn_gateways: vpn_gateways?.vpn_gateways.unwrap_or_default(),
        })
    }

    /// Its gateways: attached ones, and one that an earlier run detached.
    fn own_gateways<'a>(
        &'a self,
        account: &'a Account,
        vpc: &'a str,
        name: &'a Addr,
    ) -> impl Iterator<Item = &'a LiveGateway> {
        let left = Owner { baseline: account.baseline.clone(), addr: name.to_string() };
        self.gateways.iter().filter(move |gateway| {
            let is_attached = gateway.attachments().iter().any(|attachment| attachment.vpc_id() == Some(vpc));
            is_attached || (gateway.attachments().is_empty() && owner(gateway.tags()).as_ref() == Some(&left))
        })
    }

    /// Whatever somebody made in it, or runs in it. Endpoints and peering show in routes, or have interfaces.
    fn uses(&self) -> Vec<String> {
        let mut uses = told(self.interfaces.iter());
        let mut made =
            |what: &str, ids: Vec<&str>| uses.extend(ids.into_iter().map(|id| format!("the {what} {id}")));
        let groups = self.groups.iter().filter(|group| group.group_name() != Some("default"));
        made("security group", groups.filter_map(SecurityGroup::group_id).collect());
        let subnets = self.subnets.iter().filter(|subnet| subnet.default_for_az() != Some(true));
        made("subnet", subnets.filter_map(Subnet::subnet_id).collect());
        let acls = self.acls.iter().filter(|acl| acl.is_default() != Some(true));
        let vpn_gateways =
            self.vpn_gateways.iter().filter(|gateway| gateway.state() != Some(&VpnState::Deleted));
        made("VPN gateway", vpn_gateways.filter_map(VpnGateway::vpn_gateway_id).collect());
        made("network ACL", acls.filter_map(NetworkAcl::network_acl_id).collect());
        made(
            "route table",
            self.tables
                .iter()
                .filter(|table| !is_as_made(table))
                .filter_map(RouteTable::route_table_id)
                .collect(),
        );
        uses
    }
}

/// Whether a route table is the one that AWS made: the main one, with no way but into the VPC and to the internet.
fn is_as_made(table: &RouteTable) -> bool {
    let is_main = table.associations().iter().any(|association| association.main() == Some(true));
    let ways = table.routes().iter().map(|route| route.gateway_id().unwrap_or_default());
    let ways: BTreeSet<&str> = ways.collect();
    is_main
        && table.propagating_vgws().is_empty()
        && ways.iter().all(|way| *way == "local" || way.starts_with("igw-"))
}

/// The default VPC of the account in its region, where there is one. It counts as the baseline's where nothing is in it, so that it
/// is deleted like anything that is not declared; it is nobody's, and in use, where something is.
///
/// # Errors
/// Fails where a list cannot be read.
pub(super) async fn find_default_vpc(
    account: &Account,
    addr: &Addr,
) -> Result<Option<Found<DefaultVpc>>, Error> {
    let request = || account.ec2.describe_vpcs().filters(filter("is-default", ["true".to_owned()]));
    let vpcs: Vec<Vpc> = account.call(|| request().all_items()).await?;
    let Some(vpc) = vpcs.into_iter().find(|vpc| vpc.owner_id().is_none_or(|owner| owner == account.id()))
    else {
        return Ok(None);
    };
    let id = vpc.vpc_id().unwrap_or_default();
    let inside = Inside::read(account, id).await?;
    let uses = inside.uses();
    let owned = Owner { baseline: account.baseline.clone(), addr: addr.to_string() };
    Ok(Some(Found {
        attributes: DefaultVpc {
            cidr: vpc.cidr_block().unwrap_or_default().to_owned(),
            subnets: inside.subnets.iter().filter_map(Subnet::subnet_id).map(str::to_owned).collect(),
        },
        outputs: [("id", id.to_owned())].into(),
        ownership: if uses.is_empty() { OwnershipTags::Tagged(owned) } else { OwnershipTags::Untagged },
        tags: Tags::new(),
        state: if uses.is_empty() { State::Ready } else { State::InUse(uses.join(", ")) },
        remarks: Vec::new(),
    }))
}

/// The address of the default VPC of a region.
pub(super) fn addr(region: Option<&str>) -> Addr {
    DefaultVpc::addr(NAME).within(region)
}
