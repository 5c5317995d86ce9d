//! Transit gateways and the VPCs attached to them, as things that exist: what they send where is not kept.

use serde::{Deserialize, Serialize};

use super::Versioned;
use super::listing::{Listing, list};
use super::resource_id::{SUBNET, TRANSIT_GATEWAY, TRANSIT_GATEWAY_ATTACHMENT, VPC};
use super::state::{State, View, current};
use super::tags::requested;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

/// A transit gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGateway {
    /// What a person says about it.
    pub description: Option<String>,
}

/// A VPC that is attached to a transit gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The transit gateway.
    pub gateway: String,
    /// The VPC.
    pub vpc: String,
    /// The subnets that the gateway is in.
    pub subnets: Vec<String>,
}

/// Operations on transit gateways and their attachments.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateTransitGateway", create_transit_gateway),
    operation("DescribeTransitGateways", describe_transit_gateways),
    operation("DeleteTransitGateway", delete_transit_gateway),
    operation("CreateTransitGatewayVpcAttachment", create_attachment),
    operation("DescribeTransitGatewayVpcAttachments", describe_attachments),
    operation("DeleteTransitGatewayVpcAttachment", delete_attachment),
];

impl State {
    /// Whether a VPC is attached to a transit gateway.
    pub fn is_attached(&self, gateway: &str, vpc: &str) -> bool {
        let is_it = |attachment: &Attachment| attachment.gateway == gateway && attachment.vpc == vpc;
        self.transit_gateway_attachments.values().any(|attachment| is_it(attachment.truth()))
    }
}

fn show(ec2: &State, view: &View, id: &str, gateway: &TransitGateway) -> Fields {
    let shown = Fields::new()
        .with("transitGatewayId", id)
        .with("transitGatewayArn", view.arn("transit-gateway", id))
        .with("state", "available")
        .with("ownerId", &view.account)
        .maybe("description", gateway.description.as_ref());
    ec2.with_tags(shown, view.lens, id)
}

fn create_transit_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let tags = requested(params, &TRANSIT_GATEWAY)?;
    let gateway = TransitGateway { description: params.text("Description").map(str::to_owned) };
    let id = cx.new_id("tgw-");
    let ec2 = &mut cx.home().ec2;
    ec2.tag_new(&id, tags, now);
    ec2.transit_gateways.insert(id.clone(), Versioned::new(gateway.clone(), now));
    let shown = show(ec2, &view.written(), &id, &gateway);
    Ok(Answer::empty().with("transitGateway", shown))
}

const GATEWAYS: Listing = Listing {
    set: "transitGatewaySet",
    key: "transitGatewayId",
    ids: Some(("TransitGatewayIds", &TRANSIT_GATEWAY)),
    filters: &[("owner-id", "ownerId"), ("state", "state"), ("transit-gateway-id", "transitGatewayId")],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_transit_gateways(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = &cx.home().ec2;
    let row = |(id, gateway): (&String, &Versioned<TransitGateway>)| {
        Some(show(ec2, &view, id, gateway.seen(view.lens, id)?))
    };
    let rows = ec2.transit_gateways.iter().filter_map(row).collect();
    list(cx, params, &GATEWAYS, rows)
}

fn delete_transit_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, lens) = (View::of(cx), cx.lens());
    let id = TRANSIT_GATEWAY.required(params, "TransitGatewayId")?;
    let ec2 = &mut cx.home().ec2;
    let gateway = TRANSIT_GATEWAY.find(&ec2.transit_gateways, lens, id)?.truth().clone();
    if ec2.transit_gateway_attachments.values().any(|attachment| attachment.truth().gateway == id) {
        let message = format!("{id} has non-deleted VPC Attachments.");
        return Err(Fault::client("IncorrectState", message));
    }
    let shown = show(ec2, &view, id, &gateway);
    ec2.transit_gateways.remove(id);
    ec2.tags.remove(id);
    Ok(Answer::empty().with("transitGateway", shown))
}

fn show_attachment(ec2: &State, view: &View, id: &str, attachment: &Attachment) -> Fields {
    let subnets = attachment.subnets.iter().map(|subnet| Node::from(subnet.as_str()));
    let shown = Fields::new()
        .with("transitGatewayAttachmentId", id)
        .with("transitGatewayId", &attachment.gateway)
        .with("vpcId", &attachment.vpc)
        .with("vpcOwnerId", &view.account)
        .with("state", "available")
        .list("subnetIds", subnets);
    ec2.with_tags(shown, view.lens, id)
}

fn create_attachment(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now, lens) = (View::of(cx), cx.now(), cx.lens());
    let tags = requested(params, &TRANSIT_GATEWAY_ATTACHMENT)?;
    let gateway = TRANSIT_GATEWAY.required(params, "TransitGatewayId")?;
    let vpc = VPC.required(params, "VpcId")?;
    let subnets = params.texts("SubnetIds");
    if subnets.is_empty() {
        return Err(params.missing("SubnetIds"));
    }
    let id = cx.new_id("tgw-attach-");
    let ec2 = current(cx);
    TRANSIT_GATEWAY.find(&ec2.transit_gateways, lens, gateway)?;
    ec2.vpc(lens, vpc)?;
    for subnet in &subnets {
        if SUBNET.find(&ec2.subnets, lens, subnet)?.truth().vpc != vpc {
            let message = format!("Subnet {subnet} does not belong to the VPC {vpc}");
            return Err(Fault::client("InvalidParameterValue", message));
        }
    }
    if ec2.is_attached(gateway, vpc) {
        let message = format!("{gateway} has non-deleted Transit Gateway Attachments with same VPC ID.");
        return Err(Fault::client("DuplicateTransitGatewayAttachment", message));
    }
    let attachment = Attachment {
        gateway: gateway.to_owned(),
        vpc: vpc.to_owned(),
        subnets: subnets.into_iter().map(str::to_owned).collect(),
    };
    ec2.tag_new(&id, tags, now);
    ec2.transit_gateway_attachments.insert(id.clone(), Versioned::new(attachment.clone(), now));
    let shown = show_attachment(ec2, &view.written(), &id, &attachment);
    Ok(Answer::empty().with("transitGatewayVpcAttachment", shown))
}

const ATTACHMENTS: Listing = Listing {
    set: "transitGatewayVpcAttachments",
    key: "transitGatewayAttachmentId",
    ids: Some(("TransitGatewayAttachmentIds", &TRANSIT_GATEWAY_ATTACHMENT)),
    filters: &[
        ("state", "state"),
        ("transit-gateway-attachment-id", "transitGatewayAttachmentId"),
        ("transit-gateway-id", "transitGatewayId"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_attachments(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = &cx.home().ec2;
    let row = |(id, attachment): (&String, &Versioned<Attachment>)| {
        Some(show_attachment(ec2, &view, id, attachment.seen(view.lens, id)?))
    };
    let rows = ec2.transit_gateway_attachments.iter().filter_map(row).collect();
    list(cx, params, &ATTACHMENTS, rows)
}

fn delete_attachment(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, lens) = (View::of(cx), cx.lens());
    let id = TRANSIT_GATEWAY_ATTACHMENT.required(params, "TransitGatewayAttachmentId")?;
    let ec2 = &mut cx.home().ec2;
    let attachment =
        TRANSIT_GATEWAY_ATTACHMENT.find(&ec2.transit_gateway_attachments, lens, id)?.truth().clone();
    let shown = show_attachment(ec2, &view, id, &attachment);
    ec2.transit_gateway_attachments.remove(id);
    ec2.tags.remove(id);
    Ok(Answer::empty().with("transitGatewayVpcAttachment", shown))
}
