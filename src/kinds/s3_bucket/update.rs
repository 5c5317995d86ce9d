//! Writes the settings of a bucket that differ, one after the other.
//!
//! S3 refuses overlapping configuration writes on one bucket with `OperationAborted`, so nothing
//! here runs side by side, and the order is the one in which a log bucket is safe at every stop
//! (aws-truths 1.2 c). A setting is always overwritten, never deleted and put again.

use aws_sdk_s3::types::{
    BlockedEncryptionTypes, BucketCannedAcl, BucketLoggingStatus, BucketVersioningStatus, DefaultRetention,
    EventHoldDuration, LoggingEnabled, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode,
    ObjectLockRule, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging, VersioningConfiguration,
};
use aws_sdk_s3control::types::Tag as ControlTag;

use crate::aws::{Account, Error};
use crate::kinds::Update;
use crate::kinds::s3_account_public_access::PublicAccessBlock;
use crate::kinds::s3_bucket::lifecycle;
use crate::kinds::s3_bucket::{Bucket, Encryption, LifecycleRule, Logging, ObjectLock};
use crate::kinds::whole_number::narrow_optional;
use crate::model::{Addr, Dict, Document};

/// The code with which AWS refuses to switch ACLs off while one grants anything to others.
const OLD_ACL: &str = "InvalidBucketAclWithObjectOwnership";

/// Keys that begin so belong to AWS and are never sent (S3-30, TAG-1).
const AWS_TAGS: &str = "aws:";

/// The tags of a bucket.
///
/// # Errors
/// Fails only where a tag has no key.
pub(in crate::kinds) fn all_tags(account: &Account, addr: &Addr) -> Result<Vec<Tag>, Error> {
    account
        .tags(addr)
        .into_iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build().map_err(Error::internal))
        .collect()
}

/// What a region answers that has not got the tags of the newer API: GovCloud and China were late with them.
const UNSUPPORTED: [&str; 4] =
    ["MethodNotAllowed", "NotImplemented", "UnsupportedArgument", "UnsupportedOperation"];

/// Whether a region refused to know tags of buckets as the newer API has them.
pub(in crate::kinds) fn is_unsupported(error: &Error) -> bool {
    UNSUPPORTED.contains(&error.code.as_str())
}

