//! What groups have done.

use serde::{Deserialize, Serialize};

use super::member;
use super::state::{State, page};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// What a group did once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// A UUID.
    pub id: String,
    /// The group's name.
    pub group: String,
    /// When.
    pub since: Milliseconds,
    /// What.
    pub deed: Deed,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// This instance was launched.
    Launched(String),
    /// This instance was terminated.
    Terminated(String),
    /// No instance could be launched, for this reason.
    Failed(String),
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[operation("DescribeScalingActivities", describe)];

/// How long a launch or termination takes.
const TAKES: Milliseconds = 30_000;
/// How many are kept of a group.
const KEPT: usize = 100;

impl Activity {
    /// Whether it is about this instance.
    pub fn is_about(&self, instance: &str) -> bool {
        matches!(&self.deed, Deed::Launched(id) | Deed::Terminated(id) if id == instance)
    }

    /// How AWS shows it.
    pub fn shown(&self, lens: Lens) -> Fields {
        let (description, failed) = match &self.deed {
            Deed::Launched(id) => (format!("Launching a new EC2 instance: {id}"), None),
            Deed::Terminated(id) => (format!("Terminating EC2 instance: {id}"), None),
            Deed::Failed(why) => ("Launching a new EC2 instance".to_owned(), Some(why)),
        };
        let done = lens.done(self.since, TAKES);
        let status = match (failed.is_some(), done) {
            (true, _) => "Failed",
            (false, true) => "Successful",
            (false, false) => "InProgress",
        };
        let end = (done || failed.is_some()).then_some(self.since);
        let shown = Fields::new()
            .with("ActivityId", &self.id)
            .with("AutoScalingGroupName", &self.group)
            .with("Description", description)
            .with("Cause", "The group did not have as many instances as desired.")
            .time("StartTime", self.since)
            .with("StatusCode", status)
            .maybe("StatusMessage", failed)
            .with("Progress", if end.is_some() { 100 } else { 30 })
            .with("Details", "{}");
        match end {
            Some(at) => shown.time("EndTime", at),
            None => shown,
        }
    }
}

impl State {
    /// Notes what a group did. Of failures that follow one another with the same reason only the first is kept.
    pub fn record(&mut self, activity: Activity) {
        let last = self.activities.iter().rev().find(|known| known.group == activity.group);
        if matches!(activity.deed, Deed::Failed(_)) && last.is_some_and(|last| last.deed == activity.deed) {
            return;
        }
        let own = self.activities.iter().filter(|known| known.group == activity.group).count();
        if own >= KEPT
            && let Some(oldest) = self.activities.iter().position(|known| known.group == activity.group)
        {
            self.activities.remove(oldest);
        }
        self.activities.push(activity);
    }
}

/// Newest first.
fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    member::tend_all(cx);
    let lens = cx.lens();
    let (name, ids) = (params.text("AutoScalingGroupName"), params.texts("ActivityIds"));
    let autoscaling = &cx.home().autoscaling;
    if name.is_some() {
        autoscaling.group(lens, params)?;
    }
    let deleted = params.flag("IncludeDeletedGroups")?.unwrap_or_default();
    let wanted = |activity: &&Activity| {
        (deleted || autoscaling.groups.contains_key(&activity.group))
            && name.is_none_or(|name| activity.group == name)
            && (ids.is_empty() || ids.contains(&activity.id.as_str()))
    };
    let rows = autoscaling.activities.iter().rev().filter(wanted).enumerate();
    let rows = rows.map(|(place, activity)| (format!("{place:06}"), activity.shown(lens))).collect();
    page(cx, params, "Activities", rows)
}
