//! Reads a bucket: one question a setting, all side by side.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_bucket_acl::GetBucketAclOutput;
use aws_sdk_s3::types::{
    DefaultRetention, MfaDeleteStatus, ObjectLockConfiguration, ObjectLockEnabled,
    PublicAccessBlockConfiguration, ServerSideEncryptionConfiguration,
};

use futures::future::BoxFuture;

use crate::aws::trace::chain;
use crate::aws::{Account, Cause, Class, Error, OwnershipTags, Pages as _};
use crate::kinds::s3_account_public_access::PublicAccessBlock;
use crate::kinds::s3_bucket::lifecycle;
use crate::kinds::s3_bucket::{AclGrant, Bucket, Encryption, Logging, ObjectLock};
use crate::kinds::{Found, State};
use crate::model::{Document, Link, Remark, Set, Severity};

/// What a setting is called of which AWS has no record.
pub(in crate::kinds) const NO_RECORD: &str = "none";

/// The object ownership with which ACLs are off (S3-8).
const ACLS_OFF: &str = "BucketOwnerEnforced";

/// What versioning is called that was never switched on.
const NEVER_SWITCHED_ON: &str = "Unset";

/// How the paths begin under which an organization's trail writes: an organization's id follows (CT-9).
const ORGANIZATION_LOGS: &str = "/AWSLogs/o-";

/// The code with which every question about a bucket that does not exist is answered.
const NO_SUCH_BUCKET: &str = "NoSuchBucket";

/// The retention mode that nobody can shorten.
const COMPLIANCE: &str = "COMPLIANCE";

/// How S3 counts a year of retention.
const DAYS_OF_A_YEAR: i64 = 365;

/// How many buckets a page lists.
const LISTED: i32 = 1000;

/// How many questions are asked of every bucket.
const QUESTIONS: usize = 8;

/// Asks one question, and takes for "not set" only the code that says so by name (S3-25).
///
/// Boxed here, because nine of the SDK's futures side by side are too much for one stack frame.
fn setting<'a, T, E, F, Fut>(account: &'a Account, send: F) -> BoxFuture<'a, Result<Option<T>, Error>>
where
    T: Send + 'a,
    E: ProvideErrorMetadata + std::error::Error + Send + 'static,
    F: Fn() -> Fut + Send + Sync + 'a,
    Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send + 'a,
{
    let answer = chain(account.call(send));
    Box::pin(async move {
        match answer.await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_not_found() && error.code != NO_SUCH_BUCKET => Ok(None),
            Err(error) => Err(error),
        }
    })
}

/// A question with the owner we expect, so that a stranger's bucket is a refusal and not an answer (S3-1).
macro_rules! ask {
    ($account:ident, $bucket:ident, $operation:ident) => {
        setting($account, move || {
            $account.s3.$operation().bucket($bucket).expected_bucket_owner($account.id()).send()
        })
    };
}

