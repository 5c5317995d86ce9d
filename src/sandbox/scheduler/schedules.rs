//! Schedules: made, read, listed and deleted.

use super::PRINCIPAL;
use super::state::{Schedule, Target};
use crate::sandbox::context::Context;
use crate::sandbox::iam::can_be_assumed;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

pub(super) const OPERATIONS: &[Operation] = &[
    rest("CreateSchedule", "POST", Place::Path("/schedules/{Name}"), "", Body::Raw, create),
    rest("DeleteSchedule", "DELETE", Place::Path("/schedules/{Name}"), "", Body::Raw, delete),
    rest("GetSchedule", "GET", Place::Path("/schedules/{Name}"), "", Body::Raw, get),
    rest("ListSchedules", "GET", Place::Path("/schedules"), "", Body::Raw, list),
    rest("UpdateSchedule", "PUT", Place::Path("/schedules/{Name}"), "", Body::Raw, update),
];

fn refused(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}

fn not_found(name: &str) -> Fault {
    Fault::new(404, "ResourceNotFoundException", format!("Schedule {name} does not exist."))
}

/// The one group that there is.
fn in_default_group(params: &Params) -> Result<(), Fault> {
    match params.text("GroupName").or_else(|| params.text("groupName")) {
        None | Some("default") => Ok(()),
        Some(group) => Err(Fault::new(
            404,
            "ResourceNotFoundException",
            format!("Schedule group {group} does not exist."),
        )),
    }
}

fn name(params: &Params) -> Result<&str, Fault> {
    let name = params.required("Name")?;
    let fits = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    if fits && name.len() <= 64 {
        return Ok(name);
    }
    Err(refused(format!(
        "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy regular \
         expression pattern: ^[0-9a-zA-Z-_.]+$"
    )))
}

/// The moment of `at(yyyy-mm-ddThh:mm:ss)`.
fn moment(expression: &str) -> Result<Milliseconds, Fault> {
    if expression.starts_with("rate(") || expression.starts_with("cron(") {
        return Err(Fault::not_implemented("schedules that recur"));
    }
    let inner = expression.strip_prefix("at(").and_then(|rest| rest.strip_suffix(')'));
    let at = inner.and_then(|text| format!("{text}Z").parse::<jiff::Timestamp>().ok());
    at.map(jiff::Timestamp::as_millisecond)
        .ok_or_else(|| refused(format!("Invalid Schedule Expression {expression}.")))
}

/// What a universal target calls: here, operations of EC2 ("Using universal targets", EventBridge Scheduler User Guide).
fn operation(arn: &str) -> Result<String, Fault> {
    let api = arn.split_once(":scheduler:::aws-sdk:").map(|(_, api)| api);
    let Some((service, operation)) = api.and_then(|api| api.split_once(':')) else {
        return Err(Fault::not_implemented("templated targets"));
    };
    if service != "ec2" {
        return Err(Fault::not_implemented(&format!("calls of {service} by a schedule")));
    }
    let reads = ["get", "describe", "list"].iter().any(|verb| operation.starts_with(verb));
    let mut letters = operation.chars();
    let first = letters.next().filter(char::is_ascii_lowercase);
    let (Some(first), false) = (first, reads) else {
        return Err(refused(format!(
            "Provided Arn is not in correct format or names an API that reads: {arn}"
        )));
    };
    Ok(format!("{}{}", first.to_ascii_uppercase(), letters.as_str()))
}

fn target(params: &Params) -> Result<Target, Fault> {
    let target = params.map("Target").ok_or_else(|| params.missing("Target"))?;
    let unknown = target
        .iter()
        .map(|(name, _)| name)
        .find(|name| !["Arn", "RoleArn", "Input", "RetryPolicy"].contains(name));
    if let Some(unknown) = unknown {
        return Err(Fault::not_implemented(&format!("{unknown} of a target")));
    }
    let input = target.text("Input").unwrap_or("{}");
    if !serde_json::from_str::<serde_json::Value>(input).is_ok_and(|input| input.is_object()) {
        return Err(refused("Input must be a well-formed JSON object for a universal target."));
    }
    let retry = target.map("RetryPolicy");
    let number = |name, limits, otherwise| match retry {
        Some(retry) => retry.number_in(name, limits).map(|number| number.unwrap_or(otherwise)),
        None => Ok(otherwise),
    };
    let arn = target.required("Arn")?;
    Ok(Target {
        arn: arn.to_owned(),
        operation: operation(arn)?,
        role: target.required("RoleArn")?.to_owned(),
        input: input.to_owned(),
        retries: number("MaximumRetryAttempts", 0..=185, 185)?,
        oldest: number("MaximumEventAgeInSeconds", 60..=86_400, 86_400)?,
    })
}

