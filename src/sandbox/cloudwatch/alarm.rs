//! Alarms: written, read and deleted. No metric has data here, so none ever goes off.

use std::collections::BTreeMap;

use super::state::Alarm;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{Members as _, keep, show_fields, structure};
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use serde_json::Value;

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("PutMetricAlarm", put),
    operation("DescribeAlarms", describe),
    operation("DeleteAlarms", delete),
    operation("ListTagsForResource", list_tags),
    operation("TagResource", tag),
    operation("UntagResource", untag),
];

/// Members that are answered as they were set.
const SETTINGS: &[&str] = &[
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
];

const COMPARISONS: &[&str] = &[
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
];

/// What other alarms than those on one metric have, and what is not known here.
const UNSUPPORTED: &[&str] = &[
    "ActionConfiguration",
    "EvaluationCriteria",
    "EvaluationInterval",
    "EvaluationWindow",
    "ExtendedStatistic",
    "Metrics",
    "ThresholdMetricId",
    "WarmUpConfiguration",
];

fn refused(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

/// Makes an alarm or writes over the whole of the one of that name.
fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    let name = params.required("AlarmName")?.to_owned();
    for unsupported in UNSUPPORTED {
        if params.has(unsupported) {
            return Err(Fault::not_implemented(&format!("alarms with {unsupported}")));
        }
    }
    for required in ["MetricName", "Namespace", "ComparisonOperator"] {
        params.required(required)?;
    }
    params.choice("ComparisonOperator", COMPARISONS)?;
    params.choice("Statistic", &["SampleCount", "Average", "Sum", "Minimum", "Maximum"])?;
    let missing = |name: &str| params.missing(name);
    let period = params.number("Period")?.ok_or_else(|| missing("Period"))?;
    let periods = params.number_in("EvaluationPeriods", 1..=i64::from(u16::MAX))?;
    let periods = periods.ok_or_else(|| missing("EvaluationPeriods"))?;
    params.real("Threshold")?.ok_or_else(|| missing("Threshold"))?;
    if !([10, 20, 30].contains(&period) || (period > 0 && period % 60 == 0)) {
        return Err(refused("Period must be 10, 20, 30 or a multiple of 60"));
    }
    let longest = if period < 3600 { 86_400 } else { 604_800 };
    if period * periods > longest {
        return Err(refused(format!("Metrics cannot be checked across more than {longest} seconds")));
    }
    if params.list("AlarmActions").len() > 5 {
        return Err(refused("An alarm has up to 5 actions"));
    }
    let mut settings = structure();
    for setting in SETTINGS {
        if let Some(sent) = params.get(setting) {
            settings.set(setting, keep(sent));
        }
    }
    settings.default_to("ActionsEnabled", true);
    let tags = checked(params.tags("Tags", "Key", "Value")?)?;
    let alarms = &mut cx.home().cloudwatch.alarms;
    match alarms.get_mut(&name) {
        // Tags are put on by the call that makes the alarm; in a later one they are ignored.
        Some(live) => {
            let live = live.change(now);
            (live.settings, live.updated) = (settings, now);
        }
        None => drop(alarms.insert(name, Versioned::new(Alarm { settings, updated: now, tags }, now))),
    }
    Ok(Answer::empty())
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let names = params.texts("AlarmNames");
    let start = params.text("AlarmNamePrefix").unwrap_or_default();
    let size = params.number_in("MaxRecords", 1..=100)?.unwrap_or(50);
    if names.len() > 100 {
        return Err(refused("AlarmNames may hold up to 100 names"));
    }
    // Every alarm here is on a metric, and none has heard of its metric yet.
    let kinds = params.texts("AlarmTypes");
    let asked = kinds.is_empty() || kinds.contains(&"MetricAlarm");
    let states = ["OK", "ALARM", "INSUFFICIENT_DATA"];
    let asked =
        asked && params.choice("StateValue", &states)?.is_none_or(|state| state == "INSUFFICIENT_DATA");
    let actions = params.text("ActionPrefix").unwrap_or_default();
    let prefix = cx.arn("cloudwatch", "alarm:");
    let mut rows = Vec::new();
    for (name, alarm) in &cx.home().cloudwatch.alarms {
        let Some(alarm) = alarm.seen(lens, name) else { continue };
        let mut named = ["OKActions", "AlarmActions", "InsufficientDataActions"]
            .iter()
            .flat_map(|list| alarm.settings.texts(list));
        let acts = actions.is_empty() || named.any(|action| action.starts_with(actions));
        let named = names.is_empty() || names.contains(&name.as_str());
        if asked && acts && named && name.starts_with(start) {
            let mut row = Fields::new()
                .with("AlarmArn", format!("{prefix}{name}"))
                .time("AlarmConfigurationUpdatedTimestamp", alarm.updated)
                .with("StateValue", "INSUFFICIENT_DATA")
                .with("StateReason", "Unchecked: Initial alarm creation")
                .time("StateUpdatedTimestamp", alarm.updated);
            let threshold = alarm.settings.get("Threshold").and_then(Value::as_f64);
            let shown = show_fields(&alarm.settings).0.into_iter().filter(|(name, _)| name != "Threshold");
            row.0.extend(shown);
            row = row.maybe("Threshold", threshold);
            rows.push((name.clone(), row));
        }
    }
    let token = params.text("NextToken").filter(|token| !token.is_empty());
    let (rows, next) = cx
        .page(rows, |(name, _)| name.clone(), token, usize::try_from(size).unwrap_or(50))
        .map_err(|_| Fault::client("InvalidNextToken", "The next token specified is invalid."))?;
    let rows = rows.into_iter().map(|(_, row)| row);
    Ok(Fields::new().list("MetricAlarms", rows).maybe("NextToken", next).into())
}

