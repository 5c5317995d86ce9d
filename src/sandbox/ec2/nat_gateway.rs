//! NAT gateways: made and deleted in the background, and listed for an hour after (NET-5, NET-14, NET-15).

use serde::{Deserialize, Serialize};

use super::address::AddressAssociation;
use super::listing::{Listing, list};
use super::network_interface::NewInterface;
use super::resource_id::{ALLOCATION, NAT_GATEWAY, SUBNET};
use super::state::{State, View, current, ids_of};
use super::tags::requested;
use super::{Versioned, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// The VPC's id.
    pub vpc: String,
    /// The subnet's id.
    pub subnet: String,
    /// `public` or `private`.
    pub connectivity: String,
    /// The allocation id of its elastic address, where it is public.
    pub allocation: Option<String>,
    /// The id of the address's association.
    pub association: String,
    /// The elastic address itself; kept, since a deleted gateway still shows it.
    pub public_ip: Option<String>,
    /// The id of its network interface; empty where it failed.
    pub interface: String,
    /// Its address in the subnet.
    pub private_ip: String,
    /// Why it could not be made.
    pub failure: Option<(String, String)>,
    /// When DeleteNatGateway was called.
    pub deleted: Option<Milliseconds>,
}

/// How long making one takes.
const MAKING: Milliseconds = 90_000;
/// How long deleting one takes.
const DELETING: Milliseconds = 60_000;
/// How long its interface and address outlive its deletion (NET-14).
const LINGERING: Milliseconds = 5_000;
/// How long a deleted or failed one is listed (NET-15).
const LISTED: Milliseconds = 3_600_000;

/// Operations on NAT gateways.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateNatGateway", create_nat_gateway),
    operation("DescribeNatGateways", describe_nat_gateways),
    operation("DeleteNatGateway", delete_nat_gateway),
];

impl NatGateway {
    /// `pending`, `available`, `failed`, `deleting` or `deleted`.
    pub fn state(&self, created: Milliseconds, lens: Lens) -> &'static str {
        match (self.deleted, &self.failure) {
            (Some(since), _) if lens.done(since, DELETING) => "deleted",
            (Some(_), _) => "deleting",
            (None, _) if !lens.done(created, MAKING) => "pending",
            (None, Some(_)) => "failed",
            (None, None) => "available",
        }
    }

    fn is_listed(&self, created: Milliseconds, lens: Lens) -> bool {
        let over = self.deleted.or_else(|| self.failure.as_ref().map(|_| created));
        over.is_none_or(|since| lens.now.saturating_sub(since) < LISTED)
    }
}

impl State {
    /// Frees interfaces and addresses of deleted gateways, and forgets gateways deleted an hour ago.
    pub(super) fn advance_nat_gateways(&mut self, lens: Lens) {
        let freed = |gateway: &NatGateway| {
            gateway.deleted.is_some_and(|since| lens.done(since, DELETING + LINGERING))
        };
        let interfaces: Vec<String> = self
            .nat_gateways
            .values()
            .map(Versioned::truth)
            .filter(|gateway| freed(gateway) && self.network_interfaces.contains_key(&gateway.interface))
            .map(|gateway| gateway.interface.clone())
            .collect();
        for interface in interfaces {
            self.remove_interface(&interface);
        }
        let tags = &mut self.tags;
        self.nat_gateways.retain(|id, gateway| {
            let keep = gateway.truth().is_listed(gateway.created, lens);
            if !keep {
                tags.remove(id);
            }
            keep
        });
    }

    /// Whether traffic can go through a gateway.
    pub(super) fn nat_gateway_state(&self, id: &str, lens: Lens) -> Option<&'static str> {
        self.nat_gateways.get(id).map(|gateway| gateway.truth().state(gateway.created, lens))
    }
}

fn show(ec2: &State, view: &View, id: &str, created: Milliseconds, gateway: &NatGateway) -> Fields {
    let state = gateway.state(created, view.lens);
    let status = if state == "failed" { "failed" } else { "succeeded" };
    // Which addresses a gateway has is only known once it is made.
    let made = !gateway.interface.is_empty() && state != "pending";
    let address = Fields::new()
        .maybe("allocationId", gateway.allocation.as_ref())
        .maybe("associationId", gateway.allocation.as_ref().filter(|_| made).map(|_| &gateway.association))
        .maybe("networkInterfaceId", made.then_some(&gateway.interface))
        .maybe("privateIp", made.then_some(&gateway.private_ip))
        .maybe("publicIp", gateway.public_ip.as_ref().filter(|_| made))
        .with("isPrimary", true)
        .with("status", if state == "pending" { "associating" } else { status });
    let mut shown = Fields::new()
        .with("natGatewayId", id)
        .with("vpcId", &gateway.vpc)
        .with("subnetId", &gateway.subnet)
        .with("state", state)
        .time("createTime", created)
        .with("connectivityType", &gateway.connectivity)
        .with("availabilityMode", "zonal")
        .list("natGatewayAddressSet", [address]);
    if let (Some((code, message)), "failed") = (&gateway.failure, state) {
        shown = shown.with("failureCode", code).with("failureMessage", message);
    }
    if let Some(at) = gateway.deleted {
        shown = shown.time("deleteTime", at);
    }
    ec2.with_tags(shown, view.lens, id)
}

/// What the answer shows: it is always `pending`, however fast the gateway is made.
fn answer(ec2: &State, view: &View, params: &Params, id: &str, gateway: &NatGateway) -> Answer {
    let mut shown = show(ec2, &view.written(), id, view.lens.now, gateway);
    for (name, value) in &mut shown.0 {
        if name == "state" {
            *value = "pending".into();
        }
    }
    Fields::new().maybe("clientToken", params.text("ClientToken")).with("natGateway", shown).into()
}

