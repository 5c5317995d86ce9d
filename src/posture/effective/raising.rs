//! How somebody gives rights to somebody: to itself, or to another whom it then becomes.

use super::goal::Goal;
use super::principal::{Account, Kind, Principal};
use super::step::Step;
use crate::policy::Policy;
use crate::posture::facts::{Iam, Identity, ManagedPolicy};

/// What the search leans on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    /// Everybody and every policy.
    pub(super) iam: &'a Iam,
    /// The account.
    pub(super) account: Account<'a>,
    /// A policy that allows everything.
    pub(super) everything: &'a Policy,
    /// What it is all for.
    pub(super) goal: Goal<'a>,
    /// Whether the boundary of whoever is raised stays.
    pub(super) bounded: bool,
}

/// The actions with which rights are given to a user, a role or a group.
const RAISING: [&str; 8] = [
    "iam:AttachUserPolicy",
    "iam:PutUserPolicy",
    "iam:AttachRolePolicy",
    "iam:PutRolePolicy",
    "iam:AttachGroupPolicy",
    "iam:PutGroupPolicy",
    "iam:AddUserToGroup",
    "iam:CreatePolicyVersion",
];

/// What raises somebody who holds something that is not in force.
const BESIDES: [&str; 5] = [
    "iam:SetDefaultPolicyVersion",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
];

/// Whether somebody holds any right to raise somebody, so that it is worth asking whom.
pub(super) fn may_raise_somebody(actor: &Principal<'_>) -> bool {
    RAISING.iter().chain(&BESIDES).any(|action| actor.knows(action))
}

/// The steps by which `actor` gives every right that it takes to `target`, which may be itself: the first that are found, simple ones
/// first.
/// What bounds the target goes on bounding, unless the actor can take the boundary off.
pub(super) fn raise(
    actor: &Principal<'_>,
    target: &Principal<'_>,
    setting: Setting<'_>,
) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let is_within = |bounded| setting.goal.is_within(target, setting.everything, bounded);
    if !is_within(true) {
        if target.boundary.is_none() || !is_within(false) {
            return None;
        }
        steps.extend(take_off_boundary(actor, target.kind, target.identity, setting)?);
    }
    let setting = Setting { bounded: steps.is_empty(), ..setting };
    steps.extend(
        own_policy(actor, target, setting)
            .or_else(|| group_policy(actor, target, setting))
            .or_else(|| join_group(actor, target, setting))
            .or_else(|| policy_version(actor, target, setting).map(|step| vec![step]))?,
    );
    Some(steps)
}

/// How the target is called where the actor may be the target.
fn whom<'a>(actor: &Principal<'_>, target: &'a Identity) -> &'a str {
    if target.arn == actor.identity.arn { "itself" } else { &target.name }
}

pub(super) const BOUNDARY: &str = "iam:PermissionsBoundary";

/// The actions with which a boundary is taken off, changed for another, or rewritten.
const UNBINDING: [&str; 6] = [
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
];

/// Whether somebody holds any right over boundaries, so that it is worth asking whose.
pub(super) fn may_unbind_somebody(actor: &Principal<'_>) -> bool {
    UNBINDING.iter().any(|action| actor.knows(action))
}

/// By deleting the boundary, by putting one in its place that bounds nothing, or by rewriting the policy that it is. What bounds
/// nothing may be AWS's, the customer's, or of the actor's own making, as the conditions on its grants want it.
pub(super) fn take_off_boundary(
    actor: &Principal<'_>,
    kind: Kind<'_>,
    target: &Identity,
    setting: Setting<'_>,
) -> Option<Vec<Step>> {
    let [delete, put] = match kind {
        Kind::User(_) => ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"],
        Kind::Role(_) => ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
    };
    let whom = whom(actor, target);
    let boundary = target.boundary.as_deref();
    let arn = &target.arn;
    if let Some(grant) = actor.may_knowing(delete, arn, &[(BOUNDARY, boundary)]) {
        return Some(vec![Step::new(format!("{delete} on {whom}: {grant}"))]);
    }
    let may_put = |with: &str| actor.may(put, arn, &[(BOUNDARY, with)]);
    let wide = setting.account.policy_of_aws("AdministratorAccess");
    if let Some(grant) = may_put(&wide) {
        return Some(vec![Step::new(format!("{put} on {whom}: {grant}"))]);
    }
    let loose = strong_policies(actor, setting.iam).find_map(|policy| {
        let grant = may_put(&policy.arn)?;
        Some(vec![Step::new(format!("{put} of {} on {whom}: {grant}", policy.name))])
    });
    loose.or_else(|| Some(vec![rewrite_boundary(actor, boundary?, whom, setting)?])).or_else(|| {
        let (first, policy) = policies_of_its_own(actor, setting, BOUNDARY)
            .into_iter()
            .find(|(_, arn)| may_put(arn).is_some())?;
        let grant = may_put(&policy)?;
        Some(vec![first, Step::new(format!("{put} of it on {whom}: {grant}"))])
    })
}

