//! Endpoints of a VPC: gateway endpoints, to which AWS writes routes, and interface endpoints, which are made and deleted in the
//! background (AWS PrivateLink guide).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Versioned;
use super::listing::{Listing, list};
use super::managed_prefix_list::list_of_service;
use super::resource_id::{ROUTE_TABLE, SECURITY_GROUP, SUBNET, VPC_ENDPOINT};
use super::state::{State, View, current, ids_of};
use super::tags::requested;
use super::vpc_endpoint_interfaces::{
    InterfaceChange, change_interfaces, dns_conflict, dns_needs, put_groups,
};
use super::vpc_endpoint_service::{Service, service_of};
use super::{Things, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::policy::{Document, Problem, Use};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// The VPC's id.
    pub vpc: String,
    /// The service's full name.
    pub service: String,
    /// Whether it is a gateway endpoint.
    pub is_gateway: bool,
    /// What it lets through.
    pub policy: Document,
    /// Ids of the route tables that lead to it, where it is a gateway endpoint.
    pub route_tables: BTreeSet<String>,
    /// Its interfaces by their subnets.
    pub interfaces: BTreeMap<String, String>,
    /// Ids of the security groups of its interfaces.
    pub groups: BTreeSet<String>,
    /// Whether the service's name leads to it.
    pub private_dns: bool,
    /// When DeleteVpcEndpoints was called.
    pub deleted: Option<Milliseconds>,
}

/// How long making an interface endpoint takes.
const MAKING: Milliseconds = 60_000;
/// How long deleting an endpoint takes, and its interfaces stay.
const DELETING: Milliseconds = 30_000;
/// The policy of an endpoint that was given none.
const FULL_ACCESS: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// Operations on endpoints.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateVpcEndpoint", create_vpc_endpoint),
    operation("DescribeVpcEndpoints", describe_vpc_endpoints),
    operation("ModifyVpcEndpoint", modify_vpc_endpoint),
    operation("DeleteVpcEndpoints", delete_vpc_endpoints),
];

impl VpcEndpoint {
    /// `pending`, `available` or `deleting`; one that is deleted is gone.
    fn state(&self, created: Milliseconds, lens: Lens) -> &'static str {
        match self.deleted {
            Some(_) => "deleting",
            None if !self.is_gateway && !lens.done(created, MAKING) => "pending",
            None => "available",
        }
    }
}

impl State {
    /// Takes away endpoints whose deletion is over, with their interfaces.
    pub(super) fn advance_vpc_endpoints(&mut self, lens: Lens) {
        let over = |endpoint: &VpcEndpoint| {
            endpoint.deleted.is_some_and(|since| endpoint.is_gateway || lens.done(since, DELETING))
        };
        let gone: Vec<String> = self
            .vpc_endpoints
            .iter()
            .filter(|(_, endpoint)| over(endpoint.truth()))
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            let interfaces = self.vpc_endpoints.remove(&id).map(|it| it.truth().interfaces.clone());
            for interface in interfaces.unwrap_or_default().values() {
                self.remove_interface(interface);
            }
            self.tags.remove(&id);
        }
    }

    /// The gateway endpoints to which a route table leads, with the services.
    pub(super) fn gateways_of(&self, table: &str) -> impl Iterator<Item = (&String, &VpcEndpoint)> {
        let alive = self.vpc_endpoints.iter().map(|(id, endpoint)| (id, endpoint.truth()));
        alive.filter(move |(_, endpoint)| endpoint.deleted.is_none() && endpoint.route_tables.contains(table))
    }
}

