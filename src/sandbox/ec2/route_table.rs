//! Route tables (aws-truths 1.7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::listing::{Listing, list};
use super::resource_id::{ROUTE_TABLE, VPC};
use super::state::{State, View, current};
use super::tags::requested;
use super::vpc_endpoint::prefix_list_of;
use super::{Versioned, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// The VPC's id.
    pub vpc: String,
    /// Its routes; the local ones come first (NET-18).
    pub routes: Vec<Route>,
    /// What uses it, by association id.
    pub associations: BTreeMap<String, Association>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The range it is for, canonical.
    pub destination: String,
    /// Where it leads.
    pub target: Target,
    /// `CreateRouteTable` or `CreateRoute`.
    pub origin: String,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The member that names it in answers, such as `natGatewayId`.
    pub member: String,
    /// Its id, or `local`.
    pub id: String,
}

/// What uses a route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// The subnet's id; the VPC itself, as its main table, where absent.
    pub subnet: Option<String>,
}

impl Target {
    /// The VPC itself.
    pub fn local() -> Self {
        Self { member: "gatewayId".to_owned(), id: "local".to_owned() }
    }
}

impl RouteTable {
    /// Whether it is the VPC's main table.
    pub fn is_main(&self) -> bool {
        self.associations.values().any(|association| association.subnet.is_none())
    }

    /// Whether a subnet is associated with it.
    pub fn serves(&self, subnet: &str) -> bool {
        self.associations.values().any(|association| association.subnet.as_deref() == Some(subnet))
    }
}

/// Operations on route tables.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateRouteTable", create_route_table),
    operation("DescribeRouteTables", describe_route_tables),
    operation("DeleteRouteTable", delete_route_table),
];

impl State {
    /// A route table that this call can see.
    ///
    /// # Errors
    /// `InvalidRouteTableId.Malformed`, `InvalidRouteTableID.NotFound`.
    pub fn route_table(&self, lens: Lens, id: &str) -> Result<&RouteTable, Fault> {
        ROUTE_TABLE.find(&self.route_tables, lens, id).map(Versioned::truth)
    }

    /// How many routes a table has, without the local one: those of its gateway endpoints count (Amazon VPC quotas).
    pub fn routes_of(&self, id: &str, table: &RouteTable) -> usize {
        table.routes.iter().filter(|route| !route.is_local()).count() + self.gateways_of(id).count()
    }

    /// The VPC that an internet gateway or a virtual private gateway is attached to.
    pub fn gateway_vpc(&self, id: &str) -> Option<&str> {
        let of_vpn = self.vpn_gateways.get(id).and_then(|gateway| gateway.truth().vpc.as_deref());
        of_vpn.or_else(|| self.internet_gateways.get(id)?.truth().vpc.as_deref())
    }

    /// `active`, or `blackhole` where the target is gone (NET-15).
    fn route_state(&self, lens: Lens, vpc: &str, target: &Target) -> &'static str {
        let id = target.id.as_str();
        let open = match (target.member.as_str(), id) {
            ("gatewayId", "local") => true,
            ("gatewayId", _) => self.gateway_vpc(id) == Some(vpc),
            ("natGatewayId", _) => {
                matches!(self.nat_gateway_state(id, lens), Some("available" | "pending"))
            }
            ("networkInterfaceId", _) => self.network_interfaces.contains_key(id),
            ("vpcPeeringConnectionId", _) => {
                self.peering_connections.get(id).is_some_and(|peering| peering.truth().active)
            }
            ("egressOnlyInternetGatewayId", _) => self.egress_only_gateways.contains_key(id),
            ("transitGatewayId", _) => self.is_attached(id, vpc),
            _ => true,
        };
        if open { "active" } else { "blackhole" }
    }
}

fn show(ec2: &State, view: &View, id: &str, table: &RouteTable) -> Fields {
    let route = |route: &Route| {
        let ipv6 = route.destination.contains(':');
        Fields::new()
            .with(if ipv6 { "destinationIpv6CidrBlock" } else { "destinationCidrBlock" }, &route.destination)
            .with(route.target.member.clone(), &route.target.id)
            .with("state", ec2.route_state(view.lens, &table.vpc, &route.target))
            .with("origin", &route.origin)
    };
    // AWS writes the routes of gateway endpoints, and nobody else.
    let of_endpoints = ec2.gateways_of(id).filter_map(|(endpoint, gateway)| {
        let list = prefix_list_of(&view.region, gateway)?;
        Some(
            Fields::new()
                .with("destinationPrefixListId", list)
                .with("gatewayId", endpoint)
                .with("state", "active")
                .with("origin", "CreateRoute"),
        )
    });
    let association = |(association, to): (&String, &Association)| {
        Fields::new()
            .with("routeTableAssociationId", association)
            .with("routeTableId", id)
            .maybe("subnetId", to.subnet.as_ref())
            .with("main", to.subnet.is_none())
            .with("associationState", Fields::new().with("state", "associated"))
    };
    let shown = Fields::new()
        .with("routeTableId", id)
        .with("vpcId", &table.vpc)
        .with("ownerId", &view.account)
        .list("routeSet", table.routes.iter().map(route).chain(of_endpoints))
        .list("associationSet", table.associations.iter().map(association))
        .list("propagatingVgwSet", Vec::<Fields>::new());
    ec2.with_tags(shown, view.lens, id)
}

