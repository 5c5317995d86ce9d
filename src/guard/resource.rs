//! Policies on buckets and keys.

use super::{Caller, Lockout, Said, losses, policy_in, speaks, text, who};
use crate::model::{Addr, Value};
use crate::policy::{Ask, Effect, Policy};

/// What a person needs to read a bucket and to put its policy right.
const BUCKET: &[&str] = &[
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:ListBucket",
    "s3:GetBucketLocation",
    "s3:GetEncryptionConfiguration",
    "s3:GetBucketVersioning",
    "s3:GetLifecycleConfiguration",
];

/// The root user of a bucket's account can always delete its policy (DeleteBucketPolicy, Amazon S3 API Reference).
const BUCKET_RECOVERY: &str = "the root user of the account, or the organization's management account with sts:AssumeRoot and the \
                               task S3UnlockBucketPolicy";

/// What a person needs to read a key and to put its policy right.
const KEY: &[&str] = &[
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:PutKeyPolicy",
    "kms:EnableKey",
    "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion",
];

/// "If no one can manage the key, contact AWS Support" (Key policies in AWS KMS, Developer Guide).
const KEY_RECOVERY: &str = "another principal that the key policy lets in, or else AWS Support";

/// What a changed policy of a bucket or key takes from the caller.
pub(super) fn lost(addr: &Addr, before: Option<&Value>, after: &Value, caller: &Caller) -> Vec<Lockout> {
    match addr.kind() {
        "s3.bucket" => bucket(addr, before, after, caller),
        "kms.key" => key(addr, before, after, caller),
        _ => Vec::new(),
    }
}

/// A bucket's policy takes rights by denying; what it does not allow, the caller's own policies may.
fn bucket(addr: &Addr, before: Option<&Value>, after: &Value, caller: &Caller) -> Vec<Lockout> {
    let Some(name) = text(after, "bucket") else { return Vec::new() };
    let arn = format!("arn:{}:s3:::{name}", caller.partition);
    let (old, new) = (policy_in(before, "policy"), policy_in(Some(after), "policy"));
    let (context, identity) = (caller.context(), caller.identity());
    let possible = |policy: &Option<Policy>, action: &str| {
        let ask = Ask { who: who(caller, &identity), action, resource: &arn, context: &context };
        let denied = speaks(policy, Effect::Deny, &ask);
        Said { truth: !denied.truth, depends_on: denied.depends_on }
    };
    losses(BUCKET, |action| (possible(&old, action).truth, possible(&new, action))).tell(
        addr,
        &arn,
        BUCKET_RECOVERY,
    )
}

/// A key's policy has to allow everything, the account at least, which then decides itself.
fn key(addr: &Addr, before: Option<&Value>, after: &Value, caller: &Caller) -> Vec<Lockout> {
    let (Some(old), Some(new)) = (policy_in(before, "policy"), policy_in(Some(after), "policy")) else {
        // AWS refuses a new key that its maker could not manage.
        return Vec::new();
    };
    let (context, identity) = (caller.context(), caller.identity());
    let possible = |policy: &Policy, action: &str| {
        let ask = Ask { who: who(caller, &identity), action, resource: "*", context: &context };
        let (allowed, denied) = (speaks([policy], Effect::Allow, &ask), speaks([policy], Effect::Deny, &ask));
        let depends_on = allowed.depends_on.into_iter().chain(denied.depends_on).collect();
        Said { truth: allowed.truth.and(!denied.truth), depends_on }
    };
    let lost = losses(KEY, |action| (possible(&old, action).truth, possible(&new, action)));
    lost.tell(addr, text(after, "alias").unwrap_or("the key"), KEY_RECOVERY)
}
