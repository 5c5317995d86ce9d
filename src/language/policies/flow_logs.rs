//! What flow logs need of their bucket and its key (NET-8).

use serde_json::{Value as Json, json};

use super::allow_service;
use crate::language::names::Names;

const SERVICE: &str = "delivery.logs.amazonaws.com";

fn conditions(names: &Names<'_>) -> Json {
    let default_network = names.file.default_network.as_ref();
    let everywhere = default_network.is_some_and(|network| network.flow_log_bucket().is_some());
    let region = if everywhere { "*" } else { names.region() };
    json!({
        "StringEquals": { "aws:SourceAccount": names.place.account },
        "ArnLike": { "aws:SourceArn": names.arn("logs", region, "*") },
    })
}

/// Lets the delivery of flow logs write into a bucket.
pub(in crate::language) fn bucket(names: &Names<'_>, bucket_arn: &str) -> Vec<Json> {
    let logs = format!("{bucket_arn}/AWSLogs/{}/*", names.place.account);
    let mut documented = conditions(names);
    documented["StringEquals"]["s3:x-amz-acl"] = json!("bucket-owner-full-control");
    vec![
        allow_service("AWSLogDeliveryAclCheck", SERVICE, &["s3:GetBucketAcl"], bucket_arn, conditions(names)),
        // The form AWS documents: CreateFlowLogs overwrites a policy in which it does not find it.
        allow_service("AWSLogDeliveryWrite", SERVICE, &["s3:PutObject"], &logs, documented),
        // With ACLs switched off, deliveries were seen that carry no ACL header: the form above denies them in silence.
        allow_service("AWSLogDeliveryWriteWithoutAcl", SERVICE, &["s3:PutObject"], &logs, conditions(names)),
    ]
}

/// Lets the delivery of flow logs encrypt with the key of its bucket.
pub(in crate::language) fn key(names: &Names<'_>) -> Json {
    let actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];
    allow_service("FlowLogs", SERVICE, &actions, "*", conditions(names))
}
