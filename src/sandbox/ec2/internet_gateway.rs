//! Internet gateways (aws-truths 1.7).

use serde::{Deserialize, Serialize};

use super::listing::{Listing, list};
use super::resource_id::{INTERNET_GATEWAY, VPC};
use super::state::{State, View, current};
use super::tags::requested;
use super::{Versioned, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// An internet gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternetGateway {
    /// The VPC it is attached to.
    pub vpc: Option<String>,
}

/// Operations on internet gateways.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateInternetGateway", create_internet_gateway),
    operation("DescribeInternetGateways", describe_internet_gateways),
    operation("AttachInternetGateway", attach_internet_gateway),
    operation("DetachInternetGateway", detach_internet_gateway),
    operation("DeleteInternetGateway", delete_internet_gateway),
];

impl State {
    /// An internet gateway that this call can see.
    ///
    /// # Errors
    /// `InvalidInternetGatewayId.Malformed`, `InvalidInternetGatewayID.NotFound`.
    pub fn internet_gateway(&self, lens: Lens, id: &str) -> Result<&InternetGateway, Fault> {
        INTERNET_GATEWAY.find(&self.internet_gateways, lens, id).map(Versioned::truth)
    }

    /// Whether a VPC has a gateway.
    pub fn has_gateway(&self, vpc: &str) -> bool {
        self.internet_gateways.values().any(|gateway| gateway.truth().vpc.as_deref() == Some(vpc))
    }
}

fn show(ec2: &State, view: &View, id: &str, gateway: &InternetGateway) -> Fields {
    // A gateway's attachment reads `available`, although the model says `attached`.
    let attachments =
        gateway.vpc.iter().map(|vpc| Fields::new().with("vpcId", vpc).with("state", "available"));
    let shown = Fields::new()
        .with("internetGatewayId", id)
        .with("ownerId", &view.account)
        .list("attachmentSet", attachments);
    ec2.with_tags(shown, view.lens, id)
}

fn create_internet_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let tags = requested(params, &INTERNET_GATEWAY)?;
    let id = cx.new_id("igw-");
    let ec2 = &mut cx.home().ec2;
    let count = ec2.internet_gateways.len();
    quotas::check(count, quotas::INTERNET_GATEWAYS, "InternetGatewayLimitExceeded", "internet gateways")?;
    let gateway = InternetGateway { vpc: None };
    ec2.tag_new(&id, tags, now);
    ec2.internet_gateways.insert(id.clone(), Versioned::new(gateway.clone(), now));
    let shown = show(ec2, &view.written(), &id, &gateway);
    Ok(Answer::empty().with("internetGateway", shown))
}

const LISTING: Listing = Listing {
    set: "internetGatewaySet",
    key: "internetGatewayId",
    ids: Some(("InternetGatewayId", &INTERNET_GATEWAY)),
    filters: &[
        ("attachment.state", "attachmentSet.state"),
        ("attachment.vpc-id", "attachmentSet.vpcId"),
        ("internet-gateway-id", "internetGatewayId"),
        ("owner-id", "ownerId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_internet_gateways(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = &cx.home().ec2;
    let row = |(id, gateway): (&String, &Versioned<InternetGateway>)| {
        Some(show(ec2, &view, id, gateway.seen(view.lens, id)?))
    };
    let rows = ec2.internet_gateways.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn attach_internet_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = INTERNET_GATEWAY.required(params, "InternetGatewayId")?;
    let vpc = VPC.required(params, "VpcId")?;
    let ec2 = &mut cx.home().ec2;
    let gateway = ec2.internet_gateway(lens, id)?;
    ec2.vpc(lens, vpc)?;
    if let Some(other) = &gateway.vpc {
        let message = format!("resource {id} is already attached to network {other}");
        return Err(Fault::client("Resource.AlreadyAssociated", message));
    }
    if ec2.has_gateway(vpc) {
        let message = format!("Network {vpc} already has an internet gateway attached");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    let gateway = INTERNET_GATEWAY.find_mut(&mut ec2.internet_gateways, lens, id)?;
    gateway.change(now).vpc = Some(vpc.to_owned());
    Ok(Answer::done())
}

fn detach_internet_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = INTERNET_GATEWAY.required(params, "InternetGatewayId")?;
    let vpc = VPC.required(params, "VpcId")?;
    let ec2 = current(cx);
    let attached = ec2.internet_gateway(lens, id)?.vpc.as_deref() == Some(vpc);
    ec2.vpc(lens, vpc)?;
    if !attached {
        let message = format!("resource {id} is not attached to network {vpc}");
        return Err(Fault::client("Gateway.NotAttached", message));
    }
    let public = |id: &String| ec2.public_address(id).is_some();
    if ec2.network_interfaces.iter().any(|(id, thing)| thing.truth().vpc == vpc && public(id)) {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before \
             detaching the gateway."
        );
        return Err(Fault::client("DependencyViolation", message));
    }
    let gateway = INTERNET_GATEWAY.find_mut(&mut ec2.internet_gateways, lens, id)?;
    gateway.change(now).vpc = None;
    Ok(Answer::done())
}

fn delete_internet_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let id = INTERNET_GATEWAY.required(params, "InternetGatewayId")?;
    let ec2 = &mut cx.home().ec2;
    if ec2.internet_gateway(lens, id)?.vpc.is_some() {
        let message = format!("The internetGateway '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", message));
    }
    ec2.internet_gateways.remove(id);
    ec2.tags.remove(id);
    Ok(Answer::done())
}
