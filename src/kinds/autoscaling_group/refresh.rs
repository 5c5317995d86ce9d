//! Which version of the launch template a group's instances run, and the instance refresh that replaces them.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{
    AutoScalingGroup, InstanceRefresh, InstanceRefreshStatus, LifecycleState, RefreshPreferences,
    RefreshStrategy,
};
use futures::join;

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error};
use crate::kinds::ec2_launch_template::{default_versions, version};
use crate::kinds::whole_number::narrow;
use crate::model::{Link, Remark, Severity};

/// What is asked for of the groups: the version that their instances are to run, where they are to be replaced.
pub(in crate::kinds) type Asked = BTreeMap<String, Option<Link>>;

/// What was read beside the groups.
pub(in crate::kinds) struct Known {
    /// The default version of each launch template by id; nothing where no group asks.
    defaults: Result<BTreeMap<String, i64>, Error>,
    /// The last refresh of each group whose instances are to be replaced.
    last: BTreeMap<String, Result<Option<InstanceRefresh>, Error>>,
}

/// Reads default versions for groups whose instances stay, and refreshes for those whose instances are replaced.
pub(in crate::kinds) async fn known(account: &Account, asked: &Asked) -> Known {
    let stay = asked.values().any(Option::is_none);
    let defaults = chain(async move {
        let versions = if stay { default_versions(account).await? } else { Vec::new() };
        let number = |version: aws_sdk_ec2::types::LaunchTemplateVersion| {
            Some((version.launch_template_id?, version.version_number?))
        };
        Ok(versions.into_iter().filter_map(number).collect())
    });
    let replaced = asked.iter().filter(|(_, version)| version.is_some());
    let last = chains(replaced.map(|(name, _)| async move {
        // Listed newest first.
        let request =
            account.autoscaling.describe_instance_refreshes().auto_scaling_group_name(name).max_records(1);
        let answer = account.find(|| request.clone().send()).await;
        let newest = |found: Option<Vec<InstanceRefresh>>| found.and_then(|all| all.into_iter().next());
        (name.clone(), answer.map(|found| newest(found.and_then(|page| page.instance_refreshes))))
    }));
    let (defaults, last) = join!(defaults, last);
    Known { defaults, last: last.into_iter().collect() }
}

/// What there is to say about the versions that the instances of one group run.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::kinds) struct Compared {
    /// What they run, where they are to run something.
    pub(in crate::kinds) instances: Option<Link>,
    /// Whether AWS is replacing them.
    pub(in crate::kinds) refreshing: bool,
    pub(in crate::kinds) remarks: Vec<Remark>,
}

impl Known {
    /// Compares what the instances of a group run.
    ///
    /// # Errors
    /// Fails where they are to be replaced and their refreshes could not be read.
    pub(in crate::kinds) fn compare(
        &self,
        group: &AutoScalingGroup,
        asked: Option<&Option<Link>>,
    ) -> Result<Compared, Error> {
        let runs = Runs::of(group);
        match asked {
            None => Ok(Compared { instances: None, refreshing: false, remarks: Vec::new() }),
            Some(None) => {
                let remarks = match &self.defaults {
                    Ok(defaults) => runs.behind(group, defaults).into_iter().collect(),
                    Err(error) => {
                        let message = format!(
                            "what its instances run could not be compared with the launch template ({})",
                            error.said()
                        );
                        vec![Remark { severity: Severity::Warning, message, next: String::new() }]
                    }
                };
                Ok(Compared { instances: None, refreshing: false, remarks })
            }
            Some(Some(wanted)) => {
                let name = group.auto_scaling_group_name().unwrap_or_default();
                let last = self.last.get(name).cloned().transpose()?.flatten();
                Ok(runs.replaced(wanted, last.as_ref()))
            }
        }
    }
}

/// How many instances run what. Those that are ending do not count.
#[derive(Debug, Default)]
struct Runs {
    all: usize,
    /// By version as [`version`] names it; nothing for what was not launched from a template.
    by_version: BTreeMap<Option<String>, usize>,
}

