//! Lifecycle rules: a put replaces them all (S3-27).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::find::{bucket, configured, write};
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show_fields};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Params};

const ROOT: &str = "LifecycleConfiguration";
const MINIMUM: &str = "x-amz-transition-default-minimum-object-size";

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetBucketLifecycleConfiguration", "GET", At::Bucket, "lifecycle", Body::Raw, get),
    rest("PutBucketLifecycleConfiguration", "PUT", At::Bucket, "lifecycle", Body::Xml(ROOT), put),
    rest("DeleteBucketLifecycle", "DELETE", At::Bucket, "lifecycle", Body::Raw, delete),
];

/// Classes that objects move to, and the days they must have waited.
const CLASSES: &[(&str, i64)] = &[
    ("STANDARD_IA", 30),
    ("ONEZONE_IA", 30),
    ("INTELLIGENT_TIERING", 0),
    ("GLACIER_IR", 0),
    ("GLACIER", 0),
    ("DEEP_ARCHIVE", 0),
];

const ACTIONS: &[&str] = &[
    "Expiration",
    "Transition",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransition",
    "AbortIncompleteMultipartUpload",
];

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let lens = cx.lens();
    let Some(kept) = bucket(cx, &place)?.seen(lens, &place.name, "lifecycle").cloned() else {
        let fault =
            Fault::new(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist");
        return Err(fault.detail("BucketName", place.name));
    };
    let minimum = kept.get("minimum").and_then(Value::as_str).unwrap_or_default();
    let fields = kept.get("rules").map(show_fields).unwrap_or_default();
    Ok(Answer::root(ROOT, fields).header(MINIMUM, minimum))
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let body = params.map(ROOT).ok_or_else(|| params.missing(ROOT))?;
    let minimum = params.text(MINIMUM).unwrap_or("all_storage_classes_128K");
    if !["all_storage_classes_128K", "varies_by_storage_class"].contains(&minimum) {
        return Err(params.invalid(MINIMUM, "is not a minimum size"));
    }
    let rules = body.maps("Rule");
    if rules.is_empty() || rules.len() > 1000 {
        return Err(params.missing("Rule"));
    }
    if bucket(cx, &place)?.mfa_delete() {
        return Err(Fault::new(
            409,
            "InvalidBucketState",
            "Lifecycle configuration is not supported on a bucket with Mfa Authentication.",
        ));
    }
    let mut ids = BTreeSet::new();
    for rule in &rules {
        check(rule)?;
        if let Some(id) = rule.text("ID").filter(|id| !id.is_empty())
            && !ids.insert(id)
        {
            let message = "Rule ID must be unique. Found same ID for more than one rule";
            return Err(Fault::client("InvalidArgument", message));
        }
    }
    if rules.iter().any(|rule| rule.has("Filter")) && rules.iter().any(|rule| rule.has("Prefix")) {
        let message =
            "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.";
        return Err(Fault::client("InvalidRequest", message));
    }
    let mut kept = keep(body);
    let named = |rule: &mut Value, id: String| {
        if let Some(rule) = rule.as_object_mut()
            && rule.get("ID").and_then(Value::as_str).is_none_or(str::is_empty)
        {
            rule.insert("ID".into(), Value::String(id));
        }
    };
    match kept.get_mut("Rule") {
        Some(Value::Array(rules)) => rules.iter_mut().for_each(|rule| named(rule, cx.world.ids.secret(48))),
        Some(rule) => named(rule, cx.world.ids.secret(48)),
        None => {}
    }
    let kept = json!({"minimum": minimum, "rules": kept});
    write(cx, &place, |bucket, now| bucket.set("lifecycle", Some(kept), now))?;
    Ok(Answer { status: 200, ..Answer::empty() }.header(MINIMUM, minimum))
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    write(cx, &place, |bucket, now| bucket.set("lifecycle", None, now))?;
    Ok(Answer::status(204))
}

fn argument(message: impl Into<String>) -> Fault {
    Fault::client("InvalidArgument", message)
}

fn request(message: &str) -> Fault {
    Fault::client("InvalidRequest", message)
}

