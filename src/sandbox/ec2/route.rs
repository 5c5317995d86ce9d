//! Routes of a route table (NET-5, NET-17, NET-18).

use ipnet::IpNet;

use super::resource_id::{
    EGRESS_ONLY_GATEWAY, INTERNET_GATEWAY, NAT_GATEWAY, NETWORK_INTERFACE, PEERING_CONNECTION, ROUTE_TABLE,
    TRANSIT_GATEWAY, VPN_GATEWAY,
};
use super::route_table::{Route, RouteTable, Target};
use super::state::{State, current};
use super::{network_range, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Params};

/// Operations on routes.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateRoute", create_route),
    operation("ReplaceRoute", replace_route),
    operation("DeleteRoute", delete_route),
];

fn destination(params: &Params) -> Result<IpNet, Fault> {
    if let Some(list) = params.text("DestinationPrefixListId") {
        let message = format!("The prefix list ID '{list}' does not exist");
        return Err(Fault::client("InvalidPrefixListID.NotFound", message));
    }
    network_range::either(params, "DestinationCidrBlock", "DestinationIpv6CidrBlock")
}

/// Targets that the sandbox has none of, and the codes for that.
const OTHER_TARGETS: &[(&str, &str)] = &[
    ("VpcEndpointId", "InvalidVpcEndpointId.NotFound"),
    ("LocalGatewayId", "InvalidLocalGatewayID.NotFound"),
    ("CarrierGatewayId", "InvalidCarrierGatewayID.NotFound"),
    ("CoreNetworkArn", "InvalidCoreNetworkArn.NotFound"),
    ("OdbNetworkArn", "InvalidOdbNetworkArn.NotFound"),
    ("InstanceId", "InvalidInstanceID.NotFound"),
];

/// Reads and checks where a route shall lead.
fn target(ec2: &State, lens: Lens, table: &str, vpc: &str, params: &Params) -> Result<Target, Fault> {
    let names = [
        "GatewayId",
        "NatGatewayId",
        "NetworkInterfaceId",
        "VpcPeeringConnectionId",
        "TransitGatewayId",
        "EgressOnlyInternetGatewayId",
    ];
    let given = names.into_iter().chain(OTHER_TARGETS.iter().map(|(name, _)| *name));
    let given: Vec<(&str, &str)> = given.filter_map(|name| Some((name, params.text(name)?))).collect();
    let (name, id) = match given.as_slice() {
        [one] => *one,
        [] => return Err(params.missing("GatewayId")),
        _ => {
            let message = "Only one target can be specified for a route";
            return Err(Fault::client("InvalidParameterCombination", message));
        }
    };
    let elsewhere = |what: &str| {
        let message = format!("route table {table} and {what} {id} belong to different networks");
        Fault::client("InvalidParameterValue", message)
    };
    let member = match name {
        "GatewayId" => {
            // CreateRoute has a code of its own for gateways (aws-truths 2.2).
            let unknown = || {
                let message = format!("The gateway ID '{id}' does not exist");
                Fault::client("InvalidGatewayID.NotFound", message)
            };
            let found = if id.starts_with(VPN_GATEWAY.prefix) {
                VPN_GATEWAY.find(&ec2.vpn_gateways, lens, id).map(drop)
            } else {
                INTERNET_GATEWAY.find(&ec2.internet_gateways, lens, id).map(drop)
            };
            found.map_err(|_| unknown())?;
            if ec2.gateway_vpc(id) != Some(vpc) {
                return Err(elsewhere("network gateway"));
            }
            "gatewayId"
        }
        "NatGatewayId" => {
            // One that is not ready yet counts as unknown here (NET-5).
            let unknown = || {
                let message = format!("The natGateway ID '{id}' does not exist");
                Fault::client("InvalidNatGatewayID.NotFound", message)
            };
            let gateway = NAT_GATEWAY.find(&ec2.nat_gateways, lens, id).map_err(|_| unknown())?;
            if gateway.truth().state(gateway.created, lens) != "available" {
                return Err(unknown());
            }
            if gateway.truth().vpc != vpc {
                return Err(elsewhere("nat gateway"));
            }
            "natGatewayId"
        }
        "NetworkInterfaceId" => {
            let interface = NETWORK_INTERFACE.find(&ec2.network_interfaces, lens, id)?;
            if interface.truth().vpc != vpc {
                return Err(elsewhere("interface"));
            }
            "networkInterfaceId"
        }
        "VpcPeeringConnectionId" => {
            let peering = PEERING_CONNECTION.find(&ec2.peering_connections, lens, id)?.truth();
            if ![&peering.requester.0, &peering.accepter.0].contains(&&vpc.to_owned()) {
                return Err(elsewhere("vpc peering connection"));
            }
            if peering.deleted.is_some() {
                return Err(PEERING_CONNECTION.not_found(id));
            }
            "vpcPeeringConnectionId"
        }
        "TransitGatewayId" => {
            // One that the VPC is not attached to counts as unknown.
            TRANSIT_GATEWAY.find(&ec2.transit_gateways, lens, id)?;
            if !ec2.is_attached(id, vpc) {
                return Err(TRANSIT_GATEWAY.not_found(id));
            }
            "transitGatewayId"
        }
        "EgressOnlyInternetGatewayId" => {
            let gateway = EGRESS_ONLY_GATEWAY.find(&ec2.egress_only_gateways, lens, id)?.truth();
            if gateway.vpc != vpc {
                return Err(elsewhere("egress only internet gateway"));
            }
            "egressOnlyInternetGatewayId"
        }
        other => {
            let code = OTHER_TARGETS.iter().find(|(name, _)| *name == other).map_or("", |(_, code)| code);
            return Err(Fault::client(code, format!("The {other} '{id}' does not exist")));
        }
    };
    Ok(Target { member: member.to_owned(), id: id.to_owned() })
}

