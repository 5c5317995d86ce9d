//! Tags of parameters.

use std::collections::BTreeMap;

use super::state::Parameter;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("AddTagsToResource", add_tags),
    operation("ListTagsForResource", list_tags),
    operation("RemoveTagsFromResource", remove_tags),
];

/// No resource has more (TAG-3).
const MOST: usize = 50;

/// Reads the parameter `Tags`.
pub(super) fn read_tags(params: &Params) -> Result<BTreeMap<String, String>, Fault> {
    let sent = params.maps("Tags").len();
    let tags = params.tags("Tags", "Key", "Value")?;
    let refused = |message: &str| Err(Fault::client("ValidationException", message));
    if tags.len() != sent {
        return refused("Duplicate tag keys");
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return refused("Tag keys that start with aws: are reserved (TAG-1)");
    }
    if tags.iter().any(|(key, value)| key.chars().count() > 128 || value.chars().count() > 256) {
        return refused("A tag key may have 128 characters and its value 256");
    }
    if tags.len() > MOST {
        return Err(Fault::client("TooManyTagsError", ""));
    }
    Ok(tags)
}

fn named<'a>(cx: &'a mut Context<'_>, params: &Params) -> Result<&'a mut Parameter, Fault> {
    let kind = params.required("ResourceType")?;
    let name = params.required("ResourceId")?;
    if kind != "Parameter" {
        return Err(Fault::not_implemented(&format!("tags of {kind}")));
    }
    let unknown = || Fault::client("InvalidResourceId", "The resource ID isn't valid.");
    let name = super::parameters::kept_name(cx, name).ok_or_else(unknown)?;
    cx.home().ssm.parameters.get_mut(&name).ok_or_else(unknown)
}

fn add_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (tags, now) = (read_tags(params)?, cx.now());
    let parameter = named(cx, params)?;
    let mut together = parameter.tags.clone();
    together.extend(tags);
    if together.len() > MOST {
        return Err(Fault::client("TooManyTagsError", ""));
    }
    (parameter.tags, parameter.tagged) = (together, now);
    Ok(Answer::empty())
}

fn list_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let parameter = named(cx, params)?;
    Ok(Answer::empty().with("TagList", Node::tags("Key", "Value", &parameter.tags)))
}

fn remove_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (keys, now) = (params.texts("TagKeys"), cx.now());
    let parameter = named(cx, params)?;
    parameter.tags.retain(|key, _| !keys.contains(&key.as_str()));
    parameter.tagged = now;
    Ok(Answer::empty())
}
