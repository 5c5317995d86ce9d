//! How somebody gives themselves rights.

use super::principal::{Kind, Principal};
use crate::policy::{Context, Policy};
use crate::posture::facts::{Iam, Identity};

/// The steps by which a principal gives itself every right, if it can: the first that is found, simple ones first.
pub(super) fn raise(
    principal: &Principal<'_>,
    iam: &Iam,
    account: &str,
    everything: &Policy,
) -> Option<Vec<String>> {
    raise_itself(principal, iam, everything).or_else(|| make_another(principal, account))
}

/// Rights for itself: what bounds it goes on bounding, unless it can take the boundary off.
fn raise_itself(principal: &Principal<'_>, iam: &Iam, everything: &Policy) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    if !principal.would_be_administrator(everything, true) {
        if principal.boundary.is_none() || !principal.would_be_administrator(everything, false) {
            return None;
        }
        let actions: [&str; 2] = match principal.kind {
            Kind::User(_) => ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"],
            Kind::Role(_) => ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
        };
        steps.push(actions.iter().find_map(|action| on(principal, action, principal.identity))?);
    }
    let step = own_policy(principal)
        .or_else(|| group_policy(principal))
        .or_else(|| join_group(principal, iam))
        .or_else(|| policy_version(principal, iam))?;
    steps.push(step);
    Some(steps)
}

fn on(principal: &Principal<'_>, action: &str, target: &Identity) -> Option<String> {
    // What is known of the target: the policy that would be attached, and the boundary that it has.
    let mut keys = vec![("iam:PolicyARN", "arn:aws:iam::aws:policy/AdministratorAccess")];
    keys.extend(target.boundary.as_deref().map(|arn| ("iam:PermissionsBoundary", arn)));
    let grant = principal.may(action, &target.arn, &keys)?;
    let whom = if target.arn == principal.identity.arn { "itself" } else { target.name.as_str() };
    Some(format!("{action} on {whom}: {grant}"))
}

fn own_policy(principal: &Principal<'_>) -> Option<String> {
    let actions = match principal.kind {
        Kind::User(_) => ["iam:AttachUserPolicy", "iam:PutUserPolicy"],
        Kind::Role(_) => ["iam:AttachRolePolicy", "iam:PutRolePolicy"],
    };
    actions.iter().find_map(|action| on(principal, action, principal.identity))
}

fn group_policy(principal: &Principal<'_>) -> Option<String> {
    let actions = ["iam:AttachGroupPolicy", "iam:PutGroupPolicy"];
    let groups = principal.groups.iter();
    groups
        .flat_map(|group| actions.map(|action| (action, group)))
        .find_map(|(action, group)| on(principal, action, group))
}

/// Joins a group whose policies allow everything.
fn join_group(principal: &Principal<'_>, iam: &Iam) -> Option<String> {
    if !matches!(principal.kind, Kind::User(_)) {
        return None;
    }
    let strong = |group: &&Identity| {
        let attached =
            group.attached.iter().filter_map(|arn| iam.policies.get(arn)).map(|policy| &policy.document);
        attached.chain(group.inline.iter().map(|(_, policy)| policy)).any(allows_everything)
    };
    iam.groups.iter().filter(strong).find_map(|group| on(principal, "iam:AddUserToGroup", group))
}

/// Puts another document into a policy that it has: a new version, or one that lies there already.
fn policy_version(principal: &Principal<'_>, iam: &Iam) -> Option<String> {
    let held = principal.sources.iter().filter_map(|source| iam.policies.get(source.arn?));
    held.filter(|policy| !policy.of_aws).find_map(|policy| {
        if let Some(grant) = principal.may("iam:CreatePolicyVersion", &policy.arn, &[]) {
            return Some(format!("iam:CreatePolicyVersion on {}, which it has: {grant}", policy.name));
        }
        let strong = policy.others.iter().find(|(_, document)| allows_everything(document))?;
        let grant = principal.may("iam:SetDefaultPolicyVersion", &policy.arn, &[])?;
        Some(format!(
            "iam:SetDefaultPolicyVersion on {}, whose {} allows everything: {grant}",
            policy.name, strong.0
        ))
    })
}

/// Whether a document by itself allows an action nobody has heard of, and changes to anybody's rights.
fn allows_everything(policy: &Policy) -> bool {
    policy.allows().any(|statement| {
        let thing =
            statement.covers_resource("arn:aws:unheard-of:us-east-1:000000000000:thing", &Context::open());
        thing.is_possible()
            && ["unheard-of:Act", "iam:PutUserPolicy"].iter().all(|action| statement.covers_action(action))
    })
}

/// Makes a new user or role with every right, and becomes it.
fn make_another(principal: &Principal<'_>, account: &str) -> Option<Vec<String>> {
    let step = |action: &str, resource: &str| {
        // A new thing has no boundary unless its maker gives it one.
        let keys = [("iam:PolicyARN", "arn:aws:iam::aws:policy/AdministratorAccess")];
        let grant = principal.may(action, resource, &keys)?;
        Some(format!("{action}: {grant}"))
    };
    let one_of = |actions: &[&str], resource: &str| actions.iter().find_map(|action| step(action, resource));
    let role = format!("arn:aws:iam::{account}:role/unheard-of");
    let as_role = || {
        Some(vec![
            step("iam:CreateRole", &role)?,
            one_of(&["iam:AttachRolePolicy", "iam:PutRolePolicy"], &role)?,
        ])
    };
    let user = format!("arn:aws:iam::{account}:user/unheard-of");
    let as_user = || {
        Some(vec![
            step("iam:CreateUser", &user)?,
            one_of(&["iam:AttachUserPolicy", "iam:PutUserPolicy"], &user)?,
            one_of(&["iam:CreateAccessKey", "iam:CreateLoginProfile"], &user)?,
        ])
    };
    as_role().or_else(as_user)
}
