//! Tags of keys.

use std::collections::BTreeMap;

use super::find::{Needs, bad_marker, change, named, seen};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("TagResource", tag_resource),
    operation("UntagResource", untag_resource),
    operation("ListResourceTags", list_resource_tags),
];

/// No resource has more (TAG-3).
const MOST: usize = 50;

fn refused(message: impl Into<String>) -> Fault {
    Fault::client("TagException", message)
}

/// Reads the parameter `Tags`.
pub(super) fn read_tags(params: &Params) -> Result<BTreeMap<String, String>, Fault> {
    let sent = params.maps("Tags").len();
    let tags = params.tags("Tags", "TagKey", "TagValue")?;
    if tags.len() != sent {
        return Err(refused("Duplicate tag keys"));
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err(refused("Tag keys that start with aws: are reserved (TAG-1)"));
    }
    if tags.iter().any(|(key, value)| key.chars().count() > 128 || value.chars().count() > 256) {
        return Err(refused("A tag key may have 128 characters and its value 256"));
    }
    if tags.len() > MOST {
        return Err(refused("Too many tags"));
    }
    Ok(tags)
}

fn tag_resource(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let (tags, now) = (read_tags(params)?, cx.now());
    let mut together = seen(cx, &id)?.tags;
    together.extend(tags.clone());
    if together.len() > MOST {
        return Err(Fault::client("LimitExceededException", "Too many tags on the key"));
    }
    change(cx, &id, Needs::Life, |key| {
        key.tags.extend(tags);
        key.tagged = now;
    })?;
    Ok(Answer::empty())
}

fn untag_resource(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let (keys, now) = (params.texts("TagKeys"), cx.now());
    change(cx, &id, Needs::Life, |key| {
        key.tags.retain(|name, _| !keys.contains(&name.as_str()));
        key.tagged = now;
    })?;
    Ok(Answer::empty())
}

fn list_resource_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let limit = params.number_in("Limit", 1..=50)?.unwrap_or(50);
    let tags: Vec<(String, String)> = seen(cx, &id)?.tags.into_iter().collect();
    let (tags, next) = cx
        .page(tags, |(key, _)| key.clone(), params.text("Marker"), usize::try_from(limit).unwrap_or(50))
        .map_err(bad_marker)?;
    let shown =
        tags.into_iter().map(|(key, value)| Fields::new().with("TagKey", key).with("TagValue", value));
    Ok(Fields::new().list("Tags", shown).with("Truncated", next.is_some()).maybe("NextMarker", next).into())
}
