//! Who is let off, and until when.

use super::asked::{Exempt, UsersAsked};
use super::words::day;

/// Whether a user counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// The user counts.
    Counts,
    /// The user is let off.
    Exempt,
    /// The user was let off; what to say about it.
    Ended(String),
}

/// Whether a user counts on the day of the facts. The last day still holds.
pub(super) fn standing(asked: &UsersAsked, user: &str, from: Exempt, now: jiff::Timestamp) -> Standing {
    let fits = |it: &&super::asked::Exemption| it.user.eq_ignore_ascii_case(user) && it.from.contains(&from);
    match asked.exempt.iter().find(fits) {
        None => Standing::Counts,
        Some(it) if day(now) <= it.until => Standing::Exempt,
        Some(it) => Standing::Ended(format!(
            "the exemption that {} answers for ended on {} (line {}): {}",
            it.owner, it.until, it.origin.line, it.reason
        )),
    }
}
