//! What is new since an older run, what is gone, and what nobody knows any more. A departure is the same in two runs if its
//! fingerprint is: rule, account, region and thing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::{Account, line, names};
use crate::fleet::{Named, canonical};
use crate::report::item::{Item, word};
use crate::report::score::Verdict;
use crate::report::{Sheet, Shown, Words};
use crate::{shown, words};

/// A departure of one of the two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub account: Named,
    /// Its fingerprint.
    pub fingerprint: String,
    /// What departs, on one line.
    pub line: String,
    /// What was found.
    pub(super) item: Item,
}

/// Two runs compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Since {
    /// What the older run is called.
    pub older: String,
    /// What departs and did not before, or was not known to.
    pub new: Vec<Entry>,
    /// How much departs in both.
    pub still: usize,
    /// What departed and was seen not to depart any more.
    pub gone: Vec<Entry>,
    /// What departed, of which this run cannot say it: the account or the thing could not be read, or is not looked at.
    pub not_known: Vec<Entry>,
}

/// Compares two runs, one account after the other: all of the older one first.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    before: BTreeMap<String, BTreeMap<String, Entry>>,
    since: Since,
}

/// What departs in an account, by fingerprint.
fn departures<'a>(account: &'a Account, sheet: &'a Sheet) -> impl Iterator<Item = (String, Entry)> + 'a {
    let broken = sheet.items.iter().filter(|item| item.verdict == Verdict::Broken);
    broken.map(|item| {
        let fingerprint = item.fingerprint(&account.id);
        let named = Named { id: account.id.clone(), name: account.name.clone() };
        let line = canonical(&line(item), &account.id);
        (fingerprint.clone(), Entry { account: named, fingerprint, line, item: item.clone() })
    })
}

impl Comparison {
    /// Adds an account of the older run.
    pub fn before(&mut self, account: &Account) {
        if let Some(sheet) = &account.sheet {
            self.before.insert(account.id.clone(), departures(account, sheet).collect());
        }
    }

    /// Adds an account of the newer run.
    pub fn now(&mut self, account: &Account) {
        let mut before = self.before.remove(&account.id).unwrap_or_default();
        let Some(sheet) = &account.sheet else {
            self.since.not_known.extend(before.into_values());
            return;
        };
        let now: BTreeMap<String, Entry> = departures(account, sheet).collect();
        for (fingerprint, entry) in now {
            match before.remove(&fingerprint) {
                Some(_) => self.since.still += 1,
                None => self.since.new.push(entry),
            }
        }
        let unknown = || sheet.items.iter().filter(|item| item.verdict == Verdict::Unknown);
        let things: BTreeSet<String> = unknown().map(|item| item.fingerprint(&account.id)).collect();
        // A rule that could not be decided says nothing about any of its things.
        let rules: BTreeSet<&str> =
            unknown().filter(|item| !item.is_declared()).map(|item| item.check.id.as_str()).collect();
        for (fingerprint, entry) in before {
            let is_known = !things.contains(&fingerprint) && !rules.contains(entry.item.check.id.as_str());
            if is_known { &mut self.since.gone } else { &mut self.since.not_known }.push(entry);
        }
    }

    /// What came of it.
    pub fn end(self, older: &str) -> Since {
        let Self { before, mut since } = self;
        // These are not looked at any more.
        since.not_known.extend(before.into_values().flat_map(BTreeMap::into_values));
        older.clone_into(&mut since.older);
        since
    }
}

impl Since {
    /// The fingerprints of what is new.
    pub(super) fn new_prints(&self) -> BTreeSet<String> {
        self.new.iter().map(|entry| entry.fingerprint.clone()).collect()
    }

    /// How much of each.
    pub(super) fn counts(&self) -> Words {
        let mut counts =
            words!("{} new, {} still there, {} gone", self.new.len(), self.still, self.gone.len());
        if !self.not_known.is_empty() {
            counts.push(words!(", {} not known any more", self.not_known.len()));
        }
        counts
    }

