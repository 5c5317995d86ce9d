//! Keys of KMS, whether AWS rotates them, and their policies, of one region.

use aws_sdk_kms::types::{
    KeyManagerType, KeyMetadata, KeySpec, KeyState, KeyUsageType, MultiRegionKeyType, OriginType,
};

use super::{seen, when};
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _};
use crate::policy::Policy;
use crate::posture::Seen;
use crate::posture::asked::AuditAsked;
use crate::posture::facts::EncryptionKey;

/// The keys with which services of the customer can encrypt: two calls for each key there is, side by side, and one more for its
/// policy where it is asked for.
pub(super) async fn keys(
    account: &Account,
    region: &str,
    audit: Option<&AuditAsked>,
) -> Result<Vec<EncryptionKey>, Error> {
    let asks_for_rotation = audit.is_some_and(|audit| audit.key_rotation.is_some());
    let asks_for_policy = audit.is_some_and(|audit| audit.service_sources.is_some());
    let client = &account.in_region(region).kms.clone();
    let listed = account.call(|| client.list_keys().all_items()).await?;
    let reads = listed.iter().filter_map(|entry| entry.key_arn()).map(|arn| {
        Box::pin(async move {
            let described = account.call(|| client.describe_key().key_id(arn).send());
            let rotation = when(asks_for_rotation, async {
                let answer = account.call(|| client.get_key_rotation_status().key_id(arn).send()).await?;
                Ok(answer.key_rotation_enabled())
            });
            let (described, rotation) = tokio::join!(chain(described), rotation);
            let rotates = match described {
                Ok(answer) => match answer.key_metadata()? {
                    key if !encrypts(key) => return None,
                    key if !can_rotate(key) => Seen::NotAsked,
                    _ => rotation,
                },
                Err(error) if error.is_not_found() => return None,
                Err(error) => seen(Err(error)),
            };
            let policy = when(asks_for_policy, policy(account, client, arn)).await;
            Some(EncryptionKey { arn: arn.to_owned(), rotates, policy })
        })
    });
    Ok(chains(reads).await.into_iter().flatten().collect::<Vec<_>>())
}

async fn policy(account: &Account, client: &aws_sdk_kms::Client, arn: &str) -> Result<Policy, Error> {
    let answer = account.call(|| client.get_key_policy().key_id(arn).send()).await?;
    let broken = |reason| Error::internal(format!("the policy of {arn} cannot be read: {reason}"));
    Policy::parse(answer.policy().unwrap_or_default()).map_err(broken)
}

/// An enabled key of the customer with which data is encrypted, not signed.
fn encrypts(key: &KeyMetadata) -> bool {
    key.key_manager() == Some(&KeyManagerType::Customer)
        && key.key_state() == Some(&KeyState::Enabled)
        && key.key_spec() == Some(&KeySpec::SymmetricDefault)
        && key.key_usage() == Some(&KeyUsageType::EncryptDecrypt)
}

/// Imported material and that of key stores is not, nor are replicas, which follow their primary key (AWS KMS Developer Guide,
/// "Rotate AWS KMS keys").
fn can_rotate(key: &KeyMetadata) -> bool {
    let is_replica = key
        .multi_region_configuration()
        .is_some_and(|it| it.multi_region_key_type() == Some(&MultiRegionKeyType::Replica));
    key.origin() == Some(&OriginType::AwsKms) && !is_replica
}
