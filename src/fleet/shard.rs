//! Which accounts one of several machines works on.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::waves::Wave;

/// The most parts that a run is cut into: as many as an organization has accounts (AWS Organizations, quotas).
const MOST: usize = 10_000;

/// One part of a run that is cut into several, counted from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Shard {
    /// Which part, from 1.
    pub number: usize,
    /// How many parts there are.
    pub of: usize,
}

impl Shard {
    /// The whole run as its only part.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// A part.
    ///
    /// # Errors
    /// Says why there is none of that number.
    pub fn new(number: usize, of: usize) -> Result<Self, String> {
        if of == 0 || of > MOST {
            return Err(format!("a run has 1 to {MOST} shards, not {of}"));
        }
        if number == 0 || number > of {
            return Err(format!(
                "shards are numbered from 1, and there are {of}: there is no shard {number}"
            ));
        }
        Ok(Self { number, of })
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        let (number, of) = parts.ok_or("write NUMBER/COUNT, such as 3/20, or auto")?;
        Self::new(number, of)
    }
}

/// Deals ids out: in each wave they are sorted, and every part takes every N-th. A wave goes on where the one before it ended, so that
/// parts are of equal size however many waves there are.
pub fn dealt<'a>(waves: impl IntoIterator<Item = &'a Wave>, of: usize) -> Vec<Vec<&'a str>> {
    let mut parts = vec![Vec::new(); of.max(1)];
    let mut next = 0;
    for wave in waves {
        let mut ids: Vec<&str> = wave.members.iter().map(|member| member.id.as_str()).collect();
        ids.sort_unstable();
        for id in ids {
            let at = next % parts.len();
            if let Some(part) = parts.get_mut(at) {
                part.push(id);
            }
            next += 1;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::inventory::{Member, Reach};
    use super::*;
    use crate::language::fleet::Continue;

    fn wave(ids: &[u64]) -> Wave {
        let member = |id: &u64| Member {
            id: format!("{id:012}"),
            name: String::new(),
            baseline: String::new(),
            reach: Reach::Profile(String::new()),
        };
        let members = ids.iter().map(member).collect();
        let goes_on = Continue::Always;
        Wave { name: "w".to_owned(), members, max_failures: 0, parallel: 8, goes_on, is_first: false }
    }

    #[test]
    fn every_account_is_in_one_part_whatever_order_the_list_has() {
        let waves = [wave(&[5, 1, 3]), wave(&[2, 9]), wave(&[4, 6, 7, 8])];
        let mixed = [wave(&[3, 5, 1]), wave(&[9, 2]), wave(&[8, 7, 6, 4])];
        for of in 1..=12 {
            let parts = dealt(&waves, of);
            assert_eq!(parts, dealt(&mixed, of));
            let mut all: Vec<&str> = parts.iter().flatten().copied().collect();
            all.sort_unstable();
            assert_eq!(all.len(), 9);
            all.dedup();
            assert_eq!(all.len(), 9, "{of} parts");
            let sizes = || parts.iter().map(Vec::len);
            assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1, "{parts:?}");
        }
        assert_eq!(
            dealt(&waves, 2)[0],
            ["000000000001", "000000000005", "000000000009", "000000000006", "000000000008"]
        );
    }

    #[test]
    fn a_part_is_written_from_1_and_there_is_none_past_the_last() {
        assert_eq!("3/20".parse(), Ok(Shard { number: 3, of: 20 }));
        for wrong in ["0/4", "5/4", "1/0", "1/10001", "1", "a/b", "-1/4", "1/4/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
