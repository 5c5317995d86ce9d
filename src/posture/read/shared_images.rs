//! Snapshots and images of the account that everybody may use, of one region.

use crate::aws::{Account, Error};

/// Ids of its EBS snapshots that everybody may make volumes of.
pub(super) async fn snapshots(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<String>, Error> {
    let request = || ec2.describe_snapshots().owner_ids("self").restorable_by_user_ids("all");
    let found = account.call(|| request().into_paginator().items().send().try_collect()).await?;
    Ok(found.iter().filter_map(|snapshot| snapshot.snapshot_id()).map(str::to_owned).collect())
}

/// Ids of its images that everybody may launch.
pub(super) async fn images(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<String>, Error> {
    let request = || ec2.describe_images().owners("self").executable_users("all");
    let found = account.call(|| request().into_paginator().items().send().try_collect()).await?;
    Ok(found.iter().filter_map(|image| image.image_id()).map(str::to_owned).collect())
}
