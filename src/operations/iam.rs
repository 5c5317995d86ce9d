//! IAM.

use std::collections::BTreeSet;

use super::grant::{Grant, Names, no_type};
use super::lag::{Lag, ROLES};
use super::operation::{Operation, Resources};
use crate::model::Value;
use crate::partition;

const fn read(name: &'static str) -> Operation {
    Operation::read("iam", name)
}

const fn write(name: &'static str, resources: Resources) -> Operation {
    Operation::write("iam", name, resources)
}

const fn delete(name: &'static str, resources: Resources) -> Operation {
    Operation::delete("iam", name, resources)
}

/// What reads. Calls of sessions as a root user, of `rotate` and about the caller's own policies are granted with those.
pub(super) const READS: &[Operation] = &[
    read("GetAccountAuthorizationDetails"),
    read("GetAccountPasswordPolicy"),
    read("GetAccountSummary"),
    read("GetCredentialReport"),
    Operation::starts("iam", "GenerateCredentialReport").on(no_type::<true>),
    Operation::starts("iam", "GenerateServiceLastAccessedDetails").on(|_, names| {
        vec![names.named("EveryUserAndRoleIsLookedAt", ["user/*", "role/*"].map(|rest| names.iam(rest)))]
    }),
    read("GetServiceLastAccessedDetails"),
    read("ListServerCertificates"),
    read("ListVirtualMFADevices"),
    read("GetRole")
        .on(|kind, names| {
            if kind == "cloudtrail.trail" {
                let role = names.iam("role/aws-service-role/cloudtrail.amazonaws.com/*");
                return vec![names.named("ReadTheRoleOfCloudTrail", [role])];
            }
            read_roles(kind, names)
        })
        .where_declared(|declared| declared.kind != "cloudtrail.trail" || declared.is("organization", true)),
    read("ListRolePolicies").on(read_roles),
    read("ListAttachedRolePolicies").on(read_roles),
    read("GetRolePolicy").on(read_roles),
    read("GetInstanceProfile").on(|_, names| vec![names.named("ReadInstanceProfiles", profiles(names))]),
    read("GetPolicy").on(|_, names| vec![names.named("ReadPolicies", policies(names))]),
    read("GetPolicyVersion").on(|_, names| vec![names.named("ReadPolicies", policies(names))]),
    read("GetGroup").on(read_groups),
    read("ListGroupPolicies").on(read_groups),
    read("ListAttachedGroupPolicies").on(read_groups),
    read("GetGroupPolicy").on(read_groups),
    // Keys of every user whom the credential report shows to have old ones.
    read("ListAccessKeys").on(|_, names| vec![names.named("EveryUserIsLookedAt", [names.iam("user/*")])]),
    Operation::read_beside("iam", "GetAccessKeyLastUsed"),
    Operation::read_beside("iam", "GetLoginProfile"),
    Operation::read_beside("iam", "ListAttachedUserPolicies"),
    Operation::read_beside("iam", "ListGroupsForUser"),
    Operation::read_beside("iam", "ListMFADevices"),
    Operation::read_beside("iam", "ListOrganizationsFeatures"),
    Operation::read_beside("iam", "ListSigningCertificates"),
    Operation::read_beside("iam", "SimulatePrincipalPolicy"),
    // What a deletion, or a new version, has to know first.
    read("ListPolicyVersions").on(write_policies),
    read("ListEntitiesForPolicy").on(write_policies).of_deletion(),
    read("ListInstanceProfilesForRole").on(write_roles).of_deletion(),
];

