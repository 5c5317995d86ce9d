//! Groups.

use std::collections::{BTreeMap, BTreeSet};

use super::entity::{Kind, conflict, exists, is_taken, listed, name, page, path, quota};
use super::state::{Entity, Group, User};
use super::user;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations on groups.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateGroup", create),
    operation("GetGroup", get),
    operation("ListGroups", list),
    operation("UpdateGroup", update),
    operation("DeleteGroup", delete),
];

/// A group as answers show it.
pub fn shown(group: &Group) -> Fields {
    let entity = &group.entity;
    Fields::new()
        .with("Path", &entity.path)
        .with("GroupName", &entity.name)
        .with("GroupId", &entity.id)
        .with("Arn", &entity.arn)
        .time("CreateDate", entity.created)
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, path) = (name(params, "GroupName", 128)?, path(params)?);
    let id = cx.world.ids.unique("AGPA");
    let now = cx.now();
    let arn = cx.global_arn("iam", format_args!("group{path}{name}"));
    let iam = &mut cx.account().iam;
    if is_taken(iam.groups.keys(), name) {
        return Err(exists(&format!("Group with name {name} already exists.")));
    }
    if iam.groups.len() >= 300 {
        return Err(quota("Cannot exceed quota for GroupsPerAccount: 300"));
    }
    let entity = Entity {
        path: path.to_owned(),
        name: name.to_owned(),
        id,
        arn,
        created: now,
        tags: BTreeMap::new(),
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        boundary: None,
    };
    let group = Group { entity };
    let answer = Answer::empty().with("Group", shown(&group));
    iam.groups.insert(name.to_owned(), Versioned::new(group, now));
    Ok(answer)
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, lens) = (name(params, "GroupName", 128)?, cx.lens());
    let iam = &cx.read_account()?.iam;
    iam.entity(Kind::Group, name, lens)?;
    let users: Vec<&User> = iam
        .users
        .keys()
        .filter_map(|user| iam.user(user, lens).ok())
        .filter(|user| user.groups.contains(name))
        .collect();
    let (users, end) = page(cx, params, users, |user| user.entity.name.clone())?;
    let group = iam.groups.get(name).map(|group| shown(group.truth()));
    let users = users.into_iter().map(|user| user::shown(lens, user, false));
    let mut fields = Fields::new().maybe("Group", group).list("Users", users);
    fields.0.extend(end.0);
    Ok(fields.into())
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (prefix, lens) = (params.text("PathPrefix").unwrap_or("/"), cx.lens());
    let iam = &cx.read_account()?.iam;
    let seen = iam.groups.iter().filter_map(|(name, group)| group.seen(lens, &format!("iam/group/{name}")));
    let groups: Vec<&Group> = seen.filter(|group| group.entity.path.starts_with(prefix)).collect();
    listed(cx, params, "Groups", groups, |group| group.entity.name.clone(), |group| shown(group))
}

/// Groups can be renamed in place; their users stay in them.
fn update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (old, lens) = (name(params, "GroupName", 128)?, cx.lens());
    let new = if params.has("NewGroupName") { name(params, "NewGroupName", 128)? } else { old };
    let iam = &mut cx.account().iam;
    iam.entity(Kind::Group, old, lens)?;
    if !new.eq_ignore_ascii_case(old) && is_taken(iam.groups.keys(), new) {
        return Err(exists(&format!("Group with name {new} already exists.")));
    }
    let arn = iam.arn("group");
    let entity = iam.entity_mut(Kind::Group, old, lens)?;
    if let Some(path) = params.text("NewPath") {
        entity.path = path.to_owned();
    }
    entity.name = new.to_owned();
    entity.arn = format!("{arn}{}{new}", entity.path);
    if let Some(group) = iam.groups.remove(old) {
        iam.groups.insert(new.to_owned(), group);
    }
    let members: Vec<String> = iam
        .users
        .iter()
        .filter(|(_, user)| user.truth().groups.contains(old))
        .map(|(name, _)| name.clone())
        .collect();
    for member in members {
        if let Some(user) = iam.users.get_mut(&member) {
            let groups = &mut user.change(lens.now).groups;
            groups.remove(old);
            groups.insert(new.to_owned());
        }
    }
    Ok(Answer::empty())
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, lens) = (name(params, "GroupName", 128)?, cx.lens());
    let iam = &mut cx.account().iam;
    let entity = iam.entity(Kind::Group, name, lens)?;
    if iam.users.values().any(|user| user.truth().groups.contains(name)) {
        return Err(conflict("Cannot delete entity, must remove users from group first."));
    }
    if !entity.attached.is_empty() {
        return Err(conflict("Cannot delete entity, must detach all policies first."));
    }
    if !entity.inline.is_empty() {
        return Err(conflict("Cannot delete entity, must delete policies first."));
    }
    iam.groups.remove(name);
    Ok(Answer::empty())
}
