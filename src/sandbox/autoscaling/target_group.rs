//! Target groups of a group: attached, detached and shown, in both of the API's vocabularies.

use super::group_check;
use super::state::{invalid, page};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("AttachLoadBalancerTargetGroups", attach),
    operation("AttachTrafficSources", attach),
    operation("DetachLoadBalancerTargetGroups", detach),
    operation("DetachTrafficSources", detach),
    operation("DescribeLoadBalancerTargetGroups", describe),
    operation("DescribeTrafficSources", describe_sources),
];

/// The target groups a request names, one way or the other.
pub fn named(params: &Params) -> Vec<String> {
    let sources = params.maps("TrafficSources");
    let sources = sources.iter().filter_map(|source| source.text("Identifier"));
    params.texts("TargetGroupARNs").into_iter().chain(sources).map(str::to_owned).collect()
}

fn some(params: &Params) -> Result<Vec<String>, Fault> {
    let named = named(params);
    match named.len() {
        0 => Err(params.missing("TargetGroupARNs")),
        1..=10 => Ok(named),
        _ => Err(invalid("You can specify up to 10 target groups")),
    }
}

fn attach(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let named = some(params)?;
    cx.home().autoscaling.group(lens, params)?;
    group_check::target_groups(cx, named.iter().map(String::as_str))?;
    let home = cx.home();
    let group = home.autoscaling.group_mut(lens, params)?;
    for arn in named {
        for member in &group.members {
            home.elb.register(&arn, &member.id, now);
        }
        group.target_groups.entry(arn).or_insert(now);
    }
    Ok(Answer::empty())
}

fn detach(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let named = some(params)?;
    let home = cx.home();
    let group = home.autoscaling.group_mut(lens, params)?;
    if named.iter().any(|arn| !group.target_groups.contains_key(arn)) {
        return Err(invalid("Trying to remove Target Groups that are not part of the group"));
    }
    for arn in named {
        group.target_groups.remove(&arn);
        for member in &group.members {
            home.elb.deregister(&arn, &member.id, now);
        }
    }
    Ok(Answer::empty())
}

/// Adding, then Added, then InService (ASG-4).
fn state(lens: Lens, since: Milliseconds) -> &'static str {
    match (lens.done(since, 5_000), lens.done(since, 40_000)) {
        (false, _) => "Adding",
        (true, false) => "Added",
        (true, true) => "InService",
    }
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let group = cx.home().autoscaling.group(lens, params)?;
    let shown = |(arn, since): (&String, &Milliseconds)| {
        let row = Fields::new().with("LoadBalancerTargetGroupARN", arn).with("State", state(lens, *since));
        (arn.clone(), row)
    };
    let rows = group.target_groups.iter().map(shown).collect();
    page(cx, params, "LoadBalancerTargetGroups", rows)
}

fn describe_sources(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let group = cx.home().autoscaling.group(lens, params)?;
    let kind = params.text("TrafficSourceType").unwrap_or("elbv2");
    let shown = |(arn, since): (&String, &Milliseconds)| {
        let row = Fields::new().with("TrafficSource", arn).with("Identifier", arn).with("Type", "elbv2");
        (arn.clone(), row.with("State", state(lens, *since)))
    };
    let rows = group.target_groups.iter().filter(|_| kind == "elbv2").map(shown).collect();
    page(cx, params, "TrafficSources", rows)
}
