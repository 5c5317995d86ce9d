//! What ends in a bucket by itself, and what keeps it beyond.

use aws_sdk_s3::types::{
    BucketVersioningStatus, DefaultRetention, ExpirationStatus, LifecycleRule, LifecycleRuleFilter,
    ObjectLockConfiguration,
};

use super::buckets::setting;
use super::seen;
use crate::aws::{Account, Error, lifecycle_prefix};
use crate::posture::Seen;
use crate::posture::facts::{Lifecycle, LifecycleEnd, Versions};

/// One call, and two more where something ends.
pub(super) async fn lifecycle(
    account: &Account,
    s3: &aws_sdk_s3::Client,
    bucket: &str,
) -> Result<Lifecycle, Error> {
    let answer =
        setting(account, move || s3.get_bucket_lifecycle_configuration().bucket(bucket).send()).await?;
    let rules = answer.and_then(|answer| answer.rules).unwrap_or_default();
    let ends: Vec<LifecycleEnd> = rules.iter().flat_map(ends).collect();
    let versions = match ends.iter().any(|end| end.current) {
        true => seen(versions(account, s3, bucket).await),
        false => Seen::NotAsked,
    };
    Ok(Lifecycle { ends, versions })
}

async fn versions(account: &Account, s3: &aws_sdk_s3::Client, bucket: &str) -> Result<Versions, Error> {
    let (versioning, lock) = tokio::join!(
        setting(account, move || s3.get_bucket_versioning().bucket(bucket).send()),
        setting(account, move || s3.get_object_lock_configuration().bucket(bucket).send()),
    );
    let status = versioning?.and_then(|answer| answer.status);
    let lock = lock?.and_then(|answer| answer.object_lock_configuration);
    Ok(Versions {
        kept: status == Some(BucketVersioningStatus::Enabled),
        locked_days: lock.as_ref().and_then(locked_days),
    })
}

/// In whole days; AWS reckons years with 365 of them.
fn locked_days(lock: &ObjectLockConfiguration) -> Option<i64> {
    let retention: &DefaultRetention = lock.rule()?.default_retention()?;
    let days = retention.days().map(i64::from);
    days.or_else(|| retention.years().map(|years| i64::from(years) * 365))
}

/// What an enabled rule ends of what a trail writes, which has no tags.
fn ends(rule: &LifecycleRule) -> Vec<LifecycleEnd> {
    if rule.status() != &ExpirationStatus::Enabled || rule.filter().is_some_and(asks_for_tags) {
        return Vec::new();
    }
    let end = |current: bool, days: Option<i32>| LifecycleEnd {
        rule: rule.id().unwrap_or("without an id").to_owned(),
        prefix: lifecycle_prefix(rule).to_owned(),
        current,
        days: days.map(i64::from),
    };
    let current = rule.expiration().and_then(|expiration| {
        let days = expiration.days().filter(|days| *days > 0);
        (days.is_some() || expiration.date().is_some()).then(|| end(true, days))
    });
    // Where the newest former versions stay, every file stays: a trail writes each of them once.
    let former = rule.noncurrent_version_expiration().filter(|it| it.newer_noncurrent_versions().is_none());
    let former = former.and_then(|former| former.noncurrent_days()).map(|days| end(false, Some(days)));
    current.into_iter().chain(former).collect()
}

fn asks_for_tags(filter: &LifecycleRuleFilter) -> bool {
    filter.tag().is_some() || filter.and().is_some_and(|and| !and.tags().is_empty())
}
