//! Users and their groups.

use std::collections::{BTreeMap, BTreeSet};

use super::entity::{
    Kind, boundary, conflict, exists, is_taken, listed, missing, name, path, quota, shown_arn, tag_list,
    tags, user_or_self,
};
use super::group;
use super::state::{Entity, Group, State, User};
use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations on users.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateUser", create),
    operation("GetUser", get),
    operation("ListUsers", list),
    operation("UpdateUser", update),
    operation("DeleteUser", delete),
    operation("AddUserToGroup", add_to_group),
    operation("RemoveUserFromGroup", remove_from_group),
    operation("ListGroupsForUser", list_groups),
];

/// A user as answers show it; lists leave out the tags and the boundary.
pub fn shown(lens: Lens, user: &User, whole: bool) -> Fields {
    let entity = &user.entity;
    let fields = Fields::new()
        .with("Path", &entity.path)
        .with("UserName", &entity.name)
        .with("UserId", &entity.id)
        .with("Arn", shown_arn(lens, entity.created, &entity.arn, &entity.id))
        .time("CreateDate", entity.created)
        .maybe("PasswordLastUsed", user.password_last_used.map(crate::sandbox::wire::Node::Time));
    if !whole {
        return fields;
    }
    fields
        .maybe("PermissionsBoundary", boundary(entity.boundary.as_ref()))
        .maybe("Tags", tag_list(&entity.tags))
}

impl State {
    /// A user as this call sees it.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn user(&self, name: &str, lens: Lens) -> Result<&User, Fault> {
        self.entity(Kind::User, name, lens)?;
        let user = self.users.get(name).and_then(|user| user.seen(lens, &format!("iam/user/{name}")));
        user.ok_or_else(|| missing(&format!("The user with name {name} cannot be found.")))
    }

    /// A user that is about to be changed.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn user_mut(&mut self, name: &str, lens: Lens) -> Result<&mut User, Fault> {
        self.user(name, lens)?;
        let user = self.users.get_mut(name).map(|user| user.change(lens.now));
        user.ok_or_else(|| missing(&format!("The user with name {name} cannot be found.")))
    }

    /// A user without anything, not yet in the account.
    pub fn new_user(&self, id: String, path: &str, name: &str, now: i64) -> User {
        User {
            entity: Entity {
                path: path.to_owned(),
                name: name.to_owned(),
                id,
                arn: self.arn(&format!("user{path}{name}")),
                created: now,
                tags: BTreeMap::new(),
                inline: BTreeMap::new(),
                attached: BTreeSet::new(),
                boundary: None,
            },
            groups: BTreeSet::new(),
            keys: Vec::new(),
            login: None,
            mfa: BTreeMap::new(),
            password_last_used: None,
        }
    }
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, path, tags) = (name(params, "UserName", 64)?, path(params)?, tags(params)?);
    let id = cx.world.ids.unique("AIDA");
    let (now, lens) = (cx.now(), cx.lens());
    let iam = &mut cx.account().iam;
    if is_taken(iam.users.keys(), name) {
        return Err(exists(&format!("User with name {name} already exists.")));
    }
    if iam.users.len() >= 5_000 {
        return Err(quota("Cannot exceed quota for UsersPerAccount: 5000"));
    }
    let mut user = iam.new_user(id, path, name, now);
    if let Some(arn) = params.text("PermissionsBoundary") {
        iam.attachable(arn, lens)?;
        user.entity.boundary = Some(arn.to_owned());
    }
    user.entity.tags = tags;
    iam.users.insert(name.to_owned(), Versioned::new(user.clone(), now));
    Ok(Answer::empty().with("User", shown(lens, &user, true)))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (whose, lens) = (user_or_self(cx, params)?, cx.lens());
    let iam = &cx.read_account()?.iam;
    let fields = match whose {
        Some(name) => shown(lens, iam.user(&name, lens)?, true),
        None => Fields::new()
            .with("Path", "/")
            .with("UserName", "")
            .with("UserId", &iam.account)
            .with("Arn", iam.arn("root"))
            .time("CreateDate", iam.root.created)
            .maybe("PasswordLastUsed", iam.root.password_last_used.map(crate::sandbox::wire::Node::Time)),
    };
    Ok(Answer::empty().with("User", fields))
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (prefix, lens) = (params.text("PathPrefix").unwrap_or("/"), cx.lens());
    let iam = &cx.read_account()?.iam;
    let users: Vec<&User> = iam
        .users
        .keys()
        .filter_map(|name| iam.user(name, lens).ok())
        .filter(|user| user.entity.path.starts_with(prefix))
        .collect();
    listed(cx, params, "Users", users, |user| user.entity.name.clone(), |user| shown(lens, user, false))
}

