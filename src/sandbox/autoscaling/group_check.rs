//! What a group needs before AWS accepts it (ASG-3, ASG-4).

use super::group::Group;
use super::state::invalid;
use crate::sandbox::context::Context;
use crate::sandbox::ec2::instance_launch;
use crate::sandbox::kept::{Members as _, structure};
use crate::sandbox::wire::{Fault, Param, Params, Style};
use serde_json::Value;

/// Checks what a request makes of a group; `params` are those of the request.
///
/// # Errors
/// `ValidationError` in AWS's words; for a profile that EC2 does not know yet it says `Invalid IAM Instance
/// Profile` (IAM-7).
pub fn check(cx: &mut Context<'_>, params: &Params, group: &mut Group) -> Result<(), Fault> {
    numbers(params, group)?;
    let named = params.map("LaunchTemplate");
    if named.is_some_and(|named| named.has("LaunchTemplateId") == named.has("LaunchTemplateName")) {
        return Err(invalid("Valid requests must contain either launchTemplateId or LaunchTemplateName"));
    }
    health_checks(group.settings.text("HealthCheckType").unwrap_or("EC2"))?;
    let lens = cx.lens();
    let subnets = group.subnets();
    if subnets.is_empty() {
        return Err(invalid("At least one Availability Zone or VPC Subnet is required."));
    }
    let ec2 = &cx.home().ec2;
    let mut vpcs = Vec::new();
    for id in &subnets {
        let subnet =
            ec2.subnet(lens, id).map_err(|_| invalid(format!("The subnet ID '{id}' does not exist")))?;
        vpcs.push(subnet.vpc.clone());
    }
    vpcs.dedup();
    if vpcs.len() > 1 {
        return Err(invalid("The subnets must all be in the same VPC"));
    }
    target_groups(cx, group.target_groups.keys().map(String::as_str))?;
    let launches = ["LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName", "InstanceId"];
    if group.template().is_none() || launches.iter().filter(|name| params.has(name)).count() > 1 {
        if let Some(name) = params.text("LaunchConfigurationName") {
            return Err(invalid(format!(
                "Launch configuration name not found - Launch configuration {name} not found"
            )));
        }
        return Err(invalid(
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or \
             MixedInstancesPolicy parameter.",
        ));
    }
    let data = template(cx, group)?;
    let first = subnets.first().map(String::as_str);
    instance_launch::check(cx, &data, first).map_err(|fault| not_formed(&fault))?;
    Ok(())
}

fn not_formed(fault: &Fault) -> Fault {
    invalid(format!("You must use a valid fully-formed launch template. {}", fault.message))
}

/// What the group's template says by now; its id, name and version are noted in the group.
///
/// # Errors
/// `ValidationError` for a template or version that does not exist.
pub fn template(cx: &mut Context<'_>, group: &mut Group) -> Result<Value, Fault> {
    let lens = cx.lens();
    let Some(named) = group.template() else { return Err(invalid("The group has no launch template")) };
    let mut specification = Params::new(Style::Ec2);
    for member in ["LaunchTemplateId", "LaunchTemplateName", "Version"] {
        // A group shows id and name both; the id is what counts.
        let known = named.text("LaunchTemplateId").is_some() && member == "LaunchTemplateName";
        if let (Some(text), false) = (named.text(member), known) {
            specification.set(member, Param::Text(text.to_owned()));
        }
    }
    let ec2 = &cx.home().ec2;
    let (id, name, _, data) = ec2.launches_from(lens, &specification).map_err(|fault| not_formed(&fault))?;
    let fill = |template: &mut Value| {
        template.set("LaunchTemplateId", id.as_str());
        template.set("LaunchTemplateName", name.as_str());
    };
    if let Some(mut template) = group.settings.remove("LaunchTemplate") {
        fill(&mut template);
        group.settings.set("LaunchTemplate", template);
    } else if let Some(mut policy) = group.settings.remove("MixedInstancesPolicy") {
        let mut outer = policy.remove("LaunchTemplate").unwrap_or_else(structure);
        let mut inner = outer.remove("LaunchTemplateSpecification").unwrap_or_else(structure);
        fill(&mut inner);
        outer.set("LaunchTemplateSpecification", inner);
        outer.default_to("Overrides", Value::Array(Vec::new()));
        policy.set("LaunchTemplate", outer);
        let mut distribution = policy.remove("InstancesDistribution").unwrap_or_else(structure);
        for (name, default) in [
            ("OnDemandAllocationStrategy", "prioritized"),
            ("OnDemandBaseCapacity", "0"),
            ("OnDemandPercentageAboveBaseCapacity", "100"),
            ("SpotAllocationStrategy", "lowest-price"),
        ] {
            distribution.default_to(name, default);
        }
        if distribution.text("SpotAllocationStrategy") == Some("lowest-price") {
            distribution.default_to("SpotInstancePools", "2");
        }
        policy.set("InstancesDistribution", distribution);
        group.settings.set("MixedInstancesPolicy", policy);
    }
    Ok(data)
}

fn numbers(params: &Params, group: &mut Group) -> Result<(), Fault> {
    for name in ["MinSize", "MaxSize", "DesiredCapacity"] {
        params.number_in(name, 0..=10_000)?;
    }
    for name in ["HealthCheckGracePeriod", "DefaultCooldown", "MaxInstanceLifetime"] {
        params.number_in(name, 0..=31_536_000)?;
    }
    params.number_in("DefaultInstanceWarmup", -1..=31_536_000)?;
    params.choice("DeletionProtection", &["none", "prevent-force-deletion", "prevent-all-deletion"])?;
    for flag in ["NewInstancesProtectedFromScaleIn", "CapacityRebalance"] {
        params.flag(flag)?;
    }
    let (least, most) = (group.number("MinSize"), group.number("MaxSize"));
    if least > most {
        return Err(invalid(format!(
            "Max bound, {most}, must be greater than or equal to min bound, {least}"
        )));
    }
    let desired = group.number("DesiredCapacity");
    if !(least..=most).contains(&desired) {
        // One that was not sent follows the bounds.
        if params.has("DesiredCapacity") {
            return Err(invalid(format!(
                "Desired capacity:{desired} must be between the specified min size:{least} and max size:{most}"
            )));
        }
        group.settings.set("DesiredCapacity", desired.clamp(least, most).to_string().as_str());
    }
    Ok(())
}

/// A list such as `EC2,ELB`; EC2 is implied by all others (ASG-7).
fn health_checks(listed: &str) -> Result<(), Fault> {
    if listed.split(',').all(|check| matches!(check.trim(), "EC2" | "ELB" | "VPC_LATTICE" | "EBS")) {
        return Ok(());
    }
    Err(invalid(format!("The health check type '{listed}' is not valid")))
}

/// Target groups must exist and take instances.
///
/// # Errors
/// `ValidationError`.
pub fn target_groups<'a>(cx: &mut Context<'_>, arns: impl IntoIterator<Item = &'a str>) -> Result<(), Fault> {
    let lens = cx.lens();
    let elb = &cx.home().elb;
    for arn in arns {
        let group = elb.target_groups.get(arn).and_then(|group| group.seen(lens, arn));
        let takes =
            group.is_some_and(|group| group.fixed.get("TargetType").is_some_and(|kind| kind == "instance"));
        if !takes {
            return Err(invalid(
                "Provided Target Groups may not be valid. Please ensure they exist and try again.",
            ));
        }
    }
    Ok(())
}