/// Puts the tags on a bucket, beside the tags of others. A bucket with attribute-based access control takes no
/// other call.
///
/// # Errors
/// AWS's refusal.
pub(in crate::kinds) async fn tag(account: &Account, addr: &Addr, name: &str) -> Result<(), Error> {
    let tags = account
        .tags(addr)
        .into_iter()
        .map(|(key, value)| ControlTag::builder().key(key).value(value).build().map_err(Error::internal))
        .collect::<Result<Vec<_>, _>>()?;
    let request = account
        .s3control
        .tag_resource()
        .account_id(account.id())
        .resource_arn(account.arn(format!("s3:::{name}")))
        .set_tags(Some(tags));
    match account.call(|| request.clone().send()).await {
        Err(error) if is_unsupported(&error) => Target { account, name }.replace_tags(addr).await,
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// One request about this bucket, with the owner we expect (S3-1).
macro_rules! request {
    ($target:ident, $operation:ident) => {
        $target.account.s3.$operation().bucket($target.name).expected_bucket_owner($target.account.id())
    };
}

/// The bucket that is written.
struct Target<'a> {
    account: &'a Account,
    name: &'a str,
}

/// Writes what differs.
///
/// # Errors
/// The first write that was refused; those before it stay.
pub(in crate::kinds) async fn bucket(account: &Account, update: &Update<Bucket>) -> Result<(), Error> {
    let wanted = &update.wanted;
    let target = Target { account, name: &wanted.bucket };
    if update.adopt {
        tag(account, &update.addr, &wanted.bucket).await?;
    }
    if update.touches("public_access") {
        target.put_public_access(&wanted.public_access).await?;
    }
    if update.touches("encryption") {
        target.put_encryption(&wanted.encryption).await?;
    }
    if update.touches("versioning") {
        target.put_versioning(&wanted.versioning).await?;
    }
    if update.touches("policy") {
        target.put_policy(wanted.policy.as_ref()).await?;
    }
    if update.touches("lifecycle") {
        target.put_lifecycle(&wanted.lifecycle).await?;
    }
    if update.touches("logging") {
        target.put_logging(wanted.logging.as_ref()).await?;
    }
    if update.touches("object_lock")
        && let Some(lock) = &wanted.object_lock
    {
        target.put_object_lock(lock).await?;
    }
    // What the ACL granted, such as log delivery, the policy grants by now.
    if update.touches("acl") {
        target.reset_acl().await?;
    }
    // Last: AWS refuses it while the ACL grants anything to others.
    if update.touches("ownership") {
        let written = target.put_ownership(&wanted.ownership).await;
        written.map_err(|error| with_way_out(error, target.name))?;
    }
    Ok(())
}

impl Target<'_> {
    /// A put replaces all tags, so those of others are read and sent again (S3-30).
    async fn replace_tags(&self, addr: &Addr) -> Result<(), Error> {
        let answer = self.account.find(|| request!(self, get_bucket_tagging).send()).await?;
        let present = answer.map(|answer| answer.tag_set).unwrap_or_default();
        let tags = merged(present, all_tags(self.account, addr)?);
        let tagging = Tagging::builder().set_tag_set(Some(tags)).build().map_err(Error::internal)?;
        self.account.call(|| request!(self, put_bucket_tagging).tagging(tagging.clone()).send()).await?;
        Ok(())
    }

    async fn put_ownership(&self, wanted: &str) -> Result<(), Error> {
        let rule = OwnershipControlsRule::builder()
            .object_ownership(ObjectOwnership::from(wanted))
            .build()
            .map_err(Error::internal)?;
        let controls = OwnershipControls::builder().rules(rule).build().map_err(Error::internal)?;
        self.account
            .call(|| {
                request!(self, put_bucket_ownership_controls).ownership_controls(controls.clone()).send()
            })
            .await?;
        Ok(())
    }

    /// Leaves the owner alone in the ACL.
    async fn reset_acl(&self) -> Result<(), Error> {
        self.account.call(|| request!(self, put_bucket_acl).acl(BucketCannedAcl::Private).send()).await?;
        Ok(())
    }

    async fn put_public_access(&self, wanted: &PublicAccessBlock) -> Result<(), Error> {
        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(wanted.block_public_acls)
            .ignore_public_acls(wanted.ignore_public_acls)
            .block_public_policy(wanted.block_public_policy)
            .restrict_public_buckets(wanted.restrict_public_buckets)
            .build();
        self.account
            .call(|| {
                request!(self, put_public_access_block)
                    .public_access_block_configuration(block.clone())
                    .send()
            })
            .await?;
        Ok(())
    }

    /// A put without the encryption types that are blocked might unblock them: what is there is sent again (S3-26).
    async fn put_encryption(&self, wanted: &Encryption) -> Result<(), Error> {
        let live = self.account.find(|| request!(self, get_bucket_encryption).send()).await?;
        let blocked = live
            .as_ref()
            .and_then(|answer| answer.server_side_encryption_configuration())
            .and_then(|configuration| configuration.rules().first())
            .and_then(|rule| rule.blocked_encryption_types());
        let configuration = encryption(wanted, blocked)?;
        self.account
            .call(|| {
                request!(self, put_bucket_encryption)
                    .server_side_encryption_configuration(configuration.clone())
                    .send()
            })
            .await?;
        Ok(())
    }

    async fn put_versioning(&self, wanted: &str) -> Result<(), Error> {
        let status = BucketVersioningStatus::from(wanted);
        if !BucketVersioningStatus::values().contains(&status.as_str()) {
            return Err(Error::internal(format!(
                "versioning of {} cannot go back to {wanted}; ask for Suspended",
                self.name
            )));
        }
        let configuration = VersioningConfiguration::builder().status(status).build();
        self.account
            .call(|| {
                request!(self, put_bucket_versioning).versioning_configuration(configuration.clone()).send()
            })
            .await?;
        Ok(())
    }

    async fn put_policy(&self, wanted: Option<&Document>) -> Result<(), Error> {
        match wanted {
            Some(policy) => {
                let text = policy.text();
                self.account.call(|| request!(self, put_bucket_policy).policy(&text).send()).await?;
            }
            None => {
                self.account.call(|| request!(self, delete_bucket_policy).send()).await?;
            }
        }
        Ok(())
    }

    async fn put_lifecycle(&self, wanted: &Dict<LifecycleRule>) -> Result<(), Error> {
        // AWS takes no configuration without rules.
        if wanted.0.is_empty() {
            self.account.call(|| request!(self, delete_bucket_lifecycle).send()).await?;
            return Ok(());
        }
        // A put without the smallest size that moves would set it back to AWS's default.
        let live = self.account.find(|| request!(self, get_bucket_lifecycle_configuration).send()).await?;
        let minimum = live.and_then(|answer| answer.transition_default_minimum_object_size);
        let configuration = lifecycle::configuration(wanted)?;
        self.account
            .call(|| {
                request!(self, put_bucket_lifecycle_configuration)
                    .lifecycle_configuration(configuration.clone())
                    .set_transition_default_minimum_object_size(minimum.clone())
                    .send()
            })
            .await?;
        Ok(())
    }

    /// The form of the log objects' keys and who else may read them are nobody's here and sent again as they are
    /// (S3-29). Grants were for the bucket that they were made for.
    async fn put_logging(&self, wanted: Option<&Logging>) -> Result<(), Error> {
        let mut status = BucketLoggingStatus::builder();
        if let Some(wanted) = wanted {
            let live = self.account.call(|| request!(self, get_bucket_logging).send()).await?;
            status = status.logging_enabled(logging(wanted, live.logging_enabled())?);
        }
        let status = status.build();
        self.account
            .call(|| request!(self, put_bucket_logging).bucket_logging_status(status.clone()).send())
            .await?;
        Ok(())
    }

    async fn put_object_lock(&self, wanted: &ObjectLock) -> Result<(), Error> {
        // A hold that depends on events is nobody's here.
        let live = self.account.find(|| request!(self, get_object_lock_configuration).send()).await?;
        let hold = live
            .and_then(|answer| answer.object_lock_configuration)
            .and_then(|configuration| configuration.rule)
            .and_then(|rule| rule.default_retention)
            .and_then(|retention| retention.default_event_hold);
        let configuration = object_lock(wanted, hold)?;
        self.account
            .call(|| {
                request!(self, put_object_lock_configuration)
                    .object_lock_configuration(configuration.clone())
                    .send()
            })
            .await?;
        Ok(())
    }
}

