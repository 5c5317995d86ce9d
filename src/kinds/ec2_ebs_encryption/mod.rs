//! EBS encryption by default, a setting of the region (ACC-2, ACC-3).

use serde::{Deserialize, Serialize};

use crate::aws::trace::chain;
use crate::aws::{Account, Error};
use crate::kinds::account_setting::{always_exists, answer, found};
use crate::kinds::{
    DeleteRequest, Deletion, KindMeta, Lives, ReadRequest, ReadResult, Resource, State, Tagged, Update,
};
use crate::model::{Addr, Link, ResourceSpec};

/// Whether new volumes are encrypted, and with which key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EbsEncryption {
    /// New volumes are encrypted.
    pub enabled: bool,
    /// The ARN of the default key, or `alias/aws/ebs`; unmanaged where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Link>,
}

impl ResourceSpec for EbsEncryption {
    const KIND: &'static str = "ec2.ebs-encryption";
}

/// What GetEbsDefaultKmsKeyId answers until a key is chosen: an alias, not an ARN (ACC-3).
const AWS_MANAGED_KEY: &str = "alias/aws/ebs";

/// EBS encryption by default.
pub struct EbsEncryptionByDefault;

impl Resource for EbsEncryptionByDefault {
    type Spec = EbsEncryption;
    const META: KindMeta = KindMeta {
        lives: Lives::EveryRegion,
        deletion: Deletion::Never,
        tags: Tagged::SETTING,
        read_actions: &["ec2:GetEbsEncryptionByDefault", "ec2:GetEbsDefaultKmsKeyId"],
        write_actions: &[
            "ec2:EnableEbsEncryptionByDefault",
            "ec2:DisableEbsEncryptionByDefault",
            "ec2:ModifyEbsDefaultKmsKeyId",
            "ec2:ResetEbsDefaultKmsKeyId",
        ],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<EbsEncryption>>,
    ) -> Vec<ReadResult<EbsEncryption>> {
        // Who wants no key needs no permission to ask for it.
        let key_matters = asked.iter().any(|question| question.wanted.kms_key.is_some());
        answer(asked, async move {
            let switch = account.call(|| account.ec2.get_ebs_encryption_by_default().send());
            let key = async {
                if !key_matters {
                    return Ok(None);
                }
                let answer = account.call(|| account.ec2.get_ebs_default_kms_key_id().send()).await?;
                Ok(Some(Link::from(answer.kms_key_id().unwrap_or(AWS_MANAGED_KEY))))
            };
            let (switch, kms_key): (_, Result<_, Error>) = tokio::join!(chain(switch), chain(key));
            let enabled = switch?.ebs_encryption_by_default().unwrap_or_default();
            Ok(found(EbsEncryption { enabled, kms_key: kms_key? }, State::Ready))
        })
        .await
    }

    async fn create(_: &Account, addr: &Addr, _: &EbsEncryption) -> Result<(), Error> {
        Err(always_exists(addr))
    }

    async fn update(account: &Account, update: &Update<EbsEncryption>) -> Result<(), Error> {
        // The key first, so that no volume is encrypted with one nobody asked for.
        if update.touches("kms_key")
            && let Some(key) = &update.wanted.kms_key
        {
            let key = key.id()?;
            if key == AWS_MANAGED_KEY {
                account.call(|| account.ec2.reset_ebs_default_kms_key_id().send()).await?;
            } else {
                let request = account.ec2.modify_ebs_default_kms_key_id().kms_key_id(key);
                account.call(|| request.clone().send()).await?;
            }
        }
        if update.touches("enabled") {
            if update.wanted.enabled {
                account.call(|| account.ec2.enable_ebs_encryption_by_default().send()).await?;
            } else {
                account.call(|| account.ec2.disable_ebs_encryption_by_default().send()).await?;
            }
        }
        Ok(())
    }

    async fn delete(_: &Account, request: &DeleteRequest<EbsEncryption>) -> Result<(), Error> {
        Err(always_exists(&request.addr))
    }

    fn example(seed: u8) -> EbsEncryption {
        // No key: one would have to exist first.
        EbsEncryption { enabled: seed % 2 == 1, kms_key: None }
    }
}
