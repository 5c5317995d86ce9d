//! The instances of a group: whether as many run as the group is to have, and what kept AWS from launching more.

use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup, LifecycleState, ScalingActivityStatusCode};

use crate::aws::Account;
use crate::kinds::State;
use crate::model::{Remark, Severity};

/// How many of a group's last activities are looked through for a launch.
const ACTIVITIES: i32 = 20;

/// What there is to tell about a group and its instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kinds) struct Standing {
    pub(in crate::kinds) state: State,
    pub(in crate::kinds) remarks: Vec<Remark>,
}

/// Looks why instances are missing, where some are.
pub(in crate::kinds) async fn standing(account: &Account, group: &AutoScalingGroup) -> Standing {
    let mut remarks: Vec<Remark> = suspensions(group);
    // AWS sets a status only while the group is being deleted.
    if let Some(status) = group.status().filter(|status| !status.is_empty()) {
        return Standing { state: State::Pending(format!("AWS says: {status}")), remarks };
    }
    let counts = Counts::of(group);
    if counts.in_service >= counts.least.max(counts.desired) {
        return Standing { state: State::Ready, remarks };
    }
    let name = group.auto_scaling_group_name().unwrap_or_default();
    let request = account
        .autoscaling
        .describe_scaling_activities()
        .auto_scaling_group_name(name)
        .max_records(ACTIVITIES);
    let failure = match account.call(|| request.clone().send()).await {
        Ok(answer) => failure(answer.activities()),
        Err(error) => {
            let why = format!("its activities could not be read ({})", error.said());
            remarks.push(Remark { severity: Severity::Warning, message: why, next: String::new() });
            None
        }
    };
    let (state, remark) = counts.judged(failure);
    remarks.extend(remark);
    Standing { state, remarks }
}

/// Who or what suspended a process; that none is wanted is seen in the attributes.
fn suspensions(group: &AutoScalingGroup) -> Vec<Remark> {
    let told = group.suspended_processes().iter().filter_map(|process| {
        let (name, reason) = (process.process_name()?, process.suspension_reason()?);
        let message = format!("its process {name} is suspended: {reason}");
        Some(Remark { severity: Severity::Note, message, next: String::new() })
    });
    told.collect()
}

/// Why the last launch failed, unless one was begun or succeeded since. Activities are listed newest first.
fn failure(activities: &[Activity]) -> Option<String> {
    let ends =
        |activity: &&Activity| activity.description().is_some_and(|text| text.starts_with("Terminating"));
    let last = activities.iter().find(|activity| !ends(activity))?;
    let failed = matches!(
        last.status_code(),
        Some(ScalingActivityStatusCode::Failed | ScalingActivityStatusCode::Cancelled)
    );
    failed.then(|| last.status_message().unwrap_or("AWS gives no reason").trim_end_matches('.').to_owned())
}

/// How many instances a group has, and is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    in_service: usize,
    least: usize,
    desired: usize,
}

impl Counts {
    fn of(group: &AutoScalingGroup) -> Self {
        let number = |number: Option<i32>| usize::try_from(number.unwrap_or_default()).unwrap_or_default();
        let in_service =
            group.instances().iter().filter(|i| i.lifecycle_state() == Some(&LifecycleState::InService));
        Self {
            in_service: in_service.count(),
            least: number(group.min_size()),
            desired: number(group.desired_capacity()),
        }
    }

    fn judged(self, failure: Option<String>) -> (State, Option<Remark>) {
        let Self { in_service, least, desired } = self;
        let short = in_service < least;
        let goal = if short { least } else { desired };
        let count = format!("{in_service} of {goal} instances are in service");
        let refused = failure.is_some();
        let message = match failure {
            Some(why) => format!("{count}; AWS could not launch another: {why}"),
            None => count,
        };
        let severity = if short && refused { Severity::Error } else { Severity::Warning };
        let next =
            if refused { "mend that; AWS tries again by itself" } else { "look again in some minutes" };
        let state = if short { State::Short { reason: message.clone(), refused } } else { State::Ready };
        // That it grows is its daily business; that it cannot is not.
        let remark = (short || refused).then(|| Remark { severity, message, next: next.to_owned() });
        (state, remark)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::SuspendedProcess;

    use super::*;

    fn activity(description: &str, status: ScalingActivityStatusCode, message: &str) -> Activity {
        Activity::builder().description(description).status_code(status).status_message(message).build()
    }

    #[test]
    fn only_a_launch_that_failed_last_is_told() {
        let failed =
            || activity("Launching a new EC2 instance", ScalingActivityStatusCode::Failed, "No capacity.");
        let launched =
            || activity("Launching a new EC2 instance: i-1", ScalingActivityStatusCode::Successful, "");
        let ended = || activity("Terminating EC2 instance: i-2", ScalingActivityStatusCode::InProgress, "");
        assert_eq!(failure(&[failed(), launched()]).as_deref(), Some("No capacity"));
        assert_eq!(failure(&[ended(), failed()]).as_deref(), Some("No capacity"));
        assert_eq!(failure(&[launched(), failed()]), None);
        assert_eq!(failure(&[]), None);
    }

    #[test]
    fn a_group_is_short_below_its_least_number_and_told_of_above_it_only_when_aws_refuses() {
        let judged = |in_service, failure: Option<&str>| {
            let counts = Counts { in_service, least: 2, desired: 3 };
            let (state, remark) = counts.judged(failure.map(str::to_owned));
            (matches!(state, State::Short { .. }), remark.map(|remark| (remark.severity, remark.message)))
        };
        let told = |severity, message: &str| Some((severity, message.to_owned()));
        assert_eq!(judged(1, None), (true, told(Severity::Warning, "1 of 2 instances are in service")));
        let refused = "1 of 2 instances are in service; AWS could not launch another: No capacity";
        assert_eq!(judged(1, Some("No capacity")), (true, told(Severity::Error, refused)));
        assert_eq!(judged(2, None), (false, None));
        let slow = "2 of 3 instances are in service; AWS could not launch another: No capacity";
        assert_eq!(judged(2, Some("No capacity")), (false, told(Severity::Warning, slow)));
    }

    #[test]
    fn a_suspended_process_is_told_with_its_reason() {
        let process = SuspendedProcess::builder()
            .process_name("Launch")
            .suspension_reason("User suspended at 2026-01-01T00:00:00Z");
        let group = AutoScalingGroup::builder().suspended_processes(process.build()).build();
        let told: Vec<String> = suspensions(&group).into_iter().map(|remark| remark.message).collect();
        assert_eq!(told, ["its process Launch is suspended: User suspended at 2026-01-01T00:00:00Z"]);
    }
}
