//! What stands on one network ACL, and the next write that makes its entries those of its tags.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use jiff::Timestamp;

use super::subject::{Protocol, Subject};
use super::tag::{Kept, Standing, Temporary};

/// The numbers of entries that block: below all others, so that they decide first.
const BLOCKS: RangeInclusive<i32> = 1..=59;
/// The numbers of entries that let somebody in: above those that block, and below every entry of a file.
const ADMISSIONS: RangeInclusive<i32> = 60..=99;

/// The ports that clients open connections from (ACL-3): what is let in is answered to these.
const CLIENT_PORTS: (u16, u16) = (1024, 65535);

/// What an entry does, as far as a temporary rule may ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AclRule {
    /// Denies every packet.
    DenyAll(IpNet),
    /// Lets packets to some ports through.
    Allow(IpNet, Protocol, (u16, u16)),
}

/// An entry of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number; AWS's own last ones are not among them.
    pub number: i32,
    /// Whether it is about outbound packets.
    pub egress: bool,
    /// What it does; nothing where no temporary rule asks for such a thing.
    pub rule: Option<AclRule>,
    /// Whether its range is IPv6: AWS counts the families apart.
    pub is_v6: bool,
}

/// A network ACL with its entries, and what its tags name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl {
    /// Its entries, of both directions.
    pub entries: Vec<Entry>,
    /// What holds for a while, by its tags.
    pub temporary: Vec<Temporary>,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AclWrite {
    /// A new entry.
    Create {
        /// Its number.
        number: i32,
        /// Whether outbound.
        egress: bool,
        /// What it does.
        rule: AclRule,
    },
    /// The entry of that number goes.
    Delete {
        /// Its number.
        number: i32,
        /// Whether outbound.
        egress: bool,
    },
    /// The tag of that goes.
    Forget(Subject),
}

impl AclRule {
    /// Its range.
    pub const fn range(&self) -> IpNet {
        match self {
            Self::DenyAll(range) | Self::Allow(range, ..) => *range,
        }
    }

    /// The numbers an entry with it may have.
    const fn numbers(self) -> RangeInclusive<i32> {
        match self {
            Self::DenyAll(_) => BLOCKS,
            Self::Allow(..) => ADMISSIONS,
        }
    }

    /// What is to stand there, inbound and outbound.
    pub(super) const fn of(subject: &Subject) -> [(bool, Self); 2] {
        match *subject {
            Subject::Block(range) => [(false, Self::DenyAll(range)), (true, Self::DenyAll(range))],
            Subject::Admit(range, service) => [
                (true, Self::Allow(range, service.protocol, CLIENT_PORTS)),
                (false, Self::Allow(range, service.protocol, (service.port, service.port))),
            ],
        }
    }
}

impl Acl {
    /// The entry that says so, among the numbers for it.
    pub(super) fn entry(&self, egress: bool, rule: AclRule) -> Option<&Entry> {
        let fits = |entry: &&Entry| {
            entry.egress == egress && entry.rule == Some(rule) && rule.numbers().contains(&entry.number)
        };
        self.entries.iter().filter(fits).min_by_key(|entry| entry.number)
    }

    fn standing(&self, temporary: &Temporary, now: Option<Timestamp>) -> Standing {
        let is_there = |(egress, rule)| self.entry(egress, rule).is_some();
        temporary.standing(now, AclRule::of(&temporary.subject).into_iter().all(is_there))
    }

    /// What holds for a while with how far it has come, sorted.
    pub fn kept(&self, now: Option<Timestamp>) -> Vec<Kept> {
        let kept = |temporary: &Temporary| Kept {
            standing: self.standing(temporary, now),
            temporary: temporary.clone(),
        };
        let mut kept: Vec<Kept> = self.temporary.iter().map(kept).collect();
        kept.sort_by_key(|kept| kept.temporary.subject);
        kept
    }

    /// The numbers of the entries that belong to these, in one direction: a plan leaves them alone.
    pub fn numbers(&self, egress: bool) -> BTreeSet<i32> {
        let of = self.temporary.iter().flat_map(|temporary| AclRule::of(&temporary.subject));
        let here = of.filter(|(direction, _)| *direction == egress);
        here.filter_map(|(_, rule)| Some(self.entry(egress, rule)?.number)).collect()
    }

