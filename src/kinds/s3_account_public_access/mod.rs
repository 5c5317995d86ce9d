//! The S3 public-access block of the whole account (ACC-1).

use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error};
use crate::kinds::account_setting::{always_exists, answer, found};
use crate::kinds::{
    DeleteRequest, Deletion, KindMeta, Lives, ReadRequest, ReadResult, Resource, State, Tagged, Update,
};
use crate::model::{Addr, ResourceSpec};

/// The four switches that keep buckets private, on a bucket or on the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicAccessBlock {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Existing public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// New public bucket policies are refused.
    pub block_public_policy: bool,
    /// Existing public bucket policies reach only the account itself.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four switches in one position.
    pub const fn all(on: bool) -> Self {
        Self {
            block_public_acls: on,
            ignore_public_acls: on,
            block_public_policy: on,
            restrict_public_buckets: on,
        }
    }
}

impl ResourceSpec for PublicAccessBlock {
    const KIND: &'static str = "s3.account-public-access";
}

/// The public-access block of the account.
pub struct AccountPublicAccess;

impl Resource for AccountPublicAccess {
    type Spec = PublicAccessBlock;
    const META: KindMeta = KindMeta {
        lives: Lives::Once,
        deletion: Deletion::Never,
        tags: Tagged::SETTING,
        read_actions: &["s3:GetAccountPublicAccessBlock"],
        write_actions: &["s3:PutAccountPublicAccessBlock"],
        practices: &[13],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<PublicAccessBlock>>,
    ) -> Vec<ReadResult<PublicAccessBlock>> {
        answer(asked, async {
            let ask = || account.s3control.get_public_access_block().account_id(account.id()).send();
            let block = account.find(ask).await?;
            // Never set is not absent: all four are off (ACC-1).
            let configuration = block.as_ref().and_then(|block| block.public_access_block_configuration());
            Ok(found(configuration.map_or(PublicAccessBlock::all(false), switches), State::Ready))
        })
        .await
    }

    async fn create(_: &Account, addr: &Addr, _: &PublicAccessBlock) -> Result<(), Error> {
        Err(always_exists(addr))
    }

    async fn update(account: &Account, update: &Update<PublicAccessBlock>) -> Result<(), Error> {
        // The four are put as one document (ACC-1).
        let configuration = PublicAccessBlockConfiguration::builder()
            .block_public_acls(update.wanted.block_public_acls)
            .ignore_public_acls(update.wanted.ignore_public_acls)
            .block_public_policy(update.wanted.block_public_policy)
            .restrict_public_buckets(update.wanted.restrict_public_buckets)
            .build();
        let request = account
            .s3control
            .put_public_access_block()
            .account_id(account.id())
            .public_access_block_configuration(configuration);
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn delete(_: &Account, request: &DeleteRequest<PublicAccessBlock>) -> Result<(), Error> {
        Err(always_exists(&request.addr))
    }

    fn example(seed: u8) -> PublicAccessBlock {
        PublicAccessBlock::all(seed % 2 == 1)
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