/// Reads the bucket in one round.
///
/// # Errors
/// Any answer that could not be had. It is absent only if every answer says so by name: where some
/// replicas know the bucket and others do not (S3-19), it cannot be told yet.
pub(in crate::kinds) async fn bucket(
    account: &Account,
    wanted: &Bucket,
) -> Result<Option<Found<Bucket>>, Error> {
    let name = wanted.bucket.as_str();
    let lock = async {
        if wanted.object_lock.is_none() {
            return Ok(None);
        }
        ask!(account, name, get_object_lock_configuration).await
    };
    let (versioning, encryption, lifecycle, logging, policy, public_access, controls, tags, lock) = tokio::join!(
        ask!(account, name, get_bucket_versioning),
        ask!(account, name, get_bucket_encryption),
        ask!(account, name, get_bucket_lifecycle_configuration),
        ask!(account, name, get_bucket_logging),
        ask!(account, name, get_bucket_policy),
        ask!(account, name, get_public_access_block),
        ask!(account, name, get_bucket_ownership_controls),
        ask!(account, name, get_bucket_tagging),
        lock,
    );
    let errors: Vec<&Error> = [
        versioning.as_ref().err(),
        encryption.as_ref().err(),
        lifecycle.as_ref().err(),
        logging.as_ref().err(),
        policy.as_ref().err(),
        public_access.as_ref().err(),
        controls.as_ref().err(),
        tags.as_ref().err(),
        lock.as_ref().err(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if errors.len() >= QUESTIONS && errors.iter().all(|error| error.code == NO_SUCH_BUCKET) {
        return Ok(None);
    }
    let denied = |error: &&Error| error.class == Class::Denied && error.cause() == Cause::Permission;
    if errors.len() >= QUESTIONS && errors.iter().all(denied) {
        let first = errors.first().map(|error| (*error).clone());
        return Err(not_ours(account, name, first.unwrap_or_else(|| Error::internal("no answer"))).await);
    }
    // A denial says more than the replicas that have not heard of the bucket.
    if let Some(error) = errors.iter().find(|error| error.code != NO_SUCH_BUCKET) {
        return Err((*error).clone());
    }

    let ownership = controls?
        .as_ref()
        .and_then(|answer| answer.ownership_controls())
        .and_then(|controls| controls.rules().first())
        .map_or(NO_RECORD, |rule| rule.object_ownership().as_str())
        .to_owned();
    let acl = if ownership != ACLS_OFF && wanted.ownership == ACLS_OFF {
        let answer = ask!(account, name, get_bucket_acl).await?;
        answer.as_ref().map(grants_to_others).unwrap_or_default()
    } else {
        Set::default()
    };
    let policy = policy?.and_then(|answer| answer.policy);
    let lock = lock?.as_ref().and_then(|answer| answer.object_lock_configuration()).and_then(object_lock_of);
    let (object_lock, mut remarks) = kept_lock(lock, wanted.object_lock.as_ref());
    remarks.extend(cut_deliveries(&acl));
    let versioning = versioning?;
    let mut attributes = Bucket {
        bucket: name.to_owned(),
        ownership,
        acl,
        public_access: public_access?
            .as_ref()
            .and_then(|answer| answer.public_access_block_configuration())
            .map_or(PublicAccessBlock::all(false), switches),
        encryption: encryption_of(
            encryption?.as_ref().and_then(|answer| answer.server_side_encryption_configuration()),
        ),
        versioning: versioning
            .as_ref()
            .and_then(|answer| answer.status())
            .map_or(NEVER_SWITCHED_ON, |status| status.as_str())
            .to_owned(),
        policy: match (policy.as_deref().map(Document::parse).transpose()?, &wanted.policy) {
            (Some(live), Some(declared)) => Some(live.without_copies_of(declared)),
            (live, _) => live,
        },
        lifecycle: lifecycle::normal(lifecycle?.as_ref().map_or(&[], |answer| answer.rules())),
        logging: logging?
            .and_then(|answer| answer.logging_enabled)
            .map(|logging| Logging { target: logging.target_bucket, prefix: logging.target_prefix }),
        object_lock,
    };
    if versioning.and_then(|answer| answer.mfa_delete) == Some(MfaDeleteStatus::Enabled) {
        remarks.extend(kept_by_mfa_delete(&mut attributes, wanted));
    }
    let state = why_held(wanted, &attributes).map_or(State::Ready, State::Broken);
    let tags = tags?;
    let tags = tags.as_ref().map_or(&[][..], |answer| answer.tag_set());
    Ok(Some(Found {
        attributes,
        outputs: [].into(),
        ownership: OwnershipTags::from_tags(tags.iter().map(|tag| (tag.key(), tag.value()))),
        tags: tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect(),
        state,
        remarks,
    }))
}

/// A bucket of which every answer is refused: another account's where ours does not list it, as S3 refuses both alike.
async fn not_ours(account: &Account, name: &str, refusal: Error) -> Error {
    let request = account.s3.list_buckets().prefix(name).max_buckets(LISTED);
    match account.call(|| request.clone().all_pages()).await {
        Ok(pages)
            if !pages.iter().any(|page| page.buckets().iter().any(|bucket| bucket.name() == Some(name))) =>
        {
            let message = format!("the bucket name {name} belongs to another account: {}", refusal.message);
            Error { class: Class::Elsewhere, message, ..refusal }
        }
        Ok(_) => refusal,
        Err(_) => {
            let message = format!("{} (or the bucket name belongs to another account)", refusal.message);
            Error { message, ..refusal }
        }
    }
}

fn switches(live: &PublicAccessBlockConfiguration) -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: live.block_public_acls().unwrap_or_default(),
        ignore_public_acls: live.ignore_public_acls().unwrap_or_default(),
        block_public_policy: live.block_public_policy().unwrap_or_default(),
        restrict_public_buckets: live.restrict_public_buckets().unwrap_or_default(),
    }
}