fn show(ec2: &State, view: &View, id: &str, created: Milliseconds, endpoint: &VpcEndpoint) -> Fields {
    let texts =
        |ids: &mut dyn Iterator<Item = &String>| ids.map(|id| Node::from(id.as_str())).collect::<Vec<_>>();
    let group = |group: &String| {
        let name = ec2.security_groups.get(group).map(|group| group.truth().name.as_str());
        Fields::new().with("groupId", group).maybe("groupName", name)
    };
    let service = service_of(&view.region, &endpoint.service);
    let own = format!("{id}-0a1b2c3d.{}", service.as_ref().map(Service::host).unwrap_or_default());
    let names = service.iter().flat_map(|service| {
        let private = endpoint.private_dns.then(|| service.host());
        let public = (!endpoint.is_gateway).then(|| own.clone());
        public.into_iter().chain(private)
    });
    let dns = names.map(|name| Fields::new().with("dnsName", name).with("hostedZoneId", "Z7HUB22UULQXV"));
    let shown = Fields::new()
        .with("vpcEndpointId", id)
        .with("vpcEndpointType", if endpoint.is_gateway { "Gateway" } else { "Interface" })
        .with("vpcId", &endpoint.vpc)
        .with("serviceName", &endpoint.service)
        .with("state", endpoint.state(created, view.lens))
        .with("policyDocument", endpoint.policy.written())
        .list("routeTableIdSet", texts(&mut endpoint.route_tables.iter()))
        .list("subnetIdSet", texts(&mut endpoint.interfaces.keys()))
        .list("groupSet", endpoint.groups.iter().map(group))
        .with("ipAddressType", "ipv4")
        .with("privateDnsEnabled", endpoint.private_dns)
        .with("requesterManaged", false)
        .list("networkInterfaceIdSet", texts(&mut endpoint.interfaces.values()))
        .list("dnsEntrySet", dns.collect::<Vec<_>>())
        .time("creationTimestamp", created)
        .with("ownerId", &view.account);
    ec2.with_tags(shown, view.lens, id)
}

fn policy(cx: &Context<'_>, params: &Params) -> Result<Option<Document>, Fault> {
    let Some(text) = params.text("PolicyDocument").filter(|text| !text.is_empty()) else { return Ok(None) };
    let refuse = |why: String| {
        Fault::client("InvalidPolicyDocument", format!("The policy document is not valid: {why}"))
    };
    if text.chars().filter(|c| !c.is_whitespace()).count() > 20_480 {
        return Err(refuse("it is too large".to_owned()));
    }
    Document::read(cx.world, cx.lens(), text, Use::Resource).map(Some).map_err(|problem| match problem {
        Problem::Syntax(why) | Problem::Principal(why) => refuse(why),
    })
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameter", message)
}

/// The route tables of a request: each of the endpoint's VPC, and none with a way to the service already.
fn tables<'p>(
    ec2: &State,
    lens: Lens,
    (vpc, service): (&str, &Service),
    params: &'p Params,
    name: &str,
) -> Result<Vec<&'p str>, Fault> {
    let ids = params.texts(name);
    for id in &ids {
        let table = ROUTE_TABLE.find(&ec2.route_tables, lens, id)?.truth();
        if table.vpc != vpc {
            return Err(invalid(format!("The route table {id} does not belong to the VPC {vpc}")));
        }
        if ec2.gateways_of(id).any(|(_, other)| other.service == service.name) {
            let list = service.prefix_list.unwrap_or_default();
            let message =
                format!("route table {id} already has a route with destination-prefix-list-id {list}");
            return Err(Fault::client("RouteAlreadyExists", message));
        }
        quotas::check(ec2.routes_of(id, table), quotas::ROUTES, "RouteLimitExceeded", "routes")?;
    }
    Ok(ids)
}