    /// Entries that are equal but for the account, each with its accounts: the most first.
    pub(super) fn told(entries: &[Entry]) -> Vec<(&str, Vec<Named>)> {
        let mut lines: BTreeMap<&str, BTreeSet<Named>> = BTreeMap::new();
        for entry in entries {
            lines.entry(&entry.line).or_default().insert(entry.account.clone());
        }
        let mut told: Vec<(&str, Vec<Named>)> =
            lines.into_iter().map(|(line, accounts)| (line, accounts.into_iter().collect())).collect();
        told.sort_by_key(|(_, accounts)| std::cmp::Reverse(accounts.len()));
        told
    }

    /// For people.
    pub(super) fn text(&self) -> Shown {
        let mut text = shown!("\nsince {}: {}\n", Shown::line(&self.older), self.counts());
        for (word, entries) in [("new", &self.new), ("gone", &self.gone), ("not known", &self.not_known)] {
            for (line, accounts) in Self::told(entries) {
                let (count, names) = (Shown::right(accounts.len() as u64, 5), names(&accounts));
                text.push(shown!("{}  {}  {}\n        {}\n", count, word, names, Shown::cut(line, 160)));
            }
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Json {
        let entries = |entries: &[Entry]| -> Vec<Json> {
            let entry = |entry: &Entry| {
                json!({
                    "account": { "id": entry.account.id, "name": entry.account.name },
                    "fingerprint": entry.fingerprint,
                    "rule": entry.item.check.id,
                    "severity": word(entry.item.check.severity),
                    "resource": entry.item.resource,
                    "region": entry.item.region,
                    "message": entry.item.message,
                })
            };
            entries.iter().map(entry).collect()
        };
        json!({
            "older": self.older,
            "new": entries(&self.new),
            "still": self.still,
            "gone": entries(&self.gone),
            "not_known": entries(&self.not_known),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Apart;
    use crate::report::sample;

    fn account(id: &str, sheet: Option<Sheet>) -> Account {
        let apart = sheet.is_none().then(|| (Apart::NotReached, "no role".to_owned()));
        Account {
            id: id.into(),
            name: "n".into(),
            unit: None,
            apart,
            endpoints: Vec::new(),
            ended: None,
            sheet,
        }
    }

    fn sheet() -> Sheet {
        Sheet::of(&sample::neglected().view())
    }

    fn broken(sheet: &Sheet) -> usize {
        sheet.items.iter().filter(|item| item.verdict == Verdict::Broken).count()
    }

    #[test]
    fn what_is_not_seen_any_more_is_gone_only_where_somebody_looked() {
        let (whole, mut mended) = (sheet(), sheet());
        let all = broken(&whole);
        assert!(all > 1);
        let at = mended.items.iter().position(|item| item.verdict == Verdict::Broken).unwrap();
        let mut unknown = mended.clone();
        mended.items.remove(at);
        unknown.items[at].verdict = Verdict::Unknown;
        for (now, told) in [
            (Some(whole.clone()), (0, all, 0, 0)),
            (Some(mended), (0, all - 1, 1, 0)),
            (Some(unknown), (0, all - 1, 0, 1)),
            (None, (0, 0, 0, all)),
        ] {
            let mut comparison = Comparison::default();
            comparison.before(&account("111122223333", Some(whole.clone())));
            comparison.now(&account("111122223333", now));
            let since = comparison.end("older");
            assert_eq!((since.new.len(), since.still, since.gone.len(), since.not_known.len()), told);
        }
        let mut comparison = Comparison::default();
        comparison.before(&account("111122223333", Some(whole.clone())));
        comparison.now(&account("222233334444", Some(whole)));
        let since = comparison.end("older");
        assert_eq!((since.new.len(), since.not_known.len()), (all, all), "one came, and one left");
    }
}