/// What an ACL grants to others than the bucket's owner.
fn grants_to_others(answer: &GetBucketAclOutput) -> Set<AclGrant> {
    let owner = answer.owner().and_then(|owner| owner.id());
    let grants = answer.grants().iter().filter_map(|grant| {
        let grantee = grant.grantee()?;
        let grantee = grantee.uri().or(grantee.id()).or(grantee.email_address())?;
        let permission = grant.permission()?.as_str().to_owned();
        (Some(grantee) != owner).then(|| AclGrant { grantee: grantee.to_owned(), permission })
    });
    grants.collect()
}

fn encryption_of(live: Option<&ServerSideEncryptionConfiguration>) -> Encryption {
    let rule = live.and_then(|configuration| configuration.rules().first());
    let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default());
    let algorithm = default.map_or(NO_RECORD, |default| default.sse_algorithm().as_str());
    // A bucket key only means something to KMS, yet AWS reports one for AES256 too.
    let with_kms = algorithm.starts_with("aws:kms");
    Encryption {
        algorithm: algorithm.to_owned(),
        kms_key: default.and_then(|default| default.kms_master_key_id()).filter(|_| with_kms).map(Link::from),
        bucket_key: with_kms && rule.and_then(|rule| rule.bucket_key_enabled()).unwrap_or_default(),
    }
}

fn object_lock_of(live: &ObjectLockConfiguration) -> Option<ObjectLock> {
    if live.object_lock_enabled() != Some(&ObjectLockEnabled::Enabled) {
        return None;
    }
    let retention = live.rule().and_then(|rule| rule.default_retention());
    Some(ObjectLock {
        mode: retention.and_then(DefaultRetention::mode).map(|mode| mode.as_str().to_owned()),
        days: retention.and_then(days),
    })
}

/// AWS keeps the retention in days or in years, whichever was sent.
fn days(retention: &DefaultRetention) -> Option<i64> {
    let years = retention.years().map(|years| i64::from(years) * DAYS_OF_A_YEAR);
    retention.days().map(i64::from).or(years)
}

/// A retention is never made shorter or weaker: one that protects more than the file asks for is left as it is,
/// and a person is told.
fn kept_lock(live: Option<ObjectLock>, wanted: Option<&ObjectLock>) -> (Option<ObjectLock>, Vec<Remark>) {
    let (Some(there), Some(wanted)) = (&live, wanted) else { return (live, Vec::new()) };
    let shorter = there.days > wanted.days;
    let weaker = there.mode.as_deref() == Some(COMPLIANCE) && wanted.mode.as_deref() != Some(COMPLIANCE);
    if there.mode.is_none() || !(shorter || weaker) {
        return (live, Vec::new());
    }
    let words = |lock: &ObjectLock| {
        format!("{} for {} days", lock.mode.as_deref().unwrap_or("none"), lock.days.unwrap_or_default())
    };
    let remark = Remark {
        severity: Severity::Error,
        message: format!(
            "its Object Lock keeps new objects longer or more strictly than the file asks: {} instead of {}",
            words(there),
            words(wanted)
        ),
        next: "write what is there into `object_lock`; baseline never shortens or weakens a retention"
            .to_owned(),
    };
    (Some(wanted.clone()), vec![remark])
}

/// Buckets that the file does not declare may log here by the grant of an old ACL, which goes. S3 tells nobody when access logs no
/// longer arrive (S3-18).
fn cut_deliveries(acl: &Set<AclGrant>) -> Option<Remark> {
    let is_delivery = |grant: &AclGrant| grant.grantee.ends_with("/groups/s3/LogDelivery");
    acl.0.iter().any(is_delivery).then(|| Remark {
        severity: Severity::Warning,
        message: "its ACL lets access logs of other buckets in, and apply takes those grants away; logs of buckets that \
                  are not in the file would stop"
            .to_owned(),
        next: "look at the newest objects to see which buckets log here; declare each as `[bucket.NAME]` with \
               `access_log`, or let logging.s3.amazonaws.com in by `statements`"
            .to_owned(),
    })
}

