//! What CloudTrail looks at before it accepts a trail: may it write to the bucket, may it use the key (CT-4 to CT-7).

use super::state::Trail;
use crate::sandbox::context::Context;
use crate::sandbox::organizations;
use crate::sandbox::policy::{Decision, Question, Who, decide};
use crate::sandbox::s3;
use crate::sandbox::wire::Fault;
use crate::sandbox::world::partition_of;

const CLOUDTRAIL: Who<'static> = Who::Service("cloudtrail.amazonaws.com");

/// What is known of a trail's bucket.
struct Bucket {
    region: String,
    policy: String,
    bucket_key: bool,
}

/// Checks a trail and gives the ARN of its key, where it has one (CT-14).
///
/// # Errors
/// The refusals of CT-4 to CT-9.
pub(super) fn check(cx: &mut Context<'_>, arn: &str, trail: &Trail) -> Result<Option<String>, Fault> {
    if trail.prefix.as_deref().is_some_and(|prefix| prefix.len() > 200) {
        let message = "The S3 key prefix may have 200 characters";
        return Err(Fault::client("InvalidS3PrefixException", message));
    }
    if trail.multi_region && !trail.global_events {
        let message = "Multi-Region trail must include global service events.";
        return Err(Fault::client("InvalidParameterCombinationException", message));
    }
    let organization = if trail.organization { Some(management(cx)?) } else { None };
    if let Some((group, role)) = &trail.log_group {
        check_log_group(cx, group, role)?;
    }
    let bucket = find_bucket(cx, &trail.bucket)?;
    let key = match &trail.key {
        Some(name) => Some(find_key(cx, name, &bucket.region)?),
        None => None,
    };
    check_bucket(
        cx,
        arn,
        trail,
        &bucket,
        organization.as_deref(),
        key.as_ref().map(|(key, _)| key.as_str()),
    )?;
    if let Some((key, policy)) = &key {
        check_key(cx, arn, trail, &bucket, key, policy)?;
    }
    Ok(key.map(|(key, _)| key))
}

/// The id of the organization that the caller manages (CT-9).
fn management(cx: &Context<'_>) -> Result<String, Fault> {
    let Some((management, organization)) = organizations::of(cx.world, cx.account_id()) else {
        let message = "The request could not be completed: the account is not a member of an organization";
        return Err(Fault::client("OrganizationsNotInUseException", message));
    };
    if management != cx.account_id() {
        let message = "Only the management account can do this";
        return Err(Fault::client("NotOrganizationMasterAccountException", message));
    }
    if !organization.trusted.contains("cloudtrail.amazonaws.com") {
        let message = "Trusted access for CloudTrail is not enabled in the organization";
        return Err(Fault::client("CloudTrailAccessNotEnabledException", message));
    }
    Ok(organization.id.clone())
}

fn check_log_group(cx: &Context<'_>, group: &str, role: &str) -> Result<(), Fault> {
    let well_formed = group.starts_with(&format!("arn:{}:logs:", cx.partition()))
        && group.contains(":log-group:")
        && group.ends_with(":*");
    if !well_formed {
        let message = "CloudTrail cannot validate the specified log group ARN.";
        return Err(Fault::client("InvalidCloudWatchLogsLogGroupArnException", message));
    }
    if cx.world.unique_id(role).is_none() {
        let message = "Access denied. Check the permissions for your role.";
        return Err(Fault::client("InvalidCloudWatchLogsRoleArnException", message));
    }
    Ok(())
}