impl Runs {
    fn of(group: &AutoScalingGroup) -> Self {
        let mut runs = Self::default();
        let ends = |state: &LifecycleState| {
            let state = state.as_str();
            state.starts_with("Terminat") || state.starts_with("Detach")
        };
        let instances = group.instances().iter();
        for instance in instances.filter(|instance| !instance.lifecycle_state().is_some_and(ends)) {
            let template = instance.launch_template();
            let from = template
                .and_then(|template| Some(version(template.launch_template_id()?, template.version()?)));
            runs.all += 1;
            *runs.by_version.entry(from).or_default() += 1;
        }
        runs
    }

    /// What is told of instances that nobody asked to be replaced.
    fn behind(&self, group: &AutoScalingGroup, defaults: &BTreeMap<String, i64>) -> Option<Remark> {
        let id = group.launch_template()?.launch_template_id()?;
        let default = defaults.get(id)?;
        let others = || {
            let current = version(id, default);
            self.by_version.iter().filter(move |(from, _)| from.as_ref() != Some(&current))
        };
        let count: usize = others().map(|(_, count)| count).sum();
        let mut words: Vec<String> = others()
            .map(|(from, _)| match from.as_deref().map(|from| from.strip_prefix(id).ok_or(from)) {
                Some(Ok(version)) => format!("{} of the launch template", version.trim_start()),
                Some(Err(another)) => another.to_owned(),
                None => "no launch template".to_owned(),
            })
            .collect();
        words.sort();
        (count > 0).then(|| Remark {
            severity: Severity::Warning,
            message: format!(
                "{count} of {} instances run {}, the default is version {default}",
                self.all,
                words.join(" and ")
            ),
            next: "set `instance_refresh = true` on the group, or replace them by hand".to_owned(),
        })
    }

    /// What is read of instances that are to run a version. A refresh that goes on is as good as done.
    fn replaced(&self, wanted: &Link, last: Option<&InstanceRefresh>) -> Compared {
        let status = last.and_then(|refresh| refresh.status());
        let refreshing = status.is_some_and(is_active);
        let mut versions = self.by_version.iter();
        let instances = match (versions.next(), versions.next()) {
            (None, _) => wanted.clone(),
            _ if refreshing => wanted.clone(),
            (Some((Some(only), _)), None) => Link::from(only.clone()),
            _ => Link::from(self.in_words()),
        };
        let mut remarks = Vec::new();
        if let (true, Some(refresh)) = (refreshing, last) {
            let percent = refresh.percentage_complete().unwrap_or_default();
            let message = format!("an instance refresh goes on, {percent} percent of it is done");
            remarks.push(Remark { severity: Severity::Note, message, next: String::new() });
        }
        if instances != *wanted
            && let Some(refresh) = last
            && let Some(remark) = failed(refresh)
        {
            remarks.push(remark);
        }
        Compared { instances: Some(instances), refreshing, remarks }
    }

