//! The IAM action that an operation needs; S3's are often called otherwise ("Required permissions for Amazon S3 API
//! operations", Amazon S3 User Guide).

/// Operations that need no permission at all (AWS STS API Reference; AssumeRoot is decided by its handler).
const FREE: &[&str] = &["sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRoot"];

/// The IAM action of an operation, by the service's signing name; nothing for what everybody may.
pub fn of(service: &str, operation: &str) -> Option<String> {
    let (prefix, name) = match service {
        "s3" => ("s3", of_s3(operation)),
        "s3control" => ("s3", of_s3_control(operation)),
        "monitoring" => ("cloudwatch", operation),
        "tagging" => ("tag", operation),
        other => (other, operation),
    };
    Some(format!("{prefix}:{name}")).filter(|action| !FREE.contains(&action.as_str()))
}

/// The same for one call: what names a version of an object needs another action.
pub fn of_call(call: &super::Call<'_>) -> Option<String> {
    let of_version = match (call.service, call.operation) {
        ("s3", "DeleteObject") => "s3:DeleteObjectVersion",
        ("s3", "GetObject" | "HeadObject") => "s3:GetObjectVersion",
        _ => return of(call.service, call.operation),
    };
    match call.text("versionId") {
        Some(_) => Some(of_version.to_owned()),
        None => of(call.service, call.operation),
    }
}

fn of_s3(operation: &str) -> &str {
    match operation {
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
        "ListBuckets" => "ListAllMyBuckets",
        "ListObjectVersions" => "ListBucketVersions",
        "ListMultipartUploads" => "ListBucketMultipartUploads",
        "ListParts" => "ListMultipartUploadParts",
        "HeadObject" => "GetObject",
        "CompleteMultipartUpload" | "CopyObject" | "CreateMultipartUpload" | "UploadPart" => "PutObject",
        "DeleteObjects" => "DeleteObject",
        "GetBucketEncryption" => "GetEncryptionConfiguration",
        "PutBucketEncryption" | "DeleteBucketEncryption" => "PutEncryptionConfiguration",
        "GetBucketLifecycleConfiguration" => "GetLifecycleConfiguration",
        "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle" => "PutLifecycleConfiguration",
        "GetPublicAccessBlock" => "GetBucketPublicAccessBlock",
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => "PutBucketPublicAccessBlock",
        "DeleteBucketTagging" => "PutBucketTagging",
        "DeleteBucketOwnershipControls" => "PutBucketOwnershipControls",
        "GetObjectLockConfiguration" => "GetBucketObjectLockConfiguration",
        "PutObjectLockConfiguration" => "PutBucketObjectLockConfiguration",
        "GetBucketAccelerateConfiguration" => "GetAccelerateConfiguration",
        "PutBucketAccelerateConfiguration" => "PutAccelerateConfiguration",
        "GetBucketCors" => "GetBucketCORS",
        "PutBucketCors" | "DeleteBucketCors" => "PutBucketCORS",
        "GetBucketNotificationConfiguration" => "GetBucketNotification",
        "PutBucketNotificationConfiguration" => "PutBucketNotification",
        "GetBucketReplication" => "GetReplicationConfiguration",
        "PutBucketReplication" | "DeleteBucketReplication" => "PutReplicationConfiguration",
        other => other,
    }
}

fn of_s3_control(operation: &str) -> &str {
    match operation {
        "GetPublicAccessBlock" => "GetAccountPublicAccessBlock",
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => "PutAccountPublicAccessBlock",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference;
    use super::*;
    use crate::sandbox::service::SERVICES;

    #[test]
    fn every_operation_needs_an_action_that_aws_lists() {
        for service in SERVICES {
            for operation in service.rows() {
                let action = of(service.name, operation.name);
                let known = action.as_deref().is_none_or(|action| reference::action(action).is_some());
                assert!(known, "{action:?} of {} is not in the reference", operation.name);
            }
        }
    }
}
