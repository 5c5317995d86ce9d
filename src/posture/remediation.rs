//! What `apply` can settle of what was found, in names: which users a guard holds, which keys are switched off.

use super::asked::{Central, Exempt, RootAsked, UsersAsked};
use super::exemption::{Standing, standing};
use super::keys::{Key, keys_of};
use super::rules::root_user::ROOT_ROW;
use super::words::days;
use super::{Facts, Seen};

/// A key that is older than allowed and still works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleKey {
    /// Whose it is.
    pub user: String,
    /// Its id.
    pub id: String,
}

/// What of the root user's credentials is deleted: nothing where the organization does not reach them, or where
/// there is nothing of that kind.
pub fn root_credentials(facts: &Facts, asked: &RootAsked) -> Option<Central> {
    let Seen::Seen(found) = &facts.root_credentials else { return None };
    let keys = !found.access_keys.is_empty() || !found.certificates.is_empty();
    let any = match asked.central? {
        Central::Shown => false,
        Central::KeysDeleted => keys,
        Central::AllDeleted => keys || found.password || !found.mfa.is_empty(),
    };
    asked.central.filter(|_| any)
}

/// The users who have a console password and are not let off; nothing where that could not be read.
pub fn console_users(facts: &Facts, asked: &UsersAsked) -> Option<Vec<String>> {
    let Seen::Seen(report) = &facts.credentials else { return None };
    let counts = |user: &str| standing(asked, user, Exempt::Mfa, facts.now) != Standing::Exempt;
    let users = report.rows.iter().filter(|row| row.password == Some(true) && row.user != ROOT_ROW);
    Some(users.map(|row| row.user.clone()).filter(|user| counts(user)).collect())
}

/// The keys that are older than allowed, of users who are not let off. Those that could not be listed are left alone,
/// and those that the run itself needs.
pub fn stale_keys(facts: &Facts, asked: &UsersAsked) -> Vec<StaleKey> {
    let (Seen::Seen(report), Some(most)) = (&facts.credentials, &asked.key_age_days) else {
        return Vec::new();
    };
    let mut stale = Vec::new();
    for row in report.rows.iter().filter(|row| row.user != ROOT_ROW) {
        if standing(asked, &row.user, Exempt::KeyAge, facts.now) == Standing::Exempt {
            continue;
        }
        for key in keys_of(facts, row).into_iter().filter(|key| key.active && goes(facts, key, most.value)) {
            stale.extend(key.id.map(|id| StaleKey { user: row.user.clone(), id }));
        }
    }
    stale
}

/// Whether a key is older than so many days, by a date that is certain, and not one that the run itself needs.
pub(super) fn goes(facts: &Facts, key: &Key, most: i64) -> bool {
    let is_old = key.made.is_some_and(|made| days(facts.now, made) > most);
    is_old && key.id.as_ref().is_some_and(|id| !facts.own_keys.contains(id))
}
