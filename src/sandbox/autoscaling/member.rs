//! Instances of groups: launched, replaced and terminated until there are as many as desired.
//!
//! A group is tended at every call of Auto Scaling, which stands for the service's own work in between.

use serde::{Deserialize, Serialize};

use super::activity::{Activity, Deed};
use super::group::Group;
use super::group_check;
use super::state::{invalid, page};
use crate::sandbox::context::Context;
use crate::sandbox::ec2::{self, instance_launch};
use crate::sandbox::kept::{Members as _, structure};
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;
use serde_json::Value;

/// An instance of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The instance's id.
    pub id: String,
    /// When it was launched.
    pub since: Milliseconds,
    /// The template and the version's number it was launched from.
    pub template: Value,
    /// Whether scaling in leaves it alone.
    pub protected: bool,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("DescribeAutoScalingInstances", describe),
    operation("SetInstanceProtection", protect),
    operation("TerminateInstanceInAutoScalingGroup", terminate),
];

/// How long an instance takes to be in service.
const IN_SERVICE: Milliseconds = 20_000;

impl Member {
    fn instance<'a>(&self, ec2: &'a ec2::State) -> Option<&'a ec2::Instance> {
        ec2.instances.get(&self.id).map(|instance| instance.truth())
    }

    fn is_going(&self, ec2: &ec2::State) -> bool {
        self.instance(ec2).is_none_or(|instance| instance.terminated.is_some())
    }

    fn is_gone(&self, ec2: &ec2::State, lens: Lens) -> bool {
        self.instance(ec2).is_none_or(|instance| instance.state(lens).0 == "terminated")
    }

    /// Whether it is on its way in or out.
    pub fn is_changing(&self, ec2: &ec2::State, lens: Lens) -> bool {
        self.is_going(ec2) || !lens.done(self.since, IN_SERVICE)
    }

    fn state(&self, ec2: &ec2::State, lens: Lens) -> &'static str {
        match (self.is_going(ec2), lens.done(self.since, IN_SERVICE)) {
            (true, _) => "Terminating",
            (false, true) => "InService",
            (false, false) => "Pending",
        }
    }

    /// How AWS shows it in its group.
    pub fn shown(&self, ec2: &ec2::State, lens: Lens) -> Fields {
        let instance = self.instance(ec2);
        Fields::new()
            .with("InstanceId", &self.id)
            .maybe("InstanceType", instance.map(|instance| &instance.instance_type))
            .maybe("AvailabilityZone", instance.map(|instance| &instance.zone))
            .with("LifecycleState", self.state(ec2, lens))
            .with("HealthStatus", if self.is_going(ec2) { "Unhealthy" } else { "Healthy" })
            .with("LaunchTemplate", &self.template)
            .with("ProtectedFromScaleIn", self.protected)
    }
}

/// Tends every group of the account and region.
pub fn tend_all(cx: &mut Context<'_>) {
    let lens = cx.lens();
    let home = cx.home();
    home.ec2.advance(lens);
    let names: Vec<String> = home.autoscaling.groups.keys().cloned().collect();
    for name in names {
        tend(cx, &name);
    }
}

