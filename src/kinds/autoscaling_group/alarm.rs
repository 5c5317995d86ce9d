//! The alarms that set off the step-scaling policies of a group, one a policy.
//!
//! An alarm is the group's where it carries the baseline's tags or does nothing but set off that policy of that group. One of
//! the same name that somebody else made is neither written over nor deleted.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{MetricAlarm, Tag};

use crate::aws::trace::chains;
use crate::aws::{Account, Error, Owner, Tags};
use crate::kinds::by_name::is_ours;
use crate::model::{Addr, Remark, Severity};

/// How many names one `DescribeAlarms` takes.
const NAMES_PER_CALL: usize = 100;
/// The policy that adds instances.
pub const SCALE_OUT: &str = "scale-out";
/// The policy that removes instances.
pub const SCALE_IN: &str = "scale-in";

/// A policy of a group, by both their names.
pub(in crate::kinds) type Of = (String, String);

/// What is known of alarms, by the policies that they are for.
#[derive(Debug, Clone, Default)]
pub(in crate::kinds) struct Alarms {
    /// Those of the groups.
    pub(in crate::kinds) own: BTreeMap<Of, MetricAlarm>,
    /// The tags of each of those, where the file declares tags.
    pub(in crate::kinds) tags: BTreeMap<Of, Tags>,
    /// Policies whose alarm would have a name that somebody else's alarm has.
    pub(in crate::kinds) taken: BTreeSet<Of>,
}

/// The name of the alarm of a policy.
pub(in crate::kinds) fn name(group: &str, policy: &str) -> String {
    format!("{group}-{policy}")
}

/// Whether all that an alarm does is to set off that policy. The id in the ARN is another one each time the policy is made.
fn sets_off(alarm: &MetricAlarm, (group, policy): &Of) -> bool {
    let end = format!(":autoScalingGroupName/{group}:policyName/{policy}");
    let actions = alarm.alarm_actions();
    !actions.is_empty() && actions.iter().all(|action| action.ends_with(&end))
}

/// Reads the alarms of those policies. No call is made for none.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn read(account: &Account, of: &BTreeSet<Of>) -> Result<Alarms, Error> {
    let by_name: BTreeMap<String, &Of> =
        of.iter().map(|of @ (group, policy)| (name(group, policy), of)).collect();
    let names: Vec<String> = by_name.keys().cloned().collect();
    let answers = chains(names.chunks(NAMES_PER_CALL).map(|chunk| async move {
        let request = account.cloudwatch.describe_alarms().set_alarm_names(Some(chunk.to_vec()));
        account.call(|| request.clone().max_records(100).send()).await
    }));
    let mut found = Vec::new();
    for answer in answers.await {
        found.extend(answer?.metric_alarms.unwrap_or_default());
    }
    let found = chains(found.into_iter().map(|alarm| {
        let of = by_name.get(alarm.alarm_name().unwrap_or_default()).copied();
        async move {
            let Some(of) = of else { return Ok(None) };
            let sets_off = sets_off(&alarm, of);
            let tags = if sets_off && account.declared_tags.is_empty() {
                None
            } else {
                Some(tags_of(account, &alarm).await?)
            };
            let is_own = sets_off || tags.as_ref().is_some_and(|tags| is_ours(account, owner(tags).as_ref()));
            Ok::<_, Error>(Some((of.clone(), is_own.then_some((alarm, tags)))))
        }
    }));
    let mut alarms = Alarms::default();
    for answer in found.await {
        match answer? {
            Some((of, Some((alarm, tags)))) => {
                alarms.tags.extend(tags.map(|tags| (of.clone(), tags)));
                alarms.own.insert(of, alarm);
            }
            Some((of, None)) => drop(alarms.taken.insert(of)),
            None => {}
        }
    }
    Ok(alarms)
}

async fn tags_of(account: &Account, alarm: &MetricAlarm) -> Result<Tags, Error> {
    let request = account.cloudwatch.list_tags_for_resource().set_resource_arn(alarm.alarm_arn.clone());
    let tags = account.find(|| request.clone().send()).await?.and_then(|answer| answer.tags);
    let tags = tags.unwrap_or_default().into_iter();
    Ok(tags.filter_map(|tag| Some((tag.key?, tag.value?))).collect())
}

