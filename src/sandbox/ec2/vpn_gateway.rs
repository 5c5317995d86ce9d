//! Virtual private gateways, as things that exist and that routes lead to: of VPN connections behind them nothing is kept.

use serde::{Deserialize, Serialize};

use super::listing::{Listing, list};
use super::resource_id::{VPC, VPN_GATEWAY};
use super::state::{State, View, current};
use super::tags::requested;
use super::{Versioned, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A virtual private gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpnGateway {
    /// The VPC it is attached to.
    pub vpc: Option<String>,
    /// The number of AWS's side in BGP.
    pub asn: i64,
}

/// The number of AWS's side where nobody says another (AWS Site-to-Site VPN guide).
const ASN: i64 = 64512;

/// Operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateVpnGateway", create_vpn_gateway),
    operation("DescribeVpnGateways", describe_vpn_gateways),
    operation("AttachVpnGateway", attach_vpn_gateway),
    operation("DetachVpnGateway", detach_vpn_gateway),
    operation("DeleteVpnGateway", delete_vpn_gateway),
];

impl State {
    /// Whether a VPC has a virtual private gateway.
    pub fn has_vpn_gateway(&self, vpc: &str) -> bool {
        self.vpn_gateways.values().any(|gateway| gateway.truth().vpc.as_deref() == Some(vpc))
    }
}

fn show(ec2: &State, view: &View, id: &str, gateway: &VpnGateway) -> Fields {
    let attachments =
        gateway.vpc.iter().map(|vpc| Fields::new().with("vpcId", vpc).with("state", "attached"));
    let shown = Fields::new()
        .with("vpnGatewayId", id)
        .with("state", "available")
        .with("type", "ipsec.1")
        .with("amazonSideAsn", gateway.asn)
        .list("attachments", attachments);
    ec2.with_tags(shown, view.lens, id)
}

fn create_vpn_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let tags = requested(params, &VPN_GATEWAY)?;
    // The one type there is: the table of members refuses others.
    params.required("Type")?;
    let asn = params.number("AmazonSideAsn")?.unwrap_or(ASN);
    if !(64512..=65534).contains(&asn) && !(4_200_000_000..=4_294_967_294).contains(&asn) {
        let message = format!("Value ({asn}) for parameter amazonSideAsn is invalid.");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    let id = cx.new_id("vgw-");
    let ec2 = &mut cx.home().ec2;
    let count = ec2.vpn_gateways.len();
    quotas::check(count, quotas::VPN_GATEWAYS, "VpnGatewayLimitExceeded", "virtual private gateways")?;
    let gateway = VpnGateway { vpc: None, asn };
    ec2.tag_new(&id, tags, now);
    ec2.vpn_gateways.insert(id.clone(), Versioned::new(gateway.clone(), now));
    let shown = show(ec2, &view.written(), &id, &gateway);
    Ok(Answer::empty().with("vpnGateway", shown))
}

const LISTING: Listing = Listing {
    set: "vpnGatewaySet",
    key: "vpnGatewayId",
    ids: Some(("VpnGatewayId", &VPN_GATEWAY)),
    filters: &[
        ("amazon-side-asn", "amazonSideAsn"),
        ("attachment.state", "attachments.state"),
        ("attachment.vpc-id", "attachments.vpcId"),
        ("state", "state"),
        ("type", "type"),
        ("vpn-gateway-id", "vpnGatewayId"),
    ],
    tagged: true,
    pages: None,
};

fn describe_vpn_gateways(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = &cx.home().ec2;
    let row = |(id, gateway): (&String, &Versioned<VpnGateway>)| {
        Some(show(ec2, &view, id, gateway.seen(view.lens, id)?))
    };
    let rows = ec2.vpn_gateways.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn attach_vpn_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = VPN_GATEWAY.required(params, "VpnGatewayId")?;
    let vpc = VPC.required(params, "VpcId")?;
    let ec2 = &mut cx.home().ec2;
    let gateway = VPN_GATEWAY.find(&ec2.vpn_gateways, lens, id)?.truth();
    ec2.vpc(lens, vpc)?;
    // A gateway is in one VPC, and a VPC has one gateway.
    let is_taken = match &gateway.vpc {
        Some(other) => other != vpc,
        None => ec2.has_vpn_gateway(vpc),
    };
    if is_taken {
        let message = format!("The VPN gateway {id} or the VPC {vpc} is attached already.");
        return Err(Fault::client("VpnGatewayAttachmentLimitExceeded", message));
    }
    VPN_GATEWAY.find_mut(&mut ec2.vpn_gateways, lens, id)?.change(now).vpc = Some(vpc.to_owned());
    let shown = Fields::new().with("vpcId", vpc).with("state", "attaching");
    Ok(Answer::empty().with("attachment", shown))
}

fn detach_vpn_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = VPN_GATEWAY.required(params, "VpnGatewayId")?;
    let vpc = VPC.required(params, "VpcId")?;
    let ec2 = current(cx);
    VPN_GATEWAY.find(&ec2.vpn_gateways, lens, id)?;
    if ec2.gateway_vpc(id) != Some(vpc) {
        let message = format!("The attachment with vpn gateway ID '{id}' and vpc ID '{vpc}' does not exist");
        return Err(Fault::client("InvalidVpnGatewayAttachment.NotFound", message));
    }
    VPN_GATEWAY.find_mut(&mut ec2.vpn_gateways, lens, id)?.change(now).vpc = None;
    Ok(Answer::done())
}

fn delete_vpn_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let id = VPN_GATEWAY.required(params, "VpnGatewayId")?;
    let ec2 = &mut cx.home().ec2;
    if VPN_GATEWAY.find(&ec2.vpn_gateways, lens, id)?.truth().vpc.is_some() {
        let message = format!("The VPN gateway {id} is in use");
        return Err(Fault::client("IncorrectState", message));
    }
    ec2.vpn_gateways.remove(id);
    ec2.tags.remove(id);
    Ok(Answer::done())
}
