//! What departs in every account, told once for all that depart alike.

use std::collections::{BTreeMap, BTreeSet};

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What was found.
    pub verdict: Verdict,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// What departs, a line each, with nothing in it that is the account's own; none where it is as declared.
    Looked {
        /// What departs.
        departs: BTreeSet<String>,
        /// What could not be read or decided, likewise.
        unknown: BTreeSet<String>,
    },
    /// Why it could not be looked at.
    NotReached(String),
    /// Why it was left alone.
    Skipped(String),
}

/// Accounts in which the same departs and the same is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The accounts, by id.
    pub accounts: Vec<(String, String)>,
    /// What departs in each of them.
    pub departs: BTreeSet<String>,
    /// What could not be read or decided in each of them.
    pub unknown: BTreeSet<String>,
}

/// Everything, with every account on one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fold {
    /// Accounts that were looked at, the largest group first.
    pub groups: Vec<Group>,
    /// Accounts that could not be looked at, by the reason.
    pub not_reached: Vec<(String, Vec<(String, String)>)>,
    /// Accounts that were left alone, by the reason.
    pub skipped: Vec<(String, Vec<(String, String)>)>,
}

/// The text of an account with its own digits put back as a variable, so that equal departures read alike.
pub(super) fn canonical(text: &str, account: &str) -> String {
    text.replace(account, "${account}")
}

/// Groups accounts by what was found.
pub fn fold(outcomes: &[Outcome]) -> Fold {
    let mut groups: BTreeMap<(BTreeSet<String>, BTreeSet<String>), Vec<(String, String)>> = BTreeMap::new();
    let mut not_reached: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut skipped = not_reached.clone();
    for Outcome { id, name, verdict } in outcomes {
        let named = (id.clone(), name.clone());
        match verdict {
            Verdict::Looked { departs, unknown } => {
                let of = |lines: &BTreeSet<String>| lines.iter().map(|line| canonical(line, id)).collect();
                groups.entry((of(departs), of(unknown))).or_default().push(named);
            }
            Verdict::NotReached(reason) => {
                not_reached.entry(canonical(reason, id)).or_default().push(named);
            }
            Verdict::Skipped(reason) => skipped.entry(reason.clone()).or_default().push(named),
        }
    }
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|((departs, unknown), mut accounts)| {
            accounts.sort();
            Group { accounts, departs, unknown }
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.accounts.len()));
    let sorted = |by_reason: BTreeMap<String, Vec<(String, String)>>| -> Vec<_> {
        let each = by_reason.into_iter().map(|(reason, mut accounts)| {
            accounts.sort();
            (reason, accounts)
        });
        each.collect()
    };
    Fold { groups, not_reached: sorted(not_reached), skipped: sorted(skipped) }
}

impl Fold {
    /// How many accounts there are, each counted once.
    pub fn accounts(&self) -> usize {
        let apart = self.not_reached.iter().chain(&self.skipped);
        self.looked() + apart.map(|(_, accounts)| accounts.len()).sum::<usize>()
    }

    /// How many were looked at.
    pub fn looked(&self) -> usize {
        self.groups.iter().map(|group| group.accounts.len()).sum()
    }

    /// How many of those depart in something.
    pub fn departing(&self) -> usize {
        self.groups.iter().filter(|group| !group.departs.is_empty()).map(|group| group.accounts.len()).sum()
    }

    /// Whether every account that should be was looked at, and all of it could be read.
    pub fn is_complete(&self) -> bool {
        self.not_reached.is_empty() && self.groups.iter().all(|group| group.unknown.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn looked(id: &str, departs: &[&str]) -> Outcome {
        let departs = departs.iter().map(|line| (*line).to_owned()).collect();
        let verdict = Verdict::Looked { departs, unknown: BTreeSet::new() };
        Outcome { id: id.to_owned(), name: format!("n-{id}"), verdict }
    }

    #[test]
    fn accounts_that_depart_alike_are_one_group_though_their_digits_differ() {
        let outcomes = [
            looked("111122223333", &["bucket logs-111122223333 is public"]),
            looked("222233334444", &["bucket logs-222233334444 is public"]),
            looked("333344445555", &[]),
        ];
        let fold = fold(&outcomes);
        assert_eq!(fold.groups.len(), 2);
        assert_eq!(fold.groups[0].departs, ["bucket logs-${account} is public".to_owned()].into());
        assert_eq!((fold.accounts(), fold.looked(), fold.departing()), (3, 3, 2));
    }

    fn any_outcome() -> impl Strategy<Value = Outcome> {
        let lines = prop::collection::btree_set("[a-c]", 0..3);
        let verdict = prop_oneof![
            (lines.clone(), lines).prop_map(|(departs, unknown)| Verdict::Looked { departs, unknown }),
            "[a-c]".prop_map(Verdict::NotReached),
            "[a-c]".prop_map(Verdict::Skipped),
        ];
        ("[0-9]{12}", verdict).prop_map(|(id, verdict)| Outcome { name: format!("n-{id}"), id, verdict })
    }

    proptest! {
        #[test]
        fn every_account_stands_in_exactly_one_place(outcomes in prop::collection::vec(any_outcome(), 0..40)) {
            let fold = fold(&outcomes);
            prop_assert_eq!(fold.accounts(), outcomes.len());
            let groups = fold.groups.iter().flat_map(|group| &group.accounts);
            let apart = fold.not_reached.iter().chain(&fold.skipped).flat_map(|(_, accounts)| accounts);
            let mut placed: Vec<&String> = groups.chain(apart).map(|(id, _)| id).collect();
            let mut all: Vec<&String> = outcomes.iter().map(|outcome| &outcome.id).collect();
            placed.sort();
            all.sort();
            prop_assert_eq!(placed, all);
        }
    }
}