    fn in_words(&self) -> String {
        let words = self.by_version.iter().map(|(from, count)| {
            format!("{count} of {} run {}", self.all, from.as_deref().unwrap_or("no launch template"))
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

fn is_active(status: &InstanceRefreshStatus) -> bool {
    use InstanceRefreshStatus as Status;
    matches!(
        status,
        Status::Pending
            | Status::InProgress
            | Status::Baking
            | Status::Cancelling
            | Status::RollbackInProgress
    )
}

/// Why the last refresh did not replace them all.
fn failed(refresh: &InstanceRefresh) -> Option<Remark> {
    use InstanceRefreshStatus as Status;
    let status = refresh.status()?;
    let ended_early = matches!(
        status,
        Status::Failed | Status::Cancelled | Status::RollbackFailed | Status::RollbackSuccessful
    );
    let why = refresh.status_reason().unwrap_or("AWS gives no reason").trim_end_matches('.');
    ended_early.then(|| Remark {
        severity: Severity::Warning,
        message: format!("its last instance refresh ended as {}: {why}", status.as_str()),
        next: "resolve that; the next apply starts another".to_owned(),
    })
}

/// Has AWS replace the instances, a few at a time. One that goes on already is not started again.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn start(
    account: &Account,
    group: &str,
    min_healthy: Option<i64>,
) -> Result<(), Error> {
    let least = min_healthy.map(|percent| narrow("min_healthy", percent)).transpose()?;
    let preferences =
        least.map(|percent| RefreshPreferences::builder().min_healthy_percentage(percent).build());
    let request = account
        .autoscaling
        .start_instance_refresh()
        .auto_scaling_group_name(group)
        .strategy(RefreshStrategy::Rolling)
        .set_preferences(preferences);
    match account.call(|| request.clone().send()).await {
        Err(error) if error.code != "InstanceRefreshInProgress" => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::{Instance, LaunchTemplateSpecification};

    use super::*;

    fn instance(from: Option<(&str, &str)>, state: LifecycleState) -> Instance {
        let template = from.map(|(id, version)| {
            LaunchTemplateSpecification::builder().launch_template_id(id).version(version).build()
        });
        Instance::builder().set_launch_template(template).lifecycle_state(state).build()
    }

    fn group(instances: &[Option<(&str, &str)>]) -> AutoScalingGroup {
        let template = LaunchTemplateSpecification::builder().launch_template_id("lt-1").version("$Default");
        let mut all: Vec<Instance> =
            instances.iter().map(|from| instance(*from, LifecycleState::InService)).collect();
        all.push(instance(Some(("lt-1", "1")), LifecycleState::Terminating));
        AutoScalingGroup::builder()
            .auto_scaling_group_name("web")
            .launch_template(template.build())
            .set_instances(Some(all))
            .build()
    }

    fn refresh(status: InstanceRefreshStatus) -> InstanceRefresh {
        InstanceRefresh::builder()
            .status(status)
            .percentage_complete(50)
            .status_reason("No capacity.")
            .build()
    }

    const OLD: Option<(&str, &str)> = Some(("lt-1", "1"));
    const NEW: Option<(&str, &str)> = Some(("lt-1", "2"));

    #[test]
    fn instances_of_another_version_are_counted_and_told() {
        for (instances, told) in [
            (&[NEW, NEW][..], None),
            (&[], None),
            (
                &[OLD, OLD],
                Some("2 of 2 instances run version 1 of the launch template, the default is version 2"),
            ),
            (
                &[OLD, NEW],
                Some("1 of 2 instances run version 1 of the launch template, the default is version 2"),
            ),
            (
                &[OLD, None, Some(("lt-9", "4"))],
                Some(
                    "3 of 3 instances run lt-9 version 4 and no launch template and version 1 of the launch \
                     template, the default is version 2",
                ),
            ),
        ] {
            let known = Known { defaults: Ok([("lt-1".to_owned(), 2)].into()), last: BTreeMap::new() };
            let compared = known.compare(&group(instances), Some(&None)).unwrap();
            assert_eq!(compared.instances, None);
            let said: Vec<&str> = compared.remarks.iter().map(|remark| remark.message.as_str()).collect();
            assert_eq!(said, told.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn instances_that_are_to_be_replaced_read_as_what_they_run_unless_they_are_being_replaced() {
        let wanted = Link::from("lt-1 version 2");
        let read = |instances: &[Option<(&str, &str)>], last: Option<InstanceRefresh>| {
            let known = Known { defaults: Ok(BTreeMap::new()), last: [("web".to_owned(), Ok(last))].into() };
            let compared = known.compare(&group(instances), Some(&Some(wanted.clone()))).unwrap();
            let said = compared.remarks.into_iter().map(|remark| remark.message).collect::<String>();
            (compared.instances.unwrap(), said)
        };
        let text = |text: &str| Link::from(text);
        assert_eq!(read(&[NEW, NEW], None), (wanted.clone(), String::new()));
        assert_eq!(read(&[], None), (wanted.clone(), String::new()));
        assert_eq!(read(&[OLD, OLD], None), (text("lt-1 version 1"), String::new()));
        let mixed = "1 of 2 run lt-1 version 1, 1 of 2 run lt-1 version 2";
        assert_eq!(read(&[OLD, NEW], None), (text(mixed), String::new()));
        let goes_on = "an instance refresh goes on, 50 percent of it is done".to_owned();
        assert_eq!(
            read(&[OLD, NEW], Some(refresh(InstanceRefreshStatus::InProgress))),
            (wanted.clone(), goes_on)
        );
        let why = "its last instance refresh ended as Failed: No capacity".to_owned();
        assert_eq!(read(&[OLD], Some(refresh(InstanceRefreshStatus::Failed))), (text("lt-1 version 1"), why));
        assert_eq!(read(&[NEW], Some(refresh(InstanceRefreshStatus::Failed))).1, "");
    }
}
