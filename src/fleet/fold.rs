//! What departs in every account, told once for all that depart alike.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

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
    /// It was looked at.
    Looked(Seen),
    /// It has a line of its own, with the reason.
    Apart(Apart, String),
}

/// What was seen of an account, a line each.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Seen {
    /// What an apply did.
    pub done: BTreeSet<String>,
    /// What departs, after that.
    pub departs: BTreeSet<String>,
    /// What could not be read or decided.
    pub unknown: BTreeSet<String>,
    /// What of that may be known later: the account, a region or a service is not active yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_ready: BTreeSet<String>,
}

/// Why an account has a line of its own.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Apart {
    /// An apply failed in it.
    Failed,
    /// It could not be looked at.
    NotReached,
    /// AWS is not done with it: it is new, or a region or service of it is not active yet.
    NotReady,
    /// The run stopped before it came to it.
    NotBegun,
    /// It is left alone, and that is right.
    Skipped,
}

impl Apart {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] =
        [Self::Failed, Self::NotReached, Self::NotReady, Self::NotBegun, Self::Skipped];

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::NotReached => "not reached",
            Self::NotReady => "not ready",
            Self::NotBegun => "not begun",
            Self::Skipped => "skipped",
        }
    }
}

/// An account by id and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Its twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Accounts with a line of their own for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetApart {
    /// Why.
    pub why: Apart,
    /// The reason in words.
    pub reason: String,
    /// The accounts, by id.
    pub accounts: Vec<Named>,
}

/// Accounts in which the same departs and the same is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The accounts, by id.
    pub accounts: Vec<Named>,
    /// What was seen of each of them.
    pub seen: Seen,
}

/// Everything, with every account on one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fold {
    /// Accounts that were looked at, the largest group first.
    pub groups: Vec<Group>,
    /// Accounts with a line of their own, by the reason.
    pub apart: Vec<SetApart>,
}

/// The text of an account with its own digits put back as a variable, and without the ids of its requests, so that what is equal
/// reads alike.
pub fn canonical(text: &str, account: &str) -> String {
    const REQUEST: &str = " (request ";
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(REQUEST) {
        plain.push_str(before);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain.replace(account, "${account}")
}

impl Seen {
    /// The same without what is the account's own.
    fn canonical(&self, account: &str) -> Self {
        let of = |lines: &BTreeSet<String>| lines.iter().map(|line| canonical(line, account)).collect();
        Self {
            done: of(&self.done),
            departs: of(&self.departs),
            unknown: of(&self.unknown),
            not_ready: of(&self.not_ready),
        }
    }
}

/// Groups accounts by what was found.
pub fn fold(outcomes: &[Outcome]) -> Fold {
    let mut groups: BTreeMap<Seen, Vec<Named>> = BTreeMap::new();
    let mut apart: BTreeMap<(Apart, String), Vec<Named>> = BTreeMap::new();
    for Outcome { id, name, verdict } in outcomes {
        let place = match verdict {
            Verdict::Looked(seen) => groups.entry(seen.canonical(id)).or_default(),
            Verdict::Apart(why, reason) => apart.entry((*why, canonical(reason, id))).or_default(),
        };
        place.push(Named { id: id.clone(), name: name.clone() });
    }
    let sorted = |mut accounts: Vec<Named>| {
        accounts.sort();
        accounts
    };
    let mut groups: Vec<Group> =
        groups.into_iter().map(|(seen, accounts)| Group { accounts: sorted(accounts), seen }).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.accounts.len()));
    let apart = apart.into_iter().map(|((why, reason), accounts)| SetApart {
        why,
        reason,
        accounts: sorted(accounts),
    });
    Fold { groups, apart: apart.collect() }
}

impl Fold {
    /// How many accounts there are, each counted once.
    pub fn accounts(&self) -> usize {
        self.looked() + Apart::ALL.iter().map(|why| self.count(*why)).sum::<usize>()
    }

    /// How many have a line of their own for that.
    pub fn count(&self, why: Apart) -> usize {
        self.apart.iter().filter(|apart| apart.why == why).map(|apart| apart.accounts.len()).sum()
    }

    /// How many were looked at.
    pub fn looked(&self) -> usize {
        self.groups.iter().map(|group| group.accounts.len()).sum()
    }

    /// How many of those depart in something.
    pub fn departing(&self) -> usize {
        self.groups
            .iter()
            .filter(|group| !group.seen.departs.is_empty())
            .map(|group| group.accounts.len())
            .sum()
    }

    /// How many of those an apply changed.
    pub fn changed(&self) -> usize {
        self.groups.iter().filter(|group| !group.seen.done.is_empty()).map(|group| group.accounts.len()).sum()
    }

    /// How many accounts failed, were not begun or not reached, or could not be read whole.
    pub fn not_right(&self) -> usize {
        let unread = self.groups.iter().filter(|group| !group.seen.unknown.is_empty());
        [Apart::Failed, Apart::NotReached, Apart::NotBegun].map(|why| self.count(why)).iter().sum::<usize>()
            + unread.map(|group| group.accounts.len()).sum::<usize>()
    }

    /// Whether every account that should be was looked at, and all of it could be read.
    pub fn is_complete(&self) -> bool {
        let left = [Apart::NotReached, Apart::NotReady, Apart::NotBegun];
        left.iter().all(|why| self.count(*why) == 0)
            && self.groups.iter().all(|group| group.seen.unknown.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn looked(id: &str, departs: &[&str]) -> Outcome {
        let departs = departs.iter().map(|line| (*line).to_owned()).collect();
        let verdict = Verdict::Looked(Seen { departs, ..Seen::default() });
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
        assert_eq!(fold.groups[0].seen.departs, ["bucket logs-${account} is public".to_owned()].into());
        assert_eq!((fold.accounts(), fold.looked(), fold.departing()), (3, 3, 2));
    }

    #[test]
    fn ids_of_requests_keep_no_two_accounts_apart() {
        let told = "denied (request 4f-1), and again (request 4f-2); run it again";
        assert_eq!(canonical(told, "111122223333"), "denied, and again; run it again");
        assert_eq!(canonical("cut (request 4f", "111122223333"), "cut");
    }

    fn any_outcome() -> impl Strategy<Value = Outcome> {
        let lines = prop::collection::btree_set("[a-c]", 0..3);
        let verdict = prop_oneof![
            (lines.clone(), lines.clone(), lines).prop_map(|(done, departs, unknown)| Verdict::Looked(
                Seen { done, departs, unknown, ..Seen::default() }
            )),
            (0..5_usize, "[a-c]").prop_map(|(why, reason)| Verdict::Apart(Apart::ALL[why], reason)),
        ];
        ("[0-9]{12}", verdict).prop_map(|(id, verdict)| Outcome { name: format!("n-{id}"), id, verdict })
    }

    proptest! {
        #[test]
        fn every_account_stands_in_exactly_one_place(outcomes in prop::collection::vec(any_outcome(), 0..40)) {
            let fold = fold(&outcomes);
            prop_assert_eq!(fold.accounts(), outcomes.len());
            let groups = fold.groups.iter().flat_map(|group| &group.accounts);
            let apart = fold.apart.iter().flat_map(|apart| &apart.accounts);
            let mut placed: Vec<&String> = groups.chain(apart).map(|named| &named.id).collect();
            let mut all: Vec<&String> = outcomes.iter().map(|outcome| &outcome.id).collect();
            placed.sort();
            all.sort();
            prop_assert_eq!(placed, all);
        }
    }
}
