//! Tags of trails.

use std::collections::BTreeMap;

use super::find::{bad_arn, change, seen, truth, writable};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] =
    &[operation("AddTags", add_tags), operation("RemoveTags", remove_tags), operation("ListTags", list_tags)];

/// Reads the parameter `TagsList`.
pub(super) fn read_tags(params: &Params) -> Result<BTreeMap<String, String>, Fault> {
    let refused = |message: &str| Fault::client("InvalidTagParameterException", message);
    let sent = params.maps("TagsList").len();
    let tags = params.tags("TagsList", "Key", "Value")?;
    if tags.len() != sent {
        return Err(refused("Tag keys must be unique"));
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err(refused("Tag keys that start with aws: are reserved (TAG-1)"));
    }
    if tags.iter().any(|(key, value)| key.chars().count() > 128 || value.chars().count() > 256) {
        return Err(refused("A tag key may have 128 characters and its value 256"));
    }
    if tags.len() > 50 {
        return Err(Fault::client("TagsLimitExceededException", "A trail may have 50 tags"));
    }
    Ok(tags)
}

/// Tags only know trails by their ARN.
fn arn(text: &str) -> Result<&str, Fault> {
    if text.starts_with("arn:") { Ok(text) } else { Err(bad_arn(text)) }
}

fn missing(fault: Fault) -> Fault {
    match &*fault.code {
        "TrailNotFoundException" => Fault::client("ResourceNotFoundException", fault.message),
        _ => fault,
    }
}

fn add_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    arn(params.text("ResourceId").unwrap_or_default())?;
    let place = writable(cx, params, "ResourceId").map_err(missing)?;
    let tags = read_tags(params)?;
    let mut together = truth(cx, &place).unwrap_or_default().tags;
    together.extend(tags);
    if together.len() > 50 {
        return Err(Fault::client("TagsLimitExceededException", "A trail may have 50 tags"));
    }
    change(cx, &place, |trail, now| {
        trail.tags = together;
        trail.tagged = now;
    });
    Ok(Answer::empty())
}

fn remove_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    arn(params.text("ResourceId").unwrap_or_default())?;
    let place = writable(cx, params, "ResourceId").map_err(missing)?;
    let gone = read_tags(params)?;
    change(cx, &place, |trail, now| {
        trail.tags.retain(|key, _| !gone.contains_key(key));
        trail.tagged = now;
    });
    Ok(Answer::empty())
}

fn list_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let ids = params.texts("ResourceIdList");
    if ids.is_empty() {
        return Err(params.missing("ResourceIdList"));
    }
    let mut list = Vec::new();
    for id in ids {
        let (_, trail) = seen(cx, arn(id)?).map_err(missing)?;
        let tags = Node::tags("Key", "Value", &trail.tags);
        list.push(Fields::new().with("ResourceId", id).with("TagsList", tags));
    }
    Ok(Fields::new().list("ResourceTagList", list).into())
}
