//! Rules of listeners; the default one is the listener's own actions.

use serde::{Deserialize, Serialize};

use super::action;
use super::find::{LISTENER, RULE, invalid, page};
use super::tags;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{Members as _, keep, structure};
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use serde_json::Value;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The listener's ARN.
    pub listener: String,
    /// Its place among the listener's rules, 1 to 50000.
    pub priority: i64,
    /// When it applies.
    pub conditions: Vec<Value>,
    /// What it does.
    pub actions: Vec<Value>,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateRule", create),
    operation("ModifyRule", modify),
    operation("DescribeRules", describe),
    operation("DeleteRule", delete),
];

fn shown(arn: &str, priority: &str, conditions: &[Value], actions: &[Value]) -> Fields {
    Fields::new()
        .with("RuleArn", arn)
        .with("Priority", priority)
        .list("Conditions", conditions.iter())
        .list("Actions", actions.iter())
        .with("IsDefault", priority == "default")
}

/// A condition with both spellings of its values, where it is of a kind that has two.
fn condition(params: &Params) -> Result<Value, Fault> {
    let field = params.required("Field")?;
    let mut condition = keep(params);
    let config = match field {
        "host-header" => "HostHeaderConfig",
        "path-pattern" => "PathPatternConfig",
        "http-header" | "http-request-method" | "query-string" | "source-ip" => return Ok(condition),
        _ => {
            return Err(invalid(format!(
                "Condition field '{field}' must be one of '[path-pattern, host-header, \
                                         http-header, http-request-method, query-string, source-ip]'"
            )));
        }
    };
    let values =
        match (condition.get(config).and_then(|config| config.get("Values")), condition.get("Values")) {
            (Some(values), _) | (None, Some(values)) => values.clone(),
            (None, None) => return Err(invalid("A condition value must be specified")),
        };
    let mut inner = structure();
    inner.set("Values", values.clone());
    condition.set("Values", values);
    condition.set(config, inner);
    Ok(condition)
}

fn conditions(params: &Params) -> Result<Vec<Value>, Fault> {
    let listed = params.maps("Conditions");
    if listed.is_empty() {
        return Err(invalid("A condition must be specified"));
    }
    listed.into_iter().map(condition).collect()
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let listener = params.required("ListenerArn")?;
    let priority = params.number_in("Priority", 1..=50_000)?;
    let priority = priority.ok_or_else(|| params.missing("Priority"))?;
    let (conditions, tags) = (conditions(params)?, tags::read(params)?);
    let elb = &cx.home().elb;
    let seat = LISTENER.find(&elb.listeners, lens, listener)?.seat();
    let actions = action::read(elb, lens, params, "Actions", seat)?;
    if elb.rules.values().any(|rule| rule.truth().listener == listener && rule.truth().priority == priority) {
        return Err(Fault::client("PriorityInUse", format!("Priority '{priority}' is currently in use")));
    }
    let random = cx.world.ids.hex(16);
    let arn = format!("{}/{random}", listener.replacen(":listener/", ":listener-rule/", 1));
    let fields = shown(&arn, &priority.to_string(), &conditions, &actions);
    let rule = Rule { listener: listener.to_owned(), priority, conditions, actions };
    let elb = &mut cx.home().elb;
    elb.rules.insert(arn.clone(), Versioned::new(rule, now));
    elb.tag_new(&arn, tags, now);
    Ok(Fields::new().list("Rules", [fields]).into())
}

fn modify(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let arn = params.required("RuleArn")?;
    let elb = &mut cx.home().elb;
    let before = RULE.find(&elb.rules, lens, arn)?.clone();
    let mut after = before.clone();
    if params.has("Conditions") {
        after.conditions = conditions(params)?;
    }
    if params.has("Actions") {
        let seat = LISTENER.find(&elb.listeners, lens, &before.listener)?.seat();
        after.actions = action::read(elb, lens, params, "Actions", seat)?;
    }
    let fields = shown(arn, &after.priority.to_string(), &after.conditions, &after.actions);
    *RULE.find_mut(&mut elb.rules, lens, arn)?.change(now) = after;
    elb.release(&action::target_groups(&before.actions), now);
    Ok(Fields::new().list("Rules", [fields]).into())
}

/// The ARN of a listener's default rule, which is not kept: it is the listener's.
fn default_arn(listener: &str) -> String {
    let id = crate::sandbox::chance::digest(listener);
    format!("{}/{id:016x}", listener.replacen(":listener/", ":listener-rule/", 1))
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let (listener, arns) = (params.text("ListenerArn"), params.texts("RuleArns"));
    if listener.is_none() == arns.is_empty() {
        return Err(invalid("You must specify either a listener ARN or rule ARNs"));
    }
    let elb = &cx.home().elb;
    if let Some(listener) = listener {
        LISTENER.find(&elb.listeners, lens, listener)?;
    }
    let mut rows = Vec::new();
    for (arn, rule) in &elb.rules {
        let Some(rule) = rule.seen(lens, arn) else { continue };
        if listener == Some(rule.listener.as_str()) || arns.contains(&arn.as_str()) {
            let fields = shown(arn, &rule.priority.to_string(), &rule.conditions, &rule.actions);
            rows.push((format!("{:05}/{arn}", rule.priority), fields));
        }
    }
    for (own, live) in &elb.listeners {
        let arn = default_arn(own);
        let Some(live) = live.seen(lens, own) else { continue };
        if listener == Some(own.as_str()) || arns.contains(&arn.as_str()) {
            let fields = shown(&arn, "default", &[], &live.actions);
            rows.push((format!("default/{arn}"), fields));
        }
    }
    if rows.len() < arns.len() {
        return Err(RULE.not_found(&arns.join(", ")));
    }
    page(cx, params, "Rules", rows)
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let arn = params.required("RuleArn")?;
    let elb = &mut cx.home().elb;
    if elb.listeners.keys().any(|listener| default_arn(listener) == arn) {
        let message = format!("Default rule '{arn}' cannot be deleted");
        return Err(Fault::client("OperationNotPermitted", message));
    }
    let rule = RULE.find(&elb.rules, lens, arn)?.clone();
    elb.rules.remove(arn);
    elb.tags.remove(arn);
    elb.release(&action::target_groups(&rule.actions), now);
    Ok(Answer::empty())
}
