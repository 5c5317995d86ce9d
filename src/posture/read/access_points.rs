//! The access points of buckets that leave it to them whom they let in.
//!
//! Few buckets do, so the account's lists are asked for in their regions only, and nothing where there is none.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3control::types::{MultiRegionAccessPointReport, NetworkOrigin, PublicAccessBlockConfiguration};
use futures::future::BoxFuture;

use super::seen;
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Pages as _};
use crate::policy::{Context, Policy, through_access_points};
use crate::posture::Seen;
use crate::posture::facts::{AccessPoint, Bucket, PublicAccessBlock};

/// The region that answers for access points of several regions.
const MULTI_HOME: &str = "us-west-2";

/// Adds to each bucket that delegates the access points of the account that lead to it.
pub(super) async fn add(account: &Account, buckets: &mut [Bucket]) {
    let mut regions: BTreeSet<String> = BTreeSet::new();
    for bucket in buckets.iter_mut() {
        if delegates(bucket) {
            regions.insert(bucket.region.clone().unwrap_or_else(|| account.region.clone()));
            bucket.access_points = Seen::Seen(Vec::new());
        }
    }
    if regions.is_empty() {
        return;
    }
    let names: BTreeSet<&str> = buckets
        .iter()
        .filter(|bucket| bucket.access_points != Seen::NotAsked)
        .map(|bucket| bucket.name.as_str())
        .collect();
    let names = &names;
    let reads = regions.iter().map(|region| {
        let read: BoxFuture<'_, Result<Vec<(String, AccessPoint)>, Error>> =
            Box::pin(of_region(account, region, names));
        read
    });
    // They exist in the partition `aws` alone.
    let multi = (account.identity.partition == "aws").then(|| {
        let read: BoxFuture<'_, Result<Vec<(String, AccessPoint)>, Error>> =
            Box::pin(of_several_regions(account, names));
        read
    });
    let answers = chains(reads.chain(multi)).await;
    let mut found: BTreeMap<String, Vec<AccessPoint>> = BTreeMap::new();
    let mut refused = None;
    for answer in answers {
        match answer {
            Ok(points) => {
                for (bucket, point) in points {
                    found.entry(bucket).or_default().push(point);
                }
            }
            Err(error) => refused = Some(error),
        }
    }
    for bucket in buckets.iter_mut().filter(|bucket| bucket.access_points != Seen::NotAsked) {
        bucket.access_points = match &refused {
            Some(error) => Seen::Unreadable(super::unread(error)),
            None => Seen::Seen(found.remove(&bucket.name).unwrap_or_default()),
        };
    }
}

fn delegates(bucket: &Bucket) -> bool {
    let Seen::Seen(Some(policy)) = &bucket.policy else { return false };
    !through_access_points(policy, &Context::open()).is_empty()
}

async fn of_region(
    account: &Account,
    region: &str,
    names: &BTreeSet<&str>,
) -> Result<Vec<(String, AccessPoint)>, Error> {
    let client = account.in_region(region).s3control.clone();
    let request = || client.list_access_points().account_id(account.id());
    let pages = account.call(|| request().all_pages()).await?;
    let listed = pages.iter().flat_map(|page| page.access_point_list());
    let client = &client;
    let reads = listed.filter(|live| names.contains(live.bucket())).map(|live| {
        let (name, bucket) = (live.name(), live.bucket());
        let arn = account.arn(format_args!("s3:{region}:{}:accesspoint/{name}", account.id()));
        Box::pin(async move {
            let (block, policy, status) = tokio::join!(
                chain(account.call(|| client.get_access_point().account_id(account.id()).name(name).send())),
                chain(account.find(|| {
                    client.get_access_point_policy().account_id(account.id()).name(name).send()
                })),
                chain(account.find(|| {
                    client.get_access_point_policy_status().account_id(account.id()).name(name).send()
                })),
            );
            let point = AccessPoint {
                name: name.to_owned(),
                arn,
                several_regions: false,
                from_internet: live.network_origin() != &NetworkOrigin::Vpc,
                block: seen(block.map(|answer| kept(answer.public_access_block_configuration()))),
                policy: seen(
                    policy.and_then(|answer| parsed(name, answer.as_ref().and_then(|it| it.policy()))),
                ),
                policy_is_public: seen(status.map(|answer| {
                    answer.and_then(|answer| answer.policy_status).map(|status| status.is_public)
                })),
            };
            (bucket.to_owned(), point)
        })
    });
    Ok(chains(reads).await)
}

async fn of_several_regions(
    account: &Account,
    names: &BTreeSet<&str>,
) -> Result<Vec<(String, AccessPoint)>, Error> {
    let client = account.in_region(MULTI_HOME).s3control.clone();
    let request = || client.list_multi_region_access_points().account_id(account.id());
    let pages = account.call(|| request().all_pages()).await?;
    let listed = pages.iter().flat_map(|page| page.access_points());
    let buckets = |live: &MultiRegionAccessPointReport| -> Vec<String> {
        let named = live.regions().iter().filter_map(|region| region.bucket());
        named.filter(|bucket| names.contains(bucket)).map(str::to_owned).collect()
    };
    let client = &client;
    let reads = listed.map(|live| (buckets(live), live)).filter(|(buckets, _)| !buckets.is_empty()).map(
        |(buckets, live)| {
            let (name, alias) = (live.name().unwrap_or_default(), live.alias().unwrap_or_default());
            let arn = account.arn(format_args!("s3::{}:accesspoint/{alias}", account.id()));
            Box::pin(async move {
                let (policy, status) = tokio::join!(
                    chain(account.find(|| {
                        client
                            .get_multi_region_access_point_policy()
                            .account_id(account.id())
                            .name(name)
                            .send()
                    })),
                    chain(account.find(|| {
                        client
                            .get_multi_region_access_point_policy_status()
                            .account_id(account.id())
                            .name(name)
                            .send()
                    })),
                );
                let policy = policy.and_then(|answer| {
                    let policy =
                        answer.and_then(|answer| answer.policy).and_then(|policy| policy.established);
                    parsed(name, policy.as_ref().and_then(|policy| policy.policy()))
                });
                let point = AccessPoint {
                    name: name.to_owned(),
                    arn,
                    several_regions: true,
                    from_internet: true,
                    block: Seen::Seen(kept(live.public_access_block())),
                    policy: seen(policy),
                    policy_is_public: seen(status.map(|answer| {
                        answer.and_then(|answer| answer.established).map(|status| status.is_public)
                    })),
                };
                buckets.into_iter().map(|bucket| (bucket, point.clone())).collect::<Vec<_>>()
            })
        },
    );
    Ok(chains(reads).await.into_iter().flatten().collect())
}

fn parsed(name: &str, text: Option<&str>) -> Result<Option<Policy>, Error> {
    let broken =
        |reason| Error::internal(format!("the policy of the access point {name} cannot be read: {reason}"));
    text.map(|text| Policy::parse(text).map_err(broken)).transpose()
}

fn kept(block: Option<&PublicAccessBlockConfiguration>) -> PublicAccessBlock {
    block.map_or_else(PublicAccessBlock::default, |block| PublicAccessBlock {
        block_acls: block.block_public_acls().unwrap_or_default(),
        ignore_acls: block.ignore_public_acls().unwrap_or_default(),
        block_policy: block.block_public_policy().unwrap_or_default(),
        restrict: block.restrict_public_buckets().unwrap_or_default(),
    })
}
