//! Resources of IAM: named by name, and by path where they have one.

use super::{Guard, Resource, row};
use crate::sandbox::authorization::call::{Call, Tags};
use crate::sandbox::authorization::conditions::resource_tags;
use crate::sandbox::authorization::reference::Action;
use crate::sandbox::iam::{Entity, User, oidc_resource};
use crate::sandbox::lag::Versioned;

pub fn find(call: &Call<'_>, said: &Action) -> Vec<Resource> {
    let Some(iam) = call.account().map(|account| &account.iam) else { return Vec::new() };
    // The ARNs of questions about somebody tell their own type.
    if let Some(arn) = call.text("PolicySourceArn").or_else(|| call.text("Arn")) {
        let kind =
            arn.splitn(6, ':').nth(5).and_then(|resource| resource.split('/').next()).unwrap_or_default();
        return row(said, kind).map(|row| Resource::new(row.kind, arn)).into_iter().collect();
    }
    // A path of another form is refused by the service itself.
    let path = call.text("Path").filter(|path| path.starts_with('/')).unwrap_or("/");
    let named =
        |parameter: &str, made_by: &str, kind: &'static str, there: &dyn Fn(&str) -> Option<Resource>| {
            let name = call.text(parameter)?;
            row(said, kind)?;
            let new = || Resource::new(kind, iam.arn(&format!("{kind}{path}{name}")));
            Some(there(name).filter(|_| call.operation != made_by).unwrap_or_else(new))
        };
    let entity = |kind: &'static str, entity: Option<&Entity>| {
        let entity = entity?;
        let boundary = entity.boundary.iter().cloned().collect();
        let facts = vec![("iam:PermissionsBoundary".to_owned(), boundary)];
        Some(Resource { facts, ..Resource::new(kind, &entity.arn) }.tagged(entity.tags.clone()))
    };
    let user = |name: &str| entity("user", iam.users.get(name).map(|user| &user.truth().entity));
    let role = |name: &str| entity("role", iam.roles.get(name).map(|role| &role.truth().entity));
    let group = |name: &str| entity("group", iam.groups.get(name).map(|group| &group.truth().entity));
    let profile = |name: &str| {
        let profile = iam.profiles.get(name)?.truth();
        Some(Resource::new("instance-profile", &profile.arn).tagged(profile.tags.clone()))
    };
    let mut found: Vec<Resource> = [
        named("UserName", "CreateUser", "user", &user),
        named("RoleName", "CreateRole", "role", &role),
        named("GroupName", "CreateGroup", "group", &group),
        named("InstanceProfileName", "CreateInstanceProfile", "instance-profile", &profile),
        named("VirtualMFADeviceName", "CreateVirtualMFADevice", "mfa", &|_| None),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(row) = row(said, "policy") {
        if let Some(arn) = call.text("PolicyArn") {
            let tags = iam.policies.get(arn).map(|policy| policy.truth().tags.clone()).unwrap_or_default();
            found.push(Resource::new(row.kind, arn).tagged(tags));
        } else if let Some(name) = call.text("PolicyName").filter(|_| call.operation == "CreatePolicy") {
            found.push(Resource::new(row.kind, iam.arn(&format!("policy{path}{name}"))));
        }
    }
    if let (Some(row), Some(serial)) = (row(said, "mfa"), call.text("SerialNumber")) {
        let tags = iam.mfa.get(serial).map(|device| device.tags.clone()).unwrap_or_default();
        found.push(Resource::new(row.kind, serial).tagged(tags));
    }
    if let Some(row) = row(said, "oidc-provider") {
        let made = call.text("Url").and_then(oidc_resource).map(|resource| iam.arn(&resource));
        for arn in call.text("OpenIDConnectProviderArn").map(str::to_owned).into_iter().chain(made) {
            let tags = iam.oidc.get(&arn).map(|provider| provider.tags.clone()).unwrap_or_default();
            found.push(Resource::new(row.kind, arn).tagged(tags));
        }
    }
    if let (true, Some(service)) = (row(said, "role").is_some(), call.text("AWSServiceName")) {
        found.push(Resource::new("role", iam.arn(&format!("role/aws-service-role/{service}/*"))));
    }
    // A key alone is about the user whose it is.
    if let (true, Some(row), Some(key)) = (found.is_empty(), row(said, "user"), call.text("AccessKeyId")) {
        let has = |user: &&User| user.keys.iter().any(|known| known.id == key);
        let owner = iam.users.values().map(Versioned::truth).find(has);
        found.extend(entity(row.kind, owner.map(|user| &user.entity)));
    }
    // Without a name, calls about a user are about the caller.
    if found.is_empty() && row(said, "user").is_some() && call.caller.arn.contains(":user/") {
        let own = iam.users.values().map(Versioned::truth).find(|user| user.entity.arn == call.caller.arn);
        found.extend(entity("user", own.map(|user| &user.entity)));
    }
    if found.is_empty() && row(said, "user").is_some() {
        found.push(Resource::new("", iam.arn("root")));
    }
    if found.is_empty() && !call.operation.starts_with("Create") {
        found.push(Resource::everything());
    }
    found
}

/// A role that somebody wants to become, with its trust policy; nothing where there is no such role.
pub fn role_to_assume(call: &Call<'_>) -> Option<Resource> {
    let arn = call.text("RoleArn")?;
    let owner = arn.split(':').nth(4)?;
    let role = call.world.accounts.get(owner)?.iam.roles.get(arn.rsplit('/').next()?)?.truth();
    if role.entity.arn != arn {
        return None;
    }
    let guard = Guard {
        policy: Some(role.trust.shown(call.world).into_owned()),
        owner: owner.to_owned(),
        decides: true,
        granted: false,
    };
    let facts = resource_tags("iam:ResourceTag/", &role.entity.tags);
    Some(
        Resource { guard: Some(guard), facts, ..Resource::new("role", arn) }.tagged(role.entity.tags.clone()),
    )
}

/// A role that a call hands to a service, by its name or ARN or by the instance profile that holds it.
pub fn role_to_pass(call: &Call<'_>, named: &str, to: &str) -> Option<Resource> {
    let iam = &call.account()?.iam;
    let name = named.rsplit('/').next()?;
    let by_profile = || iam.roles.get(&iam.profiles.get(name)?.truth().role.as_ref()?.0);
    let role = if named.contains(":role/") || !iam.profiles.contains_key(name) {
        iam.roles.get(name)
    } else {
        by_profile()
    };
    let entity = &role?.truth().entity;
    let facts = vec![("iam:PassedToService".to_owned(), vec![to.to_owned()])];
    Some(Resource { facts, ..Resource::new("role", &entity.arn) }.tagged(Tags::clone(&entity.tags)))
}
