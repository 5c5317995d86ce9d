//! Roles.

use super::entity::{
    Kind, boundary, conflict, encoded, exists, is_taken, listed, malformed, name, path, quota, shown_arn,
    tag_list, tags,
};
use super::state::Role;
use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::policy::{Document, Use};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::World;

/// Operations on roles.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateRole", create),
    operation("GetRole", get),
    operation("ListRoles", list),
    operation("UpdateRole", update),
    operation("UpdateRoleDescription", update_description),
    operation("UpdateAssumeRolePolicy", update_trust),
    operation("DeleteRole", delete),
];

/// A role as answers show it; lists leave out the tags, the boundary and the last use.
pub fn shown(world: &World, lens: Lens, role: &Role, whole: bool) -> Fields {
    let entity = &role.entity;
    let tags = if whole { tag_list(&entity.tags) } else { None };
    let fields = Fields::new()
        .with("Path", &entity.path)
        .with("RoleName", &entity.name)
        .with("RoleId", &entity.id)
        .with("Arn", shown_arn(lens, entity.created, &entity.arn, &entity.id))
        .time("CreateDate", entity.created)
        .with("AssumeRolePolicyDocument", encoded(&role.trust.shown(world)))
        .maybe("Description", role.description.as_deref())
        .with("MaxSessionDuration", role.max_session)
        .maybe("Tags", tags);
    if !whole {
        return fields;
    }
    fields
        .maybe("PermissionsBoundary", boundary(entity.boundary.as_ref()))
        .with("RoleLastUsed", last_used(role))
}

/// When and where a role was last used; empty where it never was.
pub fn last_used(role: &Role) -> Fields {
    role.last_used.as_ref().map_or_else(Fields::new, |(at, region)| {
        Fields::new().time("LastUsedDate", *at).with("Region", region)
    })
}

fn trust(cx: &Context<'_>, text: &str) -> Result<Document, Fault> {
    if text.chars().filter(|c| !c.is_whitespace()).count() > 2_048 {
        return Err(quota("Cannot exceed quota for ACLSizePerRole: 2048"));
    }
    Document::read(cx.world, cx.lens(), text, Use::Trust).map_err(malformed)
}

fn session_length(params: &Params) -> Result<Option<i64>, Fault> {
    params.number_in("MaxSessionDuration", 3_600..=43_200)
}

fn description(params: &Params) -> Result<Option<String>, Fault> {
    match params.text("Description") {
        Some(text) if text.chars().count() > 1_000 => {
            Err(params.invalid("Description", "must have length less than or equal to 1000"))
        }
        // An empty description is the same as none.
        text => Ok(text.filter(|text| !text.is_empty()).map(str::to_owned)),
    }
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = name(params, "RoleName", 64)?.to_owned();
    let path = path(params)?;
    if path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/") {
        return Err(params.invalid("Path", "must not be a path that AWS reserves for itself"));
    }
    let max_session = session_length(params)?.unwrap_or(3_600);
    let (tags, description) = (tags(params)?, description(params)?);
    let trust = trust(cx, params.required("AssumeRolePolicyDocument")?)?;
    let id = cx.world.ids.unique("AROA");
    let (now, lens) = (cx.now(), cx.lens());
    let iam = &mut cx.account().iam;
    if is_taken(iam.roles.keys(), &name) {
        return Err(exists(&format!("Role with name {name} already exists.")));
    }
    if iam.roles.len() >= 1_000 {
        return Err(quota("Cannot exceed quota for RolesPerAccount: 1000"));
    }
    let mut role = iam.new_role(id, path, &name, now);
    if let Some(arn) = params.text("PermissionsBoundary") {
        iam.attachable(arn, lens)?;
        role.entity.boundary = Some(arn.to_owned());
    }
    role.entity.tags = tags;
    role.trust = trust;
    role.description = description;
    role.max_session = max_session;
    iam.roles.insert(name, Versioned::new(role.clone(), now));
    Ok(Answer::empty().with("Role", shown(cx.world, lens, &role, true)))
}

/// A role as this call sees it.
///
/// # Errors
/// `NoSuchEntity`.
pub fn find<'a>(cx: &'a Context<'_>, name: &str) -> Result<&'a Role, Fault> {
    let lens = cx.lens();
    let iam = &cx.read_account()?.iam;
    iam.entity(Kind::Role, name, lens)?;
    let key = format!("iam/role/{name}");
    iam.roles
        .get(name)
        .and_then(|role| role.seen(lens, &key))
        .ok_or_else(|| super::entity::missing(&format!("The role with name {name} cannot be found.")))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let role = find(cx, name(params, "RoleName", 64)?)?;
    Ok(Answer::empty().with("Role", shown(cx.world, cx.lens(), role, true)))
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let prefix = params.text("PathPrefix").unwrap_or("/");
    let lens = cx.lens();
    let roles: Vec<&Role> = cx
        .read_account()?
        .iam
        .roles
        .iter()
        .filter_map(|(name, role)| role.seen(lens, &format!("iam/role/{name}")))
        .filter(|role| role.entity.path.starts_with(prefix))
        .collect();
    listed(
        cx,
        params,
        "Roles",
        roles,
        |role| role.entity.name.clone(),
        |role| shown(cx.world, lens, role, false),
    )
}

fn change<'a>(cx: &'a mut Context<'_>, name: &str) -> Result<&'a mut Role, Fault> {
    let lens = cx.lens();
    let iam = &mut cx.account().iam;
    iam.modifiable(Kind::Role, name)?;
    iam.entity(Kind::Role, name, lens)?;
    iam.roles
        .get_mut(name)
        .map(|role| role.change(lens.now))
        .ok_or_else(|| super::entity::missing(&format!("The role with name {name} cannot be found.")))
}

fn update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, length, text) = (name(params, "RoleName", 64)?, session_length(params)?, description(params)?);
    let role = change(cx, name)?;
    if params.has("Description") {
        role.description = text;
    }
    // A duration that is left out goes back to the default, it does not stay.
    role.max_session = length.unwrap_or(3_600);
    Ok(Answer::empty())
}

fn update_description(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, text) = (name(params, "RoleName", 64)?, description(params)?);
    change(cx, name)?.description = text;
    get(cx, params)
}

fn update_trust(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = name(params, "RoleName", 64)?;
    let trust = trust(cx, params.required("PolicyDocument")?)?;
    change(cx, name)?.trust = trust;
    Ok(Answer::empty())
}

/// Refuses as long as anything hangs on the role, also by the view of a replica that has not heard of a
/// detachment yet (IAM-12).
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = name(params, "RoleName", 64)?;
    let lens = cx.lens();
    let iam = &mut cx.account().iam;
    iam.modifiable(Kind::Role, name)?;
    let seen = iam.entity(Kind::Role, name, lens)?;
    let truth = iam.roles.get(name).map_or(seen, |role| &role.truth().entity);
    if iam
        .profiles
        .values()
        .any(|profile| profile.truth().role.as_ref().is_some_and(|(role, _)| role == name))
    {
        return Err(conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    for entity in [seen, truth] {
        if !entity.attached.is_empty() {
            return Err(conflict("Cannot delete entity, must detach all policies first."));
        }
        if !entity.inline.is_empty() {
            return Err(conflict("Cannot delete entity, must delete policies first."));
        }
    }
    iam.roles.remove(name);
    Ok(Answer::empty())
}
