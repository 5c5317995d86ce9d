//! Peering connections between two VPCs of one account in one region (Amazon VPC Peering Guide).

use serde::{Deserialize, Serialize};

use super::Versioned;
use super::listing::{Listing, list};
use super::resource_id::{PEERING_CONNECTION, VPC};
use super::state::{State, View, current};
use super::tags::requested;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// A peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringConnection {
    /// The VPC that asked, and its range.
    pub requester: (String, String),
    /// The VPC that was asked, and its range.
    pub accepter: (String, String),
    /// Whether the other side agreed.
    pub active: bool,
    /// When it was deleted.
    #[serde(default)]
    pub deleted: Option<Milliseconds>,
}

/// How long a deleted connection is shown (peering connection lifecycle, Amazon VPC Peering Guide).
const LISTED: Milliseconds = 2 * 3_600_000;

/// Operations on peering connections.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateVpcPeeringConnection", create_vpc_peering_connection),
    operation("AcceptVpcPeeringConnection", accept_vpc_peering_connection),
    operation("DescribeVpcPeeringConnections", describe_vpc_peering_connections),
    operation("DeleteVpcPeeringConnection", delete_vpc_peering_connection),
];

fn show(ec2: &State, view: &View, id: &str, peering: &PeeringConnection) -> Fields {
    let side = |(vpc, range): &(String, String)| {
        Fields::new()
            .with("cidrBlock", range)
            .with("ownerId", &view.account)
            .with("vpcId", vpc)
            .with("region", &view.region)
    };
    let (code, message) = match (peering.active, peering.deleted) {
        (_, Some(_)) => ("deleted", format!("Deleted by {}", view.account)),
        (true, None) => ("active", "Active".to_owned()),
        (false, None) => ("pending-acceptance", format!("Pending Acceptance by {}", view.account)),
    };
    let shown = Fields::new()
        .with("vpcPeeringConnectionId", id)
        .with("requesterVpcInfo", side(&peering.requester))
        .with("accepterVpcInfo", side(&peering.accepter))
        .with("status", Fields::new().with("code", code).with("message", message));
    ec2.with_tags(shown, view.lens, id)
}

fn create_vpc_peering_connection(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now, lens) = (View::of(cx), cx.now(), cx.lens());
    let tags = requested(params, &PEERING_CONNECTION)?;
    let (vpc, peer) = (VPC.required(params, "VpcId")?, VPC.required(params, "PeerVpcId")?);
    for (name, own, what) in
        [("PeerOwnerId", &view.account, "account"), ("PeerRegion", &view.region, "region")]
    {
        if params.text(name).is_some_and(|other| other != own) {
            return Err(Fault::not_implemented(&format!("{name} of another {what}")));
        }
    }
    let id = cx.new_id("pcx-");
    let ec2 = current(cx);
    let side = |vpc: &str| Ok::<_, Fault>((vpc.to_owned(), ec2.vpc(lens, vpc)?.cidr.clone()));
    let peering =
        PeeringConnection { requester: side(vpc)?, accepter: side(peer)?, active: false, deleted: None };
    ec2.tag_new(&id, tags, now);
    ec2.peering_connections.insert(id.clone(), Versioned::new(peering.clone(), now));
    let mut shown = show(ec2, &view.written(), &id, &peering);
    // The other side has not been told yet.
    shown.0.retain(|(name, _)| name != "status");
    let message = format!("Initiating Request to {}", view.account);
    let status = Fields::new().with("code", "initiating-request").with("message", message);
    Ok(Answer::empty().with("vpcPeeringConnection", shown.with("status", status)))
}

fn gone(id: &str) -> Fault {
    let message = format!("Invalid state transition for {id}, attempted to transition from deleted");
    Fault::client("InvalidStateTransition", message)
}

fn accept_vpc_peering_connection(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now, lens) = (View::of(cx), cx.now(), cx.lens());
    let id = PEERING_CONNECTION.required(params, "VpcPeeringConnectionId")?;
    let ec2 = current(cx);
    let peering = PEERING_CONNECTION.find_mut(&mut ec2.peering_connections, lens, id)?;
    if peering.truth().deleted.is_some() {
        return Err(gone(id));
    }
    let peering = peering.change(now);
    peering.active = true;
    let peering = peering.clone();
    let shown = show(ec2, &view.written(), id, &peering);
    Ok(Answer::empty().with("vpcPeeringConnection", shown))
}

const LISTING: Listing = Listing {
    set: "vpcPeeringConnectionSet",
    key: "vpcPeeringConnectionId",
    ids: Some(("VpcPeeringConnectionId", &PEERING_CONNECTION)),
    filters: &[
        ("accepter-vpc-info.vpc-id", "accepterVpcInfo.vpcId"),
        ("requester-vpc-info.vpc-id", "requesterVpcInfo.vpcId"),
        ("status-code", "status.code"),
        ("vpc-peering-connection-id", "vpcPeeringConnectionId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_vpc_peering_connections(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = &cx.home().ec2;
    let row = |(id, peering): (&String, &Versioned<PeeringConnection>)| {
        let seen = peering.seen(view.lens, id)?;
        let forgotten = seen.deleted.is_some_and(|since| view.lens.now - since >= LISTED);
        (!forgotten).then(|| show(ec2, &view, id, seen))
    };
    let rows = ec2.peering_connections.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn delete_vpc_peering_connection(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (lens, now) = (cx.lens(), cx.now());
    let id = PEERING_CONNECTION.required(params, "VpcPeeringConnectionId")?;
    let peering = PEERING_CONNECTION.find_mut(&mut cx.home().ec2.peering_connections, lens, id)?;
    if peering.truth().deleted.is_some() {
        return Err(gone(id));
    }
    // Routes through it stay, as black holes.
    let peering = peering.change(now);
    (peering.active, peering.deleted) = (false, Some(now));
    Ok(Answer::done())
}
