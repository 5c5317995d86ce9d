//! A customer key with its alias, policy and rotation (aws-truths 1.1).

pub(in crate::kinds) mod read;

use std::collections::BTreeMap;

use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::types::Tag;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::read::{
    DELETION_WINDOW_TAG, POLICY_NAME, alias_of, details, is_scheduled, keys_of, metadata, tagged_keys,
};
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Class, Error};
use crate::kinds::whole_number::narrow;
use crate::kinds::{
    DeleteRequest, Deletion, KindMeta, ReadRequest, ReadResult, Reading, Resource, Update, by_tag,
};
use crate::model::{Addr, Document, ResourceSpec};

/// A symmetric encryption key. Outputs: `id`, `arn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The alias, the only unique name a key can have (KMS-1): `alias/landing-zone-trail`.
    pub alias: String,
    /// What it is for, as the console shows it.
    pub description: String,
    /// Who may use and administer it.
    pub policy: Document,
    /// Days between rotations, 90 to 2560; not rotated where absent.
    pub rotation_days: Option<i64>,
    /// Whether it can be used.
    pub enabled: bool,
    /// Days between asking for deletion and deletion, 7 to 30; kept in the tag `baseline:deletion-window`.
    pub deletion_window_days: i64,
}

impl ResourceSpec for Key {
    const KIND: &'static str = "kms.key";
}

/// Customer keys.
pub struct Keys;

impl Resource for Keys {
    type Spec = Key;
    const META: KindMeta = KindMeta {
        duplicates_on_retry: true,
        located_by: Some("alias"),
        deletion: Deletion::Named,
        outputs: &["id", "arn"],
        consistent_reads: 5,
        // Changes of a key are waited for ten minutes and more (KMS-9).
        settle_seconds: 600,
        read_actions: &[
            "kms:DescribeKey",
            "kms:GetKeyPolicy",
            "kms:GetKeyRotationStatus",
            "kms:ListResourceTags",
            "kms:ListKeys",
            "kms:ListAliases",
        ],
        write_actions: &[
            "kms:CreateKey",
            "kms:TagResource",
            "kms:PutKeyPolicy",
            "kms:EnableKey",
            "kms:DisableKey",
            "kms:EnableKeyRotation",
            "kms:DisableKeyRotation",
            "kms:UpdateKeyDescription",
            "kms:CreateAlias",
            "kms:UpdateAlias",
            "kms:DeleteAlias",
            "kms:ScheduleKeyDeletion",
            "kms:CancelKeyDeletion",
        ],
        practices: &[6, 8],
        ..KindMeta::DEFAULT
    };

    /// By alias; and where the alias is missing, by ownership tag: a run that was stopped between
    /// CreateKey and CreateAlias left a key that only its tags can find (KMS-3).
    async fn read(account: &Account, asked: Vec<ReadRequest<Key>>) -> Vec<ReadResult<Key>> {
        if asked.is_empty() {
            return Vec::new();
        }
        // The list is asked for before it is known to be needed: it saves a round where it is.
        let by_alias = chains(asked.iter().map(|question| metadata(account, &question.wanted.alias)));
        let (by_alias, listed) = tokio::join!(chain(by_alias), chain(keys_of(account)));

        let mut results = Vec::new();
        let (mut named, mut nameless) = (Vec::new(), Vec::new());
        for (question, answer) in asked.into_iter().zip(by_alias) {
            match answer {
                Ok(Some(key)) => named.push((question, key)),
                Ok(None) => nameless.push(question),
                Err(error) => results.push((question.addr, Reading::Unreadable(error))),
            }
        }
        let named = chains(named.into_iter().map(|(question, key)| async move {
            let alias = match question.wanted.alias.as_str() {
                alias if alias.starts_with("alias/") => Ok(alias.to_owned()),
                // Asked for by its ARN: it is owned, and nobody declares it any more.
                _ => alias_of(account, key.key_id()).await,
            };
            let alias = match alias {
                Ok(alias) => alias,
                Err(error) => return (question.addr, Reading::Unreadable(error)),
            };
            let key = details(account, &question.wanted, alias, key.key_id(), Some(&key)).await;
            (question.addr, key.into())
        }));
        let (named, nameless) = tokio::join!(chain(named), chain(without_alias(account, nameless, listed)));
        results.extend(named);
        results.extend(nameless);
        results
    }

    /// Sent once and never again by the SDK: CreateKey has no token, so a second one would make a
    /// second key (truth 5, KMS-18).
    async fn create(account: &Account, addr: &Addr, wanted: &Key) -> Result<(), Error> {
        let mut tags = tags(account.tags(addr))?;
        tags.push(window_tag(wanted)?);
        let request = account
            .kms
            .create_key()
            .description(&wanted.description)
            .policy(wanted.policy.text())
            .set_tags(Some(tags));
        let once = || aws_sdk_kms::config::Builder::new().retry_config(RetryConfig::disabled());
        account.call(|| request.clone().customize().config_override(once()).send()).await?;
        Ok(())
    }

