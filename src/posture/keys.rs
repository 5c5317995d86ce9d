//! The access keys of a user: ids and ages by the list of keys, use by the credential report.
//!
//! The report says when a key was last changed, which moves when it is switched off and on: it is no age (IAM-22).

use super::facts::{AccessKey, CredentialRow, KeyRow};
use super::{Facts, Seen};

/// An access key that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Its id; nothing where the keys of the user could not be listed.
    pub(super) id: Option<String>,
    /// Its place among the user's keys, from 1.
    pub(super) place: usize,
    /// Whether it works.
    pub(super) active: bool,
    /// When it was made; where the keys could not be listed, when it was last changed.
    pub(super) made: Option<jiff::Timestamp>,
    /// When it was last used.
    pub(super) used: Option<jiff::Timestamp>,
}

impl Key {
    /// Its id, or which of the user's keys it is.
    pub(super) fn name(&self) -> String {
        self.id.clone().unwrap_or_else(|| format!("access key {}", self.place))
    }
}

/// The keys of a user. The report may be hours old, the list of keys is not (IAM-20).
pub(super) fn keys_of(facts: &Facts, row: &CredentialRow) -> Vec<Key> {
    match facts.keys.get(&row.user) {
        Some(Seen::Seen(listed)) => {
            let listed = listed.iter().zip(uses(listed, &row.keys)).enumerate();
            let key = |(index, (key, used)): (usize, (&AccessKey, Option<jiff::Timestamp>))| Key {
                id: Some(key.id.clone()),
                place: index + 1,
                active: key.active,
                made: key.made,
                used,
            };
            listed.map(key).collect()
        }
        _ => {
            let rows = row.keys.iter().enumerate().filter(|(_, key)| key.active);
            let key = |(index, key): (usize, &KeyRow)| Key {
                id: None,
                place: index + 1,
                active: true,
                made: key.changed,
                used: key.used,
            };
            rows.map(key).collect()
        }
    }
}

/// When each listed key was last used. A row fits the key made in its second, or the only one that is left; where
/// two are left they cannot be told apart, and both count as used when one of them was.
fn uses(listed: &[AccessKey], rows: &[KeyRow]) -> Vec<Option<jiff::Timestamp>> {
    let second = |at: Option<jiff::Timestamp>| at.map(jiff::Timestamp::as_second);
    let mut rest: Vec<&KeyRow> = rows.iter().filter(|row| row.changed.is_some() || row.active).collect();
    let fits =
        |row: &KeyRow, key: &AccessKey| row.changed.is_some() && second(row.changed) == second(key.made);
    let sure: Vec<Option<Option<jiff::Timestamp>>> = listed
        .iter()
        .map(|key| {
            let alone = listed.iter().filter(|other| second(other.made) == second(key.made)).count() == 1;
            let mut same = rest.iter().enumerate().filter(|(_, row)| fits(row, key));
            match (alone, same.next(), same.next()) {
                (true, Some((at, _)), None) => Some(rest.remove(at).used),
                _ => None,
            }
        })
        .collect();
    let last = rest.iter().filter_map(|row| row.used).max();
    sure.into_iter().map(|used| used.unwrap_or(last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<jiff::Timestamp> {
        jiff::Timestamp::from_second(second).ok()
    }

    #[test]
    fn the_use_of_a_key_is_found_by_the_second_it_was_made_in_or_by_what_is_left() {
        let key = |made| AccessKey { id: format!("AKIA{made}"), active: true, made: at(made) };
        let row = |changed, used: Option<i64>| KeyRow {
            active: true,
            changed: at(changed),
            used: used.and_then(at),
        };
        let none = KeyRow::default();
        for (keys, rows, expected) in [
            (vec![key(10), key(20)], [row(20, Some(25)), row(10, None)], vec![None, at(25)]),
            // The first was switched off and on.
            (vec![key(10), key(20)], [row(30, Some(12)), row(20, Some(25))], vec![at(12), at(25)]),
            // Both were.
            (vec![key(10), key(20)], [row(30, Some(12)), row(31, None)], vec![at(12), at(12)]),
            (vec![key(10), key(10)], [row(10, Some(12)), row(10, None)], vec![at(12), at(12)]),
            // The second is newer than the report.
            (vec![key(10), key(99)], [row(10, Some(12)), none], vec![at(12), None]),
        ] {
            assert_eq!(uses(&keys, &rows), expected, "{keys:?} {rows:?}");
        }
    }
}
