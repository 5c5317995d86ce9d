//! `[root]`: the root user.

use super::section::section;
use super::types::{OrOff, Whole, choice};

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

section! {
    /// What is asked of the root user.
    ///
    /// The section alone, `[root]`, is enough. What departs is shown with the next step: only the root user can
    /// change its own credentials. Where an organization has taken them away, no second factor is asked for.
    #[practices(1, 2)]
    Root {
        /// Whether it may have access keys.
        access_keys: RootKeys, default "\"absent\"";
        /// Which second factor it has.
        mfa: RootMfa, default "\"required\"";
        /// Days for which nobody has worked as root, with password or key; `false` where nobody looks.
        unused_days: OrOff<Whole<1, 3650>>, default "30";
    }
}
