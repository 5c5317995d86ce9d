//! What stands on one network ACL, and the next write that makes its entries those of its tags.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use jiff::Timestamp;

use super::tag::Block;

/// The numbers of entries that block: below every entry of a file, so that they decide first.
pub const BLOCK_NUMBERS: RangeInclusive<i32> = 1..=99;

/// An entry of a network ACL, as far as a block asks about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number; AWS's own last ones are not among them.
    pub number: i32,
    /// Whether it is about outbound packets.
    pub egress: bool,
    /// The range whose every packet it denies; nothing where it does something else.
    pub denies: Option<IpNet>,
    /// Whether its range is IPv6: AWS counts the families apart.
    pub is_v6: bool,
}

/// A network ACL with its entries, and the blocks that its tags name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl {
    /// Its entries, of both directions.
    pub entries: Vec<Entry>,
    /// The blocks, by their tags.
    pub blocks: Vec<Block>,
}

/// How far a block has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Both directions are denied.
    Holds,
    /// Its time is not over, and an entry is missing.
    Incomplete,
    /// Its time is over, and it is still there.
    Ended,
}

impl Standing {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Incomplete => "an entry is missing",
            Self::Ended => "has ended and is still there",
        }
    }
}

/// A block and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The block.
    pub block: Block,
    /// How far it has come.
    pub standing: Standing,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A new entry that denies every packet of the range.
    Deny {
        /// Its number.
        number: i32,
        /// Whether outbound.
        egress: bool,
        /// The range.
        range: IpNet,
    },
    /// The entry of that number goes.
    Remove {
        /// Its number.
        number: i32,
        /// Whether outbound.
        egress: bool,
    },
    /// The tag of that block goes.
    Forget(IpNet),
}

impl Acl {
    /// The entry that denies the range in one direction, among the numbers of blocks.
    fn entry(&self, range: &IpNet, egress: bool) -> Option<&Entry> {
        let fits = |entry: &&Entry| {
            entry.egress == egress && entry.denies == Some(*range) && BLOCK_NUMBERS.contains(&entry.number)
        };
        self.entries.iter().filter(fits).min_by_key(|entry| entry.number)
    }

    /// Every block with how far it has come, by range.
    pub fn kept(&self, now: Option<Timestamp>) -> Vec<Kept> {
        let standing = |block: &Block| match (
            block.has_ended(now),
            [false, true].iter().all(|egress| self.entry(&block.range, *egress).is_some()),
        ) {
            (true, _) => Standing::Ended,
            (false, true) => Standing::Holds,
            (false, false) => Standing::Incomplete,
        };
        let mut kept: Vec<Kept> = self
            .blocks
            .iter()
            .map(|block| Kept { standing: standing(block), block: block.clone() })
            .collect();
        kept.sort_by_key(|kept| kept.block.range);
        kept
    }

    /// The numbers of the entries that belong to a block, in one direction: a plan leaves them alone.
    pub fn numbers(&self, egress: bool) -> BTreeSet<i32> {
        self.blocks.iter().filter_map(|block| Some(self.entry(&block.range, egress)?.number)).collect()
    }

    /// The next write towards what the tags say; nothing once they are the same. What is to be denied comes before
    /// what is no longer, and a tag goes last: whoever finds it finishes what was begun.
    pub fn next_write(&self, now: Option<Timestamp>) -> Option<Write> {
        let held = self.blocks.iter().filter(|block| !block.has_ended(now));
        for range in held.map(|block| block.range) {
            for egress in [false, true] {
                if self.entry(&range, egress).is_none() {
                    return Some(Write::Deny { number: self.free_number(&range, egress)?, egress, range });
                }
            }
        }
        let ended = self.blocks.iter().find(|block| block.has_ended(now))?;
        for egress in [false, true] {
            if let Some(entry) = self.entry(&ended.range, egress) {
                return Some(Write::Remove { number: entry.number, egress });
            }
        }
        Some(Write::Forget(ended.range))
    }

    /// The number the other direction has, else the lowest that is free in both, else in this one.
    fn free_number(&self, range: &IpNet, egress: bool) -> Option<i32> {
        let is_free = |number: i32, egress: bool| {
            !self.entries.iter().any(|entry| entry.number == number && entry.egress == egress)
        };
        let other = self.entry(range, !egress).map(|entry| entry.number);
        let both =
            || BLOCK_NUMBERS.clone().find(|number| is_free(*number, egress) && is_free(*number, !egress));
        let here = || BLOCK_NUMBERS.clone().find(|number| is_free(*number, egress));
        other.filter(|number| is_free(*number, egress)).or_else(both).or_else(here)
    }

    /// The same after a write.
    pub fn note(&mut self, write: &Write) {
        match write {
            Write::Deny { number, egress, range } => self.entries.push(Entry {
                number: *number,
                egress: *egress,
                denies: Some(*range),
                is_v6: range.addr().is_ipv6(),
            }),
            Write::Remove { number, egress } => {
                self.entries.retain(|entry| (entry.number, entry.egress) != (*number, *egress));
            }
            Write::Forget(range) => self.blocks.retain(|block| block.range != *range),
        }
    }
}