/// Brings a group to as many instances as are desired, and removes it once its deletion is complete.
pub fn tend(cx: &mut Context<'_>, name: &str) {
    settle(cx, name);
    let Some(mut group) = cx.home().autoscaling.groups.get(name).map(|group| group.truth().clone()) else {
        return;
    };
    let home = cx.home();
    let desired = if group.deleting.is_some() { 0 } else { group.number("DesiredCapacity") };
    let live = group.members.iter().filter(|member| !member.is_going(&home.ec2)).cloned();
    // What runs in a subnet that the group has no longer is replaced in one that it has (Amazon EC2 Auto Scaling User
    // Guide, "Rebalancing activities").
    let subnets = group.subnets();
    let keeps =
        ["AZRebalance", "Terminate"].iter().any(|process| group.suspended.iter().any(|s| s == process));
    let stays = |member: &Member| {
        keeps || member.instance(&home.ec2).is_none_or(|instance| subnets.contains(&instance.subnet))
    };
    let (live, stranded): (Vec<Member>, Vec<Member>) = live.partition(stays);
    let missing = desired - i64::try_from(live.len()).unwrap_or(i64::MAX);
    if missing > 0 {
        launch(cx, &mut group, missing);
    } else if missing < 0 {
        let forced = group.deleting.is_some();
        // The oldest go first; the protected stay, unless the group itself goes.
        let extra = usize::try_from(-missing).unwrap_or_default();
        let doomed = live.iter().filter(|member| forced || !member.protected).take(extra);
        for member in doomed.map(|member| member.id.clone()).collect::<Vec<_>>() {
            dismiss(cx, &group, &member);
        }
    }
    for member in stranded {
        dismiss(cx, &group, &member.id);
    }
    settle(cx, name);
    let autoscaling = &mut cx.home().autoscaling;
    let done = autoscaling
        .groups
        .get(name)
        .is_some_and(|group| group.truth().deleting.is_some() && group.truth().members.is_empty());
    if done {
        autoscaling.remove(name);
    }
}

/// Forgets members that are gone.
fn settle(cx: &mut Context<'_>, name: &str) {
    let lens = cx.lens();
    let home = cx.home();
    let Some(group) = home.autoscaling.groups.get_mut(name) else { return };
    if group.truth().members.iter().any(|member| member.is_gone(&home.ec2, lens)) {
        group.change(lens.now).members.retain(|member| !member.is_gone(&home.ec2, lens));
    }
}

fn launch(cx: &mut Context<'_>, group: &mut Group, count: i64) {
    let now = cx.now();
    if group.suspended.iter().any(|process| process == "Launch") {
        return;
    }
    for _ in 0..count {
        match launch_one(cx, group) {
            Ok(member) => {
                let id = member.id.clone();
                let home = cx.home();
                if let Some(live) = home.autoscaling.groups.get_mut(&group.name) {
                    live.change(now).members.push(member.clone());
                }
                group.members.push(member);
                for arn in group.target_groups.keys() {
                    home.elb.register(arn, &id, now);
                }
                record(cx, &group.name, Deed::Launched(id));
            }
            // Nothing refuses the deletion of a template in use; the next launch fails (LT-5).
            Err(fault) => {
                record(cx, &group.name, Deed::Failed(fault.message));
                return;
            }
        }
    }
}

fn launch_one(cx: &mut Context<'_>, group: &mut Group) -> Result<Member, Fault> {
    let now = cx.now();
    let data = group_check::template(cx, group)?;
    // The subnet with the fewest of its instances.
    let ec2 = &cx.home().ec2;
    let load = |subnet: &String| {
        let here = |member: &&Member| member.instance(ec2).is_some_and(|instance| &instance.subnet == subnet);
        group.members.iter().filter(here).count()
    };
    let subnet =
        group.subnets().into_iter().min_by_key(load).ok_or_else(|| invalid("The group has no subnet"))?;
    let launch = instance_launch::check(cx, &data, Some(&subnet))?;
    let mut tags: ec2::tags::Tags = group
        .tags
        .iter()
        .filter(|(_, tag)| tag.propagate)
        .map(|(key, tag)| (key.clone(), tag.value.clone()))
        .collect();
    tags.insert("aws:autoscaling:groupName".to_owned(), group.name.clone());
    let mut template = structure();
    for member in ["LaunchTemplateId", "LaunchTemplateName"] {
        if let Some(text) = group.template().and_then(|template| template.text(member)) {
            template.set(member, text);
        }
    }
    let version = group.template().and_then(|template| template.text("Version")).unwrap_or("$Default");
    template.set("Version", number(cx, &template, version).as_str());
    if let (Some(id), Some(Ok(number))) =
        (template.text("LaunchTemplateId"), template.text("Version").map(str::parse))
    {
        tags.extend(instance_launch::template_tags(id, number));
    }
    let made = instance_launch::make(cx, &launch, 1, &tags)?;
    let id = made.into_iter().next().ok_or_else(|| invalid("No instance was made"))?;
    let protected = group.settings.text("NewInstancesProtectedFromScaleIn") == Some("true");
    Ok(Member { id, since: now, template, protected })
}