/// By another document in the policy that bounds somebody.
pub(super) fn rewrite_boundary(
    actor: &Principal<'_>,
    boundary: &str,
    whom: &str,
    setting: Setting<'_>,
) -> Option<Step> {
    let policy = setting.iam.policies.get(boundary).filter(|policy| !policy.of_aws)?;
    if let Some(grant) = actor.may("iam:CreatePolicyVersion", &policy.arn, &[]) {
        let name = &policy.name;
        return Some(Step::new(format!(
            "iam:CreatePolicyVersion on {name}, the boundary of {whom}: {grant}"
        )));
    }
    let (version, _) = policy.others.iter().find(|(_, document)| actor.allows_everything_by(document))?;
    let grant = actor.may("iam:SetDefaultPolicyVersion", &policy.arn, &[])?;
    Some(Step::new(format!(
        "iam:SetDefaultPolicyVersion on {}, the boundary of {whom}, whose {version} allows everything: {grant}",
        policy.name
    )))
}

/// Policies of somebody's own making, under names that its grants and what they say of a key leave open: the step that makes each,
/// and its ARN. A name that is taken cannot be made.
pub(super) fn policies_of_its_own(
    actor: &Principal<'_>,
    setting: Setting<'_>,
    key: &str,
) -> Vec<(Step, String)> {
    if !actor.knows("iam:CreatePolicy") {
        return Vec::new();
    }
    let mut named = actor.values_of(key);
    if named.is_empty() {
        named.insert("*".to_owned());
    }
    let mut wanted = actor.patterns_for(["iam:CreatePolicy"]);
    wanted.push(named);
    let names = actor.names_for("policy/?*", &wanted);
    let made = names.into_iter().filter(|arn| !setting.iam.policies.contains_key(arn)).filter_map(|arn| {
        let grant = actor.may("iam:CreatePolicy", &arn, &[])?;
        Some((Step::new(format!("iam:CreatePolicy: {grant}")), arn))
    });
    made.collect()
}

/// The policies that allow everything.
fn strong_policies<'i>(actor: &Principal<'_>, iam: &'i Iam) -> impl Iterator<Item = &'i ManagedPolicy> {
    iam.policies.values().filter(|policy| actor.allows_everything_by(&policy.document))
}

/// A policy attached to an identity, or put into it, which whoever is raised then holds.
pub(super) fn give_policy(
    actor: &Principal<'_>,
    [attach, put]: [&str; 2],
    target: &Identity,
    holder: &Principal<'_>,
    setting: Setting<'_>,
) -> Option<Vec<Step>> {
    let whom = whom(actor, target);
    let boundary = (BOUNDARY, target.boundary.as_deref());
    if let Some(grant) = actor.may_knowing(put, &target.arn, &[boundary]) {
        return Some(vec![Step::new(format!("{put} on {whom}: {grant}"))]);
    }
    if !actor.could(attach, &target.arn) {
        return None;
    }
    let may_attach =
        |arn: &str| actor.may_knowing(attach, &target.arn, &[("iam:PolicyARN", Some(arn)), boundary]);
    let administrator = setting.account.policy_of_aws("AdministratorAccess");
    if let Some(grant) = may_attach(&administrator) {
        return Some(vec![Step::new(format!("{attach} on {whom}: {grant}"))]);
    }
    let leads = |document: &Policy| setting.goal.is_given_by(document, holder, setting.bounded);
    let strong = setting.iam.policies.values().filter(|policy| leads(&policy.document));
    let with_strong = strong.filter(|policy| policy.arn != administrator).find_map(|policy| {
        let grant = may_attach(&policy.arn)?;
        Some(vec![Step::new(format!("{attach} of {} on {whom}: {grant}", policy.name))])
    });
    let of_aws = || {
        setting.goal.policies_of_aws(holder, setting.bounded).into_iter().find_map(|name| {
            let grant = may_attach(&setting.account.policy_of_aws(name))?;
            Some(vec![Step::new(format!("{attach} of {name} on {whom}: {grant}"))])
        })
    };
    with_strong
        .or_else(of_aws)
        .or_else(|| {
            // What it allows goes on being bounded, so it leads to everything or nowhere.
            if !matches!(setting.goal, Goal::Everything) {
                return None;
            }
            let full = setting.account.policy_of_aws("IAMFullAccess");
            let grant = may_attach(&full)?;
            let first = Step::new(format!("{attach} of IAMFullAccess on {whom}: {grant}"));
            Some(vec![first, Step::new(format!("{put} on {whom}: by IAMFullAccess"))])
        })
        .or_else(|| {
            let own = policies_of_its_own(actor, setting, "iam:PolicyARN");
            own.into_iter().find_map(|(first, arn)| {
                let attached = may_attach(&arn)?;
                Some(vec![first, Step::new(format!("{attach} of it on {whom}: {attached}"))])
            })
        })
}

