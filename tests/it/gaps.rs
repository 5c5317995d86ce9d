//! The one list of what scenarios leave out on an emulator, and why. `gaps_page.rs` makes docs/emulator-gaps.md of it.

use crate::emulator::Which::{self, Moto};

/// Why nothing of a kind is asked of an emulator.
pub fn kind(on: Which, name: &str) -> Option<&'static str> {
    why(KINDS, on, name)
}

/// Why an attribute is not changed on an emulator.
pub fn attribute(on: Which, kind: &str, attribute: &str) -> Option<&'static str> {
    let row = ATTRIBUTES.iter().find(|(w, k, a, _)| *w == on && *k == kind && *a == attribute);
    row.map(|(.., reason)| *reason)
}

/// Why a thing of a kind is not tagged anew on an emulator.
pub fn adoption(on: Which, name: &str) -> Option<&'static str> {
    why(ADOPTIONS, on, name)
}

/// Why a thing of a kind is not made a second time on an emulator.
pub fn again(on: Which, name: &str) -> Option<&'static str> {
    why(SECOND_CREATIONS, on, name)
}

fn why(list: &[(Which, &str, &'static str)], on: Which, kind: &str) -> Option<&'static str> {
    list.iter().find(|(which, name, _)| *which == on && *name == kind).map(|(.., reason)| *reason)
}

/// Whether a declared action is one that the contract does not see.
pub fn action_is_not_seen(on: Which, kind: &str, action: &str) -> bool {
    let here = |which: &Option<Which>| which.is_none_or(|which| which == on);
    HIDDEN.iter().any(|(hidden, _)| *hidden == action)
        || UNMADE.iter().any(|(which, k, unmade, _)| here(which) && *k == kind && *unmade == action)
}

/// Kinds that an emulator does not answer for.
pub const KINDS: &[(Which, &str, &str)] = &[
    (Moto, "ec2.instance-metadata-defaults", "moto answers 500 to GetInstanceMetadataDefaults"),
    (Moto, "ec2.snapshot-public-access", "moto answers 500 to GetSnapshotBlockPublicAccessState"),
    (Moto, "ec2.image-public-access", "moto answers 500 to GetImageBlockPublicAccessState"),
];

/// Attributes that an emulator loses or gets wrong.
pub const ATTRIBUTES: &[(Which, &str, &str, &str)] = &[
    (Moto, "ec2.ebs-encryption", "kms_key", "moto answers 500 to GetEbsDefaultKmsKeyId"),
    (
        Moto,
        "cloudtrail.trail",
        "insights",
        "moto adds what PutInsightSelectors sends and never takes any away",
    ),
    (Moto, "ec2.vpc-endpoint", "private_dns", "moto does not hear PrivateDnsEnabled in ModifyVpcEndpoint"),
];

/// Values that an emulator does not take; the contract changes the attribute with others.
pub const VALUES: &[(Which, &str, &str, &str)] = &[
    (Moto, "ec2.security-group", "rules to prefix lists", "moto shows no prefix list in a rule"),
    (
        Moto,
        "ec2.security-group",
        "rules of protocols without ports",
        "moto answers 500 to a rule of protocol 50",
    ),
];

/// Kinds whose tags an emulator does not change.
pub const ADOPTIONS: &[(Which, &str, &str)] = &[
    (
        Moto,
        "ec2.launch-template",
        "moto shows the tags a launch template was created with, whatever is put on later",
    ),
    (Moto, "iam.group", "moto gives a group a new path only together with a new name"),
];

/// Kinds of which an emulator cannot make a second thing where a first was deleted.
pub const SECOND_CREATIONS: &[(Which, &str, &str)] =
    &[(Moto, "ec2.nat-gateway", "moto does not give back the address of a deleted NAT gateway")];

/// Actions that AWS checks behind another call, which has another name.
pub const HIDDEN: &[(&str, &str)] = &[
    ("ec2:CreateTags", "checked when a thing is created with tags"),
    ("elasticloadbalancing:AddTags", "checked when a thing is created with tags"),
    ("cloudtrail:AddTags", "checked when a trail is created with tags"),
    ("cloudwatch:TagResource", "checked when an alarm is created with tags"),
    ("kms:TagResource", "checked when a key is created with tags"),
    ("s3:TagResource", "checked when a bucket is created with tags"),
    ("iam:TagPolicy", "checked when a policy is created with tags"),
    ("iam:TagRole", "checked when a role is created with tags"),
    ("iam:TagInstanceProfile", "checked when an instance profile is created with tags"),
    ("autoscaling:CreateOrUpdateTags", "checked when a group is created with tags"),
    ("iam:PassRole", "checked when a role is handed to a service"),
    ("ssm:GetParameters", "checked when an image is named by a parameter"),
];

const STEPS: &str =
    "in tests of its own: only for steps; moto does not speak the SDK's protocol for CloudWatch";

/// Actions on paths the contract does not walk, on one emulator or on either.
pub const UNMADE: &[(Option<Which>, &str, &str, &str)] = &[
    (None, "autoscaling.group", "autoscaling:DescribeScalingActivities", "where instances are missing"),
    (
        None,
        "autoscaling.group",
        "autoscaling:DescribeInstanceRefreshes",
        "in tests of its own: only with instance_refresh; moto lacks it",
    ),
    (
        None,
        "autoscaling.group",
        "autoscaling:StartInstanceRefresh",
        "in tests of its own: only with instance_refresh; moto lacks it",
    ),
    (None, "autoscaling.group", "cloudwatch:DescribeAlarms", STEPS),
    (None, "autoscaling.group", "cloudwatch:ListTagsForResource", STEPS),
    (None, "autoscaling.group", "cloudwatch:PutMetricAlarm", STEPS),
    (None, "autoscaling.group", "cloudwatch:DeleteAlarms", STEPS),
    (None, "elb.load-balancer", "elasticloadbalancing:DeleteRule", "in a test of its own"),
    (None, "ec2.launch-template", "ec2:DescribeImages", "made for an image that is not Amazon Linux"),
    (
        Some(Moto),
        "iam.group",
        "iam:UpdateGroup",
        "moto gives a group a new path only together with a new name",
    ),
    (None, "iam.group", "iam:AddUserToGroup", "no kind makes users; the posture tests have some"),
    (None, "iam.group", "iam:RemoveUserFromGroup", "no kind makes users; the posture tests have some"),
    (Some(Moto), "ec2.ebs-encryption", "ec2:GetEbsDefaultKmsKeyId", "moto answers 500"),
    (Some(Moto), "ec2.ebs-encryption", "ec2:ModifyEbsDefaultKmsKeyId", "moto answers 500"),
    (Some(Moto), "ec2.ebs-encryption", "ec2:ResetEbsDefaultKmsKeyId", "moto answers 500"),
    (None, "ec2.vpc", "ec2:AssociateVpcCidrBlock", "in tests of its own: of a network that is there"),
    (
        None,
        "elb.load-balancer",
        "elasticloadbalancing:SetIpAddressType",
        "in tests of its own: only in subnets with IPv6",
    ),
    (None, "ec2.vpc", "ec2:UpdateSecurityGroupRuleDescriptionsIngress", "in a test of its own"),
    (None, "ec2.vpc", "ec2:UpdateSecurityGroupRuleDescriptionsEgress", "in a test of its own"),
    (
        None,
        "ec2.network-acl",
        "ec2:ReplaceNetworkAclEntry",
        "only at the quota: the order of writes is a property of its own",
    ),
    (None, "ec2.network-acl", "ec2:DeleteTags", "in tests of its own: only for a block that has ended"),
    (
        None,
        "ec2.security-group",
        "ec2:DeleteTags",
        "in tests of its own: only for who was let in for a while",
    ),
    (None, "s3.bucket", "s3:GetBucketAcl", "in a test of its own: only where ACLs are on"),
    (None, "s3.bucket", "s3:PutBucketAcl", "in a test of its own: only where an ACL grants something"),
    (None, "s3.bucket", "s3:GetBucketObjectLockConfiguration", "in a test of its own: a lock stays"),
    (None, "s3.bucket", "s3:PutBucketObjectLockConfiguration", "in a test of its own: a lock stays"),
    (None, "autoscaling.group", "autoscaling:ResumeProcesses", "among the changes made by hand"),
    (None, "s3.bucket", "s3:PutBucketTagging", "only in regions without TagResource for buckets"),
    (None, "s3.bucket", "s3:ListAllMyBuckets", "only where the name exists in another account or region"),
    (None, "kms.key", "kms:UpdateAlias", "only where the alias names another key by then"),
    (None, "ec2.route-table", "ec2:ReplaceRouteTableAssociation", "among the changes made by hand"),
    (None, "kms.key", "kms:CancelKeyDeletion", "among the changes made by hand"),
    (None, "kms.key", "kms:ListAliases", "only for a key that is owned and no longer declared"),
];
