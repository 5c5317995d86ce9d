//! `[password_policy]`: what a console password must look like.

use super::Diagnostic;
use super::names::Names;
use super::section::section;
use super::types::{OrOff, Whole, choice};
use crate::kinds::iam_password_policy;
use crate::model::{DecodeError, Origin, Wanted};

choice! {
    /// A set of defaults.
    Profile {
        /// The CIS benchmark, version 1.4 and later.
        Cis = "cis",
        /// The AWS Foundational Security Best Practices.
        Fsbp = "fsbp",
    }
}

section! {
    /// The account's password policy.
    ///
    /// Two profiles give the defaults. `cis` asks for 14 characters and refuses the last 24 passwords; it
    /// demands no character classes and no expiry, which the CIS benchmark gave up after version 1.2.
    /// `fsbp` asks for the same and for all four character classes, and passwords expire after 90 days
    /// (control IAM.7). Every key can be set by itself.
    #[practices(2)]
    PasswordPolicy {
        /// Where the defaults come from.
        profile: Profile, default "\"cis\"";
        /// The least number of characters.
        min_length: Whole<6, 128>, absent "14";
        /// At least one mark.
        require_symbols: bool, absent "`cis`: false, `fsbp`: true";
        /// At least one digit.
        require_numbers: bool, absent "`cis`: false, `fsbp`: true";
        /// At least one letter A to Z.
        require_uppercase: bool, absent "`cis`: false, `fsbp`: true";
        /// At least one letter a to z.
        require_lowercase: bool, absent "`cis`: false, `fsbp`: true";
        /// Days after which a password expires; `false` for never.
        max_age_days: OrOff<Whole<1, 1095>>, absent "`cis`: false, `fsbp`: 90";
        /// How many former passwords are refused; `false` for none.
        reuse_prevention: OrOff<Whole<1, 24>>, absent "24";
        /// Users may change their own password.
        users_may_change: bool, default "true";
        /// Only an administrator can reset an expired password. It can lock everybody out.
        hard_expiry: bool, default "false";
    }
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(policy) = &names.file.password_policy else { return };
    if policy.hard_expiry.value {
        // PW-4.
        problems.push(
            Diagnostic::warning(
                "lockout",
                &policy.hard_expiry.span,
                "an expired password can then only be reset by somebody else",
            )
            .hint("make sure that an administrator can still sign in when every password has expired"),
        );
    }
    if let Some(length) = policy.min_length.as_ref().filter(|length| length.0 < 14) {
        problems.push(
            Diagnostic::warning("weak-password", &length.span, "passwords of fewer than 14 characters")
                .hint("CIS asks for 14 or more"),
        );
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let Some(policy) = &names.file.password_policy else { return Ok(()) };
    let strict = policy.profile.value == Profile::Fsbp;
    let flag = |key: &Option<super::Spanned<bool>>| key.as_ref().map_or(strict, |key| key.value);
    let attributes = iam_password_policy::PasswordPolicy {
        min_length: policy.min_length.as_ref().map_or(14, |length| length.0),
        require_symbols: flag(&policy.require_symbols),
        require_numbers: flag(&policy.require_numbers),
        require_uppercase: flag(&policy.require_uppercase),
        require_lowercase: flag(&policy.require_lowercase),
        users_may_change: policy.users_may_change.value,
        hard_expiry: policy.hard_expiry.value,
        max_age_days: match &policy.max_age_days {
            Some(days) => days.on().map(|days| days.0),
            None => strict.then_some(90),
        },
        reuse_prevention: match &policy.reuse_prevention {
            Some(count) => count.on().map(|count| count.0),
            None => Some(24),
        },
    };
    wanted.add("account", &attributes, [], &Origin::from(&policy.header))?;
    Ok(())
}