/// How many more ranges of a family an ACL has room for, where a direction may have so many entries.
pub fn room(acl: &Acl, is_v6: bool, quota: usize) -> usize {
    let used = |egress: bool| {
        acl.entries.iter().filter(|entry| entry.egress == egress && entry.is_v6 == is_v6).count()
    };
    quota.saturating_sub(used(false).max(used(true)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RANGES: [&str; 4] = ["198.51.100.0/24", "198.51.100.7/32", "203.0.113.0/24", "2001:db8::/48"];

    fn now() -> Option<Timestamp> {
        Some("2026-11-29T12:00:00Z".parse().unwrap())
    }

    fn block(place: usize, ended: bool) -> Block {
        let until = if ended { "2026-11-29T11:00:00Z" } else { "2026-11-30T12:00:00Z" };
        Block {
            range: RANGES[place].parse().unwrap(),
            until: until.parse().unwrap(),
            by: "alice".to_owned(),
            reason: "test".to_owned(),
        }
    }

    fn any_acl() -> impl Strategy<Value = Acl> {
        let entry = (1..12_i32, any::<bool>(), 0..5_usize).prop_map(|(number, egress, place)| Entry {
            number,
            egress,
            denies: RANGES.get(place).map(|range| range.parse().unwrap()),
            is_v6: place == 3,
        });
        let entries = prop::collection::vec(entry, 0..10).prop_map(|mut entries| {
            entries.sort_by_key(|entry| (entry.egress, entry.number));
            entries.dedup_by_key(|entry| (entry.egress, entry.number));
            entries
        });
        let blocks = prop::collection::btree_map(0..4_usize, any::<bool>(), 0..4);
        (entries, blocks).prop_map(|(entries, blocks)| Acl {
            entries,
            blocks: blocks.into_iter().map(|(place, ended)| block(place, ended)).collect(),
        })
    }

    proptest! {
        /// Whatever a run before left behind, and wherever this one is stopped.
        #[test]
        fn from_everywhere_the_entries_become_those_of_the_tags(mut acl in any_acl()) {
            let before = acl.clone();
            let mut writes = 0;
            while let Some(write) = acl.next_write(now()) {
                if let Write::Deny { number, egress, .. } = &write {
                    prop_assert!(BLOCK_NUMBERS.contains(number));
                    prop_assert!(!acl.entries.iter().any(|entry| (entry.number, entry.egress) == (*number, *egress)));
                }
                // A block that holds is never taken away on the way.
                let holding = |acl: &Acl| -> Vec<Kept> {
                    acl.kept(now()).into_iter().filter(|kept| kept.standing == Standing::Holds).collect()
                };
                let held = holding(&acl);
                acl.note(&write);
                prop_assert!(held.iter().all(|kept| holding(&acl).contains(kept)), "{write:?}");
                writes += 1;
                prop_assert!(writes <= 40, "no end");
            }
            prop_assert!(acl.kept(now()).iter().all(|kept| kept.standing == Standing::Holds));
            let expected: Vec<Block> =
                before.blocks.iter().filter(|block| !block.has_ended(now())).cloned().collect();
            prop_assert_eq!(&acl.blocks, &expected);
            // What belongs to no block is still there.
            for entry in &before.entries {
                let is_of_a_block = entry.denies.is_some_and(|range| before.blocks.iter().any(|b| b.range == range));
                prop_assert!(is_of_a_block || acl.entries.contains(entry), "{entry:?}");
            }
        }
    }

    #[test]
    fn both_directions_have_one_number_and_the_tag_goes_last() {
        let mut acl = Acl { entries: Vec::new(), blocks: vec![block(0, false)] };
        let mut writes = Vec::new();
        while let Some(write) = acl.next_write(now()) {
            acl.note(&write);
            writes.push(write);
        }
        let range = RANGES[0].parse().unwrap();
        assert_eq!(writes, [false, true].map(|egress| Write::Deny { number: 1, egress, range }),);
        acl.blocks = vec![block(0, true)];
        let mut writes = Vec::new();
        while let Some(write) = acl.next_write(now()) {
            acl.note(&write);
            writes.push(write);
        }
        assert_eq!(
            writes,
            [
                Write::Remove { number: 1, egress: false },
                Write::Remove { number: 1, egress: true },
                Write::Forget(range)
            ]
        );
    }

    #[test]
    fn where_nobody_knows_the_time_nothing_has_ended() {
        let acl = Acl { entries: Vec::new(), blocks: vec![block(0, true)] };
        assert_eq!(acl.kept(None)[0].standing, Standing::Incomplete);
    }

    #[test]
    fn the_families_have_room_of_their_own() {
        let entry = |number, egress, is_v6| Entry { number, egress, denies: None, is_v6 };
        let entries = vec![entry(1000, false, false), entry(1010, false, false), entry(1000, true, true)];
        let acl = Acl { entries, blocks: Vec::new() };
        assert_eq!((room(&acl, false, 19), room(&acl, true, 19), room(&acl, false, 1)), (17, 18, 0));
    }
}