fn check(rule: &Params) -> Result<(), Fault> {
    if !["Enabled", "Disabled"].contains(&rule.required("Status")?) {
        return Err(rule.missing("Status"));
    }
    if rule.text("ID").is_some_and(|id| id.chars().count() > 255) {
        return Err(argument("ID length should not exceed allowed limit of 255"));
    }
    let filter = rule.map("Filter");
    // Exactly one of the two; an empty filter is the whole bucket.
    if rule.has("Filter") == rule.has("Prefix") {
        return Err(rule.missing("Filter"));
    }
    if let Some(filter) = filter {
        check_filter(filter)?;
    }
    if !ACTIONS.iter().any(|action| rule.has(action)) {
        return Err(request("At least one action needs to be specified in a rule"));
    }
    let by_tag =
        filter.is_some_and(|filter| filter.has("Tag") || filter.map("And").is_some_and(|and| and.has("Tag")));
    if by_tag && rule.has("AbortIncompleteMultipartUpload") {
        return Err(request("AbortIncompleteMultipartUpload cannot be specified with Tags"));
    }
    check_expiration(rule)?;
    check_transitions(rule, "Transition", "Days")?;
    check_transitions(rule, "NoncurrentVersionTransition", "NoncurrentDays")?;
    for (action, days) in [
        ("NoncurrentVersionExpiration", "NoncurrentDays"),
        ("AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
    ] {
        if rule.has(action) {
            let days = rule.map(action).map_or(Ok(None), |action| action.number(days))?;
            if days.ok_or_else(|| rule.missing(action))? <= 0 {
                return Err(argument(format!("'Days' for {action} action must be a positive integer")));
            }
        }
    }
    Ok(())
}

fn check_filter(filter: &Params) -> Result<(), Fault> {
    let parts = ["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan"];
    let count = |params: &Params| parts.iter().filter(|part| params.has(part)).count();
    let tags = |params: &Params| params.list("Tag").len();
    let fits = match filter.map("And") {
        Some(and) => count(filter) == 0 && count(and) + tags(and).saturating_sub(1) >= 2,
        None => count(filter) <= 1 && tags(filter) <= 1 && !filter.has("And"),
    };
    if fits { Ok(()) } else { Err(filter.missing("Filter")) }
}

fn check_expiration(rule: &Params) -> Result<(), Fault> {
    if !rule.has("Expiration") {
        return Ok(());
    }
    let expiration = rule.map("Expiration").ok_or_else(|| rule.missing("Expiration"))?;
    let ways = ["Days", "Date", "ExpiredObjectDeleteMarker"];
    if ways.iter().filter(|way| expiration.has(way)).count() != 1 {
        return Err(rule.missing("Expiration"));
    }
    if let Some(date) = expiration.time("Date").map_err(|_| rule.missing("Date"))?
        && date % 86_400_000 != 0
    {
        return Err(argument("'Date' must be at midnight GMT"));
    }
    match expiration.number("Days").map_err(|_| rule.missing("Days"))? {
        Some(days) if days <= 0 => Err(argument("'Days' for Expiration action must be a positive integer")),
        Some(days) => {
            let moves =
                rule.maps("Transition").into_iter().filter_map(|step| step.number("Days").ok().flatten());
            match moves.max() {
                Some(last) if days <= last => Err(argument(format!(
                    "'Days' in the Expiration action for prefix '{}' must be greater than 'Days' in the Transition \
                     action",
                    prefix(rule)
                ))),
                _ => Ok(()),
            }
        }
        None => Ok(()),
    }
}

fn prefix(rule: &Params) -> &str {
    let filter = rule.map("Filter").and_then(|filter| filter.text("Prefix"));
    rule.text("Prefix").or(filter).unwrap_or_default()
}

fn check_transitions(rule: &Params, action: &str, days: &str) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for step in rule.maps(action) {
        let class = step.required("StorageClass")?;
        let (_, least) =
            CLASSES.iter().find(|(name, _)| *name == class).ok_or_else(|| rule.missing("StorageClass"))?;
        if !seen.insert(class) {
            return Err(request(
                "'StorageClass' must be different for 'Transition' actions in same 'Rule' with same filter",
            ));
        }
        match step.number(days).map_err(|_| rule.missing(days))? {
            Some(waited) if waited < 0 => {
                return Err(argument(format!("'{days}' in {action} action must be nonnegative")));
            }
            Some(waited) if waited < *least => {
                return Err(argument(format!(
                    "'{days}' in {action} action must be greater than or equal to {least} for storageClass '{class}'"
                )));
            }
            None if !step.has("Date") => return Err(rule.missing(days)),
            _ => {}
        }
    }
    Ok(())
}
