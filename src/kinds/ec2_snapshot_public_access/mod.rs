//! Whether EBS snapshots may be shared with everyone, a setting of the region (ACC-5).

use aws_sdk_ec2::types::SnapshotBlockPublicAccessState;
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error};
use crate::kinds::account_setting::{always_exists, answer, found, managed_by};
use crate::kinds::{
    DeleteRequest, Deletion, KindMeta, Lives, ReadRequest, ReadResult, Resource, Tagged, Update,
};
use crate::model::{Addr, ResourceSpec};

/// The public-access block of snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPublicAccess {
    /// `block-all-sharing`, `block-new-sharing` or `unblocked`.
    pub state: String,
}

impl ResourceSpec for SnapshotPublicAccess {
    const KIND: &'static str = "ec2.snapshot-public-access";
}

/// The state in which everything may be shared with everyone.
const UNBLOCKED: &str = "unblocked";

/// Public sharing of snapshots.
pub struct SnapshotSharing;

impl Resource for SnapshotSharing {
    type Spec = SnapshotPublicAccess;
    const META: KindMeta = KindMeta {
        lives: Lives::EveryRegion,
        deletion: Deletion::Never,
        tags: Tagged::SETTING,
        read_actions: &["ec2:GetSnapshotBlockPublicAccessState"],
        write_actions: &["ec2:EnableSnapshotBlockPublicAccess", "ec2:DisableSnapshotBlockPublicAccess"],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<SnapshotPublicAccess>>,
    ) -> Vec<ReadResult<SnapshotPublicAccess>> {
        answer(asked, async {
            let answer = account.call(|| account.ec2.get_snapshot_block_public_access_state().send()).await?;
            let state = answer.state().map_or(UNBLOCKED, |state| state.as_str()).to_owned();
            Ok(found(SnapshotPublicAccess { state }, managed_by(answer.managed_by(), None)))
        })
        .await
    }

    async fn create(_: &Account, addr: &Addr, _: &SnapshotPublicAccess) -> Result<(), Error> {
        Err(always_exists(addr))
    }

    async fn update(account: &Account, update: &Update<SnapshotPublicAccess>) -> Result<(), Error> {
        let wanted = update.wanted.state.as_str();
        if wanted == UNBLOCKED {
            account.call(|| account.ec2.disable_snapshot_block_public_access().send()).await?;
        } else {
            let state = SnapshotBlockPublicAccessState::from(wanted);
            let request = account.ec2.enable_snapshot_block_public_access().state(state);
            account.call(|| request.clone().send()).await?;
        }
        Ok(())
    }

    async fn delete(_: &Account, request: &DeleteRequest<SnapshotPublicAccess>) -> Result<(), Error> {
        Err(always_exists(&request.addr))
    }

    fn example(seed: u8) -> SnapshotPublicAccess {
        let state = if seed % 2 == 1 { "block-new-sharing" } else { "block-all-sharing" };
        SnapshotPublicAccess { state: state.to_owned() }
    }
}