/// The range of IPv6 addresses that stand for those of IPv4, which NAT translates (RFC 6052).
const TRANSLATED: &str = "64:ff9b::/96";

/// What leads only one of the families: an egress-only gateway IPv6, and NAT IPv4 and what it translates ("Egress-only internet
/// gateways", "DNS64 and NAT64", Amazon VPC User Guide).
fn check_family(destination: &str, target: &Target) -> Result<(), Fault> {
    let is_v6 = destination.contains(':');
    let fits = match target.member.as_str() {
        "egressOnlyInternetGatewayId" => is_v6,
        "natGatewayId" => !is_v6 || destination == TRANSLATED,
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let message = format!("Route destination {destination} doesn't match the target {}", target.id);
    Err(Fault::client("InvalidParameterValue", message))
}

fn at(table: &RouteTable, destination: &str) -> Option<usize> {
    table.routes.iter().position(|route| route.destination == destination)
}

fn create_route(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = ROUTE_TABLE.required(params, "RouteTableId")?;
    let destination = destination(params)?.to_string();
    let ec2 = current(cx);
    let table = ec2.route_table(lens, id)?;
    let target = target(ec2, lens, id, &table.vpc, params)?;
    check_family(&destination, &target)?;
    if at(table, &destination).is_some() {
        let message = format!("The route identified by {destination} already exists.");
        return Err(Fault::client("RouteAlreadyExists", message));
    }
    quotas::check(ec2.routes_of(id, table), quotas::ROUTES, "RouteLimitExceeded", "routes")?;
    let route = Route { destination, target, origin: "CreateRoute".to_owned() };
    ROUTE_TABLE.find_mut(&mut ec2.route_tables, lens, id)?.change(now).routes.push(route);
    Ok(Answer::done())
}

fn replace_route(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = ROUTE_TABLE.required(params, "RouteTableId")?;
    let destination = destination(params)?.to_string();
    let local = params.flag("LocalTarget")?.unwrap_or(false);
    let ec2 = current(cx);
    let table = ec2.route_table(lens, id)?;
    let target = if local { Target::local() } else { target(ec2, lens, id, &table.vpc, params)? };
    check_family(&destination, &target)?;
    let index = at(table, &destination).ok_or_else(|| {
        let message = format!(
            "There is no route defined for '{destination}' in the route table. Use CreateRoute instead."
        );
        Fault::client("InvalidParameterValue", message)
    })?;
    let table = ROUTE_TABLE.find_mut(&mut ec2.route_tables, lens, id)?.change(now);
    if let Some(route) = table.routes.get_mut(index) {
        route.target = target;
    }
    Ok(Answer::done())
}

fn delete_route(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = ROUTE_TABLE.required(params, "RouteTableId")?;
    let destination = destination(params)?.to_string();
    let ec2 = &mut cx.home().ec2;
    let table = ec2.route_table(lens, id)?;
    let index = at(table, &destination).ok_or_else(|| {
        let message = format!("no route with destination-cidr-block {destination} in route table {id}");
        Fault::client("InvalidRoute.NotFound", message)
    })?;
    if table.routes.get(index).is_some_and(Route::is_local) {
        // The local route stays (NET-18).
        let message = format!("cannot remove local route {destination} in route table {id}");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    ROUTE_TABLE.find_mut(&mut ec2.route_tables, lens, id)?.change(now).routes.remove(index);
    Ok(Answer::done())
}
