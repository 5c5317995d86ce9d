//! `[root]`: the root user.

use super::Diagnostic;
use super::names::Names;
use super::section::section;
use super::types::{OrOff, ProfileName, Whole, choice};

choice! {
    /// Whether the root user may have access keys.
    RootKeys {
        /// It has none.
        Absent = "absent",
        /// Nobody looks.
        Ignored = "ignored",
    }
}

choice! {
    /// Which second factor the root user has.
    RootMfa {
        /// Any.
        Required = "required",
        /// A device of its own: a security key or a token, no app.
        Hardware = "hardware",
        /// Nobody looks.
        Ignored = "ignored",
    }
}

choice! {
    /// What happens to credentials of the root user that are found.
    FoundCredentials {
        /// They are shown.
        Report = "report",
        /// `apply` deletes its access keys and signing certificates. They cannot be brought back.
        DeleteKeys = "delete-keys",
        /// `apply` deletes its password and second factor as well, so that nobody can sign in as root. The
        /// organization can let it set a new password.
        DeleteAll = "delete-all",
    }
}

section! {
    /// What is asked of the root user.
    ///
    /// The section alone, `[root]`, is enough. What departs is shown with the next step: only the root user can
    /// change its own credentials, and in a member account its organization, where that manages root users
    /// centrally: see `assume_root_profile`. Where an organization has taken them away, no second factor is asked
    /// for.
    #[practices(1, 2)]
    Root {
        /// Whether it may have access keys.
        access_keys: RootKeys, default "\"absent\"";
        /// Which second factor it has.
        mfa: RootMfa, default "\"required\"";
        /// Days for which nobody has worked as root, with password or key; `false` where nobody looks.
        unused_days: OrOff<Whole<1, 3650>>, default "30";
        /// A profile of the AWS configuration files with credentials of the organization's management account, or
        /// of the account that administers IAM for it. They are used for `sts:AssumeRoot` with the task policies
        /// that audit and delete root credentials, and for nothing else.
        assume_root_profile: ProfileName, absent "root is reached by nobody but itself";
        /// What happens to credentials that are found through that profile.
        on_credentials: FoundCredentials, default "\"report\"";
    }
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(root) = &names.file.root else { return };
    if root.on_credentials.value != FoundCredentials::Report && root.assume_root_profile.is_none() {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                &root.on_credentials.span,
                "credentials of the root user are deleted through its organization, and no profile of it is named",
            )
            .hint("name one with `assume_root_profile`"),
        );
    }
}