/// What S3 says to CloudTrail where the bucket is gone: a trail shows it as its latest delivery error (`GetTrailStatus`).
pub(super) fn delivery_error(cx: &Context<'_>, trail: &Trail) -> Option<&'static str> {
    let is_there = cx.world.buckets.get(&trail.bucket).is_some_and(|owner| owner.released.is_none());
    (!is_there).then_some("NoSuchBucket")
}

fn find_bucket(cx: &mut Context<'_>, name: &str) -> Result<Bucket, Fault> {
    if !s3::is_valid_name(name) {
        let message = format!("Bucket name {name:?} is not valid");
        return Err(Fault::client("InvalidS3BucketNameException", message));
    }
    let lens = cx.lens();
    let owner = cx.world.buckets.get(name).filter(|owner| owner.released.is_none()).cloned();
    let bucket = owner.and_then(|owner| cx.world.account(&owner.account).s3.buckets.get(name));
    let Some(bucket) = bucket.filter(|bucket| lens.sees(bucket.created, name)) else {
        let message = format!("S3 bucket {name} does not exist!");
        return Err(Fault::client("S3BucketDoesNotExistException", message));
    };
    Ok(Bucket {
        region: bucket.region.clone(),
        // CT-10: a policy just written may not be seen yet.
        policy: bucket.policy_seen(lens, name).map(|policy| policy.written().to_owned()).unwrap_or_default(),
        bucket_key: bucket.uses_bucket_key(lens, name),
    })
}

/// The ARN and policy of a key, which must be where the bucket is (CT-6).
fn find_key(cx: &mut Context<'_>, name: &str, bucket_region: &str) -> Result<(String, String), Fault> {
    let (region, account) = if name.starts_with("arn:") {
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        let [_, _, "kms", region, account, _] = parts[..] else {
            let message = format!("{name} is neither a key nor an alias");
            return Err(Fault::client("InvalidKmsKeyIdException", message));
        };
        (region.to_owned(), account.to_owned())
    } else {
        (cx.region.clone(), cx.account_id().to_owned())
    };
    let missing = || {
        let message =
            format!("KMS key {name} is not found, or it and the S3 bucket are not in the same region.");
        Fault::client("KmsKeyNotFoundException", message)
    };
    if region != bucket_region || !cx.world.accounts.contains_key(&account) {
        return Err(missing());
    }
    let (lens, now) = (cx.lens(), cx.now());
    let kms = &mut cx.world.region(&account, &region).kms;
    kms.sweep(now);
    let (id, key) = kms.find(lens, name).ok_or_else(missing)?;
    if key.state() != "Enabled" || !key.is_symmetric() {
        let message = format!("KMS key {name} cannot be used: it is {} and {}", key.state(), key.spec);
        return Err(Fault::client("KmsException", message));
    }
    Ok((
        format!("arn:{}:kms:{region}:{account}:key/{id}", partition_of(&region)),
        key.policy.written().to_owned(),
    ))
}

/// CT-4: `GetBucketAcl` on the bucket, `PutObject` where the logs of this account go.
fn check_bucket(
    cx: &Context<'_>,
    arn: &str,
    trail: &Trail,
    bucket: &Bucket,
    organization: Option<&str>,
    key: Option<&str>,
) -> Result<(), Fault> {
    let account = cx.account_id();
    let mut context = vec![
        ("aws:SourceArn", arn),
        ("aws:SourceAccount", account),
        ("aws:SecureTransport", "true"),
        ("aws:PrincipalIsAWSService", "true"),
    ];
    let asked = |action, resource: &str, context: &[(&str, &str)]| {
        let question = Question { who: CLOUDTRAIL, action, resource, context };
        decide(&bucket.policy, &question) == Decision::Allowed
    };
    let root = format!("arn:{}:s3:::{}", cx.partition(), trail.bucket);
    let prefix = trail.prefix.as_deref().map(|prefix| format!("/{prefix}")).unwrap_or_default();
    let sees_acl = asked("s3:GetBucketAcl", &root, &context);
    context.push(("s3:x-amz-acl", "bucket-owner-full-control"));
    context.push(("s3:x-amz-server-side-encryption", if key.is_some() { "aws:kms" } else { "AES256" }));
    context.extend(key.map(|key| ("s3:x-amz-server-side-encryption-aws-kms-key-id", key)));
    // An organization's trail also writes for its own account (CT-4).
    let writes = std::iter::once(account).chain(organization).all(|folder| {
        let object = format!("{root}{prefix}/AWSLogs/{folder}/CloudTrail-Digest/{}/log.json.gz", cx.region);
        asked("s3:PutObject", &object, &context)
    });
    if sees_acl && writes {
        return Ok(());
    }
    Err(Fault::client(
        "InsufficientS3BucketPolicyException",
        format!("Incorrect S3 bucket policy is detected for bucket: {}", trail.bucket),
    ))
}

/// CT-5: data keys for this trail, a look at the key, and decryption where the bucket has a bucket key.
fn check_key(
    cx: &Context<'_>,
    arn: &str,
    trail: &Trail,
    bucket: &Bucket,
    key: &str,
    policy: &str,
) -> Result<(), Fault> {
    let context = [
        ("aws:SourceArn", arn),
        ("aws:SourceAccount", cx.account_id()),
        ("kms:EncryptionContext:aws:cloudtrail:arn", arn),
        ("aws:SecureTransport", "true"),
        ("aws:PrincipalIsAWSService", "true"),
    ];
    let asked = |action, context: &[(&str, &str)]| {
        let question = Question { who: CLOUDTRAIL, action, resource: key, context };
        decide(policy, &question) == Decision::Allowed
    };
    let without_data = [context[0], context[1], context[3], context[4]];
    let allowed = asked("kms:GenerateDataKey", &context)
        && asked("kms:DescribeKey", &without_data)
        && (!bucket.bucket_key || asked("kms:Decrypt", &context));
    if allowed {
        return Ok(());
    }
    Err(Fault::client(
        "InsufficientEncryptionPolicyException",
        format!("Insufficient permissions to access S3 bucket {} or KMS key {key}.", trail.bucket),
    ))
}
