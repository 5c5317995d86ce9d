//! The IAM action of an API call, where the two differ (aws-truths 4.1).

/// The action that a call of the SDK's service and operation needs.
pub fn action(service: &str, operation: &str) -> String {
    let action = match operation {
        "ListBuckets" => "s3:ListAllMyBuckets",
        "HeadBucket" | "ListObjectsV2" => "s3:ListBucket",
        "ListObjectVersions" => "s3:ListBucketVersions",
        "GetBucketEncryption" => "s3:GetEncryptionConfiguration",
        "PutBucketEncryption" | "DeleteBucketEncryption" => "s3:PutEncryptionConfiguration",
        "GetBucketLifecycleConfiguration" => "s3:GetLifecycleConfiguration",
        "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle" => "s3:PutLifecycleConfiguration",
        "GetObjectLockConfiguration" => "s3:GetBucketObjectLockConfiguration",
        "PutObjectLockConfiguration" => "s3:PutBucketObjectLockConfiguration",
        "GetPublicAccessBlock" if is(service, "s3 control") => "s3:GetAccountPublicAccessBlock",
        "PutPublicAccessBlock" if is(service, "s3 control") => "s3:PutAccountPublicAccessBlock",
        "GetPublicAccessBlock" => "s3:GetBucketPublicAccessBlock",
        "PutPublicAccessBlock" => "s3:PutBucketPublicAccessBlock",
        "DeleteBucketTagging" => "s3:PutBucketTagging",
        _ => return format!("{}:{operation}", prefix(service)),
    };
    action.to_owned()
}

fn is(service: &str, name: &str) -> bool {
    service.to_lowercase().contains(name)
}

fn prefix(service: &str) -> String {
    match service.to_lowercase().as_str() {
        "auto scaling" => "autoscaling".to_owned(),
        "elastic load balancing v2" => "elasticloadbalancing".to_owned(),
        "resource groups tagging api" => "tag".to_owned(),
        "s3 control" => "s3".to_owned(),
        other => other.replace(' ', ""),
    }
}