/// Says how to take away the old ACL for which AWS refuses to switch ACLs off (S3-8).
fn with_way_out(error: Error, bucket: &str) -> Error {
    if error.code != OLD_ACL {
        return error;
    }
    let message = format!(
        "{}; an old ACL of the bucket {bucket} grants access to others, such as S3 log delivery, and its policy and \
         other settings are written already: look at aws s3api get-bucket-acl --bucket {bucket}, run aws s3api \
         put-bucket-acl --bucket {bucket} --acl private, then run this again",
        error.message
    );
    Error { message, ..error }
}

fn merged(present: Vec<Tag>, ours: Vec<Tag>) -> Vec<Tag> {
    let foreign = present
        .into_iter()
        .filter(|tag| !tag.key().starts_with(AWS_TAGS) && ours.iter().all(|our| our.key() != tag.key()));
    foreign.chain(ours.iter().cloned()).collect()
}

fn encryption(
    wanted: &Encryption,
    blocked: Option<&BlockedEncryptionTypes>,
) -> Result<ServerSideEncryptionConfiguration, Error> {
    let key = wanted.kms_key.as_ref().map(|key| key.id()).transpose()?.map(str::to_owned);
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::from(wanted.algorithm.as_str()))
        .set_kms_master_key_id(key)
        .build()
        .map_err(Error::internal)?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(wanted.bucket_key)
        .set_blocked_encryption_types(blocked.cloned())
        .build();
    ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(Error::internal)
}

fn logging(wanted: &Logging, live: Option<&LoggingEnabled>) -> Result<LoggingEnabled, Error> {
    let same = live.filter(|live| live.target_bucket() == wanted.target);
    LoggingEnabled::builder()
        .target_bucket(&wanted.target)
        .target_prefix(&wanted.prefix)
        .set_target_grants(same.and_then(|live| live.target_grants.clone()))
        .set_target_object_key_format(live.and_then(|live| live.target_object_key_format.clone()))
        .build()
        .map_err(Error::internal)
}

fn object_lock(
    wanted: &ObjectLock,
    hold: Option<EventHoldDuration>,
) -> Result<ObjectLockConfiguration, Error> {
    let days = narrow_optional("days", wanted.days)?;
    let rule = wanted.mode.as_deref().map(|mode| {
        let retention = DefaultRetention::builder()
            .mode(ObjectLockRetentionMode::from(mode))
            .set_days(days)
            .set_default_event_hold(hold)
            .build();
        ObjectLockRule::builder().default_retention(retention).build()
    });
    Ok(ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .set_rule(rule)
        .build())
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::EncryptionType;

    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag::builder().key(key).value(value).build().unwrap()
    }

    #[test]
    fn adoption_keeps_the_tags_of_others_and_sends_none_of_aws() {
        let present =
            vec![tag("team", "web"), tag("aws:cloudformation:stack-id", "x"), tag("baseline:name", "old")];
        let sent = merged(present, vec![tag("baseline:name", "new")]);
        assert_eq!(sent, vec![tag("team", "web"), tag("baseline:name", "new")]);
    }

    #[test]
    fn blocked_encryption_types_are_sent_as_they_were_found() {
        let wanted = Encryption { algorithm: "AES256".into(), kms_key: None, bucket_key: false };
        let blocked = BlockedEncryptionTypes::builder().encryption_type(EncryptionType::SseC).build();
        let sent = encryption(&wanted, Some(&blocked)).unwrap();
        assert_eq!(sent.rules()[0].blocked_encryption_types(), Some(&blocked));
        assert_eq!(encryption(&wanted, None).unwrap().rules()[0].blocked_encryption_types(), None);
    }
}