/// With MFA Delete on, AWS takes no lifecycle, and another versioning only from the root user with a second factor
/// (S3-31): both are left as they are, and a person is told.
fn kept_by_mfa_delete(live: &mut Bucket, wanted: &Bucket) -> Vec<Remark> {
    let remark = |message: &str, next: &str| Remark {
        severity: Severity::Error,
        message: format!("MFA Delete is on, and {message}"),
        next: format!(
            "{next}, or switch MFA Delete off as the root user with `aws s3api put-bucket-versioning --mfa`"
        ),
    };
    let mut remarks = Vec::new();
    if live.versioning != wanted.versioning {
        let message = format!("AWS changes the versioning from {} for the root user only", live.versioning);
        remarks.push(remark(&message, "write what is there into `versioning`"));
        live.versioning.clone_from(&wanted.versioning);
    }
    if live.lifecycle != wanted.lifecycle && !wanted.lifecycle.0.is_empty() {
        remarks.push(remark("AWS takes no lifecycle rules for such a bucket", "set `lifecycle = false`"));
        live.lifecycle.clone_from(&wanted.lifecycle);
    }
    remarks
}

/// Why the bucket is left alone until a person has decided: what would be written takes away the logs of other
/// accounts.
fn why_held(wanted: &Bucket, live: &Bucket) -> Option<String> {
    let text = |bucket: &Bucket| bucket.policy.as_ref().map(|policy| policy.text()).unwrap_or_default();
    (text(live).contains(ORGANIZATION_LOGS) && !text(wanted).contains(ORGANIZATION_LOGS)).then(|| {
        format!(
            "the policy of the bucket {} lets an organization's trail write, and the declared one would not; \
             declare another bucket, or add that statement to this one",
            live.bucket
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Resource, s3_bucket::Buckets};
    use aws_sdk_s3::types::{
        ObjectLockRetentionMode, ObjectLockRule, ServerSideEncryption, ServerSideEncryptionByDefault,
        ServerSideEncryptionRule,
    };

    fn encrypted_with(algorithm: ServerSideEncryption) -> Encryption {
        let default = ServerSideEncryptionByDefault::builder().sse_algorithm(algorithm).build().unwrap();
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default)
            .bucket_key_enabled(true)
            .build();
        encryption_of(Some(&ServerSideEncryptionConfiguration::builder().rules(rule).build().unwrap()))
    }

    #[test]
    fn a_bucket_key_counts_only_with_kms() {
        assert!(encrypted_with(ServerSideEncryption::AwsKms).bucket_key);
        assert!(!encrypted_with(ServerSideEncryption::Aes256).bucket_key);
    }

    #[test]
    fn object_lock_without_a_default_retention_is_not_the_same_as_none() {
        let on = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled).build();
        assert_eq!(object_lock_of(&on), Some(ObjectLock { mode: None, days: None }));
        assert_eq!(object_lock_of(&ObjectLockConfiguration::builder().build()), None);
    }

    #[test]
    fn a_bucket_that_an_organizations_trail_writes_to_is_held() {
        let with_path = |path: &str| {
            let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "cloudtrail.amazonaws.com" },
                "Action": "s3:PutObject",
                "Resource": format!("arn:aws:s3:::logs/{path}/*"),
            }]});
            Bucket { policy: Document::new(&policy).ok(), ..Buckets::example(0) }
        };
        let (own, of_all) = (with_path("AWSLogs/111122223333"), with_path("AWSLogs/o-a1b2c3d4e5"));
        assert!(why_held(&own, &of_all).is_some_and(|why| why.contains("organization")));
        assert_eq!(why_held(&of_all, &of_all), None);
        assert_eq!(why_held(&own, &own), None);
    }

    #[test]
    fn a_retention_in_years_is_read_and_never_shortened() {
        let retention =
            DefaultRetention::builder().mode(ObjectLockRetentionMode::Compliance).years(7).build();
        let live = ObjectLockConfiguration::builder()
            .object_lock_enabled(ObjectLockEnabled::Enabled)
            .rule(ObjectLockRule::builder().default_retention(retention).build())
            .build();
        let there = object_lock_of(&live);
        let lock = |mode: &str, days: i64| ObjectLock { mode: Some(mode.into()), days: Some(days) };
        assert_eq!(there, Some(lock("COMPLIANCE", 2555)));
        for (wanted, is_told) in [
            (lock("COMPLIANCE", 365), true),
            (lock("GOVERNANCE", 4000), true),
            (lock("COMPLIANCE", 2555), false),
            (lock("COMPLIANCE", 4000), false),
        ] {
            let (read, remarks) = kept_lock(there.clone(), Some(&wanted));
            assert_eq!(!remarks.is_empty(), is_told, "{wanted:?}");
            // What reads as wanted is not written.
            assert_eq!(
                read == Some(wanted.clone()),
                is_told || there.as_ref() == Some(&wanted),
                "{wanted:?}"
            );
        }
    }
}
