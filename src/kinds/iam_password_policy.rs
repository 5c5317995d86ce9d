//! The account's password policy (PW-1 to PW-5).

use serde::{Deserialize, Serialize};

use crate::model::Shape;

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

impl Shape for PasswordPolicy {
    const KIND: &'static str = "iam.password-policy";
}