fn own_policy(actor: &Principal<'_>, target: &Principal<'_>, setting: Setting<'_>) -> Option<Vec<Step>> {
    let actions = match target.kind {
        Kind::User(_) => ["iam:AttachUserPolicy", "iam:PutUserPolicy"],
        Kind::Role(_) => ["iam:AttachRolePolicy", "iam:PutRolePolicy"],
    };
    give_policy(actor, actions, target.identity, target, setting)
}

const OF_GROUPS: [&str; 2] = ["iam:AttachGroupPolicy", "iam:PutGroupPolicy"];

fn group_policy(actor: &Principal<'_>, target: &Principal<'_>, setting: Setting<'_>) -> Option<Vec<Step>> {
    target.groups.iter().find_map(|group| give_policy(actor, OF_GROUPS, group, target, setting))
}

/// Puts a user into a group whose policies allow everything, or are made to.
fn join_group(actor: &Principal<'_>, target: &Principal<'_>, setting: Setting<'_>) -> Option<Vec<Step>> {
    if !matches!(target.kind, Kind::User(_)) || !actor.knows("iam:AddUserToGroup") {
        return None;
    }
    let iam = setting.iam;
    let join = |group: &Identity| {
        let grant = actor.may("iam:AddUserToGroup", &group.arn, &[])?;
        let whom = if target.identity.arn == actor.identity.arn {
            String::new()
        } else {
            format!(" of {}", target.identity.name)
        };
        Some(Step::new(format!("iam:AddUserToGroup{whom} on {}: {grant}", group.name)))
    };
    let strong = |group: &&Identity| {
        let attached =
            group.attached.iter().filter_map(|arn| iam.policies.get(arn)).map(|policy| &policy.document);
        attached
            .chain(group.inline.iter().map(|(_, policy)| policy))
            .any(|it| setting.goal.is_given_by(it, target, setting.bounded))
    };
    let joined = iam.groups.iter().filter(strong).find_map(join).map(|step| vec![step]);
    joined.or_else(|| {
        iam.groups.iter().find_map(|group| {
            let mut steps = give_policy(actor, OF_GROUPS, group, target, setting)?;
            steps.push(join(group)?);
            Some(steps)
        })
    })
}

/// Puts another document into a policy that the target has: a new version, or one that lies there already.
fn policy_version(actor: &Principal<'_>, target: &Principal<'_>, setting: Setting<'_>) -> Option<Step> {
    let whom = if target.identity.arn == actor.identity.arn { "it" } else { &target.identity.name };
    let held = target.sources.iter().filter_map(|source| setting.iam.policies.get(source.arn?));
    held.filter(|policy| !policy.of_aws).find_map(|policy| {
        if let Some(grant) = actor.may("iam:CreatePolicyVersion", &policy.arn, &[]) {
            return Some(Step::new(format!(
                "iam:CreatePolicyVersion on {}, which {whom} has: {grant}",
                policy.name
            )));
        }
        let strong = policy
            .others
            .iter()
            .find(|(_, document)| setting.goal.is_given_by(document, target, setting.bounded))?;
        let grant = actor.may("iam:SetDefaultPolicyVersion", &policy.arn, &[])?;
        Some(Step::new(format!(
            "iam:SetDefaultPolicyVersion on {}, whose {} allows {}: {grant}",
            policy.name,
            strong.0,
            if matches!(setting.goal, Goal::Everything) { "everything" } else { "it" }
        )))
    })
}