fn create_vpc_endpoint(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let lens = view.lens;
    let tags = requested(params, &VPC_ENDPOINT)?;
    let kind = params.choice("VpcEndpointType", &["Gateway", "Interface"])?.unwrap_or("Gateway");
    let vpc = super::resource_id::VPC.required(params, "VpcId")?;
    let name = params.required("ServiceName")?;
    let policy = policy(cx, params)?;
    let service = service_of(&view.region, name).ok_or_else(|| {
        let message = format!("The Vpc Endpoint Service '{name}' does not exist");
        Fault::client("InvalidServiceName", message)
    })?;
    let is_gateway = kind == "Gateway";
    if is_gateway != service.prefix_list.is_some() {
        let offered = if is_gateway { "Interface" } else { "Gateway" };
        return Err(invalid(format!(
            "Endpoint type ({kind}) does not match available service types ([{offered}])."
        )));
    }
    let others: &[&str] = if is_gateway { &["SubnetId", "SecurityGroupId"] } else { &["RouteTableId"] };
    if let Some(wrong) = others.iter().find(|name| !params.texts(name).is_empty()) {
        return Err(invalid(format!("{wrong} cannot be given for an endpoint of type {kind}")));
    }
    let private_dns = !is_gateway && params.flag("PrivateDnsEnabled")?.unwrap_or(true);
    let mut ids = ids_of(cx);
    let id = ids.id("vpce-");
    let ec2 = current(cx);
    let claim = ec2.claim("CreateVpcEndpoint", params)?;
    let token = params.text("ClientToken");
    if let Some(old) = claim.as_ref().and_then(|claim| claim.made.as_ref()).and_then(|made| made.first()) {
        let Some(endpoint) = ec2.vpc_endpoints.get(old) else { return Err(VPC_ENDPOINT.not_found(old)) };
        let shown = show(ec2, &view.written(), old, endpoint.created, endpoint.truth());
        return Ok(Fields::new().with("vpcEndpoint", shown).maybe("clientToken", token).into());
    }
    ec2.vpc(lens, vpc)?;
    check_quota(&ec2.vpc_endpoints, vpc, is_gateway)?;
    let tables = tables(ec2, lens, (vpc, &service), params, "RouteTableId")?;
    if private_dns {
        dns_needs(ec2, lens, vpc)?;
        dns_conflict(ec2, vpc, &service, None)?;
    }
    let mut endpoint = VpcEndpoint {
        vpc: vpc.to_owned(),
        service: service.name.clone(),
        is_gateway,
        policy: policy.unwrap_or_else(|| Document::trusted(FULL_ACCESS)),
        route_tables: tables.into_iter().map(str::to_owned).collect(),
        interfaces: BTreeMap::new(),
        groups: BTreeSet::new(),
        private_dns,
        deleted: None,
    };
    if !is_gateway {
        let groups = params.texts("SecurityGroupId");
        let change = InterfaceChange { add: params.texts("SubnetId"), remove: Vec::new() };
        put_groups(ec2, lens, &mut endpoint, &groups, &[])?;
        change_interfaces(ec2, &mut ids, (now, lens), &id, &mut endpoint, &change)?;
    }
    ec2.tag_new(&id, tags, now);
    ec2.keep(claim, std::slice::from_ref(&id));
    ec2.vpc_endpoints.insert(id.clone(), Versioned::new(endpoint.clone(), now));
    let shown = show(ec2, &view.written(), &id, now, &endpoint);
    cx.world.ids = ids;
    Ok(Fields::new().with("vpcEndpoint", shown).maybe("clientToken", token).into())
}

/// Gateway endpoints are counted in a region, and interface endpoints in a VPC ("AWS PrivateLink quotas").
fn check_quota(endpoints: &Things<VpcEndpoint>, vpc: &str, is_gateway: bool) -> Result<(), Fault> {
    let same =
        |endpoint: &&VpcEndpoint| endpoint.is_gateway == is_gateway && (is_gateway || endpoint.vpc == vpc);
    let count = endpoints.values().map(Versioned::truth).filter(same).count();
    let quota = if is_gateway { quotas::GATEWAY_ENDPOINTS } else { quotas::INTERFACE_ENDPOINTS };
    quotas::check(count, quota, "VpcEndpointLimitExceeded", "VPC endpoints")
}