fn create_route_table(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let vpc = VPC.required(params, "VpcId")?;
    let tags = requested(params, &ROUTE_TABLE)?;
    let id = cx.new_id("rtb-");
    let ec2 = current(cx);
    let claim = ec2.claim("CreateRouteTable", params)?;
    let of_vpc = ec2.vpc(view.lens, vpc)?;
    let ranges = std::iter::once(&of_vpc.cidr).chain(of_vpc.ipv6.iter().map(|range| &range.range));
    let routes = ranges.cloned().map(Route::local).collect();
    let table = RouteTable { vpc: vpc.to_owned(), routes, associations: BTreeMap::new() };
    let token = params.text("ClientToken");
    let answer = |shown| Ok(Fields::new().with("routeTable", shown).maybe("clientToken", token).into());
    if let Some(old) = claim.as_ref().and_then(|claim| claim.made.as_ref()).and_then(|made| made.first()) {
        // A token outlives what it made (NET-20).
        let there = ec2.route_tables.get(old).map_or(&table, Versioned::truth);
        return answer(show(ec2, &view.written(), old, there));
    }
    let count = ec2.route_tables.values().filter(|other| other.truth().vpc == vpc).count();
    quotas::check(count, quotas::ROUTE_TABLES, "RouteTableLimitExceeded", "route tables")?;
    ec2.tag_new(&id, tags, now);
    ec2.keep(claim, std::slice::from_ref(&id));
    ec2.route_tables.insert(id.clone(), Versioned::new(table.clone(), now));
    answer(show(ec2, &view.written(), &id, &table))
}

const LISTING: Listing = Listing {
    set: "routeTableSet",
    key: "routeTableId",
    ids: Some(("RouteTableId", &ROUTE_TABLE)),
    filters: &[
        ("association.gateway-id", "associationSet.gatewayId"),
        ("association.route-table-association-id", "associationSet.routeTableAssociationId"),
        ("association.route-table-id", "associationSet.routeTableId"),
        ("association.subnet-id", "associationSet.subnetId"),
        ("association.main", "associationSet.main"),
        ("owner-id", "ownerId"),
        ("route-table-id", "routeTableId"),
        ("route.destination-cidr-block", "routeSet.destinationCidrBlock"),
        ("route.destination-ipv6-cidr-block", "routeSet.destinationIpv6CidrBlock"),
        ("route.destination-prefix-list-id", "routeSet.destinationPrefixListId"),
        ("route.egress-only-internet-gateway-id", "routeSet.egressOnlyInternetGatewayId"),
        ("route.gateway-id", "routeSet.gatewayId"),
        ("route.instance-id", "routeSet.instanceId"),
        ("route.nat-gateway-id", "routeSet.natGatewayId"),
        ("route.transit-gateway-id", "routeSet.transitGatewayId"),
        ("route.origin", "routeSet.origin"),
        ("route.state", "routeSet.state"),
        ("route.vpc-peering-connection-id", "routeSet.vpcPeeringConnectionId"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 100)),
};

fn describe_route_tables(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = current(cx);
    let row = |(id, table): (&String, &Versioned<RouteTable>)| {
        Some(show(ec2, &view, id, table.seen(view.lens, id)?))
    };
    let rows = ec2.route_tables.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn delete_route_table(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = ROUTE_TABLE.required(params, "RouteTableId")?;
    let ec2 = &mut cx.home().ec2;
    // The main table counts as associated, with its VPC.
    if !ec2.route_table(lens, id)?.associations.is_empty() {
        let message = format!("The routeTable '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", message));
    }
    for endpoint in ec2.vpc_endpoints.values_mut().filter(|it| it.truth().route_tables.contains(id)) {
        endpoint.change(now).route_tables.remove(id);
    }
    ec2.route_tables.remove(id);
    ec2.tags.remove(id);
    Ok(Answer::done())
}
