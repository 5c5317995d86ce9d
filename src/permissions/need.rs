//! Which of a kind's writes a file can lead to.

use super::Request;
use crate::model::{KindMeta, Replace, Value, Wanted};

/// Actions that delete a thing of a kind as a whole.
const DELETIONS: [&str; 21] = [
    "s3:DeleteBucket",
    "iam:DeleteRole",
    "iam:ListInstanceProfilesForRole",
    "iam:DeleteGroup",
    "iam:DeletePolicy",
    "iam:ListEntitiesForPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:DeleteAlias",
    "cloudtrail:DeleteTrail",
    "ec2:DeleteVpc",
    "ec2:DeleteSubnet",
    "ec2:DeleteInternetGateway",
    "ec2:DeleteEgressOnlyInternetGateway",
    "ec2:ReleaseAddress",
    "ec2:DeleteRouteTable",
    "ec2:DeleteSecurityGroup",
    "ec2:DeleteNetworkAcl",
    "ec2:DeleteLaunchTemplate",
    "elasticloadbalancing:DeleteLoadBalancer",
    "elasticloadbalancing:DeleteTargetGroup",
    "autoscaling:DeleteAutoScalingGroup",
];

/// Whether applying the file may take that action of a kind.
pub(super) fn is_needed(
    kind: &str,
    action: &str,
    wanted: &Wanted,
    rules: &KindMeta,
    request: &Request<'_>,
) -> bool {
    if DELETIONS.contains(&action) {
        return request.deletions || rules.replace == Replace::DeleteFirst;
    }
    let mut things =
        wanted.things.iter().filter(|(addr, _)| addr.kind() == kind).map(|(_, want)| &want.value);
    let mut any = |attribute: &str, fits: &dyn Fn(&Value) -> bool| {
        things.any(|thing| thing.get(attribute).is_some_and(fits))
    };
    let is = |wanted: bool| move |value: &Value| *value == Value::Bool(wanted);
    let some = |value: &Value| *value != Value::Null;
    let entries = |value: &Value| matches!(value, Value::Dict(entries) if !entries.is_empty());
    let none = |value: &Value| *value == Value::Null;
    // Only what the file says: to stop a trail, to switch a protection off, to lock objects.
    match action {
        // AWS asks for these where the trail is an organization's.
        "iam:CreateServiceLinkedRole" | "iam:GetRole" if kind == "cloudtrail.trail" => {
            any("organization", &is(true))
        }
        "organizations:DescribeOrganization" | "organizations:ListAWSServiceAccessForOrganization" => {
            any("organization", &is(true))
        }
        "ec2:AssociateVpcCidrBlock" => any("ipv6", &some),
        "ec2:AssociateSubnetCidrBlock" => any("ipv6", &some),
        "elasticloadbalancing:SetIpAddressType" => any("address_type", &some),
        "cloudtrail:StopLogging" => any("logging", &is(false)),
        "kms:DisableKey" => any("enabled", &is(false)),
        "kms:DisableKeyRotation" => any("rotation_days", &none),
        "ec2:DisableEbsEncryptionByDefault" => any("enabled", &is(false)),
        "ec2:DisableImageBlockPublicAccess" | "ec2:DisableSnapshotBlockPublicAccess" => {
            any("state", &|state| *state == Value::from("unblocked"))
        }
        "s3:PutBucketObjectLockConfiguration" => any("object_lock", &some),
        "cloudwatch:PutMetricAlarm" | "cloudwatch:TagResource" => any("steps", &entries),
        "cloudwatch:DeleteAlarms" => request.deletions || any("steps", &entries),
        "autoscaling:StartInstanceRefresh" => any("instances", &some),
        "iam:AddUserToGroup" => any("members", &some),
        "iam:RemoveUserFromGroup" => request.deletions || any("members", &some),
        "iam:PutRolePermissionsBoundary" => any("boundary", &some),
        "iam:DeleteRolePermissionsBoundary" => any("boundary", &none),
        "iam:AttachRolePolicy" | "iam:AttachGroupPolicy" => {
            any("managed", &|set| matches!(set, Value::Set(items) if !items.is_empty()))
        }
        "iam:CreateInstanceProfile" | "iam:TagInstanceProfile" | "iam:AddRoleToInstanceProfile" => {
            any("instance_profile", &is(true))
        }
        _ => true,
    }
}

/// Whether an action only takes away or changes, so that making something new does not need it.
pub(super) fn takes_away(action: &str) -> bool {
    let operation = action.split_once(':').map_or(action, |(_, operation)| operation);
    [
        "Delete",
        "Remove",
        "Detach",
        "Disassociate",
        "Release",
        "Disable",
        "Cancel",
        "Stop",
        "Schedule",
        "Update",
        "Reset",
    ]
    .iter()
    .any(|verb| operation.starts_with(verb))
}
