//! Instance profiles.

use super::entity::{Kind, conflict, exists, is_taken, listed, missing, name, path, quota, shown_arn, tags};
use super::role;
use super::state::{InstanceProfile, State};
use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::World;

/// Operations on instance profiles.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateInstanceProfile", create),
    operation("GetInstanceProfile", get),
    operation("ListInstanceProfiles", list),
    operation("ListInstanceProfilesForRole", list_for_role),
    operation("DeleteInstanceProfile", delete),
    operation("AddRoleToInstanceProfile", add_role),
    operation("RemoveRoleFromInstanceProfile", remove_role),
];

const NAME: &str = "InstanceProfileName";

fn absent(name: &str) -> Fault {
    missing(&format!("Instance Profile {name} cannot be found."))
}

/// An instance profile as answers show it.
pub fn shown(world: &World, iam: &State, lens: Lens, profile: &InstanceProfile, whole: bool) -> Fields {
    let role = profile.role.as_ref().and_then(|(name, _)| iam.roles.get(name));
    let roles = role.map(|role| role::shown(world, lens, role.truth(), false));
    // Unlike roles and users, a profile without tags has an empty list.
    let tags = whole.then(|| Node::tags("Key", "Value", &profile.tags));
    Fields::new()
        .with("Path", &profile.path)
        .with(NAME, &profile.name)
        .with("InstanceProfileId", &profile.id)
        .with("Arn", shown_arn(lens, profile.created, &profile.arn, &profile.id))
        .time("CreateDate", profile.created)
        .list("Roles", roles)
        .maybe("Tags", tags)
}

fn find<'a>(iam: &'a State, name: &str, lens: Lens) -> Result<&'a InstanceProfile, Fault> {
    let profile = iam.profiles.get(name).and_then(|profile| profile.seen(lens, &key(name)));
    profile.ok_or_else(|| absent(name))
}

fn key(name: &str) -> String {
    format!("iam/profile/{name}")
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, path, tags) = (name(params, NAME, 128)?, path(params)?, tags(params)?);
    let id = cx.world.ids.unique("AIPA");
    let (now, lens) = (cx.now(), cx.lens());
    let arn = cx.global_arn("iam", format_args!("instance-profile{path}{name}"));
    let iam = &mut cx.account().iam;
    if is_taken(iam.profiles.keys(), name) {
        return Err(exists(&format!("Instance Profile {name} already exists.")));
    }
    if iam.profiles.len() >= 1_000 {
        return Err(quota("Cannot exceed quota for InstanceProfilesPerAccount: 1000"));
    }
    let profile = InstanceProfile {
        path: path.to_owned(),
        name: name.to_owned(),
        id,
        arn,
        created: now,
        role: None,
        tags,
    };
    iam.profiles.insert(name.to_owned(), Versioned::new(profile.clone(), now));
    let iam = &cx.read_account()?.iam;
    Ok(Answer::empty().with("InstanceProfile", shown(cx.world, iam, lens, &profile, true)))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (iam, lens) = (&cx.read_account()?.iam, cx.lens());
    let profile = find(iam, name(params, NAME, 128)?, lens)?;
    Ok(Answer::empty().with("InstanceProfile", shown(cx.world, iam, lens, profile, true)))
}

fn some(
    cx: &Context<'_>,
    params: &Params,
    wanted: impl Fn(&InstanceProfile) -> bool,
) -> Result<Answer, Fault> {
    let (iam, lens) = (&cx.read_account()?.iam, cx.lens());
    let seen = iam.profiles.iter().filter_map(|(name, profile)| profile.seen(lens, &key(name)));
    let found: Vec<&InstanceProfile> = seen.filter(|profile| wanted(profile)).collect();
    let show = |profile: &&InstanceProfile| shown(cx.world, iam, lens, profile, false);
    listed(cx, params, "InstanceProfiles", found, |profile| profile.name.clone(), show)
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let prefix = params.text("PathPrefix").unwrap_or("/");
    some(cx, params, |profile| profile.path.starts_with(prefix))
}

fn list_for_role(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let role = name(params, "RoleName", 64)?;
    cx.read_account()?.iam.entity(Kind::Role, role, cx.lens())?;
    some(cx, params, |profile| profile.role.as_ref().is_some_and(|(name, _)| name == role))
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, lens) = (name(params, NAME, 128)?, cx.lens());
    let iam = &mut cx.account().iam;
    let seen = find(iam, name, lens)?.role.is_some();
    let truth = iam.profiles.get(name).is_some_and(|profile| profile.truth().role.is_some());
    if seen || truth {
        return Err(conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    iam.profiles.remove(name);
    Ok(Answer::empty())
}

fn add_role(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, role, lens) = (name(params, NAME, 128)?, name(params, "RoleName", 64)?, cx.lens());
    let iam = &mut cx.account().iam;
    find(iam, name, lens)?;
    iam.entity(Kind::Role, role, lens)?;
    iam.modifiable(Kind::Role, role)?;
    let profile = iam.profiles.get_mut(name).ok_or_else(|| absent(name))?;
    // Exactly one role (IAM-4), and the same one twice is refused in the same words.
    if profile.truth().role.is_some() {
        return Err(quota("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
    }
    profile.change(lens.now).role = Some((role.to_owned(), lens.now));
    Ok(Answer::empty())
}

fn remove_role(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, role, lens) = (name(params, NAME, 128)?, name(params, "RoleName", 64)?, cx.lens());
    let iam = &mut cx.account().iam;
    find(iam, name, lens)?;
    let profile = iam.profiles.get_mut(name).ok_or_else(|| absent(name))?;
    if profile.truth().role.as_ref().is_none_or(|(held, _)| held != role) {
        return Err(missing(&format!("The role with name {role} cannot be found.")));
    }
    profile.change(lens.now).role = None;
    Ok(Answer::empty())
}
