//! Step-scaling policies of an Auto Scaling group, each with the alarm that sets it off.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_autoscaling::types::{ScalingPolicy, StepAdjustment};
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, MetricAlarm, Statistic};
use num_traits::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error};
use crate::kinds::autoscaling_group::alarm::{self, Alarms, Of};
use crate::kinds::autoscaling_group::policy::warmups;
use crate::kinds::refusals::Refusals;
use crate::kinds::whole_number::narrow;
use crate::model::{Addr, Dict, Set};

/// How AWS calls such a policy.
pub(in crate::kinds) const STEP_SCALING: &str = "StepScaling";
const CHANGE: &str = "ChangeInCapacity";
const GROUP: &str = "AutoScalingGroupName";
const NAMESPACE: &str = "AWS/EC2";

/// Adds or removes instances by how far a metric is beyond a bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepScaling {
    /// A metric of EC2 whose average over the group is looked at, such as `CPUUtilization`.
    pub metric: String,
    /// Whether it sets off at and above the bounds; otherwise at and below them.
    pub above: bool,
    /// Seconds over which an average is taken.
    pub period_seconds: i64,
    /// How many averages in a row must be beyond the bound.
    pub periods: i64,
    /// Bounds and how many instances are added from each on; a number below zero removes them.
    pub steps: Dict<i64>,
    /// Alarms of other names that set it off too; none is ever wanted.
    pub other_alarms: Set<String>,
    /// What a live policy or its alarm has that this vocabulary does not cover, in words; never wanted.
    pub unsupported: Option<String>,
}

impl StepScaling {
    /// The bounds in the order in which the metric reaches them.
    fn bounds(&self) -> Result<Vec<(i64, i64)>, Error> {
        let bound = |(bound, change): (&String, &i64)| {
            let bound =
                bound.parse().map_err(|_| Error::internal(format!("the bound {bound} is no number")))?;
            Ok((bound, *change))
        };
        let mut bounds = self.steps.0.iter().map(bound).collect::<Result<Vec<(i64, i64)>, Error>>()?;
        bounds.sort_unstable();
        if !self.above {
            bounds.reverse();
        }
        Ok(bounds)
    }

    const fn comparison(&self) -> ComparisonOperator {
        if self.above {
            ComparisonOperator::GreaterThanOrEqualToThreshold
        } else {
            ComparisonOperator::LessThanOrEqualToThreshold
        }
    }
}

fn is_step_scaling(policy: &ScalingPolicy) -> bool {
    policy.policy_type() == Some(STEP_SCALING)
}

/// The step-scaling policies of those that there are.
pub(in crate::kinds) fn of_policies<'a>(policies: impl Iterator<Item = &'a ScalingPolicy>) -> BTreeSet<Of> {
    policies.filter(|policy| is_step_scaling(policy)).map(of).collect()
}

fn of(policy: &ScalingPolicy) -> Of {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (text(policy.auto_scaling_group_name()), text(policy.policy_name()))
}

/// Step-scaling policies of a group by name, in our vocabulary.
pub(in crate::kinds) fn by_name(policies: &[ScalingPolicy], alarms: &Alarms) -> Dict<StepScaling> {
    policies
        .iter()
        .filter(|policy| is_step_scaling(policy))
        .map(|policy| (policy.policy_name().unwrap_or_default().to_owned(), attributes(policy, alarms)))
        .collect()
}

/// Deletes the policies that are not wanted, with their alarms, and those that other alarms set off as well.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn delete(
    account: &Account,
    group: &str,
    wanted: &Dict<StepScaling>,
    live: &Dict<StepScaling>,
) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for (name, policy) in &live.0 {
        let unwanted = !wanted.0.contains_key(name);
        if unwanted {
            refusals.note(name, alarm::delete(account, group, [name.as_str()].into_iter()).await)?;
        }
        // Another alarm is its maker's; without the policy it sets nothing off.
        if unwanted || !policy.other_alarms.0.is_empty() {
            let request =
                account.autoscaling.delete_policy().auto_scaling_group_name(group).policy_name(name);
            refusals.note(name, account.find(|| request.clone().send()).await)?;
        }
    }
    refusals.told()
}

/// What there is already of what is to be written.
pub(in crate::kinds) struct Known {
    /// The alarms.
    alarms: Alarms,
    /// The seconds for which instances warm up, by policy.
    warmups: BTreeMap<String, i32>,
}

