//! What `apply` can settle of what was found, in names: which users a guard holds, which keys are switched off.

use super::asked::{Central, Exempt, RootAsked, UsersAsked};
use super::exemption::{Standing, standing};
use super::facts::{AccessKey, KeyRow};
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

/// The keys that are older than allowed, of users who are not let off. One whose id is not certain is left alone.
pub fn stale_keys(facts: &Facts, asked: &UsersAsked) -> Vec<StaleKey> {
    let (Seen::Seen(report), Some(most)) = (&facts.credentials, &asked.key_age_days) else {
        return Vec::new();
    };
    let mut stale = Vec::new();
    for row in report.rows.iter().filter(|row| row.user != ROOT_ROW) {
        if standing(asked, &row.user, Exempt::KeyAge, facts.now) == Standing::Exempt {
            continue;
        }
        let old = row
            .keys
            .iter()
            .filter(|key| key.active && key.made.is_some_and(|made| days(facts.now, made) > most.value));
        for key in old.filter_map(|key| listed(facts, &row.user, key)) {
            stale.push(StaleKey { user: row.user.clone(), id: key.id.clone() });
        }
    }
    stale
}

/// The key in the list of a user, found by the second in which it was made; nothing where two fit.
pub(super) fn listed<'a>(facts: &'a Facts, user: &str, key: &KeyRow) -> Option<&'a AccessKey> {
    let Some(Seen::Seen(keys)) = facts.keys.get(user) else { return None };
    let second = |at: jiff::Timestamp| at.as_second();
    let made = key.made.map(second)?;
    let mut same = keys.iter().filter(|known| known.made.map(second) == Some(made));
    match (same.next(), same.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
