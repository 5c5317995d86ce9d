//! Egress-only internet gateways: the way out for IPv6, and none in.

use serde::{Deserialize, Serialize};

use super::listing::{Listing, list};
use super::resource_id::{EGRESS_ONLY_GATEWAY, VPC};
use super::state::{State, View, current};
use super::tags::requested;
use super::{Versioned, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// An egress-only internet gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EgressOnlyGateway {
    /// The VPC it is attached to, from its creation to its end.
    pub vpc: String,
}

/// Operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateEgressOnlyInternetGateway", create_egress_only_gateway),
    operation("DescribeEgressOnlyInternetGateways", describe_egress_only_gateways),
    operation("DeleteEgressOnlyInternetGateway", delete_egress_only_gateway),
];

fn show(ec2: &State, view: &View, id: &str, gateway: &EgressOnlyGateway) -> Fields {
    let attachment = Fields::new().with("vpcId", &gateway.vpc).with("state", "attached");
    let shown = Fields::new().with("egressOnlyInternetGatewayId", id).list("attachmentSet", [attachment]);
    ec2.with_tags(shown, view.lens, id)
}

fn create_egress_only_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let vpc = VPC.required(params, "VpcId")?;
    let tags = requested(params, &EGRESS_ONLY_GATEWAY)?;
    let id = cx.new_id(EGRESS_ONLY_GATEWAY.prefix);
    let ec2 = current(cx);
    let claim = ec2.claim("CreateEgressOnlyInternetGateway", params)?;
    ec2.vpc(view.lens, vpc)?;
    let gateway = EgressOnlyGateway { vpc: vpc.to_owned() };
    let token = params.text("ClientToken");
    let answer =
        |shown| Ok(Fields::new().with("egressOnlyInternetGateway", shown).maybe("clientToken", token).into());
    if let Some(old) = claim.as_ref().and_then(|claim| claim.made.as_ref()).and_then(|made| made.first()) {
        // A token outlives what it made (NET-20).
        let there = ec2.egress_only_gateways.get(old).map_or(&gateway, Versioned::truth);
        return answer(show(ec2, &view.written(), old, there));
    }
    let (count, what) = (ec2.egress_only_gateways.len(), "egress-only internet gateways");
    quotas::check(count, quotas::EGRESS_ONLY_GATEWAYS, "EgressOnlyInternetGatewayLimitExceeded", what)?;
    ec2.tag_new(&id, tags, now);
    ec2.keep(claim, std::slice::from_ref(&id));
    ec2.egress_only_gateways.insert(id.clone(), Versioned::new(gateway.clone(), now));
    answer(show(ec2, &view.written(), &id, &gateway))
}

const LISTING: Listing = Listing {
    set: "egressOnlyInternetGatewaySet",
    key: "egressOnlyInternetGatewayId",
    ids: Some(("EgressOnlyInternetGatewayId", &EGRESS_ONLY_GATEWAY)),
    filters: &[],
    tagged: true,
    pages: Some((5, 255)),
};

fn describe_egress_only_gateways(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = current(cx);
    let row = |(id, gateway): (&String, &Versioned<EgressOnlyGateway>)| {
        Some(show(ec2, &view, id, gateway.seen(view.lens, id)?))
    };
    let rows = ec2.egress_only_gateways.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

/// Routes to it stay, as black holes.
fn delete_egress_only_gateway(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let id = EGRESS_ONLY_GATEWAY.required(params, "EgressOnlyInternetGatewayId")?;
    let ec2 = current(cx);
    EGRESS_ONLY_GATEWAY.find(&ec2.egress_only_gateways, lens, id)?;
    ec2.egress_only_gateways.remove(id);
    ec2.tags.remove(id);
    Ok(Answer::empty().with("returnCode", true))
}
