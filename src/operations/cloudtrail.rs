//! CloudTrail.

use super::grant::{Grant, Names, Scope};
use super::lag::Lag;
use super::operation::Operation;

const fn read(name: &'static str) -> Operation {
    Operation::read("cloudtrail", name).on(read_trails)
}

const fn write(name: &'static str) -> Operation {
    Operation::write("cloudtrail", name, write_trails)
}

/// Every operation.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("cloudtrail", "DescribeTrails"),
    read("GetEventSelectors"),
    read("GetInsightSelectors"),
    read("GetTrailStatus"),
    read("ListTags"),
    write("CreateTrail").checks(
        &[
            "iam:CreateServiceLinkedRole",
            "iam:GetRole",
            "organizations:DescribeOrganization",
            "organizations:ListAWSServiceAccessForOrganization",
        ],
        "AWS CloudTrail User Guide, \"Prepare for creating a trail for your organization\": for an organization's trail",
    ),
    write("UpdateTrail").checks(
        &["organizations:DescribeOrganization", "organizations:ListAWSServiceAccessForOrganization"],
        "the same page",
    ),
    write("AddTags"),
    write("PutEventSelectors"),
    write("PutInsightSelectors"),
    write("StartLogging"),
    write("StopLogging").where_declared(|declared| declared.is("logging", false)),
    Operation::delete("cloudtrail", "DeleteTrail", write_trails),
];

/// Answers that are only true because another replica has not heard yet. Writes only: a read that says "not found" is an answer.
pub(super) const LAGS: &[Lag] = &[
    Lag::of("cloudtrail", "CT-11", "ConflictException", "", &[], 300),
    Lag::of("cloudtrail", "CT-10", "InsufficientS3BucketPolicyException", "", &["s3.bucket"], 120),
    Lag::of(
        "cloudtrail",
        "CT-10",
        "InsufficientEncryptionPolicyException",
        "",
        &["s3.bucket", "kms.key"],
        120,
    ),
    Lag::of("cloudtrail", "CT-10", "KmsException", "", &["kms.key"], 120),
    Lag::of("cloudtrail", "CT-12", "TrailNotFoundException", "", &["cloudtrail.trail"], 120),
];

fn declared_trails(names: &Names<'_>) -> Vec<String> {
    let trails = names.all("cloudtrail.trail", "trail");
    trails.map(|name| names.regional("cloudtrail", &format!("trail/{name}"))).collect()
}

fn read_trails(kind: &str, names: &Names<'_>) -> Vec<Grant> {
    if kind.is_empty() {
        let Scope { partition, account, .. } = names.scope;
        let every = format!("arn:{partition}:cloudtrail:*:{account}:trail/*");
        return vec![names.named("EveryTrailIsLookedAt", [every])];
    }
    vec![names.named("ReadTrails", declared_trails(names))]
}

fn write_trails(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("WriteTrails", declared_trails(names))]
}
