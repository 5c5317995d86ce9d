//! Managed policies attached to roles, users and groups, and permissions boundaries.

use super::entity::{Kind, listed, missing, name, page, quota};
use super::managed;
use super::state::{Entity, State};
use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations on attachments.
pub const OPERATIONS: &[Operation] = &[
    operation("AttachRolePolicy", |cx, params| attach(cx, params, Kind::Role)),
    operation("AttachUserPolicy", |cx, params| attach(cx, params, Kind::User)),
    operation("AttachGroupPolicy", |cx, params| attach(cx, params, Kind::Group)),
    operation("DetachRolePolicy", |cx, params| detach(cx, params, Kind::Role)),
    operation("DetachUserPolicy", |cx, params| detach(cx, params, Kind::User)),
    operation("DetachGroupPolicy", |cx, params| detach(cx, params, Kind::Group)),
    operation("ListAttachedRolePolicies", |cx, params| list(cx, params, Kind::Role)),
    operation("ListAttachedUserPolicies", |cx, params| list(cx, params, Kind::User)),
    operation("ListAttachedGroupPolicies", |cx, params| list(cx, params, Kind::Group)),
    operation("ListEntitiesForPolicy", list_entities),
    operation("PutRolePermissionsBoundary", |cx, params| put_boundary(cx, params, Kind::Role)),
    operation("PutUserPermissionsBoundary", |cx, params| put_boundary(cx, params, Kind::User)),
    operation("DeleteRolePermissionsBoundary", |cx, params| delete_boundary(cx, params, Kind::Role)),
    operation("DeleteUserPermissionsBoundary", |cx, params| delete_boundary(cx, params, Kind::User)),
];

/// An ARN of a managed policy.
///
/// # Errors
/// `ValidationError` for text that is no ARN at all.
pub fn policy_arn(params: &Params) -> Result<&str, Fault> {
    let arn = params.required("PolicyArn")?;
    if !arn.starts_with("arn:") || arn.len() < 20 || arn.splitn(6, ':').count() < 6 {
        return Err(Fault::client("InvalidInput", format!("ARN {arn} is not valid.")));
    }
    Ok(arn)
}

/// The name of a policy, from its ARN.
pub fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

impl State {
    /// Refuses a policy that cannot be attached because it does not exist.
    ///
    /// # Errors
    /// `NoSuchEntity`, `PolicyNotAttachable` for the policies of services.
    pub fn attachable(&self, arn: &str, lens: Lens) -> Result<(), Fault> {
        if managed::find(&self.partition, arn).is_some() {
            return if arn.contains(":policy/aws-service-role/") {
                Err(Fault::client(
                    "PolicyNotAttachable",
                    format!("Cannot attach a Service Role Policy to a Customer Role. Policy arn: {arn}"),
                ))
            } else {
                Ok(())
            };
        }
        match self.policies.get(arn).and_then(|policy| policy.seen(lens, arn)) {
            Some(_) => Ok(()),
            None => Err(missing(&format!("Policy {arn} does not exist or is not attachable."))),
        }
    }
}

fn attach(cx: &mut Context<'_>, params: &Params, kind: Kind) -> Result<Answer, Fault> {
    let (owner, arn) = (name(params, kind.parameter(), 128)?, policy_arn(params)?);
    let lens = cx.lens();
    let iam = &mut cx.account().iam;
    iam.modifiable(kind, owner)?;
    let entity = iam.entity(kind, owner, lens)?;
    iam.attachable(arn, lens)?;
    if !entity.attached.contains(arn) && entity.attached.len() >= 10 {
        let word = kind.parameter().trim_end_matches("Name");
        return Err(quota(&format!("Cannot exceed quota for PoliciesPer{word}: 10")));
    }
    iam.entity_mut(kind, owner, lens)?.attached.insert(arn.to_owned());
    Ok(Answer::empty())
}

fn detach(cx: &mut Context<'_>, params: &Params, kind: Kind) -> Result<Answer, Fault> {
    let (owner, arn) = (name(params, kind.parameter(), 128)?, policy_arn(params)?);
    let lens = cx.lens();
    let iam = &mut cx.account().iam;
    iam.modifiable(kind, owner)?;
    if !iam.entity(kind, owner, lens)?.attached.contains(arn) {
        return Err(missing(&format!("Policy {arn} was not found.")));
    }
    iam.entity_mut(kind, owner, lens)?.attached.remove(arn);
    Ok(Answer::empty())
}

/// Attached policies as answers show them.
pub fn shown(arn: &String) -> Fields {
    Fields::new().with("PolicyName", policy_name(arn)).with("PolicyArn", arn)
}

