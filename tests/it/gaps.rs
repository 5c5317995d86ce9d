//! The one list of what scenarios on moto leave out, and why. docs/emulator-gaps.md is its page.

use std::fmt::Write;

/// Why nothing of a kind is asked of moto.
pub fn kind(name: &str) -> Option<&'static str> {
    KINDS.iter().find(|(kind, _)| *kind == name).map(|(_, reason)| *reason)
}

/// Why an attribute is not changed on moto.
pub fn attribute(kind: &str, attribute: &str) -> Option<&'static str> {
    ATTRIBUTES.iter().find(|(k, a, _)| *k == kind && *a == attribute).map(|(_, _, reason)| *reason)
}

/// Why a thing of a kind is not tagged anew on moto.
pub fn adoption(name: &str) -> Option<&'static str> {
    ADOPTIONS.iter().find(|(kind, _)| *kind == name).map(|(_, reason)| *reason)
}

/// Why a thing of a kind is not made a second time on moto.
pub fn again(name: &str) -> Option<&'static str> {
    SECOND_CREATIONS.iter().find(|(kind, _)| *kind == name).map(|(_, reason)| *reason)
}

/// Whether a declared action is one that the contract does not see.
pub fn action_is_not_seen(kind: &str, action: &str) -> bool {
    HIDDEN.iter().any(|(hidden, _)| *hidden == action)
        || UNMADE.iter().any(|(k, unmade, _)| *k == kind && *unmade == action)
}

/// Kinds that moto does not answer for.
pub const KINDS: &[(&str, &str)] = &[
    ("ec2.instance-metadata-defaults", "moto answers 500 to GetInstanceMetadataDefaults"),
    ("ec2.snapshot-public-access", "moto answers 500 to GetSnapshotBlockPublicAccessState"),
    ("ec2.image-public-access", "moto answers 500 to GetImageBlockPublicAccessState"),
];

/// Attributes that moto loses or gets wrong.
pub const ATTRIBUTES: &[(&str, &str, &str)] =
    &[("cloudtrail.trail", "insights", "moto adds what PutInsightSelectors sends and never takes any away")];

/// Kinds whose tags moto does not change.
pub const ADOPTIONS: &[(&str, &str)] = &[
    (
        "ec2.launch-template",
        "moto shows the tags a launch template was created with, whatever is put on later",
    ),
    ("iam.group", "moto gives a group a new path only together with a new name"),
];

/// Kinds of which moto cannot make a second thing where a first was deleted.
pub const SECOND_CREATIONS: &[(&str, &str)] =
    &[("ec2.nat-gateway", "moto does not give back the address of a deleted NAT gateway")];

/// Actions that AWS checks behind another call, which has another name.
const HIDDEN: &[(&str, &str)] = &[
    ("ec2:CreateTags", "checked when a thing is created with tags"),
    ("elasticloadbalancing:AddTags", "checked when a thing is created with tags"),
    ("cloudtrail:AddTags", "checked when a trail is created with tags"),
    ("kms:TagResource", "checked when a key is created with tags"),
    ("s3:TagResource", "checked when a bucket is created with tags"),
    ("iam:TagRole", "checked when a role is created with tags"),
    ("iam:TagInstanceProfile", "checked when an instance profile is created with tags"),
    ("autoscaling:CreateOrUpdateTags", "checked when a group is created with tags"),
    ("iam:PassRole", "checked when a role is handed to a service"),
    ("iam:CreateServiceLinkedRole", "checked when the first thing of a service is made"),
    ("ec2:RunInstances", "checked when a group is given a launch template"),
    ("ssm:GetParameters", "checked when an image is named by a parameter"),
    ("logs:CreateLogDelivery", "checked when a flow log is created"),
    ("logs:DeleteLogDelivery", "checked when a flow log is deleted"),
];

/// Actions on paths the contract does not walk.
const UNMADE: &[(&str, &str, &str)] = &[
    ("iam.group", "iam:UpdateGroup", "moto gives a group a new path only together with a new name"),
    ("iam.group", "iam:AddUserToGroup", "no kind makes users; the posture tests have some"),
    ("iam.group", "iam:RemoveUserFromGroup", "no kind makes users; the posture tests have some"),
    ("ec2.ebs-encryption", "ec2:GetEbsDefaultKmsKeyId", "moto answers 500"),
    ("ec2.ebs-encryption", "ec2:ModifyEbsDefaultKmsKeyId", "moto answers 500"),
    ("ec2.ebs-encryption", "ec2:ResetEbsDefaultKmsKeyId", "moto answers 500"),
    ("ec2.vpc", "ec2:UpdateSecurityGroupRuleDescriptionsIngress", "in a test of its own"),
    ("ec2.vpc", "ec2:UpdateSecurityGroupRuleDescriptionsEgress", "in a test of its own"),
    ("s3.bucket", "s3:GetBucketObjectLockConfiguration", "in a test of its own: a lock stays"),
    ("s3.bucket", "s3:PutBucketObjectLockConfiguration", "in a test of its own: a lock stays"),
    ("kms.key", "kms:UpdateAlias", "only where the alias names another key by then"),
    ("ec2.route-table", "ec2:ReplaceRouteTableAssociation", "among the changes made by hand"),
    ("kms.key", "kms:CancelKeyDeletion", "among the changes made by hand"),
];

/// The page of these lists.
fn page() -> String {
    let mut page = "# What the emulator does not show\n\n\
        Scenarios run against moto 5.2.5. This page is written from `tests/it/gaps.rs`\n\
        (`BASELINE_BLESS=1 cargo test --test it gaps::`); what is listed here has not been tried on it.\n\n\
        | kind | what | why |\n|---|---|---|\n"
        .to_owned();
    let mut row = |kind: &str, what: &str, why: &str| {
        writeln!(page, "| `{kind}` | {what} | {why} |").unwrap();
    };
    KINDS.iter().for_each(|(kind, why)| row(kind, "everything", why));
    ATTRIBUTES.iter().for_each(|(kind, attribute, why)| row(kind, &format!("changes of `{attribute}`"), why));
    ADOPTIONS.iter().for_each(|(kind, why)| row(kind, "adoption", why));
    SECOND_CREATIONS.iter().for_each(|(kind, why)| row(kind, "creation after a deletion", why));
    page.push_str(
        "\n## Declared IAM actions that the contract does not see\n\n\
        Every other declared action is one of a call that the contract saw, and every call it saw is declared.\n\n\
        | kind | action | why |\n|---|---|---|\n",
    );
    let mut row = |kind: &str, action: &str, why: &str| {
        writeln!(page, "| {kind} | `{action}` | {why} |").unwrap();
    };
    HIDDEN.iter().for_each(|(action, why)| row("any", action, why));
    UNMADE.iter().for_each(|(kind, action, why)| row(&format!("`{kind}`"), action, why));
    page
}

#[test]
fn the_page_of_gaps_says_what_the_list_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/emulator-gaps.md");
    if std::env::var_os("BASELINE_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page(), "write it with BASELINE_BLESS=1");
}
