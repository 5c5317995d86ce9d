//! The account's password policy (PW-1 to PW-5).

use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error};
use crate::kinds::account_setting::{always_exists, answer, found};
use crate::kinds::whole_number::{narrow, narrow_optional};
use crate::kinds::{
    DeleteRequest, Deletion, KindMeta, Lives, ReadRequest, ReadResult, Resource, State, Tagged, Update,
};
use crate::model::{Addr, ResourceSpec};

/// What a console password must look like. AWS replaces the whole policy at once (PW-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordPolicy {
    /// The least number of characters, 6 to 128.
    pub min_length: i64,
    /// At least one of `! @ # $ % ^ & * ( ) _ + - = [ ] { } | '`.
    pub require_symbols: bool,
    /// At least one digit.
    pub require_numbers: bool,
    /// At least one letter A to Z.
    pub require_uppercase: bool,
    /// At least one letter a to z.
    pub require_lowercase: bool,
    /// Users may change their own password.
    pub users_may_change: bool,
    /// An expired password can only be reset by an administrator (PW-4).
    pub hard_expiry: bool,
    /// Days after which a password expires, 1 to 1095; never where absent (PW-3).
    pub max_age_days: Option<i64>,
    /// How many former passwords are refused, 1 to 24; none where absent (PW-3).
    pub reuse_prevention: Option<i64>,
}

impl ResourceSpec for PasswordPolicy {
    const KIND: &'static str = "iam.password-policy";
}

/// What holds while no policy was ever set: 8 characters, no expiry (PW-1).
const AWS_DEFAULT: PasswordPolicy = PasswordPolicy {
    min_length: 8,
    require_symbols: false,
    require_numbers: false,
    require_uppercase: false,
    require_lowercase: false,
    users_may_change: false,
    hard_expiry: false,
    max_age_days: None,
    reuse_prevention: None,
};

/// The least length of a policy that names none (PW-2).
const LEAST_LENGTH: i32 = 6;

/// The account's password policy.
pub struct AccountPasswordPolicy;

impl Resource for AccountPasswordPolicy {
    type Spec = PasswordPolicy;
    const META: KindMeta = KindMeta {
        lives: Lives::Once,
        deletion: Deletion::Never,
        tags: Tagged::SETTING,
        read_actions: &["iam:GetAccountPasswordPolicy"],
        write_actions: &["iam:UpdateAccountPasswordPolicy"],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<PasswordPolicy>>,
    ) -> Vec<ReadResult<PasswordPolicy>> {
        answer(asked, async {
            let answer = account.find(|| account.iam.get_account_password_policy().send()).await?;
            let live = answer.as_ref().and_then(|answer| answer.password_policy());
            Ok(found(live.map_or(AWS_DEFAULT, attributes), State::Ready))
        })
        .await
    }

    async fn create(_: &Account, addr: &Addr, _: &PasswordPolicy) -> Result<(), Error> {
        Err(always_exists(addr))
    }

    async fn update(account: &Account, update: &Update<PasswordPolicy>) -> Result<(), Error> {
        let wanted = &update.wanted;
        // Every field, every time: what is left out goes back to its default (PW-2), and that is the
        // only way to switch off age and reuse, which cannot be sent as 0 (PW-3).
        let request = account
            .iam
            .update_account_password_policy()
            .minimum_password_length(narrow("min_length", wanted.min_length)?)
            .require_symbols(wanted.require_symbols)
            .require_numbers(wanted.require_numbers)
            .require_uppercase_characters(wanted.require_uppercase)
            .require_lowercase_characters(wanted.require_lowercase)
            .allow_users_to_change_password(wanted.users_may_change)
            .hard_expiry(wanted.hard_expiry)
            .set_max_password_age(narrow_optional("max_age_days", wanted.max_age_days)?)
            .set_password_reuse_prevention(narrow_optional("reuse_prevention", wanted.reuse_prevention)?);
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn delete(_: &Account, request: &DeleteRequest<PasswordPolicy>) -> Result<(), Error> {
        Err(always_exists(&request.addr))
    }

    fn example(seed: u8) -> PasswordPolicy {
        let odd = seed % 2 == 1;
        PasswordPolicy {
            min_length: if odd { 14 } else { 20 },
            require_symbols: odd,
            require_numbers: odd,
            require_uppercase: odd,
            require_lowercase: odd,
            users_may_change: odd,
            hard_expiry: odd,
            max_age_days: odd.then_some(90),
            reuse_prevention: odd.then_some(24),
        }
    }
}

fn attributes(live: &aws_sdk_iam::types::PasswordPolicy) -> PasswordPolicy {
    // An answer of 0 would mean the same as none (PW-3).
    let limit = |number: Option<i32>| number.filter(|number| *number > 0).map(i64::from);
    PasswordPolicy {
        min_length: i64::from(live.minimum_password_length().unwrap_or(LEAST_LENGTH)),
        require_symbols: live.require_symbols(),
        require_numbers: live.require_numbers(),
        require_uppercase: live.require_uppercase_characters(),
        require_lowercase: live.require_lowercase_characters(),
        users_may_change: live.allow_users_to_change_password(),
        hard_expiry: live.hard_expiry().unwrap_or_default(),
        max_age_days: limit(live.max_password_age()),
        reuse_prevention: limit(live.password_reuse_prevention()),
    }
}