/// The known ones go even where another name is not known.
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let names = params.texts("AlarmNames");
    if names.is_empty() || names.len() > 100 {
        return Err(refused("AlarmNames must hold 1 to 100 names"));
    }
    let alarms = &mut cx.home().cloudwatch.alarms;
    let unknown = names.iter().find(|name| !alarms.contains_key(**name));
    let fault =
        unknown.map(|unknown| Fault::new(404, "ResourceNotFound", format!("Alarm {unknown} does not exist")));
    alarms.retain(|name, _| !names.contains(&name.as_str()));
    fault.map_or_else(|| Ok(Answer::empty()), Err)
}

/// The name of the alarm that a request means by its ARN, and the alarm.
fn named<'w, 'p>(
    cx: &'w mut Context<'_>,
    params: &'p Params,
) -> Result<(&'p str, &'w mut Versioned<Alarm>), Fault> {
    let arn = params.required("ResourceARN")?;
    let (lens, prefix) = (cx.lens(), cx.arn("cloudwatch", "alarm:"));
    let name = arn.strip_prefix(&prefix).unwrap_or_default();
    let alarm = cx.home().cloudwatch.alarms.get_mut(name).filter(|alarm| alarm.seen(lens, name).is_some());
    let unknown = || Fault::new(404, "ResourceNotFoundException", format!("Unknown resource {arn}"));
    alarm.map(|alarm| (name, alarm)).ok_or_else(unknown)
}

fn list_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let (name, alarm) = named(cx, params)?;
    let tags = alarm.seen(lens, name).map(|alarm| alarm.tags.clone()).unwrap_or_default();
    Ok(Fields::new().with("Tags", Node::tags("Key", "Value", &tags)).into())
}

/// The most tags of a resource (tag restrictions, CloudWatch User Guide).
const MOST_TAGS: usize = 50;

fn checked(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    if tags.len() > MOST_TAGS {
        let message = format!("A resource has at most {MOST_TAGS} tags");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    Ok(tags)
}

fn tag(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, more) = (cx.now(), params.tags("Tags", "Key", "Value")?);
    let (_, alarm) = named(cx, params)?;
    let tags = alarm.truth().tags.clone().into_iter().chain(more).collect();
    alarm.change(now).tags = checked(tags)?;
    Ok(Answer::empty())
}

fn untag(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, keys) = (cx.now(), params.texts("TagKeys"));
    named(cx, params)?.1.change(now).tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Answer::empty())
}