    /// The next write: what is missing of `mine`, which whoever calls has asked for, comes first; then goes what has ended and what
    /// never became whole, its tag last, so that whoever finds it finishes that. Nothing once nothing is left to do.
    pub fn next_write(&self, now: Option<Timestamp>, mine: &[Subject]) -> Option<AclWrite> {
        let is_mine = |temporary: &Temporary| mine.contains(&temporary.subject) && !temporary.has_ended(now);
        let departs = |temporary: &Temporary| !is_mine(temporary) && self.standing(temporary, now).departs();
        let needed = |temporary: &Temporary| AclRule::of(&temporary.subject);
        let asked = self.temporary.iter().filter(|temporary| is_mine(temporary)).flat_map(needed);
        if let Some((egress, rule)) =
            asked.into_iter().find(|(egress, rule)| self.entry(*egress, *rule).is_none())
        {
            return Some(AclWrite::Create { number: self.free_number(egress, rule)?, egress, rule });
        }
        let gone = self.temporary.iter().find(|temporary| departs(temporary))?;
        // What another one still needs stays: two admissions from one range share the way back.
        let held: Vec<(bool, AclRule)> =
            self.temporary.iter().filter(|temporary| !departs(temporary)).flat_map(needed).collect();
        let surplus = needed(gone).into_iter().filter(|needed| !held.contains(needed));
        let entry = surplus.filter_map(|(egress, rule)| self.entry(egress, rule)).next();
        Some(match entry {
            Some(entry) => AclWrite::Delete { number: entry.number, egress: entry.egress },
            None => AclWrite::Forget(gone.subject),
        })
    }

    /// The lowest number that is free in both directions, else in this one.
    pub(super) fn free_number(&self, egress: bool, rule: AclRule) -> Option<i32> {
        let is_free = |number: i32, egress: bool| {
            !self.entries.iter().any(|entry| entry.number == number && entry.egress == egress)
        };
        // A block has the same number in both directions, whichever of them was written first.
        let other = self.entry(!egress, rule).map(|entry| entry.number);
        let both = || rule.numbers().find(|number| is_free(*number, egress) && is_free(*number, !egress));
        let here = || rule.numbers().find(|number| is_free(*number, egress));
        other.filter(|number| is_free(*number, egress)).or_else(both).or_else(here)
    }

    /// The same after a write.
    pub fn note(&mut self, write: &AclWrite) {
        match write {
            AclWrite::Create { number, egress, rule } => self.entries.push(Entry {
                number: *number,
                egress: *egress,
                rule: Some(*rule),
                is_v6: rule.range().addr().is_ipv6(),
            }),
            AclWrite::Delete { number, egress } => {
                self.entries.retain(|entry| (entry.number, entry.egress) != (*number, *egress));
            }
            AclWrite::Forget(subject) => self.temporary.retain(|temporary| temporary.subject != *subject),
        }
    }
}

