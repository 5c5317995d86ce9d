//! Tags of accounts, units, the root and policies.

use super::access::{constraint, keep, manage, page, read};
use super::state::Organization;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("ListTagsForResource", list),
    operation("TagResource", tag),
    operation("UntagResource", untag),
];

/// What AWS allows one thing.
const MOST: usize = 50;

/// The root, unit, account or policy of an id.
pub(super) fn target(organization: &Organization, id: &str) -> Result<String, Fault> {
    let is_there = id == organization.root()
        || organization.units.contains_key(id)
        || organization.members.contains_key(id)
        || organization.policies.contains_key(id);
    is_there
        .then(|| id.to_owned())
        .ok_or_else(|| Fault::client("TargetNotFoundException", "You specified a target that doesn't exist."))
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (_, organization) = read(cx)?;
    let id = target(&organization, params.required("ResourceId")?)?;
    let tags = organization.tags.get(&id).cloned().unwrap_or_default();
    page(
        cx,
        params,
        ("Tags", tags.into_iter().collect()),
        |(key, _)| key.clone(),
        |(key, value)| Fields::new().with("Key", key).with("Value", value).into(),
    )
}

fn tag(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let id = target(&organization, params.required("ResourceId")?)?;
    let tags = organization.tags.entry(id).or_default();
    tags.extend(params.tags("Tags", "Key", "Value")?);
    if tags.len() > MOST {
        return Err(constraint(
            "MAX_TAG_LIMIT_EXCEEDED",
            "You have exceeded the number of tags allowed on this resource.",
        ));
    }
    keep(cx, &management, organization);
    Ok(Answer::done())
}

fn untag(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let id = target(&organization, params.required("ResourceId")?)?;
    if let Some(tags) = organization.tags.get_mut(&id) {
        for key in params.texts("TagKeys") {
            tags.remove(key);
        }
    }
    keep(cx, &management, organization);
    Ok(Answer::done())
}
