//! Policies on buckets and keys.

use super::{Caller, Lockout, Said, losses, policy_in, speaks, text, who};
use crate::model::{Addr, Value};
use crate::policy::{Ask, Effect, Policy, Who};

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
    let Some(new) = policy_in(Some(after), "policy") else { return Vec::new() };
    let what = text(after, "alias").unwrap_or("the key");
    let Some(old) = policy_in(before, "policy") else {
        // AWS refuses a new key that its maker could not manage.
        return account_of_key(addr, None, &new, what, caller).into_iter().collect();
    };
    let (context, identity) = (caller.context(), caller.identity());
    let possible = |policy: &Policy, action: &str| {
        let ask = Ask { who: who(caller, &identity), action, resource: "*", context: &context };
        let (allowed, denied) = (speaks([policy], Effect::Allow, &ask), speaks([policy], Effect::Deny, &ask));
        let depends_on = allowed.depends_on.into_iter().chain(denied.depends_on).collect();
        Said { truth: allowed.truth.and(!denied.truth), depends_on }
    };
    let lost = losses(KEY, |action| (possible(&old, action).truth, possible(&new, action)));
    let mut all = lost.tell(addr, what, KEY_RECOVERY);
    all.extend(account_of_key(addr, Some(&old), &new, what, caller));
    all
}

/// A key policy that names principals alone outlives them: one that is deleted and made anew under the same name is another, as
/// roles of IAM Identity Center are, and the root user has no way in ("Default key policy", AWS KMS Developer Guide).
fn account_of_key(
    addr: &Addr,
    old: Option<&Policy>,
    new: &Policy,
    what: &str,
    caller: &Caller,
) -> Option<Lockout> {
    let root = format!("arn:{}:iam::{}:root", caller.partition, caller.account);
    let context = caller.context();
    let manages = |policy: &Policy| {
        let who = Who::Aws { account: &caller.account, arn: &root, identity: &root };
        let ask = Ask { who, action: "kms:PutKeyPolicy", resource: "*", context: &context };
        let (allowed, denied) = (speaks([policy], Effect::Allow, &ask), speaks([policy], Effect::Deny, &ask));
        allowed.truth.and(!denied.truth).is_possible()
    };
    let is_lost = old.is_none_or(manages) && !manages(new);
    is_lost.then(|| Lockout::of_account(addr.clone(), what.to_owned()))
}
