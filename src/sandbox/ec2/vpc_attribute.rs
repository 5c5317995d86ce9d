//! The attributes of a VPC, one a call (NET-3).

use super::resource_id::VPC;
use super::vpc::Vpc;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations on the attributes of a VPC.
pub const OPERATIONS: &[Operation] = &[
    operation("DescribeVpcAttribute", describe_vpc_attribute),
    operation("ModifyVpcAttribute", modify_vpc_attribute),
];

fn describe_vpc_attribute(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let id = VPC.required(params, "VpcId")?;
    let name = params.required("Attribute")?;
    let found = VPC.find(&cx.home().ec2.vpcs, lens, id)?;
    let vpc = found.seen(lens, id).unwrap_or_else(|| found.truth());
    let (member, value) = match name {
        "enableDnsSupport" => ("enableDnsSupport", vpc.dns_support),
        "enableDnsHostnames" => ("enableDnsHostnames", vpc.dns_hostnames),
        "enableNetworkAddressUsageMetrics" => ("enableNetworkAddressUsageMetrics", vpc.address_usage_metrics),
        _ => return Err(params.invalid("Attribute", "must name an attribute of a VPC")),
    };
    Ok(Answer::empty().with("vpcId", id).with(member, Fields::new().with("value", value)))
}

fn modify_vpc_attribute(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = VPC.required(params, "VpcId")?;
    let names = ["EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"];
    let mut asked = Vec::new();
    for name in names {
        if let Some(wrapper) = params.map(name) {
            asked.push((name, wrapper.flag("Value")?.ok_or_else(|| params.missing(name))?));
        }
    }
    let (name, value) = match asked.as_slice() {
        [one] => *one,
        [] => return Err(params.missing("Attribute")),
        _ => {
            let message = "Only one attribute of a VPC can be modified in a request";
            return Err(Fault::client("InvalidParameterCombination", message));
        }
    };
    let found = VPC.find_mut(&mut cx.home().ec2.vpcs, lens, id)?;
    check(found.truth(), name, value)?;
    let vpc = found.change(now);
    match name {
        "EnableDnsSupport" => vpc.dns_support = value,
        "EnableDnsHostnames" => vpc.dns_hostnames = value,
        _ => vpc.address_usage_metrics = value,
    }
    Ok(Answer::done())
}

/// Names for instances need names that resolve (NET-3).
fn check(vpc: &Vpc, name: &str, value: bool) -> Result<(), Fault> {
    if name == "EnableDnsHostnames" && value && !vpc.dns_support {
        let message = "DNS hostnames can only be enabled where DNS support is enabled";
        return Err(Fault::client("InvalidParameterCombination", message));
    }
    Ok(())
}
