//! S3, and its control service.

use super::grant::{Grant, Names, Scope};
use super::lag::{Lag, ROLES};
use super::operation::{Operation, Resources};

const fn read(name: &'static str) -> Operation {
    Operation::read("s3", name).on(bucket_read)
}

const fn write(name: &'static str) -> Operation {
    Operation::write("s3", name, bucket_write)
}

const fn control(name: &'static str, resources: Resources) -> Operation {
    Operation::read("s3control", name).on(resources)
}

/// Every operation.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("s3", "ListBuckets").action("ListAllMyBuckets"),
    read("GetBucketAcl"),
    read("GetBucketEncryption").action("GetEncryptionConfiguration"),
    read("GetBucketLifecycleConfiguration").action("GetLifecycleConfiguration"),
    read("GetBucketLogging"),
    read("GetBucketOwnershipControls"),
    read("GetBucketPolicy"),
    read("GetBucketPolicyStatus"),
    read("GetBucketTagging"),
    read("GetBucketVersioning"),
    read("GetObjectLockConfiguration").action("GetBucketObjectLockConfiguration"),
    read("GetPublicAccessBlock").action("GetBucketPublicAccessBlock"),
    write("CreateBucket"),
    Operation::delete("s3", "DeleteBucket", bucket_write),
    write("DeleteBucketEncryption").action("PutEncryptionConfiguration"),
    write("DeleteBucketLifecycle").action("PutLifecycleConfiguration"),
    write("DeleteBucketPolicy"),
    write("DeleteBucketTagging").action("PutBucketTagging"),
    write("PutBucketAcl"),
    write("PutBucketEncryption").action("PutEncryptionConfiguration"),
    write("PutBucketLifecycleConfiguration").action("PutLifecycleConfiguration"),
    write("PutBucketLogging"),
    write("PutBucketOwnershipControls"),
    write("PutBucketPolicy"),
    write("PutBucketTagging"),
    write("PutBucketVersioning"),
    write("PutObjectLockConfiguration")
        .action("PutBucketObjectLockConfiguration")
        .where_declared(|declared| declared.has("object_lock")),
    write("PutPublicAccessBlock").action("PutBucketPublicAccessBlock"),
    write("TagResource"),
    Operation::read("s3control", "GetPublicAccessBlock").action("GetAccountPublicAccessBlock"),
    Operation::write_setting("s3control", "PutPublicAccessBlock").action("PutAccountPublicAccessBlock"),
    Operation::read("s3control", "ListAccessPoints"),
    Operation::read("s3control", "GetAccessPoint"),
    Operation::read("s3control", "ListMultiRegionAccessPoints"),
    control("GetAccessPointPolicy", access_points),
    control("GetAccessPointPolicyStatus", access_points),
    control("GetMultiRegionAccessPointPolicy", access_points_of_several_regions),
    control("GetMultiRegionAccessPointPolicyStatus", access_points_of_several_regions),
];

/// Answers that are only true because another replica has not heard yet. Writes only: a read that says "not found" is an answer.
pub(super) const LAGS: &[Lag] = &[
    Lag::of("s3", "S3-19", "NoSuchBucket", "", &["s3.bucket"], 120),
    Lag::of("s3", "S3-19", "OperationAborted", "", &["s3.bucket"], 180),
    Lag::of("s3", "S3-6", "AccessDenied", "", &["s3.bucket", "s3.account-public-access"], 30),
    Lag::of("s3", "S3-19", "MalformedPolicy", "invalid principal", ROLES, 120),
    Lag::of("s3", "S3-16", "InvalidTargetBucketForLogging", "", &["s3.bucket"], 60),
];

fn declared_buckets(names: &Names<'_>) -> Vec<String> {
    let buckets = names.all("s3.bucket", "bucket");
    buckets.map(|name| format!("arn:{}:s3:::{name}", names.scope.partition)).collect()
}

fn bucket_read(kind: &str, names: &Names<'_>) -> Vec<Grant> {
    if kind.is_empty() {
        // Rules about public buckets look at every bucket there is.
        let every = format!("arn:{}:s3:::*", names.scope.partition);
        return vec![names.named("EveryBucketIsLookedAt", [every])];
    }
    vec![names.named("ReadBuckets", declared_buckets(names))]
}

fn bucket_write(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("WriteBuckets", declared_buckets(names))]
}

fn access_points(_: &str, names: &Names<'_>) -> Vec<Grant> {
    let Scope { partition, account, .. } = names.scope;
    vec![names.named("ReadAccessPoints", [format!("arn:{partition}:s3:*:{account}:accesspoint/*")])]
}

fn access_points_of_several_regions(_: &str, names: &Names<'_>) -> Vec<Grant> {
    let Scope { partition, account, .. } = names.scope;
    let every = format!("arn:{partition}:s3::{account}:accesspoint/*");
    vec![names.named("ReadAccessPointsOfSeveralRegions", [every])]
}
