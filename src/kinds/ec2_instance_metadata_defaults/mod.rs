//! The region's defaults for the instance metadata service (ACC-4).

use aws_sdk_ec2::types::MetadataDefaultHttpTokensState;
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error};
use crate::kinds::account_setting::{always_exists, answer, found, managed_by};
use crate::kinds::whole_number::narrow_optional;
use crate::kinds::{
    DeleteRequest, Deletion, KindMeta, Lives, ReadRequest, ReadResult, Resource, Tagged, Update,
};
use crate::model::{Addr, ResourceSpec};

/// What an instance gets whose launch says nothing about metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceMetadataDefaults {
    /// `required` (IMDSv2 only), `optional`, or `no-preference` where the account has none.
    pub http_tokens: String,
    /// How many network hops an answer may travel; unmanaged where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop_limit: Option<i64>,
}

impl ResourceSpec for InstanceMetadataDefaults {
    const KIND: &'static str = "ec2.instance-metadata-defaults";
}

/// What the account has where it has chosen nothing.
const NO_PREFERENCE: &str = "no-preference";

/// Defaults of the instance metadata service.
pub struct MetadataDefaults;

impl Resource for MetadataDefaults {
    type Spec = InstanceMetadataDefaults;
    const META: KindMeta = KindMeta {
        lives: Lives::EveryRegion,
        deletion: Deletion::Never,
        tags: Tagged::SETTING,
        read_actions: &["ec2:GetInstanceMetadataDefaults"],
        write_actions: &["ec2:ModifyInstanceMetadataDefaults"],
        practices: &[4],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<InstanceMetadataDefaults>>,
    ) -> Vec<ReadResult<InstanceMetadataDefaults>> {
        answer(asked, async {
            let answer = account.call(|| account.ec2.get_instance_metadata_defaults().send()).await?;
            // Never set reads as an empty structure, or none at all (ACC-4).
            let live = answer.account_level();
            let tokens =
                live.and_then(|live| live.http_tokens()).map_or(NO_PREFERENCE, |tokens| tokens.as_str());
            let attributes = InstanceMetadataDefaults {
                http_tokens: tokens.to_owned(),
                hop_limit: live.and_then(|live| live.http_put_response_hop_limit()).map(i64::from),
            };
            let state = managed_by(
                live.and_then(|live| live.managed_by()),
                live.and_then(|live| live.managed_exception_message()),
            );
            Ok(found(attributes, state))
        })
        .await
    }

    async fn create(_: &Account, addr: &Addr, _: &InstanceMetadataDefaults) -> Result<(), Error> {
        Err(always_exists(addr))
    }

    async fn update(account: &Account, update: &Update<InstanceMetadataDefaults>) -> Result<(), Error> {
        // What is not sent stays as it is (ACC-4).
        let mut request = account.ec2.modify_instance_metadata_defaults();
        if update.touches("http_tokens") {
            let tokens = MetadataDefaultHttpTokensState::from(update.wanted.http_tokens.as_str());
            request = request.http_tokens(tokens);
        }
        if update.touches("hop_limit") {
            let hops = narrow_optional("hop_limit", update.wanted.hop_limit)?;
            request = request.set_http_put_response_hop_limit(hops);
        }
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn delete(_: &Account, request: &DeleteRequest<InstanceMetadataDefaults>) -> Result<(), Error> {
        Err(always_exists(&request.addr))
    }

    fn example(seed: u8) -> InstanceMetadataDefaults {
        let http_tokens = if seed % 2 == 1 { "required" } else { "optional" };
        InstanceMetadataDefaults {
            http_tokens: http_tokens.to_owned(),
            hop_limit: Some(if seed % 2 == 1 { 2 } else { 1 }),
        }
    }
}
