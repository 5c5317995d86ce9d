//! What the trail needs of its bucket and its key.

use serde_json::{Value as Json, json};

use super::allow_service;
use crate::language::names::Names;

const SERVICE: &str = "cloudtrail.amazonaws.com";

/// Lets the trail write into its bucket (CT-4). `prefix` is empty or ends in a slash. The trail of an organization writes below the
/// path of the organization too.
pub(in crate::language) fn bucket(
    names: &Names<'_>,
    bucket_arn: &str,
    prefix: &str,
    organization: Option<&str>,
) -> Vec<Json> {
    let source = names.trail_arn();
    let write = |sid: &str, path: &str| {
        allow_service(
            sid,
            SERVICE,
            &["s3:PutObject"],
            &format!("{bucket_arn}/{prefix}AWSLogs/{path}/*"),
            json!({ "StringEquals": {
                "aws:SourceArn": source,
                "s3:x-amz-acl": "bucket-owner-full-control",
            } }),
        )
    };
    let mut statements = vec![
        allow_service(
            "AWSCloudTrailAclCheck",
            SERVICE,
            &["s3:GetBucketAcl"],
            bucket_arn,
            json!({ "StringEquals": { "aws:SourceArn": source } }),
        ),
        write("AWSCloudTrailWrite", names.place.account),
    ];
    statements.extend(organization.map(|id| write("AWSCloudTrailOrganizationWrite", id)));
    statements
}

/// Lets the trail encrypt with its key, and the readers decrypt log files with it (CT-5).
///
/// `into_kms` says that the trail's bucket itself encrypts with KMS.
pub(in crate::language) fn key(names: &Names<'_>, into_kms: bool, readers: &[String]) -> Vec<Json> {
    let source = names.trail_arn();
    let context = "kms:EncryptionContext:aws:cloudtrail:arn";
    let mut statements = vec![
        allow_service(
            "CloudTrailEncrypt",
            SERVICE,
            &["kms:GenerateDataKey*"],
            "*",
            json!({
                "StringEquals": { "aws:SourceArn": source },
                "StringLike": { context: names.arn("cloudtrail", "*", "trail/*") },
            }),
        ),
        allow_service(
            "CloudTrailDescribe",
            SERVICE,
            &["kms:DescribeKey"],
            "*",
            json!({ "StringEquals": { "aws:SourceArn": source } }),
        ),
    ];
    if into_kms {
        // A trail into a bucket with a bucket key is refused without it; AWS documents it without a condition.
        statements.push(allow_service("CloudTrailDecrypt", SERVICE, &["kms:Decrypt"], "*", json!({})));
    }
    if !readers.is_empty() {
        statements.push(json!({
            "Sid": "CloudTrailReaders",
            "Effect": "Allow",
            "Principal": { "AWS": readers },
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": { "Null": { context: "false" } },
        }));
    }
    statements
}

/// Lets the trail write where its bucket encrypts with a key that is not the trail's.
///
/// What the trail writes names its own key, or none of KMS; whatever it writes without a word falls to the bucket's.
pub(in crate::language) fn bucket_default_key(names: &Names<'_>) -> Json {
    allow_service(
        "CloudTrailIntoBucket",
        SERVICE,
        &["kms:GenerateDataKey*", "kms:Decrypt"],
        "*",
        json!({ "StringEquals": { "aws:SourceArn": names.trail_arn() } }),
    )
}