fn create_nat_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let tags = requested(params, &NAT_GATEWAY)?;
    params.choice("AvailabilityMode", &["zonal"])?;
    let connectivity = params.choice("ConnectivityType", &["public", "private"])?.unwrap_or("public");
    let subnet = SUBNET.required(params, "SubnetId")?;
    let mut ids = ids_of(cx);
    let id = ids.id("nat-");
    let ec2 = current(cx);
    let claim = ec2.claim("CreateNatGateway", params)?;
    // A token outlives what it made: asked again, AWS answers with the old gateway, even a dead one (NET-20).
    if let Some(old) = claim.as_ref().and_then(|claim| claim.made.as_ref()).and_then(|made| made.first()) {
        let Some(gateway) = ec2.nat_gateways.get(old) else { return Err(NAT_GATEWAY.not_found(old)) };
        let shown = show(ec2, &view, old, gateway.created, gateway.truth());
        return Ok(Fields::new()
            .maybe("clientToken", params.text("ClientToken"))
            .with("natGateway", shown)
            .into());
    }
    let (vpc, zone) = ec2.subnet(view.lens, subnet).map(|it| (it.vpc.clone(), it.zone.clone()))?;
    let allocation = match (connectivity, params.text("AllocationId")) {
        ("public", Some(id)) => Some((id, ALLOCATION.find(&ec2.addresses, view.lens, id)?.truth().clone())),
        ("public", None) => return Err(params.missing("AllocationId")),
        (_, Some(_)) => return Err(params.invalid("AllocationId", "cannot go with a private NAT gateway")),
        (_, None) => None,
    };
    let in_zone = |gateway: &&Versioned<NatGateway>| {
        let alive = !matches!(gateway.truth().state(gateway.created, view.lens), "deleted" | "failed");
        let place = ec2.subnets.get(&gateway.truth().subnet).map(|it| it.truth().zone.as_str());
        alive && place == Some(zone.as_str())
    };
    let count = ec2.nat_gateways.values().filter(in_zone).count();
    quotas::check(count, quotas::NAT_GATEWAYS, "NatGatewayLimitExceeded", "NAT gateways")?;
    // What is wrong with its surroundings shows only in the background, as state `failed`.
    let failure = match &allocation {
        Some((id, address)) if address.association.is_some() => {
            Some(("Resource.AlreadyAssociated", format!("Elastic IP address [{id}] is already associated")))
        }
        Some(_) if !ec2.has_gateway(&vpc) => {
            Some(("Gateway.NotAttached", format!("Network {vpc} has no Internet gateway attached")))
        }
        _ => None,
    };
    let mut gateway = NatGateway {
        vpc,
        subnet: subnet.to_owned(),
        connectivity: connectivity.to_owned(),
        allocation: allocation.as_ref().map(|(id, _)| (*id).to_owned()),
        association: ids.id("eipassoc-"),
        public_ip: allocation.map(|(_, address)| address.public_ip),
        interface: String::new(),
        private_ip: String::new(),
        failure: failure.map(|(code, message)| (code.to_owned(), message)),
        deleted: None,
    };
    if gateway.failure.is_none() {
        let interface = NewInterface {
            subnet: subnet.to_owned(),
            description: format!("Interface for NAT Gateway {id}"),
            interface_type: "nat_gateway".to_owned(),
            requester: "amazon-nat".to_owned(),
            ..NewInterface::default()
        };
        gateway.interface = ec2.add_interface(&mut ids, now, interface)?;
        let made = ec2.network_interfaces.get(&gateway.interface);
        gateway.private_ip = made.map(|made| made.truth().private_ip.clone()).unwrap_or_default();
        let address = gateway.allocation.as_ref().and_then(|id| ec2.addresses.get_mut(id));
        if let Some(address) = address {
            let (id, interface) = (gateway.association.clone(), gateway.interface.clone());
            address.change(now).association = Some(AddressAssociation { id, interface });
        }
    }
    ec2.tag_new(&id, tags, now);
    ec2.keep(claim, std::slice::from_ref(&id));
    ec2.nat_gateways.insert(id.clone(), Versioned::new(gateway.clone(), now));
    let answer = answer(ec2, &view, params, &id, &gateway);
    cx.world.ids = ids;
    Ok(answer)
}

const LISTING: Listing = Listing {
    set: "natGatewaySet",
    key: "natGatewayId",
    ids: Some(("NatGatewayId", &NAT_GATEWAY)),
    filters: &[
        ("nat-gateway-id", "natGatewayId"),
        ("state", "state"),
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_nat_gateways(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = current(cx);
    let row = |(id, gateway): (&String, &Versioned<NatGateway>)| {
        Some(show(ec2, &view, id, gateway.created, gateway.seen(view.lens, id)?))
    };
    let rows = ec2.nat_gateways.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn delete_nat_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = NAT_GATEWAY.required(params, "NatGatewayId")?;
    let ec2 = current(cx);
    let gateway = NAT_GATEWAY.find_mut(&mut ec2.nat_gateways, lens, id)?;
    match gateway.truth().state(gateway.created, lens) {
        "deleted" => return Err(NAT_GATEWAY.not_found(id)),
        "deleting" => {}
        _ => gateway.change(now).deleted = Some(now),
    }
    Ok(Answer::empty().with("natGatewayId", id))
}