const LISTING: Listing = Listing {
    set: "vpcEndpointSet",
    key: "vpcEndpointId",
    ids: Some(("VpcEndpointId", &VPC_ENDPOINT)),
    filters: &[
        ("ip-address-type", "ipAddressType"),
        ("service-name", "serviceName"),
        ("vpc-endpoint-id", "vpcEndpointId"),
        ("vpc-endpoint-state", "state"),
        ("vpc-endpoint-type", "vpcEndpointType"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((1, 1000)),
};

fn describe_vpc_endpoints(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = current(cx);
    let row = |(id, endpoint): (&String, &Versioned<VpcEndpoint>)| {
        Some(show(ec2, &view, id, endpoint.created, endpoint.seen(view.lens, id)?))
    };
    let rows = ec2.vpc_endpoints.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn modify_vpc_endpoint(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let lens = view.lens;
    let id = VPC_ENDPOINT.required(params, "VpcEndpointId")?;
    let policy = policy(cx, params)?;
    let dns = params.flag("PrivateDnsEnabled")?;
    let mut ids = ids_of(cx);
    let ec2 = current(cx);
    let there = VPC_ENDPOINT.find(&ec2.vpc_endpoints, lens, id)?;
    let (state, mut endpoint) = (there.truth().state(there.created, lens), there.truth().clone());
    if state != "available" {
        let message = format!("The Vpc Endpoint '{id}' is in state {state} and cannot be modified");
        return Err(Fault::client("IncorrectState", message));
    }
    let service = service_of(&view.region, &endpoint.service).ok_or_else(|| VPC_ENDPOINT.not_found(id))?;
    let of_the_other: &[&str] = if endpoint.is_gateway {
        &["AddSubnetId", "RemoveSubnetId", "AddSecurityGroupId", "RemoveSecurityGroupId"]
    } else {
        &["AddRouteTableId", "RemoveRouteTableId"]
    };
    if let Some(wrong) = of_the_other.iter().find(|name| !params.texts(name).is_empty()) {
        return Err(invalid(format!("{wrong} cannot be given for this type of endpoint")));
    }
    if let Some(policy) = policy {
        endpoint.policy = policy;
    }
    if endpoint.is_gateway {
        for table in params.texts("RemoveRouteTableId") {
            ROUTE_TABLE.check(table)?;
            endpoint.route_tables.remove(table);
        }
        let added = tables(ec2, lens, (&endpoint.vpc, &service), params, "AddRouteTableId")?;
        endpoint.route_tables.extend(added.into_iter().map(str::to_owned));
    } else {
        let (more, fewer) = (params.texts("AddSecurityGroupId"), params.texts("RemoveSecurityGroupId"));
        for group in &fewer {
            SECURITY_GROUP.check(group)?;
        }
        put_groups(ec2, lens, &mut endpoint, &more, &fewer)?;
        let change =
            InterfaceChange { add: params.texts("AddSubnetId"), remove: params.texts("RemoveSubnetId") };
        for subnet in &change.remove {
            SUBNET.check(subnet)?;
        }
        if let Some(on) = dns {
            if on && !endpoint.private_dns {
                dns_needs(ec2, lens, &endpoint.vpc)?;
                dns_conflict(ec2, &endpoint.vpc, &service, Some(id))?;
            }
            endpoint.private_dns = on;
        }
        change_interfaces(ec2, &mut ids, (now, lens), id, &mut endpoint, &change)?;
    }
    *VPC_ENDPOINT.find_mut(&mut ec2.vpc_endpoints, lens, id)?.change(now) = endpoint;
    cx.world.ids = ids;
    Ok(Answer::done())
}

fn delete_vpc_endpoints(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let ids = params.texts("VpcEndpointId");
    if ids.is_empty() {
        return Err(params.missing("VpcEndpointId"));
    }
    ids.iter().try_for_each(|id| VPC_ENDPOINT.check(id))?;
    let ec2 = current(cx);
    let mut refused = Vec::new();
    for id in ids {
        match VPC_ENDPOINT.find_mut(&mut ec2.vpc_endpoints, lens, id) {
            Ok(endpoint) if endpoint.truth().deleted.is_none() => endpoint.change(now).deleted = Some(now),
            Ok(_) => {}
            // What could not be deleted is .
            Err(fault) => {
                let error = Fields::new().with("code", fault.code.as_ref()).with("message", &fault.message);
                refused.push(Fields::new().with("resourceId", id).with("error", error));
            }
        }
    }
    ec2.advance(lens);
    Ok(Fields::new().list("unsuccessful", refused).into())
}

/// The prefix list of a gateway endpoint's service.
pub(super) fn prefix_list_of(region: &str, endpoint: &VpcEndpoint) -> Option<&'static str> {
    list_of_service(region, &endpoint.service)
}