fn list(cx: &mut Context<'_>, params: &Params, kind: Kind) -> Result<Answer, Fault> {
    let owner = name(params, kind.parameter(), 128)?;
    let prefix = params.text("PathPrefix").unwrap_or("/");
    let entity = cx.read_account()?.iam.entity(kind, owner, cx.lens())?;
    let path = |arn: &String| arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(prefix));
    let arns: Vec<&String> = entity.attached.iter().filter(|arn| path(arn)).collect();
    listed(cx, params, "AttachedPolicies", arns, |arn| (*arn).clone(), |arn| shown(arn))
}

fn list_entities(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arn = policy_arn(params)?;
    let lens = cx.lens();
    let iam = &cx.read_account()?.iam;
    if managed::find(&iam.partition, arn).is_none() && !iam.policies.contains_key(arn) {
        return Err(missing(&format!("Policy {arn} was not found.")));
    }
    let filter = params
        .choice("EntityFilter", &["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"])?;
    let prefix = params.text("PathPrefix").unwrap_or("/");
    let usage = params.choice("PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    let fits = |entity: &Entity| {
        (usage != Some("PermissionsBoundary") && entity.attached.contains(arn))
            || (usage != Some("PermissionsPolicy") && entity.boundary.as_deref() == Some(arn))
    };
    let mut found: Vec<(Kind, &Entity)> = Vec::new();
    for kind in [Kind::Group, Kind::User, Kind::Role] {
        if filter.is_some_and(|filter| !kind.parameter().starts_with(filter)) {
            continue;
        }
        let names: Vec<&String> = match kind {
            Kind::Group => iam.groups.keys().collect(),
            Kind::User => iam.users.keys().collect(),
            Kind::Role => iam.roles.keys().collect(),
        };
        let seen = names.into_iter().filter_map(|name| iam.entity(kind, name, lens).ok());
        found.extend(
            seen.filter(|entity| fits(entity) && entity.path.starts_with(prefix))
                .map(|entity| (kind, entity)),
        );
    }
    let (found, end) =
        page(cx, params, found, |(kind, entity)| format!("{}/{}", kind.parameter(), entity.name))?;
    let of = |wanted: Kind, id: &'static str| {
        let entities: Vec<Fields> = found
            .iter()
            .filter(|(kind, _)| *kind == wanted)
            .map(|(kind, entity)| Fields::new().with(kind.parameter(), &entity.name).with(id, &entity.id))
            .collect();
        entities
    };
    let mut fields = Fields::new()
        .list("PolicyGroups", of(Kind::Group, "GroupId"))
        .list("PolicyUsers", of(Kind::User, "UserId"))
        .list("PolicyRoles", of(Kind::Role, "RoleId"));
    fields.0.extend(end.0);
    Ok(fields.into())
}

fn put_boundary(cx: &mut Context<'_>, params: &Params, kind: Kind) -> Result<Answer, Fault> {
    let (owner, arn) = (name(params, kind.parameter(), 64)?, params.required("PermissionsBoundary")?);
    let lens = cx.lens();
    let iam = &mut cx.account().iam;
    iam.modifiable(kind, owner)?;
    iam.entity(kind, owner, lens)?;
    iam.attachable(arn, lens)?;
    iam.entity_mut(kind, owner, lens)?.boundary = Some(arn.to_owned());
    Ok(Answer::empty())
}

fn delete_boundary(cx: &mut Context<'_>, params: &Params, kind: Kind) -> Result<Answer, Fault> {
    let owner = name(params, kind.parameter(), 64)?;
    let lens = cx.lens();
    let iam = &mut cx.account().iam;
    iam.modifiable(kind, owner)?;
    if iam.entity(kind, owner, lens)?.boundary.is_none() {
        let word = kind.parameter().trim_end_matches("Name");
        return Err(missing(&format!("{word} {owner} does not have a permissions boundary")));
    }
    iam.entity_mut(kind, owner, lens)?.boundary = None;
    Ok(Answer::empty())
}

/// Whether anything keeps a policy from being deleted.
pub fn is_attached(iam: &State, arn: &str) -> bool {
    iam.attachments(arn) + iam.boundaries(arn) > 0
}

/// The policy as this call sees it, by ARN.
pub fn find<'a, T: Clone>(
    things: &'a std::collections::BTreeMap<String, Versioned<T>>,
    arn: &str,
    lens: Lens,
) -> Option<&'a T> {
    things.get(arn)?.seen(lens, arn)
}
