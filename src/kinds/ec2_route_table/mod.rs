//! A route table with its routes and the subnets that use it (aws-truths 1.7).

pub(in crate::kinds) mod order;
pub(in crate::kinds) mod subnets;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::operation::create_route::builders::CreateRouteFluentBuilder;
use aws_sdk_ec2::operation::replace_route::builders::ReplaceRouteFluentBuilder;
use aws_sdk_ec2::types::{ResourceType, Route, RouteOrigin};
use serde::{Deserialize, Serialize};

use self::order::{Write, writes};
use self::subnets::{is_held, write_subnets};
use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::ip_range;
use crate::kinds::ec2::served_subnets::{Serving, holder};
use crate::kinds::ec2::tags::{adopt, filter, owned_filter, owner, ownership, specification, tags};
use crate::kinds::ec2_internet_gateway::InternetGateway;
use crate::kinds::ec2_nat_gateway::NatGateway;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::{
    DeleteRequest, Found, Holders, KindMeta, ReadRequest, ReadResult, Reading, Replace, Resource, State,
    Update, by_tag, unreadable,
};
use crate::model::{Addr, Dict, Link, Remark, ResourceSpec, Set, Severity};

/// A route table. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// The VPC's id.
    pub vpc: Link,
    /// Target by destination: those that are declared, and the ones to everywhere, which decide what reaches the internet.
    /// Not the `local` route that AWS keeps (NET-18).
    pub routes: Dict<Link>,
    /// Whether other routes are removed. Nothing in AWS says it.
    pub only_declared: bool,
    /// Ids of the subnets associated with it.
    pub subnets: Set<Link>,
}

impl ResourceSpec for RouteTable {
    const KIND: &'static str = "ec2.route-table";
}

/// Route tables.
pub struct RouteTables;