/// Users can be renamed in place; their id stays, so policies that name them follow.
fn update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (old, lens) = (name(params, "UserName", 128)?, cx.lens());
    let new = if params.has("NewUserName") { name(params, "NewUserName", 64)? } else { old };
    let iam = &mut cx.account().iam;
    iam.user(old, lens)?;
    if !new.eq_ignore_ascii_case(old) && is_taken(iam.users.keys(), new) {
        return Err(exists(&format!("User with name {new} already exists.")));
    }
    let arn = iam.arn("user");
    let entity = &mut iam.user_mut(old, lens)?.entity;
    if let Some(path) = params.text("NewPath") {
        entity.path = path.to_owned();
    }
    entity.name = new.to_owned();
    entity.arn = format!("{arn}{}{new}", entity.path);
    if let Some(user) = iam.users.remove(old) {
        iam.users.insert(new.to_owned(), user);
    }
    Ok(Answer::empty())
}

/// Refuses as long as anything hangs on the user (IAM-12).
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, lens) = (name(params, "UserName", 128)?, cx.lens());
    let iam = &mut cx.account().iam;
    let seen = iam.user(name, lens)?;
    let truth = iam.users.get(name).map_or(seen, Versioned::truth);
    for user in [seen, truth] {
        let first = if user.login.is_some() {
            "must delete login profile first"
        } else if !user.keys.is_empty() {
            "must delete access keys first"
        } else if !user.mfa.is_empty() {
            "must delete MFA device first"
        } else if !user.groups.is_empty() {
            "must remove users from group first"
        } else if !user.entity.attached.is_empty() {
            "must detach all policies first"
        } else if !user.entity.inline.is_empty() {
            "must delete policies first"
        } else {
            continue;
        };
        return Err(conflict(&format!("Cannot delete entity, {first}.")));
    }
    iam.users.remove(name);
    Ok(Answer::empty())
}

fn both(params: &Params) -> Result<(&str, &str), Fault> {
    Ok((name(params, "GroupName", 128)?, name(params, "UserName", 128)?))
}

fn add_to_group(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let ((group, user), lens) = (both(params)?, cx.lens());
    let iam = &mut cx.account().iam;
    let groups = &iam.user(user, lens)?.groups;
    iam.entity(Kind::Group, group, lens)?;
    if !groups.contains(group) && groups.len() >= 10 {
        return Err(quota("Cannot exceed quota for GroupsPerUser: 10"));
    }
    iam.user_mut(user, lens)?.groups.insert(group.to_owned());
    Ok(Answer::empty())
}

fn remove_from_group(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let ((group, user), lens) = (both(params)?, cx.lens());
    let iam = &mut cx.account().iam;
    iam.entity(Kind::Group, group, lens)?;
    if iam.user(user, lens)?.groups.contains(group) {
        iam.user_mut(user, lens)?.groups.remove(group);
    }
    Ok(Answer::empty())
}

fn list_groups(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, lens) = (name(params, "UserName", 128)?, cx.lens());
    let iam = &cx.read_account()?.iam;
    let names = &iam.user(user, lens)?.groups;
    let groups: Vec<&Group> =
        names.iter().filter_map(|name| iam.groups.get(name)).map(Versioned::truth).collect();
    listed(cx, params, "Groups", groups, |group| group.entity.name.clone(), |group| group::shown(group))
}
