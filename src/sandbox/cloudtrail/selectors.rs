//! Which events a trail records: event selectors, advanced ones, and insights.

use serde_json::{Value, json};

use super::find::{change, own, seen, truth, writable};
use super::state::Selectors;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("PutEventSelectors", put_event_selectors),
    operation("GetEventSelectors", get_event_selectors),
    operation("PutInsightSelectors", put_insight_selectors),
    operation("GetInsightSelectors", get_insight_selectors),
];

/// The types that basic selectors know; all others need advanced ones.
const DATA_TYPES: &[&str] = &["AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"];

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidEventSelectorsException", message)
}

fn put_event_selectors(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = writable(cx, params, "TrailName")?;
    let (basic, advanced) = (params.maps("EventSelectors"), params.maps("AdvancedEventSelectors"));
    let (selectors, name) = match (basic.is_empty(), advanced.is_empty()) {
        (false, true) => (Selectors::Basic(basic_selectors(&basic)?), "EventSelectors"),
        (true, false) => (Selectors::Advanced(advanced_selectors(&advanced)?), "AdvancedEventSelectors"),
        _ => return Err(invalid("Either event selectors or advanced event selectors must be sent")),
    };
    let answer = Answer::empty().with("TrailARN", place.arn(cx.account_id())).with(name, listed(&selectors));
    // The default, asked for in so many words, is no custom selector.
    let kept = Some(selectors).filter(|kept| *kept != Selectors::Basic(Selectors::default_basic()));
    change(cx, &place, |trail, _| trail.selectors = kept);
    Ok(answer)
}

fn listed(selectors: &Selectors) -> Node {
    let (Selectors::Basic(value) | Selectors::Advanced(value)) = selectors;
    show(value)
}

fn basic_selectors(selectors: &[&Params]) -> Result<Value, Fault> {
    if selectors.len() > 5 {
        return Err(invalid("A trail may have 5 event selectors"));
    }
    let mut resources = 0;
    let mut kept = Vec::new();
    for selector in selectors {
        let which = selector.text("ReadWriteType").unwrap_or("All");
        if !["All", "ReadOnly", "WriteOnly"].contains(&which) {
            return Err(invalid(format!("{which} is not a read/write type")));
        }
        let management = selector.flag("IncludeManagementEvents")?.unwrap_or(true);
        let excluded = selector.texts("ExcludeManagementEventSources");
        if excluded.iter().any(|source| !["kms.amazonaws.com", "rdsdata.amazonaws.com"].contains(source)) {
            return Err(invalid("Only kms.amazonaws.com and rdsdata.amazonaws.com can be excluded"));
        }
        if !management && !excluded.is_empty() {
            return Err(invalid("Sources can only be excluded from management events"));
        }
        let mut data = Vec::new();
        for resource in selector.maps("DataResources") {
            let kind = resource.text("Type").unwrap_or_default();
            let values = resource.texts("Values");
            if !DATA_TYPES.contains(&kind) || values.iter().any(|value| !value.starts_with("arn:")) {
                return Err(invalid(format!("{kind} and its values are not a data resource")));
            }
            resources += values.len();
            data.push(json!({"Type": kind, "Values": values}));
        }
        kept.push(json!({
            "ReadWriteType": which,
            "IncludeManagementEvents": management,
            "DataResources": data,
            "ExcludeManagementEventSources": excluded,
        }));
    }
    if resources > 250 {
        return Err(invalid("A trail may name 250 data resources"));
    }
    Ok(Value::Array(kept))
}

fn advanced_selectors(selectors: &[&Params]) -> Result<Value, Fault> {
    let operators = ["Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"];
    for selector in selectors {
        let fields = selector.maps("FieldSelectors");
        let only = |name: &str| {
            let field = fields.iter().find(|field| field.text("Field") == Some(name))?;
            match field.texts("Equals")[..] {
                [value] => Some(value),
                _ => None,
            }
        };
        match only("eventCategory") {
            Some("Management" | "NetworkActivity") => {}
            Some("Data") if only("resources.type").is_some() => {}
            Some("Data") => return Err(invalid("Data events need a field selector for resources.type")),
            _ => return Err(invalid("Every advanced event selector needs one eventCategory")),
        }
        let empty = |field: &&Params| operators.iter().all(|operator| field.texts(operator).is_empty());
        if fields.iter().any(empty) || fields.iter().any(|field| field.text("Field").is_none()) {
            return Err(invalid("Every field selector needs a field and a value"));
        }
    }
    Ok(Value::Array(selectors.iter().copied().map(keep).collect()))
}

fn get_event_selectors(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (place, trail) = seen(cx, params.text("TrailName").unwrap_or_default())?;
    own(cx, &place)?;
    let selectors = trail.selectors.unwrap_or_else(|| Selectors::Basic(Selectors::default_basic()));
    let name = match selectors {
        Selectors::Basic(_) => "EventSelectors",
        Selectors::Advanced(_) => "AdvancedEventSelectors",
    };
    Ok(Answer::empty().with("TrailARN", place.arn(cx.account_id())).with(name, listed(&selectors)))
}

fn put_insight_selectors(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = writable(cx, params, "TrailName")?;
    let refused = |message: &str| Fault::client("InvalidInsightSelectorsException", message);
    if !params.has("InsightSelectors") {
        return Err(refused("Insight selectors must be sent, even if there are none"));
    }
    let selectors = params.maps("InsightSelectors");
    let mut kinds: Vec<&str> = Vec::new();
    for selector in &selectors {
        let kind = selector.text("InsightType").unwrap_or_default();
        if !["ApiCallRateInsight", "ApiErrorRateInsight"].contains(&kind) || kinds.contains(&kind) {
            return Err(refused("There are ApiCallRateInsight and ApiErrorRateInsight, each once"));
        }
        kinds.push(kind);
    }
    let trail = truth(cx, &place).unwrap_or_default();
    let needs_writes = kinds.contains(&"ApiCallRateInsight");
    if !kinds.is_empty() && !records_management(trail.selectors.as_ref(), needs_writes) {
        return Err(refused("The trail must log management events for insights on them"));
    }
    let kept = Value::Array(selectors.into_iter().map(keep).collect());
    let answer =
        Answer::empty().with("TrailARN", place.arn(cx.account_id())).with("InsightSelectors", show(&kept));
    change(cx, &place, |trail, _| trail.insights = Some(kept).filter(|kept| *kept != json!([])));
    Ok(answer)
}

/// Whether management events are recorded, those that write included where asked for.
fn records_management(selectors: Option<&Selectors>, writes: bool) -> bool {
    match selectors {
        None => true,
        Some(Selectors::Basic(list)) => list.as_array().into_iter().flatten().any(|selector| {
            selector["IncludeManagementEvents"] == true
                && !(writes && selector["ReadWriteType"] == "ReadOnly")
        }),
        Some(Selectors::Advanced(list)) => list.to_string().contains("Management"),
    }
}

fn get_insight_selectors(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (place, trail) = seen(cx, params.text("TrailName").unwrap_or_default())?;
    own(cx, &place)?;
    let arn = place.arn(cx.account_id());
    match trail.insights {
        Some(kept) => Ok(Answer::empty().with("TrailARN", arn).with("InsightSelectors", show(&kept))),
        None => Err(Fault::client(
            "InsightNotEnabledException",
            format!(
                "Trail {arn} does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again."
            ),
        )),
    }
}
