//! The IAM action of an API call, where the two have different names (aws-truths 4.1).

/// The IAM action that a call needs, by the SDK's names of service and operation.
pub fn action(service: &str, operation: &str) -> String {
    let service = service.to_lowercase();
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
        "GetPublicAccessBlock" if is_s3_control(&service) => "s3:GetAccountPublicAccessBlock",
        "PutPublicAccessBlock" if is_s3_control(&service) => "s3:PutAccountPublicAccessBlock",
        "GetPublicAccessBlock" => "s3:GetBucketPublicAccessBlock",
        "PutPublicAccessBlock" => "s3:PutBucketPublicAccessBlock",
        "DeleteBucketTagging" => "s3:PutBucketTagging",
        _ => return format!("{}:{operation}", prefix(&service)),
    };
    action.to_owned()
}

fn is_s3_control(service: &str) -> bool {
    ["s3 control", "s3control"].contains(&service)
}

fn prefix(service: &str) -> String {
    match service {
        "auto scaling" => "autoscaling".to_owned(),
        "elastic load balancing" | "elastic load balancing v2" | "elasticloadbalancingv2" => {
            "elasticloadbalancing".to_owned()
        }
        "resource groups tagging api" | "resourcegroupstagging" => "tag".to_owned(),
        "s3 control" | "s3control" => "s3".to_owned(),
        other => other.replace(' ', ""),
    }
}