fn owner(tags: &Tags) -> Option<Owner> {
    Owner::from_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

fn tags(account: &Account, addr: &Addr) -> Vec<Tag> {
    account.tags(addr).into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Puts the tags on the alarms of those policies of a group; where the file declares none, their alarms stay as they are.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn tag(account: &Account, addr: &Addr, of: &BTreeSet<Of>) -> Result<(), Error> {
    if account.declared_tags.is_empty() {
        return Ok(());
    }
    for alarm in read(account, of).await?.own.into_values() {
        let request = account.cloudwatch.tag_resource().set_resource_arn(alarm.alarm_arn);
        let request = request.set_tags(Some(tags(account, addr)));
        account.call(|| request.clone().send()).await?;
    }
    Ok(())
}

impl Alarms {
    /// What there is to say about policies of a group whose alarm cannot be made.
    pub(in crate::kinds) fn remarks(&self, group: &str) -> impl Iterator<Item = Remark> {
        self.taken.iter().filter(move |(of, _)| of == group).map(|(group, policy)| Remark {
            severity: Severity::Error,
            message: taken(group, policy),
            next: "delete that alarm, or make it anew under another name".to_owned(),
        })
    }

    /// That no alarm of somebody else has a name that is needed.
    ///
    /// # Errors
    /// Fails at the first one.
    pub(in crate::kinds) fn check(&self) -> Result<(), Error> {
        match self.taken.first() {
            None => Ok(()),
            Some((group, policy)) => Err(Error::internal(format!(
                "{}; delete that alarm, or make it anew under another name",
                taken(group, policy)
            ))),
        }
    }
}

fn taken(group: &str, policy: &str) -> String {
    let alarm = name(group, policy);
    format!("the policy {policy} needs an alarm named {alarm}, and somebody else made the alarm of that name")
}

/// The request that makes the alarm of a policy anew; it is tagged where it is new, and keeps its description where it is not.
pub(in crate::kinds) fn request(
    account: &Account,
    addr: &Addr,
    of: &Of,
    live: Option<&MetricAlarm>,
) -> PutMetricAlarmFluentBuilder {
    let (group, policy) = of;
    let request = account.cloudwatch.put_metric_alarm().alarm_name(name(group, policy));
    match live {
        Some(live) => request.set_alarm_description(live.alarm_description.clone()),
        None => request.set_tags(Some(tags(account, addr))),
    }
}

/// Deletes those of a group's alarms that are its own; one that is gone already is a success.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn delete(
    account: &Account,
    group: &str,
    policies: impl Iterator<Item = &str>,
) -> Result<(), Error> {
    // A person's policies and their alarms have other names.
    let of = policies
        .filter(|policy| [SCALE_OUT, SCALE_IN].contains(policy))
        .map(|policy| (group.to_owned(), policy.to_owned()))
        .collect();
    for (group, policy) in read(account, &of).await?.own.keys() {
        let request = account.cloudwatch.delete_alarms().alarm_names(name(group, policy));
        account.find(|| request.clone().send()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_the_policys_where_all_it_does_is_to_set_it_off() {
        let of = ("web".to_owned(), SCALE_OUT.to_owned());
        let policy = |group: &str, policy: &str| {
            let start = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:autoScalingGroupName";
            format!("{start}/{group}:policyName/{policy}")
        };
        let topic = "arn:aws:sns:us-east-1:123456789012:oncall".to_owned();
        for (actions, is_own) in [
            (vec![policy("web", SCALE_OUT)], true),
            (vec![policy("web", SCALE_IN)], false),
            (vec![policy("shop-web", SCALE_OUT)], false),
            (vec![policy("web", SCALE_OUT), topic.clone()], false),
            (vec![topic], false),
            (Vec::new(), false),
        ] {
            let alarm = MetricAlarm::builder().set_alarm_actions(Some(actions)).build();
            assert_eq!(sets_off(&alarm, &of), is_own, "{alarm:?}");
        }
    }
}