    /// Enables first and disables last, because a disabled key cannot be changed (KMS-6).
    async fn update(account: &Account, update: &Update<Key>) -> Result<(), Error> {
        let key = update.output("id")?;
        let (kms, wanted) = (&account.kms, &update.wanted);
        if update.touches("enabled") && wanted.enabled {
            // A key whose deletion was asked for comes back disabled (KMS-12, KMS-15).
            if metadata(account, key).await?.is_some_and(|key| is_scheduled(&key)) {
                account.call(|| kms.cancel_key_deletion().key_id(key).send()).await?;
            }
            account.call(|| kms.enable_key().key_id(key).send()).await?;
        }
        if update.touches("rotation_days") {
            match wanted.rotation_days {
                Some(days) => {
                    let days = narrow("rotation_days", days)?;
                    let request = kms.enable_key_rotation().key_id(key).rotation_period_in_days(days);
                    account.call(|| request.clone().send()).await?;
                }
                None => {
                    account.call(|| kms.disable_key_rotation().key_id(key).send()).await?;
                }
            }
        }
        if update.touches("description") {
            let request = kms.update_key_description().key_id(key).description(&wanted.description);
            account.call(|| request.clone().send()).await?;
        }
        if update.touches("policy") {
            // The lockout check of AWS stays on (KMS-4).
            let request =
                kms.put_key_policy().key_id(key).policy_name(POLICY_NAME).policy(wanted.policy.text());
            account.call(|| request.clone().send()).await?;
        }
        let mut missing_tags = Vec::new();
        if update.adopt {
            missing_tags.extend(tags(account.tags(&update.addr))?);
        }
        if update.touches("deletion_window_days") {
            missing_tags.push(window_tag(wanted)?);
        }
        if !missing_tags.is_empty() {
            let request = kms.tag_resource().key_id(key).set_tags(Some(missing_tags));
            account.call(|| request.clone().send()).await?;
        }
        if update.touches("alias") {
            name(account, &wanted.alias, key).await?;
        }
        if update.touches("enabled") && !wanted.enabled {
            account.call(|| kms.disable_key().key_id(key).send()).await?;
        }
        Ok(())
    }

    /// Schedules the deletion, which AWS carries out at the end of the window.
    ///
    /// The alias would keep its name until then, so it goes first (KMS-12).
    async fn delete(account: &Account, request: &DeleteRequest<Key>) -> Result<(), Error> {
        let (key, live) = (request.output("id")?, &request.live.attributes);
        if !live.alias.is_empty() {
            account.find(|| account.kms.delete_alias().alias_name(&live.alias).send()).await?;
        }
        let days = narrow("deletion_window_days", live.deletion_window_days)?;
        let request = account.kms.schedule_key_deletion().key_id(key).pending_window_in_days(days);
        match account.find(|| request.clone().send()).await {
            Err(error) if !is_pending_already(&error) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn example(seed: u8) -> Key {
        let odd = seed % 2 == 1;
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Sid": if odd { "Account" } else { "WholeAccount" },
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "kms:*",
            "Resource": "*",
        }]});
        Key {
            alias: "alias/baseline-example".into(),
            description: if odd { "encrypts the trail" } else { "encrypts logs" }.into(),
            policy: Document::new(&policy).unwrap_or_default(),
            rotation_days: odd.then_some(365),
            enabled: !odd,
            deletion_window_days: if odd { 30 } else { 7 },
        }
    }
}

/// Answers for the aliases that do not exist, by one look at the tags of every key.
async fn without_alias(
    account: &Account,
    asked: Vec<ReadRequest<Key>>,
    listed: Result<Vec<String>, Error>,
) -> Vec<ReadResult<Key>> {
    if asked.is_empty() {
        return Vec::new();
    }
    let wanted: BTreeMap<&Addr, &Key> =
        asked.iter().map(|question| (&question.addr, &question.wanted)).collect();
    let found = async {
        let mut ours = Vec::new();
        for (id, owner) in tagged_keys(account, listed?).await? {
            let addr = owner.addr().filter(|_| owner.baseline == account.baseline);
            if let Some(wanted) = addr.and_then(|addr| wanted.get(&addr).copied()) {
                ours.push((id, owner, wanted));
            }
        }
        let read = ours.into_iter().map(|(id, owner, wanted)| async move {
            Ok(details(account, wanted, String::new(), &id, None).await?.map(|found| (owner, found)))
        });
        chains(read).await.into_iter().collect::<Result<Vec<_>, Error>>()
    };
    match found.await {
        Ok(found) => by_tag(account, asked, found.into_iter().flatten().collect()),
        Err(error) => crate::kinds::unreadable(asked, &error),
    }
}

fn tags(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>, Error> {
    let tag = |(key, value)| Tag::builder().tag_key(key).tag_value(value).build().map_err(Error::internal);
    pairs.into_iter().map(tag).collect()
}

fn window_tag(wanted: &Key) -> Result<Tag, Error> {
    Tag::builder()
        .tag_key(DELETION_WINDOW_TAG)
        .tag_value(wanted.deletion_window_days.to_string())
        .build()
        .map_err(Error::internal)
}

/// Puts the alias on the key.
///
/// An alias that exists may be the work of a request whose answer was lost, so its target decides (KMS-18).
async fn name(account: &Account, alias: &str, key: &str) -> Result<(), Error> {
    let create = account.kms.create_alias().alias_name(alias).target_key_id(key);
    match account.call(|| create.clone().send()).await {
        Err(error) if error.class == Class::AlreadyExists => {
            if metadata(account, alias).await?.is_some_and(|target| target.key_id() == key) {
                return Ok(());
            }
            let update = account.kms.update_alias().alias_name(alias).target_key_id(key);
            account.call(|| update.clone().send()).await?;
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// Whether a deletion was refused because it is under way, which is what was wanted (KMS-13).
fn is_pending_already(error: &Error) -> bool {
    error.code == "KMSInvalidStateException" && error.message.to_lowercase().contains("pending deletion")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_that_is_under_way_is_a_success_and_other_states_are_not() {
        let refused =
            |message| Error::reported("kms", "ScheduleKeyDeletion", "KMSInvalidStateException", message);
        assert!(is_pending_already(&refused("arn:aws:kms:us-east-1:1:key/a is pending deletion.")));
        assert!(!is_pending_already(&refused("arn:aws:kms:us-east-1:1:key/a is pending import.")));
    }
}
