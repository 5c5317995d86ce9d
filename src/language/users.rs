//! `[users]`: IAM users, their credentials, and who is an administrator.

use std::collections::BTreeMap;

use super::Diagnostic;
use super::names::Names;
use super::section::section;
use super::types::{Day, FreeText, List, OrOff, PrincipalName, UserName, Whole, choice};

choice! {
    /// Whether users with a console password need a second factor.
    UserMfa {
        /// They do.
        Required = "required",
        /// They do, and an app does not count.
        Hardware = "hardware",
        /// Nobody looks.
        Ignored = "ignored",
    }
}

choice! {
    /// What happens to users with a console password who have no second factor.
    Missing {
        /// `apply` puts all console users into a group that denies a console session without a second factor
        /// everything but getting one.
        Guard = "guard",
        /// They are shown.
        Report = "report",
    }
}

choice! {
    /// What happens to an access key that is older than allowed.
    StaleKey {
        /// It is shown.
        Report = "report",
        /// `apply` deactivates it; it can be activated again.
        Deactivate = "deactivate",
    }
}

choice! {
    /// What a user can be exempt from.
    ExemptFrom {
        /// The second factor.
        Mfa = "mfa",
        /// The age of access keys.
        KeyAge = "key-age",
        /// Use: passwords and keys may lie unused.
        Unused = "unused",
        /// The number of active keys.
        ActiveKeys = "active-keys",
    }
}

section! {
    /// A user who is let off, until a day.
    #[practices(2)]
    Exemption {
        /// The user.
        user: UserName, required;
        /// What the user is exempt from.
        from: List<ExemptFrom>, default "[\"mfa\"]";
        /// Who answers for it.
        owner: FreeText, required;
        /// Why.
        reason: FreeText, required;
        /// The last day on which it holds. After it the user counts again.
        until: Day, required;
    }
}

section! {
    /// What is asked of IAM users and their credentials, and who may be an administrator.
    ///
    /// An administrator is whoever can do everything, or can give themselves the right to: by a policy of their own
    /// or of a group, by a role they can assume, by changing a policy, a trust or somebody's credentials, or by a
    /// service that they can let run with a stronger role. Each is shown with the shortest way that proves it.
    /// Roles that AWS manages, of services and of IAM Identity Center, are not counted.
    #[practices(2, 3, 8)]
    Users {
        /// Whether users with a console password need a second factor.
        mfa: UserMfa, default "\"required\"";
        /// What `apply` does about it. Programs that work with an access key are left alone.
        on_missing_mfa: Missing, default "\"guard\"";
        /// Users who are let off, each with an owner, a reason and an end.
        exempt: List<Exemption>, default "[]";
        /// The users and roles that may be administrators, by name.
        admins: List<PrincipalName>, default "[]";
        /// How many administrators there may be.
        max_admins: Whole<0, 5000>, absent "no limit beyond `admins`";
        /// Days after which an access key must have been replaced; `false` for never.
        access_key_max_age_days: OrOff<Whole<1, 3650>>, default "90";
        /// What happens to an access key that is older.
        on_stale_key: StaleKey, default "\"report\"";
        /// Days after which an unused password or key counts as forgotten; `false` for never.
        unused_days: OrOff<Whole<1, 3650>>, default "45";
        /// How many active access keys a user may have.
        max_active_keys: Whole<0, 2>, default "1";
        /// Hours after which the credential report is too old to go by, and a new one is asked for. AWS makes one
        /// at most every four hours.
        report_max_age_hours: Whole<1, 720>, default "4";
    }
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(users) = &names.file.users else { return };
    let named = users.admins.iter().count();
    if let Some(most) = &users.max_admins
        && usize::try_from(most.0).is_ok_and(|most| most < named)
    {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                &most.span,
                format!("`admins` names {named}, more than `max_admins`"),
            )
            .hint("name fewer, or raise `max_admins`"),
        );
    }
    let mut seen: BTreeMap<(String, &str), &Exemption> = BTreeMap::new();
    for exemption in users.exempt.iter() {
        let exemption = &exemption.value;
        let user = exemption.user.written().to_ascii_lowercase();
        let known = exemption.from.iter().find_map(|from| seen.get(&(user.clone(), from.value.word())));
        if let Some(first) = known {
            problems.push(
                Diagnostic::error(
                    "duplicate-name",
                    &exemption.user.span,
                    format!("{} is exempt twice from the same", exemption.user.written()),
                )
                .related(&first.user.span, "the other exemption")
                .hint("keep one of the two"),
            );
        }
        for from in exemption.from.iter() {
            seen.entry((user.clone(), from.value.word())).or_insert(exemption);
        }
    }
}