/// What writes.
pub(super) const WRITES: &[Operation] = &[
    Operation::write_setting("iam", "UpdateAccountPasswordPolicy"),
    write("UpdateAccessKey", |_, names| vec![names.named("OldKeysOfAnyUser", [names.iam("user/*")])]),
    // Managed policies.
    write("CreatePolicy", write_policies),
    write("TagPolicy", write_policies),
    write("CreatePolicyVersion", write_policies),
    write("DeletePolicyVersion", write_policies),
    delete("DeletePolicy", write_policies),
    // Groups.
    write("CreateGroup", write_groups),
    write("UpdateGroup", write_groups),
    write("PutGroupPolicy", write_groups),
    write("DeleteGroupPolicy", write_groups),
    // Unless only these are named, whoever holds the policy could attach any policy to these groups.
    write("AttachGroupPolicy", |_, names| {
        let groups = names.named("AttachOnlyDeclaredPoliciesToGroups", groups(names));
        vec![groups.when("ArnEquals", "iam:PolicyARN", attached(names, "iam.group"))]
    })
    .where_declared(|declared| declared.has_members("managed")),
    write("DetachGroupPolicy", write_groups),
    write("AddUserToGroup", write_groups).where_declared(|declared| declared.has("members")),
    write("RemoveUserFromGroup", write_groups)
        .where_declared(|declared| declared.deletions || declared.has("members")),
    delete("DeleteGroup", write_groups),
    // Roles.
    write("CreateRole", write_roles),
    write("TagRole", write_roles),
    write("UpdateAssumeRolePolicy", write_roles),
    write("UpdateRole", write_roles),
    write("PutRolePermissionsBoundary", write_roles).where_declared(|declared| declared.has("boundary")),
    write("DeleteRolePermissionsBoundary", write_roles).where_declared(|declared| declared.lacks("boundary")),
    write("PutRolePolicy", write_roles),
    write("DeleteRolePolicy", write_roles),
    // Likewise of roles.
    write("AttachRolePolicy", |_, names| {
        let roles = names.named("AttachOnlyDeclaredPolicies", roles(names));
        vec![roles.when("ArnEquals", "iam:PolicyARN", attached(names, "iam.role"))]
    })
    .where_declared(|declared| declared.has_members("managed")),
    write("DetachRolePolicy", write_roles),
    delete("DeleteRole", write_roles),
    // Instance profiles.
    write("CreateInstanceProfile", write_profiles)
        .where_declared(|declared| declared.is("instance_profile", true)),
    write("TagInstanceProfile", write_profiles)
        .where_declared(|declared| declared.is("instance_profile", true)),
    write("AddRoleToInstanceProfile", write_profiles)
        .where_declared(|declared| declared.is("instance_profile", true)),
    write("RemoveRoleFromInstanceProfile", write_profiles),
    write("DeleteInstanceProfile", write_profiles),
    // What other services ask for.
    Operation::implied("iam", "PassRole", pass_role),
    Operation::implied("iam", "CreateServiceLinkedRole", |kind, names| {
        let (sid, service) = match kind {
            "autoscaling.group" => ("LinkAutoScaling", "autoscaling.amazonaws.com"),
            "cloudtrail.trail" => ("LinkCloudTrail", "cloudtrail.amazonaws.com"),
            _ => ("LinkElasticLoadBalancing", "elasticloadbalancing.amazonaws.com"),
        };
        let role = names.iam(&format!("role/aws-service-role/{service}/*"));
        vec![names.named(sid, [role]).when("StringEquals", "iam:AWSServiceName", [service])]
    })
    .where_declared(|declared| declared.kind != "cloudtrail.trail" || declared.is("organization", true)),
];

/// Answers that are only true because another replica has not heard yet. Writes only: a read that says "not found" is an answer.
pub(super) const LAGS: &[Lag] = &[
    // Not the policy that is attached: a managed policy that does not exist never will.
    Lag::of("iam", "IAM-6", "NoSuchEntity", "role with name", ROLES, 120),
    Lag::of("iam", "IAM-6", "NoSuchEntity", "instance profile", ROLES, 120),
    Lag::of("iam", "IAM-6", "InvalidParameterValue", "invalid iam instance profile", ROLES, 120),
    Lag::of("iam", "IAM-3", "MalformedPolicyDocument", "invalid principal", ROLES, 120),
    Lag::of("iam", "IAM-11", "ConcurrentModification", "", &[], 120),
    Lag::of("iam", "IAM-12", "DeleteConflict", "", ROLES, 120),
];

fn roles(names: &Names<'_>) -> Vec<String> {
    names.all("iam.role", "role").map(|name| names.iam(&format!("role/{name}"))).collect()
}

fn profiles(names: &Names<'_>) -> Vec<String> {
    names.all("iam.role", "role").map(|name| names.iam(&format!("instance-profile/{name}"))).collect()
}

fn policies(names: &Names<'_>) -> Vec<String> {
    names.all("iam.policy", "arn").map(str::to_owned).collect()
}

/// Ours stand under a path of their own; one that is adopted stands elsewhere until then.
fn groups(names: &Names<'_>) -> Vec<String> {
    let at = |name: &str| [format!("group/{name}"), format!("group/*/{name}")].map(|arn| names.iam(&arn));
    names.all("iam.group", "group").flat_map(at).collect()
}

fn read_roles(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("ReadRoles", roles(names))]
}

fn write_roles(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("WriteRoles", roles(names))]
}

fn write_profiles(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("WriteInstanceProfiles", profiles(names))]
}

fn write_policies(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("WritePolicies", policies(names))]
}

fn read_groups(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("ReadGroups", groups(names))]
}

fn write_groups(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("WriteGroups", groups(names))]
}

/// The managed policies that the roles or groups of the file carry.
fn attached(names: &Names<'_>, kind: &str) -> Vec<String> {
    let mut arns = Vec::new();
    for (_, resource) in names.of_kind(kind) {
        if let Some(Value::Set(managed)) = resource.get("managed") {
            arns.extend(managed.iter().filter_map(|arn| match arn {
                Value::Str(arn) => Some(arn.clone()),
                _ => None,
            }));
        }
    }
    arns
}

/// The roles of instances, and to EC2 alone.
fn pass_role(_: &str, names: &Names<'_>) -> Vec<Grant> {
    let has_profile = |role: &Value| role.get("instance_profile") == Some(&Value::Bool(true));
    let with_profile = names.of_kind("iam.role").filter(|(_, role)| has_profile(role));
    let arns = with_profile.filter_map(|(_, role)| match role.get("role") {
        Some(Value::Str(name)) => Some(names.iam(&format!("role/{name}"))),
        _ => None,
    });
    let own = partition::named(names.scope.partition).map(|partition| partition.ec2_service);
    let to: BTreeSet<&str> = own.into_iter().chain(["ec2.amazonaws.com"]).collect();
    vec![names.named("PassRolesToInstances", arns).when("StringEquals", "iam:PassedToService", to)]
}
