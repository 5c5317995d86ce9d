//! Whether AMIs may be shared with everyone, a setting of the region (ACC-5).

use aws_sdk_ec2::types::ImageBlockPublicAccessEnabledState;
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error};
use crate::kinds::account_setting::{always_exists, answer, found, managed_by};
use crate::kinds::{
    DeleteRequest, Deletion, KindMeta, Lives, ReadRequest, ReadResult, Resource, Tagged, Update,
};
use crate::model::{Addr, ResourceSpec};

/// The public-access block of AMIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagePublicAccess {
    /// `block-new-sharing` or `unblocked`.
    pub state: String,
}

impl ResourceSpec for ImagePublicAccess {
    const KIND: &'static str = "ec2.image-public-access";
}

/// The state in which everything may be shared with everyone.
const UNBLOCKED: &str = "unblocked";

/// Public sharing of AMIs.
pub struct ImageSharing;

impl Resource for ImageSharing {
    type Spec = ImagePublicAccess;
    const META: KindMeta = KindMeta {
        lives: Lives::EveryRegion,
        deletion: Deletion::Never,
        tags: Tagged::SETTING,
        // It may take ten minutes, in which the answer is still `unblocked` (ACC-5).
        settle_seconds: 660,
        patience_seconds: 600,
        read_actions: &["ec2:GetImageBlockPublicAccessState"],
        write_actions: &["ec2:EnableImageBlockPublicAccess", "ec2:DisableImageBlockPublicAccess"],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<ImagePublicAccess>>,
    ) -> Vec<ReadResult<ImagePublicAccess>> {
        answer(asked, async {
            let answer = account.call(|| account.ec2.get_image_block_public_access_state().send()).await?;
            let state = answer.image_block_public_access_state().unwrap_or(UNBLOCKED).to_owned();
            Ok(found(ImagePublicAccess { state }, managed_by(answer.managed_by(), None)))
        })
        .await
    }

    async fn create(_: &Account, addr: &Addr, _: &ImagePublicAccess) -> Result<(), Error> {
        Err(always_exists(addr))
    }

    async fn update(account: &Account, update: &Update<ImagePublicAccess>) -> Result<(), Error> {
        let wanted = update.wanted.state.as_str();
        if wanted == UNBLOCKED {
            account.call(|| account.ec2.disable_image_block_public_access().send()).await?;
        } else {
            let state = ImageBlockPublicAccessEnabledState::from(wanted);
            let request =
                account.ec2.enable_image_block_public_access().image_block_public_access_state(state);
            account.call(|| request.clone().send()).await?;
        }
        Ok(())
    }

    async fn delete(_: &Account, request: &DeleteRequest<ImagePublicAccess>) -> Result<(), Error> {
        Err(always_exists(&request.addr))
    }

    fn example(seed: u8) -> ImagePublicAccess {
        let state = if seed % 2 == 1 { "block-new-sharing" } else { "unblocked" };
        ImagePublicAccess { state: state.to_owned() }
    }
}
