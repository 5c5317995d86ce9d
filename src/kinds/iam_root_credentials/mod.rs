//! What the root user of a member account has, read and deleted through its organization (ROOT-1 to ROOT-5).

use serde::{Deserialize, Serialize};

use crate::aws::{self, Account, Error};
use crate::kinds::account_setting::{always_exists, answer, found};
use crate::kinds::{
    DeleteRequest, Deletion, KindMeta, Lives, ReadRequest, ReadResult, Resource, State, Tagged, Update,
};
use crate::model::{Addr, ResourceSpec, Set};

/// The credentials of the root user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootCredentials {
    /// Ids of its access keys.
    pub access_keys: Set<String>,
    /// Ids of its signing certificates.
    pub certificates: Set<String>,
    /// Whether it has a password; unmanaged where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<bool>,
    /// Serial numbers of its second factors; unmanaged where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa: Option<Set<String>>,
}

impl ResourceSpec for RootCredentials {
    const KIND: &'static str = "iam.root-credentials";
}

/// The root user of a member account.
pub struct MemberRoot;

impl Resource for MemberRoot {
    type Spec = RootCredentials;
    const META: KindMeta = KindMeta {
        lives: Lives::Once,
        deletion: Deletion::Never,
        tags: Tagged::Cannot("AWS gives the root user no tags"),
        // What follows AssumeRoot is done as root, within the task policy: the caller needs no more than that.
        read_actions: &["sts:AssumeRoot"],
        write_actions: &["sts:AssumeRoot"],
        practices: &[1, 2],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<RootCredentials>>,
    ) -> Vec<ReadResult<RootCredentials>> {
        answer(asked, async {
            let aws::RootCredentials { access_keys, certificates, password, mfa } =
                account.root_credentials().await?;
            let live = RootCredentials {
                access_keys: access_keys.into_iter().collect(),
                certificates: certificates.into_iter().collect(),
                password: Some(password),
                mfa: Some(mfa.into_iter().collect()),
            };
            Ok(found(live, State::Ready))
        })
        .await
    }

    async fn create(_: &Account, addr: &Addr, _: &RootCredentials) -> Result<(), Error> {
        Err(always_exists(addr))
    }

    async fn update(account: &Account, update: &Update<RootCredentials>) -> Result<(), Error> {
        let (wanted, live) = (&update.wanted, &update.live.attributes);
        let gone = |live: &Set<String>, wanted: &Set<String>| live.0.difference(&wanted.0).cloned().collect();
        let of = |set: &Option<Set<String>>| set.clone().unwrap_or_default();
        account
            .delete_root_credentials(&aws::RootCredentials {
                access_keys: gone(&live.access_keys, &wanted.access_keys),
                certificates: gone(&live.certificates, &wanted.certificates),
                password: wanted.password == Some(false) && live.password == Some(true),
                mfa: if wanted.mfa.is_some() { gone(&of(&live.mfa), &of(&wanted.mfa)) } else { Vec::new() },
            })
            .await
    }

    async fn delete(_: &Account, request: &DeleteRequest<RootCredentials>) -> Result<(), Error> {
        Err(always_exists(&request.addr))
    }

    fn example(seed: u8) -> RootCredentials {
        let none = Set::default;
        RootCredentials {
            access_keys: none(),
            certificates: none(),
            password: (seed % 2 == 1).then_some(false),
            mfa: (seed % 2 == 1).then(none),
        }
    }
}