/// Reads what there is already of policies that are to be written, before anything is written.
///
/// # Errors
/// Fails where AWS does, and where somebody else's alarm has the name of one of them.
pub(in crate::kinds) async fn known(
    account: &Account,
    group: &str,
    wanted: &Dict<StepScaling>,
    live: &Dict<StepScaling>,
) -> Result<Known, Error> {
    let alarms = check_alarms(account, group, wanted).await?;
    let kept = wanted.0.keys().any(|name| live.0.contains_key(name));
    let warmups = if kept { warmups(account, group).await? } else { BTreeMap::new() };
    Ok(Known { alarms, warmups })
}

/// Writes the policies that differ, with their alarms.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn write(
    account: &Account,
    (addr, group): (&Addr, &str),
    wanted: &Dict<StepScaling>,
    live: &Dict<StepScaling>,
    known: &Known,
) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for (name, policy) in wanted.0.iter().filter(|(name, policy)| live.0.get(*name) != Some(*policy)) {
        let warmup = known.warmups.get(name).copied();
        let of = (group.to_owned(), name.clone());
        let done = match put(account, &of, policy, warmup).await {
            Ok(arn) => put_alarm(account, addr, &of, policy, arn, known.alarms.own.get(&of)).await,
            Err(error) => Err(error),
        };
        refusals.note(name, done)?;
    }
    refusals.told()
}

/// The alarms that there are already of policies that are wanted.
///
/// # Errors
/// Fails where AWS does, and where somebody else's alarm has the name of one of them.
pub(in crate::kinds) async fn check_alarms(
    account: &Account,
    group: &str,
    wanted: &Dict<StepScaling>,
) -> Result<Alarms, Error> {
    let of = wanted.0.keys().map(|policy| (group.to_owned(), policy.clone())).collect();
    let alarms = alarm::read(account, &of).await?;
    alarms.check()?;
    Ok(alarms)
}

/// Replaces the policy of that name (ASG-8) and answers its ARN.
async fn put(
    account: &Account,
    (group, name): &Of,
    policy: &StepScaling,
    warmup: Option<i32>,
) -> Result<Option<String>, Error> {
    let request = account
        .autoscaling
        .put_scaling_policy()
        .auto_scaling_group_name(group)
        .policy_name(name)
        .policy_type(STEP_SCALING)
        .adjustment_type(CHANGE)
        .metric_aggregation_type("Average")
        .set_estimated_instance_warmup(warmup)
        .set_step_adjustments(Some(adjustments(policy.above, &policy.bounds()?)?));
    Ok(account.call(|| request.clone().send()).await?.policy_arn)
}

/// Replaces the alarm that sets off the policy of that ARN.
async fn put_alarm(
    account: &Account,
    addr: &Addr,
    of: &Of,
    policy: &StepScaling,
    arn: Option<String>,
    live: Option<&MetricAlarm>,
) -> Result<(), Error> {
    let bounds = policy.bounds()?;
    let Some((threshold, _)) = bounds.first() else {
        return Err(Error::internal(format!("the policy {} has no steps", of.1)));
    };
    let request = alarm::request(account, addr, of, live)
        .set_alarm_actions(arn.map(|arn| vec![arn]))
        .namespace(NAMESPACE)
        .metric_name(&policy.metric)
        .dimensions(Dimension::builder().name(GROUP).value(&of.0).build())
        .statistic(Statistic::Average)
        .period(narrow("period_seconds", policy.period_seconds)?)
        .evaluation_periods(narrow("periods", policy.periods)?)
        .threshold(real(*threshold)?)
        .comparison_operator(policy.comparison());
    account.call(|| request.clone().send()).await?;
    Ok(())
}

fn real(number: i64) -> Result<f64, Error> {
    number.to_f64().ok_or_else(|| Error::internal(format!("the bound {number} is too large; lower it")))
}

/// The steps as AWS has them: between bounds relative to the alarm's threshold, the last one open.
fn adjustments(above: bool, bounds: &[(i64, i64)]) -> Result<Vec<StepAdjustment>, Error> {
    let threshold = bounds.first().map_or(0, |(bound, _)| *bound);
    let mut steps = Vec::new();
    for (at, (bound, change)) in bounds.iter().enumerate() {
        let from = Some(real(bound - threshold)?);
        let to = bounds.get(at + 1).map(|(next, _)| real(next - threshold)).transpose()?;
        let (lower, upper) = if above { (from, to) } else { (to, from) };
        steps.push(
            StepAdjustment::builder()
                .set_metric_interval_lower_bound(lower)
                .set_metric_interval_upper_bound(upper)
                .scaling_adjustment(narrow("add", *change)?)
                .build(),
        );
    }
    Ok(steps)
}

