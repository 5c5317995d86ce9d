//! Reads a key and all that belongs to it.

use aws_sdk_kms::types::{KeyMetadata, KeySpec, KeyState, MultiRegionKeyType, OriginType, Tag};

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Class, Error, Items as _, Owner, OwnershipTags};
use crate::kinds::kms_key::Key;
use crate::kinds::{Found, State};
use crate::model::Document;

/// The tag that keeps the deletion window, which AWS has no attribute for.
pub(in crate::kinds) const DELETION_WINDOW_TAG: &str = "baseline:deletion-window";

/// Days until deletion where nothing else was said (KMS-12).
const DEFAULT_WINDOW: i64 = 30;

/// Days between rotations where the answer names none, as before the period could be chosen.
const DEFAULT_ROTATION: i32 = 365;

/// The only name a key policy can have.
pub(in crate::kinds) const POLICY_NAME: &str = "default";

/// What AWS calls a rotation question about a key that cannot rotate.
const CANNOT_ROTATE: &str = "UnsupportedOperationException";

/// The key behind an alias or an id, or nothing where there is none.
pub(in crate::kinds) async fn metadata(account: &Account, key: &str) -> Result<Option<KeyMetadata>, Error> {
    let answer = account.find(|| account.kms.describe_key().key_id(key).send()).await?;
    Ok(answer.and_then(|answer| answer.key_metadata))
}

/// An alias of the key; empty where it has none.
pub(in crate::kinds) async fn alias_of(account: &Account, key: &str) -> Result<String, Error> {
    let pages = || account.kms.list_aliases().key_id(key).all_items();
    let mut aliases: Vec<String> =
        account.call(pages).await?.into_iter().filter_map(|alias| alias.alias_name).collect();
    aliases.sort_unstable();
    Ok(aliases.into_iter().next().unwrap_or_default())
}

/// The ids of all keys in the region.
pub(in crate::kinds) async fn keys_of(account: &Account) -> Result<Vec<String>, Error> {
    let pages = || account.kms.list_keys().all_items();
    Ok(account.call(pages).await?.into_iter().filter_map(|key| key.key_id).collect())
}

/// Which of those keys carry ownership tags, and whose they are.
///
/// # Errors
/// Fails where the tags of a key cannot be read, because that key may be the one that is sought.
pub(in crate::kinds) async fn tagged_keys(
    account: &Account,
    keys: Vec<String>,
) -> Result<Vec<(String, Owner)>, Error> {
    let owners = keys.into_iter().map(|key| async move {
        match tags_of(account, &key).await {
            Ok(tags) => Ok(Owner::from_tags(pairs(&tags)).map(|owner| (key, owner))),
            Err(error) if error.is_not_found() || shut_by_its_own_policy(&error) => Ok(None),
            Err(error) => Err(error),
        }
    });
    let owners = chains(owners).await.into_iter().collect::<Result<Vec<_>, Error>>()?;
    Ok(owners.into_iter().flatten().collect())
}

/// Whether the key's own policy kept us out, and not a lack of rights of the caller.
///
/// A key that was made here always lets its account administer it (KMS-4), so this is another's.
fn shut_by_its_own_policy(error: &Error) -> bool {
    let by_policy = ["no resource-based policy allows", "explicit deny in a resource-based policy"];
    error.class == Class::Denied && by_policy.iter().any(|reason| error.message.contains(reason))
}

async fn tags_of(account: &Account, key: &str) -> Result<Vec<Tag>, Error> {
    account.call(|| account.kms.list_resource_tags().key_id(key).all_items()).await
}

fn pairs(tags: &[Tag]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().map(|tag| (tag.tag_key(), tag.tag_value()))
}

/// Whether somebody asked for the key's deletion.
pub(in crate::kinds) fn is_scheduled(key: &KeyMetadata) -> bool {
    key.key_state() == Some(&KeyState::PendingDeletion)
}

/// Everything about one key, in one round.
///
/// A key without an alias whose deletion is under way counts as gone: that is how a deletion ends,
/// and it may be 30 days until AWS says so (KMS-12).
///
/// # Errors
/// Any answer that could not be had.
pub(in crate::kinds) async fn details(
    account: &Account,
    wanted: &Key,
    alias: String,
    id: &str,
    known: Option<&KeyMetadata>,
) -> Result<Option<Found<Key>>, Error> {
    let key = async {
        match known {
            Some(key) => Ok(Some(key.clone())),
            None => metadata(account, id).await,
        }
    };
    let policy = account.call(|| account.kms.get_key_policy().key_id(id).policy_name(POLICY_NAME).send());
    let rotation = async {
        match account.call(|| account.kms.get_key_rotation_status().key_id(id).send()).await {
            Ok(status) => Ok(status
                .key_rotation_enabled()
                .then(|| i64::from(status.rotation_period_in_days().unwrap_or(DEFAULT_ROTATION)))),
            Err(error) if error.code == CANNOT_ROTATE => Ok(None),
            Err(error) => Err(error),
        }
    };
    let (key, policy, rotation_days, tags) =
        tokio::join!(chain(key), chain(policy), chain(rotation), chain(tags_of(account, id)));
    let Some(key) = key? else { return Ok(None) };
    if alias.is_empty() && is_scheduled(&key) {
        return Ok(None);
    }
    let tags = tags?;
    let window = tags.iter().find(|tag| tag.tag_key() == DELETION_WINDOW_TAG);
    let attributes = Key {
        alias,
        description: key.description().unwrap_or_default().to_owned(),
        policy: Document::parse(policy?.policy().unwrap_or_default())?,
        rotation_days: rotation_days?,
        enabled: key.key_state() == Some(&KeyState::Enabled),
        deletion_window_days: window.and_then(|tag| tag.tag_value().parse().ok()).unwrap_or(DEFAULT_WINDOW),
    };
    let state = match cannot_rotate(&key).filter(|_| attributes.rotation_days != wanted.rotation_days) {
        Some(why) => State::Broken(why),
        None => state(&key, wanted),
    };
    Ok(Some(Found {
        state,
        attributes,
        outputs: [("id", id.to_owned()), ("arn", key.arn().unwrap_or_default().to_owned())].into(),
        ownership: OwnershipTags::from_tags(pairs(&tags)),
        tags: pairs(&tags).map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        remarks: Vec::new(),
    }))
}

