//! Keys of KMS and whether AWS rotates them, of one region.

use aws_sdk_kms::types::{KeyManagerType, KeySpec, KeyState, MultiRegionKeyType, OriginType};

use super::seen;
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error};
use crate::posture::facts::EncryptionKey;

/// The keys of the customer that AWS can rotate, with two calls for each key there is, side by side.
///
/// Left out are keys of AWS, asymmetric and HMAC keys, imported material, key stores, and replicas, which follow their primary key
/// (AWS KMS Developer Guide, "Rotate AWS KMS keys").
pub(super) async fn keys(account: &Account, region: &str) -> Result<Vec<EncryptionKey>, Error> {
    let client = &account.in_region(region).kms.clone();
    let listed = account.call(|| client.list_keys().into_paginator().items().send().try_collect()).await?;
    let reads = listed.iter().filter_map(|entry| entry.key_arn()).map(|arn| {
        Box::pin(async move {
            let described = account.call(|| client.describe_key().key_id(arn).send());
            let status = account.call(|| client.get_key_rotation_status().key_id(arn).send());
            let (described, status) = tokio::join!(chain(described), chain(status));
            let rotates = match described {
                Ok(answer) if !can_rotate(answer.key_metadata()?) => return None,
                Ok(_) => seen(status.map(|answer| answer.key_rotation_enabled())),
                Err(error) if error.is_not_found() => return None,
                Err(error) => seen(Err(error)),
            };
            Some(EncryptionKey { arn: arn.to_owned(), rotates })
        })
    });
    Ok(chains(reads).await.into_iter().flatten().collect::<Vec<_>>())
}

fn can_rotate(key: &aws_sdk_kms::types::KeyMetadata) -> bool {
    let is_replica = key
        .multi_region_configuration()
        .is_some_and(|it| it.multi_region_key_type() == Some(&MultiRegionKeyType::Replica));
    key.key_manager() == Some(&KeyManagerType::Customer)
        && key.key_state() == Some(&KeyState::Enabled)
        && key.key_spec() == Some(&KeySpec::SymmetricDefault)
        && key.origin() == Some(&OriginType::AwsKms)
        && !is_replica
}