/// Bounds and changes of live steps; nothing where they do not follow each other from the threshold on.
fn steps(policy: &ScalingPolicy, above: bool, threshold: f64) -> Option<Dict<i64>> {
    let bounds = |step: &StepAdjustment| {
        let (lower, upper) = (step.metric_interval_lower_bound(), step.metric_interval_upper_bound());
        if above { (lower, upper) } else { (upper, lower) }
    };
    let mut live: Vec<&StepAdjustment> = policy.step_adjustments().iter().collect();
    live.sort_by(|one, other| {
        let start = |step: &StepAdjustment| bounds(step).0.unwrap_or(f64::INFINITY).abs();
        start(one).total_cmp(&start(other))
    });
    let (mut expected, mut found) = (Some(0.0), BTreeMap::new());
    for step in live {
        let (from, to) = bounds(step);
        if from != expected {
            return None;
        }
        let bound = threshold + from?;
        if bound.fract() != 0.0 {
            return None;
        }
        found.insert(bound.to_i64()?.to_string(), i64::from(step.scaling_adjustment()?));
        expected = to;
    }
    (expected.is_none() && !found.is_empty()).then(|| found.into_iter().collect())
}

fn attributes(policy: &ScalingPolicy, alarms: &Alarms) -> StepScaling {
    let of = of(policy);
    let alarm = alarms.own.get(&of);
    let above = alarm.and_then(MetricAlarm::comparison_operator)
        == Some(&ComparisonOperator::GreaterThanOrEqualToThreshold);
    let threshold = alarm.and_then(MetricAlarm::threshold).unwrap_or_default();
    let steps = steps(policy, above, threshold);
    let mut beyond = Vec::new();
    if policy.adjustment_type() != Some(CHANGE) {
        beyond.push(format!("adjustments by {}", policy.adjustment_type().unwrap_or("nothing")));
    }
    if policy.metric_aggregation_type().is_some_and(|kind| kind != "Average") {
        beyond.push("another aggregation than the average".to_owned());
    }
    if policy.enabled() == Some(false) {
        beyond.push("it is switched off".to_owned());
    }
    if steps.is_none() {
        beyond.push("steps that do not follow each other from its alarm's threshold on".to_owned());
    }
    let own_name = alarm::name(&of.0, &of.1);
    let all = policy.alarms().iter().filter_map(|alarm| alarm.alarm_name());
    let other_alarms = all.filter(|other| *other != own_name).map(str::to_owned).collect();
    match alarm {
        Some(alarm) => beyond.extend(alarm_beyond(policy, alarm)),
        None => beyond.push("no alarm of its own".to_owned()),
    }
    StepScaling {
        metric: alarm.and_then(|alarm| alarm.metric_name()).unwrap_or_default().to_owned(),
        above,
        period_seconds: alarm.and_then(|alarm| alarm.period()).map_or(0, i64::from),
        periods: alarm.and_then(|alarm| alarm.evaluation_periods()).map_or(0, i64::from),
        steps: steps.unwrap_or_default(),
        other_alarms,
        unsupported: (!beyond.is_empty()).then(|| beyond.join(", ")),
    }
}

