//! `GetAccountAuthorizationDetails`: everything about every identity, in one paginated list.

use super::attach;
use super::entity::{boundary, encoded, page, shown_arn, tag_list};
use super::managed::{self, Managed};
use super::state::{Entity, Group, Policy, Role, State, User};
use super::{policy, profile, role};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::World;

/// The one operation of this file.
pub const OPERATIONS: &[Operation] = &[operation("GetAccountAuthorizationDetails", details)];

/// One entry of the list, which pages run over as a whole.
enum Entry<'a> {
    User(&'a User),
    Group(&'a Group),
    Role(&'a Role),
    Local(&'a Policy),
    Aws(&'static Managed),
}

impl Entry<'_> {
    fn key(&self, partition: &str) -> String {
        match self {
            Self::User(user) => format!("1/{}", user.entity.name),
            Self::Group(group) => format!("2/{}", group.entity.name),
            Self::Role(role) => format!("3/{}", role.entity.name),
            Self::Local(policy) => format!("4/{}", policy.arn),
            Self::Aws(policy) => format!("5/{}", policy.arn(partition)),
        }
    }
}

fn details(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    const KINDS: [&str; 5] = ["User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"];
    let filter = params.texts("Filter");
    if filter.iter().any(|kind| !KINDS.contains(kind)) {
        return Err(params.invalid(
            "Filter",
            "must satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]",
        ));
    }
    let wanted = |kind: &str| filter.is_empty() || filter.contains(&kind);
    let (iam, lens, world) = (&cx.read_account()?.iam, cx.lens(), &*cx.world);
    let mut entries = Vec::new();
    if wanted("User") {
        entries.extend(iam.users.keys().filter_map(|name| iam.user(name, lens).ok()).map(Entry::User));
    }
    if wanted("Group") {
        let seen =
            iam.groups.iter().filter_map(|(name, group)| group.seen(lens, &format!("iam/group/{name}")));
        entries.extend(seen.map(Entry::Group));
    }
    if wanted("Role") {
        let seen = iam.roles.iter().filter_map(|(name, role)| role.seen(lens, &format!("iam/role/{name}")));
        entries.extend(seen.map(Entry::Role));
    }
    if wanted("LocalManagedPolicy") {
        entries
            .extend(iam.policies.iter().filter_map(|(arn, policy)| policy.seen(lens, arn)).map(Entry::Local));
    }
    if wanted("AWSManagedPolicy") {
        // Only those that something in the account has attached.
        let used = iam.used_policies().into_iter().filter_map(|arn| managed::find(&iam.partition, arn));
        entries.extend(used.map(Entry::Aws));
    }
    let (entries, end) = page(cx, params, entries, |entry| entry.key(&iam.partition))?;
    let of = |show: &dyn Fn(&Entry<'_>) -> Option<Fields>| {
        entries.iter().filter_map(show).collect::<Vec<Fields>>()
    };
    let mut fields = Fields::new()
        .list(
            "UserDetailList",
            of(&|entry| match entry {
                Entry::User(it) => Some(user(world, lens, it)),
                _ => None,
            }),
        )
        .list(
            "GroupDetailList",
            of(&|entry| match entry {
                Entry::Group(it) => Some(group(world, &it.entity)),
                _ => None,
            }),
        )
        .list(
            "RoleDetailList",
            of(&|entry| match entry {
                Entry::Role(it) => Some(role(world, iam, lens, it)),
                _ => None,
            }),
        )
        .list(
            "Policies",
            of(&|entry| match entry {
                Entry::Local(it) => Some(policy::detailed(world, iam, it)),
                Entry::Aws(it) => Some(policy::detailed_managed(world, iam, it)),
                _ => None,
            }),
        );
    fields.0.extend(end.0);
    Ok(fields.into())
}

fn inline(world: &World, entity: &Entity) -> Vec<Fields> {
    let show = |(name, document): (&String, &crate::sandbox::policy::Document)| {
        Fields::new().with("PolicyName", name).with("PolicyDocument", encoded(&document.shown(world)))
    };
    entity.inline.iter().map(show).collect()
}

fn user(world: &World, lens: Lens, user: &User) -> Fields {
    let entity = &user.entity;
    Fields::new()
        .with("Path", &entity.path)
        .with("UserName", &entity.name)
        .with("UserId", &entity.id)
        .with("Arn", shown_arn(lens, entity.created, &entity.arn, &entity.id))
        .time("CreateDate", entity.created)
        .list("UserPolicyList", inline(world, entity))
        .list("GroupList", &user.groups)
        .list("AttachedManagedPolicies", entity.attached.iter().map(attach::shown))
        .maybe("PermissionsBoundary", boundary(entity.boundary.as_ref()))
        .maybe("Tags", tag_list(&entity.tags))
}

fn group(world: &World, entity: &Entity) -> Fields {
    Fields::new()
        .with("Path", &entity.path)
        .with("GroupName", &entity.name)
        .with("GroupId", &entity.id)
        .with("Arn", &entity.arn)
        .time("CreateDate", entity.created)
        .list("GroupPolicyList", inline(world, entity))
        .list("AttachedManagedPolicies", entity.attached.iter().map(attach::shown))
}

fn role(world: &World, iam: &State, lens: Lens, role: &Role) -> Fields {
    let entity = &role.entity;
    let profiles = iam.profiles.values().map(|profile| profile.truth());
    let profiles =
        profiles.filter(|profile| profile.role.as_ref().is_some_and(|(name, _)| *name == entity.name));
    Fields::new()
        .with("Path", &entity.path)
        .with("RoleName", &entity.name)
        .with("RoleId", &entity.id)
        .with("Arn", shown_arn(lens, entity.created, &entity.arn, &entity.id))
        .time("CreateDate", entity.created)
        .with("AssumeRolePolicyDocument", encoded(&role.trust.shown(world)))
        .list("InstanceProfileList", profiles.map(|profile| profile::shown(world, iam, lens, profile, false)))
        .list("RolePolicyList", inline(world, entity))
        .list("AttachedManagedPolicies", entity.attached.iter().map(attach::shown))
        .maybe("PermissionsBoundary", boundary(entity.boundary.as_ref()))
        .maybe("Tags", tag_list(&entity.tags))
        .with("RoleLastUsed", role::last_used(role))
}
