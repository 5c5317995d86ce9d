//! VPC Block Public Access, without exclusions.

use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

/// What blocks nothing.
const OFF: &str = "off";

/// Operations on it.
pub const OPERATIONS: &[Operation] = &[
    operation("DescribeVpcBlockPublicAccessOptions", describe_options),
    operation("ModifyVpcBlockPublicAccessOptions", modify_options),
    operation("DescribeVpcBlockPublicAccessExclusions", describe_exclusions),
];

fn options(cx: &mut Context<'_>, mode: &str, state: &str) -> Fields {
    Fields::new()
        .with("awsAccountId", cx.account_id())
        .with("awsRegion", cx.region.as_str())
        .with("state", state)
        .with("internetGatewayBlockMode", mode)
        .with("managedBy", "account")
        .with("exclusionsAllowed", "allowed")
}

fn describe_options(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let mode = cx.home().ec2.settings.internet_gateways(lens);
    let state = if mode.is_none() { "default-state" } else { "update-complete" };
    let shown = options(cx, mode.as_deref().unwrap_or(OFF), state);
    Ok(Answer::empty().with("vpcBlockPublicAccessOptions", shown))
}

fn modify_options(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let modes = [OFF, "block-bidirectional", "block-ingress"];
    let mode = params.choice("InternetGatewayBlockMode", &modes)?;
    let mode = mode.ok_or_else(|| params.missing("InternetGatewayBlockMode"))?;
    let now = cx.now();
    cx.home().ec2.settings.block_internet_gateways(mode, now);
    let shown = options(cx, mode, "update-in-progress");
    Ok(Answer::empty().with("vpcBlockPublicAccessOptions", shown))
}

fn describe_exclusions(_: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    match params.texts("ExclusionId").first() {
        None => Ok(Answer::empty().with("vpcBlockPublicAccessExclusionSet", Node::List(Vec::new()))),
        Some(id) => Err(Fault::client(
            "InvalidVpcBlockPublicAccessExclusionId.NotFound",
            format!("The exclusion ID '{id}' does not exist"),
        )),
    }
}
