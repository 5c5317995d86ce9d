//! Whether an access key works. It is neither made nor deleted here: that is what `rotate` is for.

use std::collections::BTreeMap;

use aws_sdk_iam::types::StatusType;
use serde::{Deserialize, Serialize};

use crate::aws::trace::chains;
use crate::aws::{Account, Error, Items as _};
use crate::kinds::account_setting::found;
use crate::kinds::{
    DeleteRequest, Deletion, KindMeta, Lives, ReadRequest, ReadResult, Reading, Resource, State, Tagged,
    Update,
};
use crate::model::{Addr, ResourceSpec};

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// The user it belongs to.
    pub user: String,
    /// Its id, which AWS chose.
    pub key: String,
    /// Whether it works.
    pub active: bool,
}

impl ResourceSpec for AccessKey {
    const KIND: &'static str = "iam.access-key";
}

/// Access keys that are there.
pub struct AccessKeys;

impl Resource for AccessKeys {
    type Spec = AccessKey;
    const META: KindMeta = KindMeta {
        lives: Lives::Once,
        immutable: &["user", "key"],
        deletion: Deletion::Never,
        tags: Tagged::Cannot("AWS gives access keys no tags"),
        read_actions: &["iam:ListAccessKeys"],
        write_actions: &["iam:UpdateAccessKey"],
        practices: &[8],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<AccessKey>>) -> Vec<ReadResult<AccessKey>> {
        // One call a user, whatever is asked of their keys.
        let mut users: BTreeMap<String, Vec<ReadRequest<AccessKey>>> = BTreeMap::new();
        for question in asked {
            users.entry(question.wanted.user.clone()).or_default().push(question);
        }
        let answers = chains(users.into_iter().map(|(user, asked)| async move {
            let keys = list(account, &user).await;
            let answer = |question: ReadRequest<AccessKey>| {
                let reading = match &keys {
                    Err(error) => Reading::Unreadable(error.clone()),
                    Ok(keys) => match keys.get(&question.wanted.key) {
                        Some(active) => {
                            let live = AccessKey { active: *active, ..question.wanted };
                            Reading::Found(Box::new(found(live, State::Ready)))
                        }
                        None => Reading::Absent,
                    },
                };
                (question.addr, reading)
            };
            asked.into_iter().map(answer).collect::<Vec<_>>()
        }));
        answers.await.into_iter().flatten().collect()
    }

    async fn create(_: &Account, addr: &Addr, _: &AccessKey) -> Result<(), Error> {
        Err(Error::internal(format!("{addr} is gone; run plan again")))
    }

    async fn update(account: &Account, update: &Update<AccessKey>) -> Result<(), Error> {
        let AccessKey { user, key, active } = &update.wanted;
        let status = if *active { StatusType::Active } else { StatusType::Inactive };
        let request = account.iam.update_access_key().user_name(user).access_key_id(key).status(status);
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn delete(_: &Account, request: &DeleteRequest<AccessKey>) -> Result<(), Error> {
        Err(Error::internal(format!("{} is not deleted: it may still be asked for", request.addr)))
    }

    fn example(seed: u8) -> AccessKey {
        AccessKey {
            user: "baseline-example".into(),
            key: "AKIAIOSFODNN7EXAMPLE".into(),
            active: seed % 2 == 1,
        }
    }
}

/// Whether each key of a user works; none where there is no such user.
async fn list(account: &Account, user: &str) -> Result<BTreeMap<String, bool>, Error> {
    let request = || account.iam.list_access_keys().user_name(user).all_items();
    let keys = account.find(request).await?.unwrap_or_default();
    let key = |key: &aws_sdk_iam::types::AccessKeyMetadata| {
        Some((key.access_key_id()?.to_owned(), key.status() == Some(&StatusType::Active)))
    };
    Ok(keys.iter().filter_map(key).collect())
}
