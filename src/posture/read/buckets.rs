//! Every bucket, and what decides whether strangers can reach it.

use std::collections::BTreeSet;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};

use super::{access_points, lifecycle, seen, when};
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _};
use crate::policy::Policy;
use crate::posture::Seen;
use crate::posture::asked::AuditAsked;
use crate::posture::facts::{Bucket, Grant, PublicAccessBlock};

/// How many buckets are asked at a time, four questions each.
const SIDE_BY_SIDE: usize = 24;

/// How many buckets a page has. With it AWS says where each bucket is.
const PAGE: i32 = 1000;

pub(super) async fn account_block(account: &Account) -> Result<PublicAccessBlock, Error> {
    let ask = || account.s3control.get_public_access_block().account_id(account.id()).send();
    let block = account.find(ask).await?;
    // Never set is not absent: all four are off (ACC-1).
    let block = block.and_then(|answer| answer.public_access_block_configuration);
    Ok(block.map_or_else(PublicAccessBlock::default, |block| PublicAccessBlock {
        block_acls: block.block_public_acls.unwrap_or_default(),
        ignore_acls: block.ignore_public_acls.unwrap_or_default(),
        block_policy: block.block_public_policy.unwrap_or_default(),
        restrict: block.restrict_public_buckets.unwrap_or_default(),
    }))
}

pub(super) async fn buckets(account: &Account) -> Result<Vec<Bucket>, Error> {
    let request = || account.s3.list_buckets().max_buckets(PAGE);
    let listed = account.call(|| request().all_items()).await?;
    let names = listed
        .iter()
        .filter_map(|bucket| Some((bucket.name()?.to_owned(), bucket.bucket_region().map(str::to_owned))));
    let names: Vec<(String, Option<String>)> = names.collect();
    let answers = stream::iter(names)
        .map(|(name, region)| chain(Box::pin(async move { bucket(account, name, region).await })));
    // Kept in the order of the list, whoever answers first.
    let mut buckets: Vec<Bucket> = answers.buffered(SIDE_BY_SIDE).collect().await;
    access_points::add(account, &mut buckets).await;
    Ok(buckets)
}

/// Adds, for those of these names, whether they log who reads and writes, and what ends in them by itself.
pub(super) async fn add_what_trails_ask(
    account: &Account,
    buckets: &mut [Bucket],
    names: &BTreeSet<String>,
    audit: &AuditAsked,
) {
    let asked: Vec<&mut Bucket> =
        buckets.iter_mut().filter(|bucket| names.contains(bucket.name.as_str())).collect();
    let reads = asked.into_iter().map(|bucket| {
        Box::pin(async move {
            let s3 = &in_its_region(account, bucket.region.as_deref());
            let name = &bucket.name;
            let logs = async {
                let answer = account.call(|| s3.get_bucket_logging().bucket(name).send()).await?;
                Ok(answer.logging_enabled().is_some())
            };
            (bucket.access_logs, bucket.lifecycle) = tokio::join!(
                when(audit.hardened_trails.is_some(), logs),
                when(audit.trail_retention_days.is_some(), lifecycle::lifecycle(account, s3, name)),
            );
        })
    });
    chains(reads).await;
}

/// A bucket answers in its own region only.
fn in_its_region(account: &Account, region: Option<&str>) -> aws_sdk_s3::Client {
    match region.filter(|region| *region != account.region) {
        Some(region) => account.in_region(region).s3.clone(),
        None => account.s3.clone(),
    }
}

/// Asks one question; "not set" is only what says so by name (S3-25).
pub(super) fn setting<'a, T, E, F, Fut>(
    account: &'a Account,
    send: F,
) -> BoxFuture<'a, Result<Option<T>, Error>>
where
    T: Send + 'a,
    E: ProvideErrorMetadata + std::error::Error + Send + 'static,
    F: Fn() -> Fut + Send + Sync + 'a,
    Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send + 'a,
{
    Box::pin(async move {
        match chain(account.call(send)).await {
            Ok(answer) => Ok(Some(answer)),
            // A list may still show a bucket that is gone (S3-24): that says nothing about its settings.
            Err(error) if error.is_not_found() && error.code != "NoSuchBucket" => Ok(None),
            Err(error) => Err(error),
        }
    })
}

async fn bucket(account: &Account, name: String, region: Option<String>) -> Bucket {
    let s3 = in_its_region(account, region.as_deref());
    let (s3, asked) = (&s3, name.as_str());
    let (policy, status, acl, block) = tokio::join!(
        setting(account, move || s3.get_bucket_policy().bucket(asked).send()),
        setting(account, move || s3.get_bucket_policy_status().bucket(asked).send()),
        setting(account, move || s3.get_bucket_acl().bucket(asked).send()),
        setting(account, move || s3.get_public_access_block().bucket(asked).send()),
    );
    let policy = policy.and_then(|answer| {
        let text = answer.and_then(|answer| answer.policy);
        let broken = |reason| Error::internal(format!("the policy of {asked} cannot be read: {reason}"));
        text.map(|text| Policy::parse(&text).map_err(broken)).transpose()
    });
    let status = status
        .map(|answer| answer.and_then(|answer| answer.policy_status).and_then(|status| status.is_public));
    let grants = acl.and_then(|answer| {
        let answer = answer.ok_or_else(|| Error::internal(format!("{asked} has no ACL in the answer")))?;
        let grant = |grant: &aws_sdk_s3::types::Grant| {
            let grantee = grant.grantee()?;
            Some(Grant {
                grantee: grantee.uri().or_else(|| grantee.id())?.to_owned(),
                permission: grant.permission()?.as_str().to_owned(),
            })
        };
        Ok(answer.grants().iter().filter_map(grant).collect())
    });
    let block: Seen<PublicAccessBlock> = seen(block.map(|answer| {
        let block = answer.and_then(|answer| answer.public_access_block_configuration);
        block.map_or_else(PublicAccessBlock::default, |block| PublicAccessBlock {
            block_acls: block.block_public_acls.unwrap_or_default(),
            ignore_acls: block.ignore_public_acls.unwrap_or_default(),
            block_policy: block.block_public_policy.unwrap_or_default(),
            restrict: block.restrict_public_buckets.unwrap_or_default(),
        })
    }));
    Bucket {
        policy: seen(policy),
        policy_is_public: seen(status),
        grants: seen(grants),
        block,
        access_logs: Seen::NotAsked,
        lifecycle: Seen::NotAsked,
        access_points: Seen::NotAsked,
        name,
        region,
    }
}
