//! Tags of groups, which say whether instances get them too (ASG-7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{invalid, page};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A tag's value, and whether new instances get the tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The value.
    pub value: String,
    /// Whether new instances get it.
    pub propagate: bool,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateOrUpdateTags", create_or_update),
    operation("DeleteTags", delete),
    operation("DescribeTags", describe),
];

/// Tags a group may have at most (TAG-3).
const LIMIT: usize = 50;

impl Tag {
    /// How AWS shows it.
    pub fn shown(&self, group: &str, key: &str) -> Fields {
        Fields::new()
            .with("ResourceId", group)
            .with("ResourceType", "auto-scaling-group")
            .with("Key", key)
            .with("Value", &self.value)
            .with("PropagateAtLaunch", self.propagate)
    }
}

/// Reads the tags of a request: group, key, tag. A call that makes a group need not name it.
///
/// # Errors
/// `ValidationError`.
pub fn read(params: &Params, group: Option<&str>) -> Result<Vec<(String, String, Tag)>, Fault> {
    let mut tags = Vec::new();
    for tag in params.maps("Tags") {
        let key = tag.required("Key")?;
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("The tag prefix 'aws:' is reserved."));
        }
        if tag.text("ResourceType").is_some_and(|kind| kind != "auto-scaling-group") {
            return Err(invalid("The only supported resource type is 'auto-scaling-group'"));
        }
        let value = tag.text("Value").unwrap_or_default();
        if key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(invalid("Tag keys have 128 characters at most, and tag values 256"));
        }
        let of = match group {
            Some(group) => group.to_owned(),
            None => tag.required("ResourceId")?.to_owned(),
        };
        let propagate = tag.flag("PropagateAtLaunch")?.unwrap_or_default();
        if tags.iter().any(|(other, known, _)| *other == of && known == key) {
            return Err(invalid(format!("Duplicate tag key '{key}' specified.")));
        }
        tags.push((of, key.to_owned(), Tag { value: value.to_owned(), propagate }));
    }
    if group.is_some() && tags.len() > LIMIT {
        return Err(Fault::client("LimitExceeded", "The number of tags exceeds the limit of 50"));
    }
    Ok(tags)
}

/// Whether tags pass one filter: `tag:KEY`, `tag-key` or `tag-value`.
///
/// # Errors
/// `ValidationError` for another filter.
pub fn passes(filter: &Params, tags: &BTreeMap<String, Tag>) -> Result<bool, Fault> {
    let name = filter.required("Name")?;
    let values = filter.texts("Values");
    if let Some(key) = name.strip_prefix("tag:") {
        return Ok(tags.get(key).is_some_and(|tag| values.contains(&tag.value.as_str())));
    }
    match name {
        "tag-key" => Ok(tags.keys().any(|key| values.contains(&key.as_str()))),
        "tag-value" => Ok(tags.values().any(|tag| values.contains(&tag.value.as_str()))),
        _ => Err(invalid(format!(
            "Filter type {name} is not correct. Allowed Filter types are: tag-key tag-value tag:<key>"
        ))),
    }
}

fn unknown(group: &str) -> Fault {
    invalid(format!("AutoScalingGroup name not found - AutoScalingGroup '{group}' not found"))
}

/// Keys that are not named stay as they are (TAG-2, ASG-8).
fn create_or_update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    let tags = read(params, None)?;
    if tags.is_empty() {
        return Err(params.missing("Tags"));
    }
    let groups = &mut cx.home().autoscaling.groups;
    for (of, ..) in &tags {
        let group = groups.get(of).ok_or_else(|| unknown(of))?;
        let new = tags.iter().filter(|(other, key, _)| other == of && !group.truth().tags.contains_key(key));
        if group.truth().tags.len() + new.count() > LIMIT {
            return Err(Fault::client("LimitExceeded", "The number of tags exceeds the limit of 50"));
        }
    }
    for (of, key, tag) in tags {
        if let Some(group) = groups.get_mut(&of) {
            group.change(now).tags.insert(key, tag);
        }
    }
    Ok(Answer::empty())
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    let tags = params.maps("Tags");
    if tags.is_empty() {
        return Err(params.missing("Tags"));
    }
    for tag in tags {
        let (of, key) = (tag.required("ResourceId")?, tag.required("Key")?);
        let group = cx.home().autoscaling.groups.get_mut(of).ok_or_else(|| unknown(of))?;
        // With a value only that value is taken off.
        let is = group
            .truth()
            .tags
            .get(key)
            .is_some_and(|own| tag.text("Value").is_none_or(|value| value == own.value));
        if is {
            group.change(now).tags.remove(key);
        }
    }
    Ok(Answer::empty())
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let filters = params.maps("Filters");
    let mut rows = Vec::new();
    for (name, group) in &cx.home().autoscaling.groups {
        for (key, tag) in group.seen(lens, name).iter().flat_map(|group| &group.tags) {
            let mut passes = true;
            for filter in &filters {
                let values = filter.texts("Values");
                passes &= match filter.required("Name")? {
                    "auto-scaling-group" => values.contains(&name.as_str()),
                    "key" => values.contains(&key.as_str()),
                    "value" => values.contains(&tag.value.as_str()),
                    "propagate-at-launch" => values.contains(&if tag.propagate { "true" } else { "false" }),
                    other => return Err(invalid(format!("Filter type {other} is not correct."))),
                };
            }
            if passes {
                rows.push((format!("{name}/{key}"), tag.shown(name, key)));
            }
        }
    }
    page(cx, params, "Tags", rows)
}
