//! Snapshots and images of the account that everybody may use, of one region.

use aws_sdk_ec2::types::{ImageAttributeName, SnapshotAttributeName};

use crate::aws::trace::chains;
use crate::aws::{Account, Error, Items as _};
use crate::posture::facts::Share;

/// Ids of its EBS snapshots that everybody may make volumes of.
pub(super) async fn snapshots(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<String>, Error> {
    let request = || ec2.describe_snapshots().owner_ids("self").restorable_by_user_ids("all");
    let found = account.call(|| request().all_items()).await?;
    Ok(found.iter().filter_map(|snapshot| snapshot.snapshot_id()).map(str::to_owned).collect())
}

/// Ids of its images that everybody may launch.
pub(super) async fn images(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<String>, Error> {
    let request = || ec2.describe_images().owners("self").executable_users("all");
    let found = account.call(|| request().all_items()).await?;
    Ok(found.iter().filter_map(|image| image.image_id()).map(str::to_owned).collect())
}

/// Its snapshots and images that single accounts may use, with one call for each that there is.
pub(super) async fn shares(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<Share>, Error> {
    let snapshots = || ec2.describe_snapshots().owner_ids("self");
    let images = || ec2.describe_images().owners("self");
    let snapshots = account.call(|| snapshots().all_items()).await?;
    let images = account.call(|| images().all_items()).await?;
    let of_snapshots = snapshots.iter().filter_map(|snapshot| snapshot.snapshot_id()).map(|id| {
        Box::pin(async move {
            let attribute = SnapshotAttributeName::CreateVolumePermission;
            let ask =
                || ec2.describe_snapshot_attribute().snapshot_id(id).attribute(attribute.clone()).send();
            let answer = account.call(ask).await?;
            let users = answer.create_volume_permissions().iter().filter_map(|it| it.user_id());
            let accounts: Vec<String> = users.map(str::to_owned).collect();
            Ok(Share { kind: "snapshot", id: id.to_owned(), accounts })
        })
    });
    let of_images = images.iter().filter_map(|image| image.image_id()).map(|id| {
        Box::pin(async move {
            let attribute = ImageAttributeName::LaunchPermission;
            let ask = || ec2.describe_image_attribute().image_id(id).attribute(attribute.clone()).send();
            let answer = account.call(ask).await?;
            let users = answer.launch_permissions().iter().filter_map(|it| it.user_id());
            let accounts: Vec<String> = users.map(str::to_owned).collect();
            Ok(Share { kind: "image", id: id.to_owned(), accounts })
        })
    });
    let (snapshots, images) = tokio::join!(chains(of_snapshots), chains(of_images));
    let mut found = Vec::new();
    for answer in snapshots.into_iter().chain(images) {
        match answer {
            Ok(share) if share.accounts.is_empty() => {}
            Ok(share) => found.push(share),
            // It went since it was listed.
            Err(error) if Error::is_not_found(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