/// How many more entries of a family each direction of an ACL has room for, where it may have so many.
pub fn room(acl: &Acl, is_v6: bool, quota: usize) -> usize {
    let used = |egress: bool| {
        acl.entries.iter().filter(|entry| entry.egress == egress && entry.is_v6 == is_v6).count()
    };
    quota.saturating_sub(used(false).max(used(true)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::subject::Service;
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    /// Two that block, and three that let in, of which two share their way back.
    fn subjects() -> [Subject; 5] {
        let ssh = |protocol, port| Service { protocol, port };
        [
            Subject::Block(net("198.51.100.0/24")),
            Subject::Block(net("2001:db8::/48")),
            Subject::Admit(net("203.0.113.7/32"), ssh(Protocol::Tcp, 22)),
            Subject::Admit(net("203.0.113.7/32"), ssh(Protocol::Tcp, 3389)),
            Subject::Admit(net("203.0.113.7/32"), ssh(Protocol::Udp, 51820)),
        ]
    }

    fn now() -> Option<Timestamp> {
        Some("2026-11-29T12:00:00Z".parse().unwrap())
    }

    fn temporary(place: usize, ended: bool) -> Temporary {
        let until = if ended { "2026-11-29T11:00:00Z" } else { "2026-11-30T12:00:00Z" };
        Temporary {
            subject: subjects()[place],
            from: "2026-11-29T10:00:00Z".parse().unwrap(),
            until: until.parse().unwrap(),
            by: "alice".to_owned(),
            reason: "test".to_owned(),
        }
    }

    fn any_acl() -> impl Strategy<Value = Acl> {
        let rule = (0..5_usize, 0..2_usize).prop_map(|(place, way)| AclRule::of(&subjects()[place])[way].1);
        let number = prop_oneof![1..8_i32, 60..68_i32, 100..104_i32];
        let entry = (number, any::<bool>(), proptest::option::weighted(0.8, rule)).prop_map(
            |(number, egress, rule)| {
                let is_v6 = rule.is_some_and(|rule| rule.range().addr().is_ipv6());
                Entry { number, egress, rule, is_v6 }
            },
        );
        let entries = prop::collection::vec(entry, 0..12).prop_map(|mut entries| {
            entries.sort_by_key(|entry| (entry.egress, entry.number));
            entries.dedup_by_key(|entry| (entry.egress, entry.number));
            entries
        });
        let tags = prop::collection::btree_map(0..5_usize, any::<bool>(), 0..5);
        (entries, tags).prop_map(|(entries, tags)| Acl {
            entries,
            temporary: tags.into_iter().map(|(place, ended)| temporary(place, ended)).collect(),
        })
    }

    proptest! {
        /// Whatever a run before left behind, and wherever this one is stopped.
        #[test]
        fn from_everywhere_what_was_asked_for_holds_and_nothing_comes_of_tags_alone(
            mut acl in any_acl(),
            asked in prop::collection::btree_set(0..5_usize, 0..5),
        ) {
            let before = acl.clone();
            let mine: Vec<Subject> = asked.into_iter().map(|place| subjects()[place]).collect();
            let holding = |acl: &Acl| -> Vec<Kept> {
                acl.kept(now()).into_iter().filter(|kept| kept.standing == Standing::Holds).collect()
            };
            let mut writes = 0;
            while let Some(write) = acl.next_write(now(), &mine) {
                if let AclWrite::Create { number, egress, rule } = &write {
                    prop_assert!(rule.numbers().contains(number));
                    prop_assert!(!acl.entries.iter().any(|entry| (entry.number, entry.egress) == (*number, *egress)));
                    let is_mine = |subject: &Subject| AclRule::of(subject).contains(&(*egress, *rule));
                    prop_assert!(mine.iter().any(is_mine), "{write:?} comes of a tag alone");
                }
                // What holds is never taken away on the way.
                let held = holding(&acl);
                acl.note(&write);
                prop_assert!(held.iter().all(|kept| holding(&acl).contains(kept)), "{write:?}");
                writes += 1;
                prop_assert!(writes <= 60, "no end");
            }
            prop_assert!(acl.kept(now()).iter().all(|kept| kept.standing == Standing::Holds), "{:?}", acl.kept(now()));
            let tagged = |acl: &Acl, subject: &Subject| {
                acl.temporary.iter().any(|temporary| temporary.subject == *subject && !temporary.has_ended(now()))
            };
            for subject in &mine {
                prop_assert_eq!(tagged(&acl, subject), tagged(&before, subject), "{}", subject);
            }
            // What belongs to none of these is still there.
            for entry in &before.entries {
                let asked = |temporary: &Temporary| {
                    AclRule::of(&temporary.subject).iter().any(|(egress, rule)| *egress == entry.egress && Some(*rule) == entry.rule)
                };
                prop_assert!(before.temporary.iter().any(asked) || acl.entries.contains(entry), "{entry:?}");
            }
        }
    }

    fn writes(acl: &mut Acl) -> Vec<AclWrite> {
        let mut writes = Vec::new();
        while let Some(write) = acl.next_write(now(), &subjects()) {
            acl.note(&write);
            writes.push(write);
        }
        writes
    }

    #[test]
    fn both_directions_of_a_block_have_one_number_and_the_tag_goes_last() {
        let mut acl = Acl { entries: Vec::new(), temporary: vec![temporary(0, false)] };
        let rule = AclRule::DenyAll(net("198.51.100.0/24"));
        assert_eq!(
            writes(&mut acl),
            [false, true].map(|egress| AclWrite::Create { number: 1, egress, rule })
        );
        acl.temporary = vec![temporary(0, true)];
        assert_eq!(
            writes(&mut acl),
            [
                AclWrite::Delete { number: 1, egress: false },
                AclWrite::Delete { number: 1, egress: true },
                AclWrite::Forget(subjects()[0])
            ]
        );
    }

    #[test]
    fn an_answer_has_its_way_back_before_anybody_is_let_in() {
        let mut acl = Acl { entries: Vec::new(), temporary: vec![temporary(2, false)] };
        let range = net("203.0.113.7/32");
        assert_eq!(
            writes(&mut acl),
            [
                AclWrite::Create {
                    number: 60,
                    egress: true,
                    rule: AclRule::Allow(range, Protocol::Tcp, (1024, 65535))
                },
                AclWrite::Create {
                    number: 61,
                    egress: false,
                    rule: AclRule::Allow(range, Protocol::Tcp, (22, 22))
                },
            ]
        );
    }

    #[test]
    fn where_nobody_knows_the_time_nothing_has_ended() {
        let acl = Acl { entries: Vec::new(), temporary: vec![temporary(0, true)] };
        assert_eq!(acl.kept(None)[0].standing, Standing::Begun);
    }

    #[test]
    fn the_families_have_room_of_their_own() {
        let entry = |number, egress, is_v6| Entry { number, egress, rule: None, is_v6 };
        let entries = vec![entry(1000, false, false), entry(1010, false, false), entry(1000, true, true)];
        let acl = Acl { entries, temporary: Vec::new() };
        assert_eq!((room(&acl, false, 19), room(&acl, true, 19), room(&acl, false, 1)), (17, 18, 0));
    }
}
