//! Instance refreshes: every instance of a group replaced by one of the template as it is now (ASG-2).

use serde::{Deserialize, Serialize};

use super::group_check;
use super::member;
use super::state::page;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{Members as _, keep, structure};
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;
use serde_json::Value;

/// An instance refresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// A UUID.
    pub id: String,
    /// The group's name.
    pub group: String,
    /// When it began.
    pub since: Milliseconds,
    /// When it was cancelled.
    pub cancelled: Option<Milliseconds>,
    /// How it was asked for: strategy, preferences, configuration.
    pub settings: Value,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("StartInstanceRefresh", start),
    operation("CancelInstanceRefresh", cancel),
    operation("RollbackInstanceRefresh", roll_back),
    operation("DescribeInstanceRefreshes", describe),
];

/// How long one takes.
const TAKES: Milliseconds = 120_000;

impl Refresh {
    fn status(&self, lens: Lens) -> (&'static str, i64) {
        match self.cancelled {
            Some(_) => ("Cancelled", 0),
            None if lens.done(self.since, TAKES) => ("Successful", 100),
            None if lens.done(self.since, 10_000) => ("InProgress", 50),
            None => ("Pending", 0),
        }
    }

    fn is_active(&self, lens: Lens) -> bool {
        matches!(self.status(lens).0, "Pending" | "InProgress")
    }
}

fn none_active(group: &str) -> Fault {
    let message = format!("No in progress or pending Instance Refresh found for Auto Scaling group {group}");
    Fault::client("ActiveInstanceRefreshNotFound", message)
}

fn start(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    member::tend_all(cx);
    let lens = cx.lens();
    params.choice("Strategy", &["Rolling", "ReplaceRootVolume"])?;
    if let Some(preferences) = params.map("Preferences") {
        preferences.number_in("MinHealthyPercentage", 0..=100)?;
    }
    let autoscaling = &cx.home().autoscaling;
    let mut group = autoscaling.group(lens, params)?.clone();
    if autoscaling.refreshes.iter().any(|refresh| refresh.group == group.name && refresh.is_active(lens)) {
        return Err(Fault::client(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        ));
    }
    if let Some(template) = params.map("DesiredConfiguration").and_then(|wanted| wanted.get("LaunchTemplate"))
    {
        group.settings.set("LaunchTemplate", keep(template));
        group.settings.remove("MixedInstancesPolicy");
        group_check::template(cx, &mut group)?;
        cx.home().autoscaling.group_mut(lens, params)?.settings = group.settings.clone();
    }
    let id = cx.world.ids.uuid();
    let mut settings = structure();
    for name in ["Strategy", "Preferences", "DesiredConfiguration"] {
        if let Some(sent) = params.get(name) {
            settings.set(name, keep(sent));
        }
    }
    let refresh =
        Refresh { id: id.clone(), group: group.name.clone(), since: lens.now, cancelled: None, settings };
    cx.home().autoscaling.refreshes.push(refresh);
    for instance in group.members.iter().map(|member| member.id.clone()) {
        member::dismiss(cx, &group, &instance);
    }
    member::tend(cx, &group.name);
    Ok(Answer::empty().with("InstanceRefreshId", id))
}

fn cancel(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let autoscaling = &mut cx.home().autoscaling;
    let group = autoscaling.group(lens, params)?.name.clone();
    let active = autoscaling
        .refreshes
        .iter_mut()
        .find(|refresh| refresh.group == group && refresh.is_active(lens))
        .ok_or_else(|| none_active(&group))?;
    active.cancelled = Some(lens.now);
    Ok(Answer::empty().with("InstanceRefreshId", &active.id))
}

/// Refused where the group names a version that moves (LT-2).
fn roll_back(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let autoscaling = &cx.home().autoscaling;
    let group = autoscaling.group(lens, params)?;
    if !autoscaling.refreshes.iter().any(|refresh| refresh.group == group.name && refresh.is_active(lens)) {
        return Err(none_active(&group.name));
    }
    let version = group.template().and_then(|template| template.text("Version")).unwrap_or("$Default");
    if version.starts_with('$') {
        return Err(Fault::client(
            "IrreversibleInstanceRefresh",
            "The desired configuration of the group cannot be rolled back: it names the launch template's version \
             $Latest or $Default",
        ));
    }
    cancel(cx, params)
}

/// Newest first.
fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let ids = params.texts("InstanceRefreshIds");
    let autoscaling = &cx.home().autoscaling;
    let group = &autoscaling.group(lens, params)?.name;
    let wanted = |refresh: &&Refresh| {
        refresh.group == *group && (ids.is_empty() || ids.contains(&refresh.id.as_str()))
    };
    let mut rows = Vec::new();
    for (place, refresh) in autoscaling.refreshes.iter().rev().filter(wanted).enumerate() {
        let (status, percent) = refresh.status(lens);
        let mut row = Fields::new()
            .with("InstanceRefreshId", &refresh.id)
            .with("AutoScalingGroupName", &refresh.group)
            .with("Status", status)
            .time("StartTime", refresh.since)
            .with("PercentageComplete", percent)
            .with("InstancesToUpdate", 0);
        for name in ["Strategy", "Preferences", "DesiredConfiguration"] {
            row = row.maybe(name, refresh.settings.get(name));
        }
        rows.push((format!("{place:06}"), row));
    }
    page(cx, params, "InstanceRefreshes", rows)
}
