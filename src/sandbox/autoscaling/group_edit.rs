//! What changes on a group that exists: settings, capacity, processes, metrics.

use super::group::{SETTINGS, default_subnets};
use super::group_check::check;
use super::member;
use super::state::invalid;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{Members as _, keep};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Params};

/// The operations.
pub const OPERATIONS: &[Operation] = &[
    operation("UpdateAutoScalingGroup", update),
    operation("SetDesiredCapacity", set_desired),
    operation("SuspendProcesses", |cx, params| processes(cx, params, true)),
    operation("ResumeProcesses", |cx, params| processes(cx, params, false)),
    operation("EnableMetricsCollection", |cx, params| metrics(cx, params, true)),
    operation("DisableMetricsCollection", |cx, params| metrics(cx, params, false)),
];

/// What is left out stays as it is (ASG-2); instances that run stay as they are too.
fn update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    member::tend_all(cx);
    let lens = cx.lens();
    let autoscaling = &mut cx.home().autoscaling;
    // Here AWS does not say which.
    let unknown = |_| invalid("AutoScalingGroup name not found - null");
    let shown = autoscaling.group(lens, params).map_err(unknown)?.name.clone();
    // Checks are made of the truth, not of what a read may see.
    let mut group =
        autoscaling.groups.get(&shown).map(|group| group.truth().clone()).ok_or_else(|| invalid("gone"))?;
    for setting in SETTINGS {
        if let Some(sent) = params.get(setting) {
            group.settings.set(setting, keep(sent));
        }
    }
    if params.has("AvailabilityZones") {
        group.settings.remove("VPCZoneIdentifier");
        group.default_subnets = default_subnets(cx, params)?;
    }
    // A template and a mixed instances policy replace one another.
    if params.has("LaunchTemplate") {
        group.settings.remove("MixedInstancesPolicy");
    } else if params.has("MixedInstancesPolicy") {
        group.settings.remove("LaunchTemplate");
    }
    check(cx, params, &mut group)?;
    let changed = cx.home().autoscaling.group_mut(lens, params)?;
    (changed.settings, changed.default_subnets) = (group.settings, group.default_subnets);
    member::tend(cx, &shown);
    Ok(Answer::empty())
}

fn set_desired(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    member::tend_all(cx);
    let lens = cx.lens();
    let desired = params.number_in("DesiredCapacity", 0..=10_000)?;
    let desired = desired.ok_or_else(|| params.missing("DesiredCapacity"))?;
    let group = cx.home().autoscaling.group_mut(lens, params)?;
    let (least, most) = (group.number("MinSize"), group.number("MaxSize"));
    if desired > most {
        return Err(invalid(format!(
            "New SetDesiredCapacity value {desired} is above max value {most} for the AutoScalingGroup."
        )));
    }
    if desired < least {
        return Err(invalid(format!(
            "New SetDesiredCapacity value {desired} is below min value {least} for the AutoScalingGroup."
        )));
    }
    group.settings.set("DesiredCapacity", desired.to_string().as_str());
    let name = group.name.clone();
    member::tend(cx, &name);
    Ok(Answer::empty())
}

const PROCESSES: &[&str] = &[
    "AZRebalance",
    "AddToLoadBalancer",
    "AlarmNotification",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

fn processes(cx: &mut Context<'_>, params: &Params, suspend: bool) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let named = params.texts("ScalingProcesses");
    if let Some(unknown) = named.iter().find(|name| !PROCESSES.contains(name)) {
        return Err(invalid(format!("{unknown} is not a valid scaling process")));
    }
    let named = if named.is_empty() { PROCESSES.to_vec() } else { named };
    change(&mut cx.home().autoscaling.group_mut(lens, params)?.suspended, &named, suspend);
    Ok(Answer::empty())
}

const METRICS: &[&str] = &[
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
    "GroupDesiredCapacity",
    "GroupInServiceCapacity",
    "GroupInServiceInstances",
    "GroupMaxSize",
    "GroupMinSize",
    "GroupPendingCapacity",
    "GroupPendingInstances",
    "GroupStandbyCapacity",
    "GroupStandbyInstances",
    "GroupTerminatingCapacity",
    "GroupTerminatingInstances",
    "GroupTotalCapacity",
    "GroupTotalInstances",
    "WarmPoolDesiredCapacity",
    "WarmPoolMinSize",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "WarmPoolWarmedCapacity",
];

fn metrics(cx: &mut Context<'_>, params: &Params, enable: bool) -> Result<Answer, Fault> {
    let lens = cx.lens();
    if enable && params.required("Granularity")? != "1Minute" {
        return Err(invalid("The only valid granularity is 1Minute"));
    }
    let named = params.texts("Metrics");
    if let Some(unknown) = named.iter().find(|name| !METRICS.contains(name)) {
        return Err(invalid(format!("{unknown} is not a valid metric")));
    }
    let named = if named.is_empty() { METRICS.to_vec() } else { named };
    change(&mut cx.home().autoscaling.group_mut(lens, params)?.metrics, &named, enable);
    Ok(Answer::empty())
}

fn change(list: &mut Vec<String>, named: &[&str], add: bool) {
    list.retain(|own| !named.contains(&own.as_str()));
    if add {
        list.extend(named.iter().map(|name| (*name).to_owned()));
        list.sort_unstable();
    }
}
