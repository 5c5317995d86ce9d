//! Targets of a target group and their health.

use super::State;
use super::find::{TARGET_GROUP, invalid};
use super::target_group::{Target, TargetGroup};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("RegisterTargets", register),
    operation("DeregisterTargets", deregister),
    operation("DescribeTargetHealth", describe_health),
];

/// How long the first health checks of a target take.
const INITIAL: Milliseconds = 30_000;

impl State {
    /// Registers an instance with a group on the group's port, as an Auto Scaling group does.
    pub fn register(&mut self, group: &str, instance: &str, now: Milliseconds) {
        if let Some(group) = self.target_groups.get_mut(group) {
            let target = Target { id: instance.to_owned(), port: group.truth().port(), since: now };
            group.change(now).targets.entry(key(&target)).or_insert(target);
        }
    }

    /// Takes an instance out of a group.
    pub fn deregister(&mut self, group: &str, instance: &str, now: Milliseconds) {
        if let Some(group) = self.target_groups.get_mut(group) {
            group.change(now).targets.retain(|_, target| target.id != instance);
        }
    }
}

fn key(target: &Target) -> String {
    format!("{}:{}", target.id, target.port)
}

fn targets(params: &Params, group: &TargetGroup, now: Milliseconds) -> Result<Vec<Target>, Fault> {
    let mut targets = Vec::new();
    for target in params.maps("Targets") {
        let port = target.number_in("Port", 1..=65_535)?.unwrap_or_else(|| group.port());
        targets.push(Target { id: target.required("Id")?.to_owned(), port, since: now });
    }
    Ok(targets)
}

fn register(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let arn = params.required("TargetGroupArn")?;
    let home = cx.home();
    let group = TARGET_GROUP.find(&home.elb.target_groups, lens, arn)?;
    let named = targets(params, group, now)?;
    if named.is_empty() {
        return Err(params.missing("Targets"));
    }
    let instances = group.fixed.get("TargetType").is_some_and(|kind| kind == "instance");
    for Target { id, .. } in &named {
        let known = if instances { home.ec2.instances.contains_key(id) } else { !id.is_empty() };
        if !known {
            let message = format!("The following targets are not valid instances: '{id}'");
            return Err(Fault::client("InvalidTarget", message));
        }
    }
    let group = TARGET_GROUP.find_mut(&mut home.elb.target_groups, lens, arn)?.change(now);
    for target in named {
        group.targets.entry(key(&target)).or_insert(target);
    }
    Ok(Answer::empty())
}

fn deregister(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let arn = params.required("TargetGroupArn")?;
    let elb = &mut cx.home().elb;
    let named = targets(params, TARGET_GROUP.find(&elb.target_groups, lens, arn)?, now)?;
    if named.is_empty() {
        return Err(invalid("At least one target must be specified"));
    }
    let group = TARGET_GROUP.find_mut(&mut elb.target_groups, lens, arn)?.change(now);
    let named: Vec<String> = named.iter().map(key).collect();
    group.targets.retain(|target, _| !named.contains(target));
    Ok(Answer::empty())
}

/// What is said of a target that was asked for and is none.
fn not_registered() -> Fields {
    Fields::new()
        .with("State", "unused")
        .with("Reason", "Target.NotRegistered")
        .with("Description", "Target is not registered to the target group")
}

/// Unused without a listener, then `initial`, then `healthy`: nothing here ever fails its checks.
fn health(lens: Lens, used: bool, since: Milliseconds) -> Fields {
    if !used {
        return Fields::new()
            .with("State", "unused")
            .with("Reason", "Target.NotInUse")
            .with("Description", "Target group is not configured to receive traffic from the load balancer");
    }
    if lens.done(since, INITIAL) {
        return Fields::new().with("State", "healthy");
    }
    Fields::new()
        .with("State", "initial")
        .with("Reason", "Elb.RegistrationInProgress")
        .with("Description", "Target registration is in progress")
}

fn describe_health(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let arn = params.required("TargetGroupArn")?;
    let elb = &cx.home().elb;
    let group = TARGET_GROUP.find(&elb.target_groups, lens, arn)?;
    let named = targets(params, group, now)?;
    let used = !elb.load_balancers_of(arn).is_empty();
    let asked: Vec<&Target> =
        if named.is_empty() { group.targets.values().collect() } else { named.iter().collect() };
    let rows = asked.into_iter().map(|target| {
        let registered = group.targets.get(&key(target));
        let health = registered.map_or_else(not_registered, |target| health(lens, used, target.since));
        Fields::new()
            .with("Target", Fields::new().with("Id", &target.id).with("Port", target.port))
            .with("HealthCheckPort", target.port.to_string())
            .with("TargetHealth", health)
    });
    Ok(Fields::new().list("TargetHealthDescriptions", rows).into())
}
