//! The one list of what scenarios on moto 5.2.5 leave out, and why. docs/emulator-gaps.md is its page.

/// Kinds that moto does not answer for.
pub fn kind(name: &str) -> Option<&'static str> {
    KINDS.iter().find(|(kind, _)| *kind == name).map(|(_, reason)| *reason)
}

/// Attributes that moto loses or gets wrong.
pub fn attribute(kind: &str, attribute: &str) -> Option<&'static str> {
    ATTRIBUTES.iter().find(|(k, a, _)| *k == kind && *a == attribute).map(|(_, _, reason)| *reason)
}

/// Declared actions that no call shows: AWS checks them behind another call, or the path to them needs an account state that the contract does not make.
pub fn action_is_not_seen(kind: &str, action: &str) -> bool {
    HIDDEN.contains(&action) || UNMADE.contains(&(kind, action))
}

/// Kinds that moto does not answer for.
pub const KINDS: &[(&str, &str)] = &[
    ("ec2.instance-metadata-defaults", "moto answers 500 to GetInstanceMetadataDefaults"),
    ("ec2.snapshot-public-access", "moto answers 500 to GetSnapshotBlockPublicAccessState"),
    ("ec2.image-public-access", "moto answers 500 to GetImageBlockPublicAccessState"),
];

/// Attributes that moto loses or gets wrong.
pub const ATTRIBUTES: &[(&str, &str, &str)] =
    &[("kms.key", "rotation_days", "moto loses the rotation period")];

/// Actions that AWS checks behind another call (aws-truths 4.1, 4.2).
const HIDDEN: &[&str] = &[
    "ec2:CreateTags",
    "elasticloadbalancing:AddTags",
    "cloudtrail:AddTags",
    "kms:TagResource",
    "s3:TagResource",
    "iam:PassRole",
    "iam:TagRole",
    "iam:TagInstanceProfile",
    "iam:CreateServiceLinkedRole",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "ssm:GetParameters",
    "autoscaling:CreateOrUpdateTags",
];

/// Actions of paths the contract does not walk.
const UNMADE: &[(&str, &str)] = &[];