/// Why AWS would refuse to change the rotation of a key (EnableKeyRotation in the API reference; KMS-17).
fn cannot_rotate(key: &KeyMetadata) -> Option<String> {
    let off = "set `rotation_days = false`, or choose another alias";
    match key.origin() {
        Some(OriginType::External) => {
            return Some(format!("its key material was imported, and AWS does not rotate such a key; {off}"));
        }
        Some(OriginType::AwsCloudhsm | OriginType::ExternalKeyStore) => {
            return Some(format!("it is in a custom key store, and AWS does not rotate such a key; {off}"));
        }
        _ => {}
    }
    let regions = key.multi_region_configuration()?;
    let primary = regions.primary_key().and_then(|primary| primary.region()).unwrap_or("another region");
    (regions.multi_region_key_type() == Some(&MultiRegionKeyType::Replica)).then(|| {
        format!(
            "it is a replica, and its rotation is set on the primary key in {primary}; set it there, or write what is there \
             into `rotation_days`"
        )
    })
}

fn state(key: &KeyMetadata, wanted: &Key) -> State {
    if key.key_spec().is_some_and(|spec| spec != &KeySpec::SymmetricDefault) {
        return State::Broken(
            "the alias names a key that is not symmetric, which no log or volume can be encrypted with; \
             choose another alias"
                .to_owned(),
        );
    }
    match key.key_state() {
        Some(KeyState::Creating) => State::Pending("AWS is still creating the key".to_owned()),
        Some(KeyState::Updating) => State::Pending("AWS is still updating the key".to_owned()),
        // Where it is wanted enabled the difference shows, and the update calls the deletion off (KMS-15).
        Some(KeyState::PendingDeletion) if !wanted.enabled => State::Broken(format!(
            "its deletion is scheduled; call it off with `aws kms cancel-key-deletion --key-id {}`, or remove it here",
            key.key_id()
        )),
        Some(KeyState::PendingImport) => {
            State::Broken("it has no key material; import some, or choose another alias".to_owned())
        }
        Some(KeyState::PendingReplicaDeletion) => State::Broken(
            "its deletion waits for that of its replicas; call it off or delete them".to_owned(),
        ),
        Some(KeyState::Unavailable) => {
            State::Broken("its key store cannot be reached; reconnect it".to_owned())
        }
        Some(_) | None => State::Ready,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::types::{MultiRegionConfiguration, MultiRegionKey};

    use super::*;
    use crate::kinds::{Resource, kms_key::Keys};

    fn key(state: KeyState) -> KeyMetadata {
        KeyMetadata::builder().key_id("a").key_state(state).build().unwrap()
    }

    #[test]
    fn a_scheduled_deletion_is_called_off_or_told_but_never_taken_for_being_disabled() {
        let [enabled, disabled] = [true, false].map(|enabled| Key { enabled, ..Keys::example(0) });
        assert_eq!(state(&key(KeyState::PendingDeletion), &enabled), State::Ready);
        assert!(matches!(state(&key(KeyState::PendingDeletion), &disabled), State::Broken(_)));
        assert_eq!(state(&key(KeyState::Disabled), &disabled), State::Ready);
    }

    #[test]
    fn a_key_whose_rotation_aws_would_refuse_to_change_says_why() {
        let of = |origin: OriginType| KeyMetadata::builder().key_id("a").origin(origin).build().unwrap();
        assert_eq!(cannot_rotate(&of(OriginType::AwsKms)), None);
        assert!(cannot_rotate(&of(OriginType::External)).unwrap().contains("imported"));
        assert!(cannot_rotate(&of(OriginType::AwsCloudhsm)).unwrap().contains("custom key store"));
        let replica = |kind: MultiRegionKeyType| {
            let primary = MultiRegionKey::builder().region("eu-west-1").build();
            let regions =
                MultiRegionConfiguration::builder().multi_region_key_type(kind).primary_key(primary).build();
            KeyMetadata::builder().key_id("a").multi_region_configuration(regions).build().unwrap()
        };
        assert_eq!(cannot_rotate(&replica(MultiRegionKeyType::Primary)), None);
        assert!(cannot_rotate(&replica(MultiRegionKeyType::Replica)).unwrap().contains("eu-west-1"));
    }

    #[test]
    fn only_the_policy_of_the_key_itself_shows_that_a_key_is_not_ours() {
        let denied = |reason: &str| {
            let message =
                format!("not authorized to perform kms:ListResourceTags because no {reason} allows it");
            Error::reported("kms", "ListResourceTags", "AccessDeniedException", &message)
        };
        let by_deny = |whose: &str| {
            let message =
                format!("not authorized to perform kms:ListResourceTags with an explicit deny in {whose}");
            Error::reported("kms", "ListResourceTags", "AccessDeniedException", &message)
        };
        assert!(shut_by_its_own_policy(&by_deny("a resource-based policy")));
        assert!(!shut_by_its_own_policy(&by_deny("a service control policy")));
        assert!(!shut_by_its_own_policy(&denied("identity-based policy")));
        assert!(shut_by_its_own_policy(&denied("resource-based policy")));
    }
}