/// The number that a version such as `$Latest` means now.
fn number(cx: &mut Context<'_>, template: &Value, version: &str) -> String {
    use crate::sandbox::wire::{Param, Style};
    let lens = cx.lens();
    let mut named = Params::new(Style::Ec2);
    named.set(
        "LaunchTemplateId",
        Param::Text(template.text("LaunchTemplateId").unwrap_or_default().to_owned()),
    );
    named.set("Version", Param::Text(version.to_owned()));
    let found = cx.home().ec2.launches_from(lens, &named);
    found.map_or_else(|_| version.to_owned(), |(_, _, number, _)| number.to_string())
}

/// Terminates an instance of a group.
pub fn dismiss(cx: &mut Context<'_>, group: &Group, id: &str) {
    let lens = cx.lens();
    let home = cx.home();
    for arn in group.target_groups.keys() {
        home.elb.deregister(arn, id, lens.now);
    }
    home.ec2.terminate(lens, id);
    record(cx, &group.name, Deed::Terminated(id.to_owned()));
}

fn record(cx: &mut Context<'_>, group: &str, deed: Deed) {
    let now = cx.now();
    let id = cx.world.ids.uuid();
    cx.home().autoscaling.record(Activity { id, group: group.to_owned(), since: now, deed });
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    tend_all(cx);
    let lens = cx.lens();
    let ids = params.texts("InstanceIds");
    let home = cx.home();
    let mut rows = Vec::new();
    for (name, group) in &home.autoscaling.groups {
        for member in group.seen(lens, name).iter().flat_map(|group| &group.members) {
            if ids.is_empty() || ids.contains(&member.id.as_str()) {
                let shown = member.shown(&home.ec2, lens).with("AutoScalingGroupName", name);
                rows.push((member.id.clone(), shown));
            }
        }
    }
    page(cx, params, "AutoScalingInstances", rows)
}

fn protect(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let protected = params.flag("ProtectedFromScaleIn")?;
    let protected = protected.ok_or_else(|| params.missing("ProtectedFromScaleIn"))?;
    let ids = params.texts("InstanceIds");
    // Fifty at a time (ASG-6).
    if ids.len() > 50 {
        return Err(invalid("You can specify up to 50 instances"));
    }
    let group = cx.home().autoscaling.group_mut(lens, params)?;
    if let Some(id) = ids.iter().find(|id| group.members.iter().all(|member| member.id != **id)) {
        return Err(invalid(format!("The instance {id} is not part of Auto Scaling group {}.", group.name)));
    }
    for member in group.members.iter_mut().filter(|member| ids.contains(&member.id.as_str())) {
        member.protected = protected;
    }
    Ok(Answer::empty())
}

fn terminate(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    tend_all(cx);
    let lens = cx.lens();
    let id = params.required("InstanceId")?;
    let fewer = params.flag("ShouldDecrementDesiredCapacity")?;
    let fewer = fewer.ok_or_else(|| params.missing("ShouldDecrementDesiredCapacity"))?;
    let groups = &mut cx.home().autoscaling.groups;
    let holds = |group: &Group| group.members.iter().any(|member| member.id == id);
    let group = groups.values_mut().find(|group| holds(group.truth()));
    let group = group.ok_or_else(|| {
        invalid(format!("Instance Id not found - No managed instance found for instance ID {id}"))
    })?;
    if fewer {
        let desired = group.truth().number("DesiredCapacity") - 1;
        if desired < group.truth().number("MinSize") {
            return Err(invalid(
                "Currently, desiredSize equals minSize. Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
            ));
        }
        group.change(lens.now).settings.set("DesiredCapacity", desired.to_string().as_str());
    }
    let group = group.truth().clone();
    dismiss(cx, &group, id);
    tend(cx, &group.name);
    let activity = cx.home().autoscaling.activities.iter().rev().find(|activity| activity.is_about(id));
    let shown = activity.map(|activity| activity.shown(lens));
    Ok(Fields::new().maybe("Activity", shown).into())
}