/// A schedule as a call asks for it.
fn asked(cx: &mut Context<'_>, params: &Params) -> Result<Schedule, Fault> {
    in_default_group(params)?;
    for unsupported in ["StartDate", "EndDate", "KmsKeyArn"] {
        if params.has(unsupported) {
            return Err(Fault::not_implemented(&format!("{unsupported} of a schedule")));
        }
    }
    if params.text("ScheduleExpressionTimezone").is_some_and(|zone| zone != "UTC") {
        return Err(Fault::not_implemented("schedules in other zones of time than UTC"));
    }
    if params.text("State") == Some("DISABLED") {
        return Err(Fault::not_implemented("schedules that are disabled"));
    }
    let window = params.map("FlexibleTimeWindow").ok_or_else(|| params.missing("FlexibleTimeWindow"))?;
    if window.text("Mode") != Some("OFF") {
        return Err(Fault::not_implemented("flexible time windows"));
    }
    let after = params.choice("ActionAfterCompletion", &["NONE", "DELETE"])?;
    let expression = params.required("ScheduleExpression")?.to_owned();
    let at = moment(&expression)?;
    let target = target(params)?;
    let source = cx.arn("scheduler", "schedule-group/default");
    if !can_be_assumed(cx, &target.role, PRINCIPAL, &source) {
        return Err(refused(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        ));
    }
    Ok(Schedule {
        expression,
        at,
        description: params.text("Description").unwrap_or_default().to_owned(),
        is_deleted_after: after == Some("DELETE"),
        target,
        made: cx.now(),
        tries: 0,
        is_over: false,
        token: params.text("ClientToken").map(str::to_owned),
    })
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = name(params)?.to_owned();
    let schedule = asked(cx, params)?;
    let arn = cx.arn("scheduler", format_args!("schedule/default/{name}"));
    let schedules = &mut cx.home().scheduler.schedules;
    if let Some(there) = schedules.get(&name) {
        // The same call once more, by its token, makes nothing and is no conflict.
        if schedule.token.is_some() && there.token == schedule.token {
            return Ok(Answer::empty().with("ScheduleArn", arn));
        }
        return Err(Fault::new(409, "ConflictException", format!("Schedule {name} already exists.")));
    }
    schedules.insert(name, schedule);
    cx.world.schedules_sleep_until = 0;
    Ok(Answer::empty().with("ScheduleArn", arn))
}

/// Everything that the call does not bring goes back to its default.
fn update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = name(params)?.to_owned();
    let schedule = asked(cx, params)?;
    let arn = cx.arn("scheduler", format_args!("schedule/default/{name}"));
    let there = cx.home().scheduler.schedules.get_mut(&name).ok_or_else(|| not_found(&name))?;
    *there = Schedule { made: there.made, ..schedule };
    cx.world.schedules_sleep_until = 0;
    Ok(Answer::empty().with("ScheduleArn", arn))
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    in_default_group(params)?;
    let name = name(params)?;
    cx.home().scheduler.schedules.remove(name).map(|_| Answer::empty()).ok_or_else(|| not_found(name))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    in_default_group(params)?;
    let name = name(params)?;
    let arn = cx.arn("scheduler", format_args!("schedule/default/{name}"));
    let schedule = cx.home().scheduler.schedules.get(name).ok_or_else(|| not_found(name))?;
    let Target { arn: target, role, input, retries, oldest, .. } = &schedule.target;
    let retry =
        Fields::new().with("MaximumEventAgeInSeconds", *oldest).with("MaximumRetryAttempts", *retries);
    let target = Fields::new()
        .with("Arn", target)
        .with("RoleArn", role)
        .with("Input", input)
        .with("RetryPolicy", retry);
    let fields = Fields::new()
        .with("Name", name)
        .with("Arn", arn)
        .with("GroupName", "default")
        .with("Description", &schedule.description)
        .with("ScheduleExpression", &schedule.expression)
        .with("ScheduleExpressionTimezone", "UTC")
        .with("State", "ENABLED")
        .with("FlexibleTimeWindow", Fields::new().with("Mode", "OFF"))
        .with("ActionAfterCompletion", if schedule.is_deleted_after { "DELETE" } else { "NONE" })
        .with("Target", target)
        .time("CreationDate", schedule.made)
        .time("LastModificationDate", schedule.made);
    Ok(fields.into())
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    for unsupported in ["ScheduleGroup", "State", "NextToken", "MaxResults"] {
        if params.has(unsupported) {
            return Err(Fault::not_implemented(&format!("{unsupported} of a list of schedules")));
        }
    }
    let prefix = params.text("NamePrefix").unwrap_or_default();
    let arn = cx.arn("scheduler", "schedule/default/");
    let schedules = cx.home().scheduler.schedules.iter();
    let listed = schedules.filter(|(name, _)| name.starts_with(prefix)).map(|(name, schedule)| {
        Fields::new()
            .with("Name", name)
            .with("Arn", format!("{arn}{name}"))
            .with("GroupName", "default")
            .with("State", "ENABLED")
            .with("Target", Fields::new().with("Arn", &schedule.target.arn))
            .time("CreationDate", schedule.made)
            .time("LastModificationDate", schedule.made)
    });
    Ok(Fields::new().list("Schedules", listed).into())
}