impl Resource for RouteTables {
    type Spec = RouteTable;
    const META: KindMeta = KindMeta {
        duplicates_on_retry: true,
        found_by_place: true,
        kept_members: &["subnets"],
        exclusive_members: &["subnets"],
        immutable: &["vpc"],
        replace: Replace::Never("a route table stays in its VPC; declare another one under another name"),
        outputs: &["id"],
        settle_seconds: 300,
        read_actions: &["ec2:DescribeRouteTables"],
        write_actions: &[
            "ec2:AssociateRouteTable",
            "ec2:CreateRoute",
            "ec2:CreateRouteTable",
            "ec2:CreateTags",
            "ec2:DeleteRoute",
            "ec2:DeleteRouteTable",
            "ec2:DisassociateRouteTable",
            "ec2:ReplaceRoute",
            "ec2:ReplaceRouteTableAssociation",
        ],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<RouteTable>>) -> Vec<ReadResult<RouteTable>> {
        let pages = || account.ec2.describe_route_tables().filters(owned_filter(account)).all_items();
        let declared: BTreeMap<Addr, RouteTable> =
            asked.iter().map(|asked| (asked.addr.clone(), asked.wanted.clone())).collect();
        match account.call(pages).await {
            Ok(tables) => {
                let found = tables.iter().filter_map(|t| Some((owner(t.tags())?, found(t)))).collect();
                let mut results = by_tag(account, asked, found);
                for (addr, reading) in &mut results {
                    if let (Reading::Found(found), Some(declared)) = (reading, declared.get(addr)) {
                        leave_others(found, declared);
                    }
                }
                results
            }
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &RouteTable) -> Result<(), Error> {
        // The SDK puts in a client token and repeats it when it sends the call again (NET-19).
        let request = account
            .ec2
            .create_route_table()
            .vpc_id(wanted.vpc.id()?)
            .tag_specifications(specification(account, addr, ResourceType::RouteTable));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<RouteTable>) -> Result<(), Error> {
        let id = update.output("id")?;
        if update.adopt {
            adopt(account, &update.addr, id).await?;
        }
        // Routes first, so that a subnet never uses a table that does not lead anywhere yet.
        if update.touches("routes") {
            write_routes(account, id, &update.wanted.routes, &update.live.attributes.routes).await?;
        }
        if update.touches("subnets") {
            write_subnets(account, id, &update.wanted.subnets, &update.live.attributes.subnets).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<RouteTable>) -> Result<(), Error> {
        let id = request.output("id")?;
        write_subnets(account, id, &Set::default(), &request.live.attributes.subnets).await?;
        let request = account.ec2.delete_route_table().route_table_id(id);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    /// The one that serves nothing but subnets that are wanted in it.
    async fn holders(
        account: &Account,
        asked: &[ReadRequest<RouteTable>],
    ) -> Result<Holders<RouteTable>, Error> {
        let vpcs: BTreeSet<String> =
            asked.iter().filter_map(|question| question.wanted.vpc.id().ok().map(str::to_owned)).collect();
        if vpcs.is_empty() {
            return Ok(Vec::new());
        }
        let request = account.ec2.describe_route_tables().filters(filter("vpc-id", vpcs));
        let tables: Vec<aws_sdk_ec2::types::RouteTable> =
            account.call(|| request.clone().all_items()).await?;
        let mut holders = Vec::new();
        for question in asked {
            let serving = |table: &aws_sdk_ec2::types::RouteTable| {
                let mut found = found(table);
                leave_others(&mut found, &question.wanted);
                let mut associations = table.associations().iter();
                Serving {
                    id: table.route_table_id().unwrap_or_default().to_owned(),
                    owner: owner(table.tags()),
                    subnets: served(table).map(str::to_owned).collect(),
                    others: associations.any(|it| it.main() == Some(true) || it.gateway_id().is_some()),
                    found,
                }
            };
            let all: Vec<_> = tables.iter().map(serving).collect();
            let holder = holder(account, question, &question.wanted.subnets, &all);
            holders.extend(holder.map(|holder| (question.addr.clone(), holder)));
        }
        Ok(holders)
    }

    fn example(seed: u8) -> RouteTable {
        let odd = seed % 2 == 1;
        let target =
            if odd { NatGateway::output("main", "id") } else { InternetGateway::output("main", "id") };
        RouteTable {
            vpc: Vpc::output("main", "id"),
            routes: [("0.0.0.0/0".to_owned(), target)].into_iter().collect(),
            only_declared: false,
            subnets: (!odd).then(|| Subnet::output("main", "id")).into_iter().collect(),
        }
    }
}

/// Destinations that are managed though nobody declares them: a way to the internet is nobody's private business.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// Leaves routes alone that are not declared and do not lead everywhere: to a VPN, a peering, a transit gateway, an endpoint; but
/// where the file says that its routes are all there are. They are told, and a warning where one of them leads to the internet.
fn leave_others(found: &mut Found<RouteTable>, declared: &RouteTable) {
    found.attributes.only_declared = declared.only_declared;
    if declared.only_declared {
        return;
    }
    let is_managed = |to: &String| declared.routes.0.contains_key(to) || EVERYWHERE.contains(&to.as_str());
    let routes = std::mem::take(&mut found.attributes.routes.0);
    let (managed, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        routes.into_iter().partition(|(to, _)| is_managed(to));
    found.attributes.routes = Dict(managed);
    if others.is_empty() {
        return;
    }
    let target = |link: &Link| link.id().unwrap_or_default().to_owned();
    let shown: Vec<String> =
        others.iter().map(|(to, through)| format!("{to} through {}", target(through))).collect();
    let open = others
        .values()
        .any(|through| target(through).starts_with("igw-") || target(through).starts_with("eigw-"));
    let table = found.outputs.get("id").cloned().unwrap_or_default();
    found.remarks.push(Remark {
        severity: if open { Severity::Warning } else { Severity::Note },
        message: format!(
            "{table} has routes that the file does not declare, and they stay: {}",
            shown.join(", ")
        ),
        next: if open {
            "look at the route to the internet gateway, and delete it if nobody needs it".to_owned()
        } else {
            String::new()
        },
    });
}

async fn write_routes(
    account: &Account,
    table: &str,
    wanted: &Dict<Link>,
    live: &Dict<Link>,
) -> Result<(), Error> {
    for write in writes(&live.0, &wanted.0) {
        match write {
            Write::Create(destination, target) => {
                let request =
                    account.ec2.create_route().route_table_id(table).to(destination).through(target.id()?)?;
                match account.call(|| request.clone().send()).await {
                    // Made by a run before this one; its target may be another one.
                    Err(error) if error.code == "RouteAlreadyExists" => {
                        replace_route(account, table, destination, target).await?;
                    }
                    Err(error) => return Err(error),
                    Ok(_) => {}
                }
            }
            Write::Replace(destination, target) => {
                replace_route(account, table, destination, target).await?;
            }
            Write::Delete(destination) => {
                let request = account.ec2.delete_route().route_table_id(table);
                let request = match Destination::of(destination) {
                    Destination::PrefixList => request.destination_prefix_list_id(destination),
                    Destination::V6 => request.destination_ipv6_cidr_block(destination),
                    Destination::V4 => request.destination_cidr_block(destination),
                };
                account.find(|| request.clone().send()).await?;
            }
        }
    }
    Ok(())
}

async fn replace_route(
    account: &Account,
    table: &str,
    destination: &str,
    target: &Link,
) -> Result<(), Error> {
    let request = account.ec2.replace_route().route_table_id(table).to(destination).through(target.id()?)?;
    account.call(|| request.clone().send()).await?;
    Ok(())
}

/// What kind of destination a route has; AWS takes each in a parameter of its own.
enum Destination {
    V4,
    V6,
    PrefixList,
}

impl Destination {
    fn of(text: &str) -> Self {
        match text {
            list if list.starts_with("pl-") => Self::PrefixList,
            range if ip_range::is_v6(range) => Self::V6,
            _ => Self::V4,
        }
    }
}

/// Destination and target of a call that writes a route.
trait WritesRoute: Sized {
    /// Sets the destination.
    fn to(self, destination: &str) -> Self;
    /// Sets the target.
    fn through(self, target: &str) -> Result<Self, Error>;
}

macro_rules! writes_route {
    ($builder:ty) => {
        impl WritesRoute for $builder {
            fn to(self, destination: &str) -> Self {
                match Destination::of(destination) {
                    Destination::PrefixList => self.destination_prefix_list_id(destination),
                    Destination::V6 => self.destination_ipv6_cidr_block(destination),
                    Destination::V4 => self.destination_cidr_block(destination),
                }
            }

            fn through(self, target: &str) -> Result<Self, Error> {
                let kind = target.split_once('-').map_or("", |(kind, _)| kind);
                Ok(match kind {
                    "igw" | "vgw" => self.gateway_id(target),
                    "nat" => self.nat_gateway_id(target),
                    "eigw" => self.egress_only_internet_gateway_id(target),
                    "tgw" => self.transit_gateway_id(target),
                    "pcx" => self.vpc_peering_connection_id(target),
                    "eni" => self.network_interface_id(target),
                    "vpce" => self.vpc_endpoint_id(target),
                    _ => {
                        return Err(Error::internal(format!(
                            "{target} is not a target a route can be written to; name a gateway"
                        )));
                    }
                })
            }
        }
    };
}

writes_route!(CreateRouteFluentBuilder);
writes_route!(ReplaceRouteFluentBuilder);

/// Destination and target of a route that somebody wrote; nothing for those that AWS writes.
///
/// AWS writes the `local` route, those a virtual private gateway propagates, and those of gateway
/// endpoints (NET-18). A route whose target is gone is a blackhole and still counts.
fn route(route: &Route) -> Option<(String, Link)> {
    let written_by_aws =
        matches!(route.origin(), Some(RouteOrigin::EnableVgwRoutePropagation | RouteOrigin::Advertisement));
    let of_endpoint = route.destination_prefix_list_id().is_some()
        && route.gateway_id().is_some_and(|gateway| gateway.starts_with("vpce-"));
    if written_by_aws || of_endpoint || route.gateway_id() == Some("local") {
        return None;
    }
    let destination = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id())?;
    let target = route
        .gateway_id()
        .or(route.nat_gateway_id())
        .or(route.egress_only_internet_gateway_id())
        .or(route.transit_gateway_id())
        .or(route.vpc_peering_connection_id())
        // A route to an instance names its interface as well.
        .or(route.network_interface_id())
        .or(route.instance_id())
        .or(route.local_gateway_id())
        .or(route.carrier_gateway_id())
        .or(route.core_network_arn())
        .or(route.odb_network_arn());
    Some((ip_range::canonical(destination), Link::from(target.unwrap_or_default())))
}

/// The subnets that are associated with a table: the main association has none.
fn served(table: &aws_sdk_ec2::types::RouteTable) -> impl Iterator<Item = &str> {
    let explicit = table.associations().iter().filter(|association| is_held(association));
    explicit.filter_map(|association| association.subnet_id())
}

fn found(table: &aws_sdk_ec2::types::RouteTable) -> Found<RouteTable> {
    Found {
        attributes: RouteTable {
            vpc: table.vpc_id().unwrap_or_default().into(),
            routes: table.routes().iter().filter_map(route).collect(),
            only_declared: false,
            subnets: served(table).map(Link::from).collect(),
        },
        outputs: [("id", table.route_table_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(table.tags()),
        tags: tags(table.tags()),
        state: State::Ready,
        remarks: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        RouteState, RouteTableAssociation, RouteTableAssociationState, RouteTableAssociationStateCode,
    };

    use super::*;

    #[test]
    fn routes_that_aws_writes_are_not_ours_and_a_blackhole_is() {
        let to = |cidr: &str| Route::builder().destination_cidr_block(cidr);
        let local = to("10.0.0.0/16").gateway_id("local").origin(RouteOrigin::CreateRouteTable);
        let propagated = to("10.9.0.0/16").gateway_id("vgw-1").origin(RouteOrigin::EnableVgwRoutePropagation);
        let endpoint = Route::builder()
            .destination_prefix_list_id("pl-1")
            .gateway_id("vpce-1")
            .origin(RouteOrigin::CreateRoute);
        for theirs in [local, propagated, endpoint] {
            assert_eq!(route(&theirs.build()), None);
        }
        let blackhole = to("0.0.0.0/0")
            .nat_gateway_id("nat-1")
            .origin(RouteOrigin::CreateRoute)
            .state(RouteState::Blackhole);
        assert_eq!(route(&blackhole.build()), Some(("0.0.0.0/0".to_owned(), "nat-1".into())));
    }

    #[test]
    fn routes_of_others_are_left_alone_and_told() {
        for (others, severity) in [
            (vec![("10.9.0.0/16", "pcx-1"), ("172.16.0.0/12", "tgw-1")], Severity::Note),
            (vec![("198.51.100.0/24", "igw-1")], Severity::Warning),
        ] {
            let mut table = aws_sdk_ec2::types::RouteTable::builder().route_table_id("rtb-1");
            for (to, through) in others.iter().chain(&[("0.0.0.0/0", "nat-1"), ("::/0", "eigw-1")]) {
                let route = Route::builder().origin(RouteOrigin::CreateRoute).gateway_id(*through);
                table = table.routes(match to.contains(':') {
                    true => route.destination_ipv6_cidr_block(*to).build(),
                    false => route.destination_cidr_block(*to).build(),
                });
            }
            let mut found = found(&table.build());
            let everywhere = ("0.0.0.0/0".to_owned(), NatGateway::output("main", "id"));
            let declared = RouteTable {
                routes: [everywhere].into_iter().collect(),
                only_declared: true,
                ..RouteTables::example(1)
            };
            let mut whole = found.clone();
            leave_others(&mut whole, &declared);
            assert_eq!(whole.attributes.routes.0.len(), others.len() + 2, "all of them are the file's");
            assert!(whole.remarks.is_empty());
            leave_others(&mut found, &RouteTable { only_declared: false, ..declared });
            // A way to everywhere is a difference whether anybody declared it or not.
            assert_eq!(found.attributes.routes.0.keys().collect::<Vec<_>>(), ["0.0.0.0/0", "::/0"]);
            assert_eq!(found.remarks.len(), 1);
            assert_eq!(found.remarks[0].severity, severity);
            for (to, through) in others {
                assert!(found.remarks[0].message.contains(&format!("{to} through {through}")));
            }
        }
    }

    #[test]
    fn only_subnets_that_hold_on_to_the_table_are_listed() {
        let association = |subnet: Option<&str>, state: RouteTableAssociationStateCode| {
            RouteTableAssociation::builder()
                .main(subnet.is_none())
                .set_subnet_id(subnet.map(str::to_owned))
                .association_state(RouteTableAssociationState::builder().state(state).build())
                .build()
        };
        let table = aws_sdk_ec2::types::RouteTable::builder()
            .associations(association(None, RouteTableAssociationStateCode::Associated))
            .associations(association(Some("subnet-1"), RouteTableAssociationStateCode::Associating))
            .associations(association(Some("subnet-2"), RouteTableAssociationStateCode::Disassociating))
            .build();
        assert_eq!(found(&table).attributes.subnets, [Link::from("subnet-1")].into_iter().collect());
    }
}