/// What an alarm has that is not written here.
fn alarm_beyond(policy: &ScalingPolicy, alarm: &MetricAlarm) -> Vec<String> {
    use ComparisonOperator as Compare;
    let group = policy.auto_scaling_group_name();
    let dimension = |one: &Dimension| one.name() == Some(GROUP) && one.value() == group;
    let actions: Vec<&str> = alarm.alarm_actions().iter().map(String::as_str).collect();
    let known = matches!(
        alarm.comparison_operator(),
        Some(Compare::GreaterThanOrEqualToThreshold | Compare::LessThanOrEqualToThreshold)
    );
    let periods = alarm.evaluation_periods();
    let others = !(alarm.ok_actions().is_empty() && alarm.insufficient_data_actions().is_empty());
    [
        (!known, "an alarm with another comparison"),
        (alarm.namespace() != Some(NAMESPACE), "an alarm on a metric of another namespace"),
        (alarm.statistic() != Some(&Statistic::Average), "an alarm on another statistic"),
        (!matches!(alarm.dimensions(), [only] if dimension(only)), "an alarm on other instances"),
        (actions != policy.policy_arn().as_slice() || others, "an alarm with other actions"),
        (alarm.unit().is_some(), "an alarm on one unit"),
        (alarm.evaluation_window().is_some(), "an alarm with a window of its own"),
        (alarm.warm_up_configuration().is_some(), "an alarm that warms up"),
        (alarm.action_configuration().is_some(), "an alarm with settings of its actions"),
        (alarm.actions_enabled() == Some(false), "an alarm whose actions are switched off"),
        (
            alarm.datapoints_to_alarm().is_some_and(|count| Some(count) != periods),
            "an alarm on some of its periods",
        ),
        (
            alarm.treat_missing_data().is_some_and(|how| how != "missing"),
            "an alarm that takes missing data for something",
        ),
    ]
    .into_iter()
    .filter(|(is_so, _)| *is_so)
    .map(|(_, words)| words.to_owned())
    .collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::Alarm;

    use super::*;

    const ARN: &str = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:autoScalingGroupName/web";

    fn wanted(above: bool, steps: &[(i64, i64)]) -> StepScaling {
        StepScaling {
            metric: "CPUUtilization".into(),
            above,
            period_seconds: 300,
            periods: 2,
            steps: steps.iter().map(|(bound, change)| (bound.to_string(), *change)).collect(),
            other_alarms: Set::default(),
            unsupported: None,
        }
    }

    fn policy(steps: Vec<StepAdjustment>) -> ScalingPolicy {
        ScalingPolicy::builder()
            .auto_scaling_group_name("web")
            .policy_name("scale")
            .policy_arn(ARN)
            .policy_type(STEP_SCALING)
            .adjustment_type(CHANGE)
            .metric_aggregation_type("Average")
            .alarms(Alarm::builder().alarm_name("web-scale").build())
            .set_step_adjustments(Some(steps))
            .build()
    }

    fn alarm(
        threshold: f64,
        comparison: ComparisonOperator,
    ) -> aws_sdk_cloudwatch::types::builders::MetricAlarmBuilder {
        MetricAlarm::builder()
            .alarm_name("web-scale")
            .namespace(NAMESPACE)
            .metric_name("CPUUtilization")
            .statistic(Statistic::Average)
            .dimensions(Dimension::builder().name(GROUP).value("web").build())
            .period(300)
            .evaluation_periods(2)
            .threshold(threshold)
            .comparison_operator(comparison)
            .alarm_actions(ARN)
    }

    fn read(policy: ScalingPolicy, alarm: MetricAlarm) -> StepScaling {
        let own = [(("web".to_owned(), "scale".to_owned()), alarm)].into();
        let alarms = Alarms { own, ..Alarms::default() };
        by_name(&[policy], &alarms).0.remove("scale").unwrap()
    }

    #[test]
    fn steps_are_relative_to_the_threshold_and_read_back_as_they_were_written() {
        for (policy_wanted, threshold, bounds) in [
            (
                wanted(true, &[(70, 1), (90, 3)]),
                70.0,
                vec![(Some(0.0), Some(20.0), 1), (Some(20.0), None, 3)],
            ),
            (
                wanted(false, &[(30, -1), (10, -2)]),
                30.0,
                vec![(Some(-20.0), Some(0.0), -1), (None, Some(-20.0), -2)],
            ),
        ] {
            let sent = adjustments(policy_wanted.above, &policy_wanted.bounds().unwrap()).unwrap();
            let shown: Vec<_> = sent
                .iter()
                .map(|step| {
                    let change = step.scaling_adjustment().unwrap();
                    (step.metric_interval_lower_bound(), step.metric_interval_upper_bound(), change)
                })
                .collect();
            assert_eq!(shown, bounds);
            let alarm = alarm(threshold, policy_wanted.comparison()).build();
            assert_eq!(read(policy(sent), alarm), policy_wanted);
        }
    }

    #[test]
    fn what_is_not_written_here_is_a_difference_in_words() {
        let compare = || ComparisonOperator::GreaterThanOrEqualToThreshold;
        let step = |lower: f64| {
            StepAdjustment::builder().metric_interval_lower_bound(lower).scaling_adjustment(1).build()
        };
        let said = |steps, alarm: MetricAlarm| read(policy(steps), alarm).unsupported;
        assert_eq!(said(vec![step(0.0)], alarm(70.0, compare()).build()), None);
        let gap = "steps that do not follow each other from its alarm's threshold on";
        assert_eq!(said(vec![step(5.0)], alarm(70.0, compare()).build()).as_deref(), Some(gap));
        let off = alarm(70.0, compare()).actions_enabled(false).namespace("Custom").build();
        let words = "an alarm on a metric of another namespace, an alarm whose actions are switched off";
        assert_eq!(said(vec![step(0.0)], off).as_deref(), Some(words));
        let gone = by_name(&[policy(vec![step(0.0)])], &Alarms::default()).0.remove("scale").unwrap();
        assert!(gone.unsupported.unwrap().contains("no alarm of its own"));
    }
}
