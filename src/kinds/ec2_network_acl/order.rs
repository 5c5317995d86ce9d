//! In which order the entries of a network ACL are written.
//!
//! Entries decide by their number, the first that fits. Denials have numbers below [`FIRST_ALLOWANCE`] and allowances from there on,
//! so that among each other their order does not matter. After every single write, what passes is no more than what passed before
//! or will pass, and no less than what does both: missing denials come first, missing allowances next, and then what is surplus
//! goes, from the highest number down. An entry that stays keeps its number. Pure.

use std::collections::BTreeSet;

use crate::kinds::ec2::ip_protocol;
use crate::kinds::ec2::ip_range;
use crate::kinds::ec2_network_acl::AclEntry;

/// The lowest number of an allowance.
pub(in crate::kinds) const FIRST_ALLOWANCE: i32 = 1000;
/// The lowest number of a denial, and the gap between two entries.
const FIRST_DENIAL: i32 = 100;
const GAP: i32 = 10;
/// The highest number an entry of ours can have; AWS keeps those above for its own (ACL-5).
pub(in crate::kinds) const LAST_NUMBER: i32 = 32766;

/// An entry with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kinds) struct Numbered {
    pub(in crate::kinds) number: i32,
    pub(in crate::kinds) entry: AclEntry,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kinds) enum Write {
    /// A new entry under a free number.
    Create(Numbered),
    /// Another entry under a number that is taken.
    Replace(Numbered),
    /// The entry of that number goes.
    Delete(i32),
}

/// The next write that brings the entries of one direction nearer to what is wanted; nothing once they are the same. `most` is how
/// many entries of IPv4 and of IPv6 AWS lets the direction have, where it has said so: it counts the families apart, and numbers them
/// together.
pub(in crate::kinds) fn next_write(
    live: &[Numbered],
    wanted: &BTreeSet<AclEntry>,
    most: [Option<usize>; 2],
) -> Option<Write> {
    [false, true].into_iter().find_map(|is_v6| {
        let own: Vec<Numbered> = live.iter().filter(|one| one.entry.is_v6() == is_v6).cloned().collect();
        let wanted: BTreeSet<AclEntry> = wanted.iter().filter(|one| one.is_v6() == is_v6).cloned().collect();
        next_of_family(live, &own, &wanted, most[usize::from(is_v6)])
    })
}

/// The same of one family; `live` are the entries of both.
fn next_of_family(
    live: &[Numbered],
    own: &[Numbered],
    wanted: &BTreeSet<AclEntry>,
    most: Option<usize>,
) -> Option<Write> {
    let changes = Changes::of(own, wanted);
    let Some(missing) = changes.missing.first() else {
        return changes.surplus.last().map(|entry| Write::Delete(entry.number));
    };
    if most.is_none_or(|most| own.len() < most) {
        return Some(Write::Create(Numbered {
            number: free_number(live, missing),
            entry: (*missing).clone(),
        }));
    }
    Some(changes.make_room(live, own, missing))
}

/// What passes through an entry stands in the zone of its action, or is taken for another entry.
pub(in crate::kinds) fn is_in_its_zone(number: i32, entry: &AclEntry) -> bool {
    (number >= FIRST_ALLOWANCE) == (entry.action == "allow")
}

struct Changes<'a> {
    /// Denials first.
    missing: Vec<&'a AclEntry>,
    /// By number.
    surplus: Vec<&'a Numbered>,
}

impl<'a> Changes<'a> {
    fn of(live: &'a [Numbered], wanted: &'a BTreeSet<AclEntry>) -> Self {
        let mut held = BTreeSet::new();
        let mut ordered: Vec<&Numbered> = live.iter().collect();
        ordered.sort_by_key(|entry| entry.number);
        let mut surplus = Vec::new();
        for entry in ordered {
            let stays = wanted.contains(&entry.entry)
                && is_in_its_zone(entry.number, &entry.entry)
                // A second entry that says the same only takes up room.
                && held.insert(&entry.entry);
            if !stays {
                surplus.push(entry);
            }
        }
        let mut missing: Vec<&AclEntry> = wanted.iter().filter(|entry| !held.contains(entry)).collect();
        missing.sort_by_key(|entry| entry.action == "allow");
        Self { missing, surplus }
    }

    /// The write at the quota, where nothing can be added: what is surplus goes early where that changes nothing that both ends
    /// let through or stop, or gives its number to what is missing. Where no such order exists, traffic is stopped for a moment
    /// rather than let through.
    fn make_room(&self, live: &[Numbered], own: &[Numbered], missing: &AclEntry) -> Write {
        let allows = |entry: &AclEntry| entry.action == "allow";
        let surplus_allows = || self.surplus.iter().rev().filter(|entry| allows(&entry.entry));
        let surplus_denials = || self.surplus.iter().rev().filter(|entry| !allows(&entry.entry));
        let is_clear =
            |entry: &AclEntry| !self.missing.iter().any(|other| allows(other) && overlap(entry, other));
        if let Some(entry) = surplus_allows().find(|entry| is_clear(&entry.entry)) {
            return Write::Delete(entry.number);
        }
        let opens_nothing = |entry: &Numbered| {
            !surplus_allows().any(|other| overlap(&entry.entry, &other.entry))
                && !self.missing.iter().any(|other| !allows(other) && overlap(&entry.entry, other))
        };
        if let Some(entry) = surplus_denials().find(|entry| opens_nothing(entry)) {
            return Write::Delete(entry.number);
        }
        if allows(missing) {
            // In place: what the old one let through and the new one does not must be wanted by nothing else that is missing.
            let swap = self.missing.iter().filter(|entry| allows(entry)).find_map(|entry| {
                let old = surplus_allows().filter(|old| is_in_its_zone(old.number, &old.entry));
                let needs = |old: &Numbered| {
                    self.missing
                        .iter()
                        .any(|other| allows(other) && other != entry && overlap(&old.entry, other))
                };
                let mut fitting = old.filter(|old| !needs(old));
                fitting
                    .next()
                    .map(|old| Write::Replace(Numbered { number: old.number, entry: (*entry).clone() }))
            });
            if let Some(swap) = swap {
                return swap;
            }
        }
        // A denial in place of another: what only the old one stopped must be stopped by nothing else that is missing.
        if !allows(missing) {
            let swap = self.missing.iter().filter(|entry| !allows(entry)).find_map(|entry| {
                let needs = |old: &Numbered| {
                    surplus_allows().any(|other| overlap(&old.entry, &other.entry))
                        || self
                            .missing
                            .iter()
                            .any(|other| !allows(other) && other != entry && overlap(&old.entry, other))
                };
                let mut fitting =
                    surplus_denials().filter(|old| is_in_its_zone(old.number, &old.entry) && !needs(old));
                fitting
                    .next()
                    .map(|old| Write::Replace(Numbered { number: old.number, entry: (*entry).clone() }))
            });
            if let Some(swap) = swap {
                return swap;
            }
        }
        let highest_allow =
            || own.iter().filter(|entry| allows(&entry.entry)).max_by_key(|entry| entry.number);
        // One that stays is written again in the end.
        match surplus_allows().next().copied().or_else(highest_allow).or(self.surplus.last().copied()) {
            Some(entry) if !self.surplus.is_empty() => Write::Delete(entry.number),
            // More is wanted than fits: AWS says so to whoever tries.
            _ => Write::Create(Numbered { number: free_number(live, missing), entry: missing.clone() }),
        }
    }
}

/// A number in the zone of the entry's action that is not taken.
fn free_number(live: &[Numbered], entry: &AclEntry) -> i32 {
    let zone = if entry.action == "allow" {
        FIRST_ALLOWANCE..=LAST_NUMBER
    } else {
        FIRST_DENIAL..=FIRST_ALLOWANCE - 1
    };
    let is_free = |number: &i32| !live.iter().any(|other| other.number == *number);
    let step = usize::try_from(GAP).unwrap_or(1);
    let (first, last) = (*zone.start(), *zone.end());
    (first..=last).step_by(step).find(is_free).or_else(|| (1..=last).rev().find(is_free)).unwrap_or(last)
}

/// Whether one packet could fit both.
fn overlap(one: &AclEntry, other: &AclEntry) -> bool {
    let protocols = one.protocol == "all" || other.protocol == "all" || one.protocol == other.protocol;
    let ports = |entry: &AclEntry| match (entry.from_port, entry.to_port) {
        // ICMP has a type and a code there: any overlap will do.
        _ if ip_protocol::is_icmp(&entry.protocol) => (i64::MIN, i64::MAX),
        (from, to) => (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX)),
    };
    let (one_ports, other_ports) = (ports(one), ports(other));
    protocols
        && one_ports.0 <= other_ports.1
        && other_ports.0 <= one_ports.1
        && ip_range::overlap(one.range(), other.range())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(allow: bool, protocol: &str, cidr: &str, ports: Option<(i64, i64)>) -> AclEntry {
        AclEntry {
            action: if allow { "allow" } else { "deny" }.to_owned(),
            protocol: protocol.to_owned(),
            cidr: cidr.into(),
            from_port: ports.map(|(from, _)| from),
            to_port: ports.map(|(_, to)| to),
        }
    }

    const PROTOCOLS: [&str; 3] = ["tcp", "udp", "all"];
    const RANGES: [&str; 7] =
        ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16", "192.0.2.0/24", "::/0", "2001:db8::/32"];
    const ADDRESSES: [&str; 6] =
        ["10.1.0.1/32", "10.2.0.1/32", "10.3.0.1/32", "192.0.2.1/32", "2001:db8::1/128", "2001:db9::1/128"];
    const PORTS: [Option<(i64, i64)>; 4] = [None, Some((22, 22)), Some((1, 100)), Some((80, 443))];

    fn any_entry() -> impl Strategy<Value = AclEntry> {
        (any::<bool>(), 0..3_usize, 0..7_usize, 0..4_usize).prop_map(|(allow, protocol, range, ports)| {
            let ports = if protocol == 2 { None } else { PORTS[ports] };
            entry(allow, PROTOCOLS[protocol], RANGES[range], ports)
        })
    }

    /// Which packets of a small universe pass, by the first entry that fits.
    fn passing(entries: &[Numbered]) -> BTreeSet<(&'static str, &'static str, i64)> {
        let mut ordered: Vec<&Numbered> = entries.iter().collect();
        ordered.sort_by_key(|entry| entry.number);
        let mut packets = BTreeSet::new();
        for protocol in ["tcp", "udp"] {
            for address in ADDRESSES {
                for port in [22, 80, 100, 443, 8080] {
                    let packet = entry(true, protocol, address, Some((port, port)));
                    let first = ordered.iter().find(|entry| overlap(&entry.entry, &packet));
                    if first.is_some_and(|entry| entry.entry.action == "allow") {
                        packets.insert((protocol, address, port));
                    }
                }
            }
        }
        packets
    }

    fn carry_out(live: &mut Vec<Numbered>, write: Write) {
        match write {
            Write::Create(new) => {
                assert!(live.iter().all(|entry| entry.number != new.number), "{new:?} is taken");
                live.push(new);
            }
            Write::Replace(new) => {
                live.iter_mut().find(|entry| entry.number == new.number).unwrap().entry = new.entry;
            }
            Write::Delete(number) => live.retain(|entry| entry.number != number),
        }
    }

    /// Entries under numbers of their zones, as this program writes them.
    fn written(wanted: &BTreeSet<AclEntry>) -> Vec<Numbered> {
        let mut live = Vec::new();
        while let Some(write) = next_write(&live, wanted, [None; 2]) {
            carry_out(&mut live, write);
        }
        live
    }

    /// Goes from one to the other and returns after how many writes, and whether traffic that both ends let through was stopped.
    fn run(
        mut live: Vec<Numbered>,
        wanted: &BTreeSet<AclEntry>,
        most: Option<usize>,
    ) -> Result<(usize, bool), TestCaseError> {
        let before = passing(&live);
        let after = passing(&written(wanted));
        let (mut writes, mut stopped) = (0, false);
        let most = [most; 2];
        let count = |live: &[Numbered], is_v6| live.iter().filter(|one| one.entry.is_v6() == is_v6).count();
        while let Some(write) = next_write(&live, wanted, most) {
            carry_out(&mut live, write.clone());
            writes += 1;
            prop_assert!(writes < 100, "no end");
            for (is_v6, most) in [false, true].into_iter().zip(most) {
                prop_assert!(most.is_none_or(|most| count(&live, is_v6) <= most), "over the quota");
            }
            let now = passing(&live);
            prop_assert!(now.is_subset(&before.union(&after).copied().collect()), "{write:?} opens");
            stopped |= !before.intersection(&after).all(|packet| now.contains(packet));
        }
        let held: BTreeSet<AclEntry> = live.iter().map(|entry| entry.entry.clone()).collect();
        prop_assert_eq!(&held, wanted);
        prop_assert_eq!(live.len(), wanted.len());
        Ok((writes, stopped))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn no_moment_is_worse_than_both_ends(
            before in prop::collection::btree_set(any_entry(), 0..8),
            after in prop::collection::btree_set(any_entry(), 0..8),
        ) {
            let (_, stopped) = run(written(&before), &after, None)?;
            prop_assert!(!stopped, "stops what both ends let through");
        }

        /// An ACL that is taken over has its entries under whatever numbers somebody gave them.
        #[test]
        fn no_moment_is_worse_than_both_ends_whoever_numbered_the_entries(
            before in prop::collection::btree_map(1..LAST_NUMBER, any_entry(), 0..8),
            after in prop::collection::btree_set(any_entry(), 0..8),
        ) {
            let before = before.into_iter().map(|(number, entry)| Numbered { number, entry }).collect();
            let (_, stopped) = run(before, &after, None)?;
            prop_assert!(!stopped, "stops what both ends let through");
        }

        #[test]
        fn at_the_quota_nothing_is_opened_and_the_end_is_reached(
            before in prop::collection::btree_set(any_entry(), 1..8),
            after in prop::collection::btree_set(any_entry(), 1..8),
        ) {
            let count = |entries: &BTreeSet<AclEntry>, is_v6| entries.iter().filter(|one| one.is_v6() == is_v6).count();
            let most = [&before, &after].into_iter().flat_map(|one| [count(one, false), count(one, true)]).max();
            run(written(&before), &after, most)?;
        }
    }

    #[test]
    fn an_entry_that_stays_keeps_its_number_and_is_not_written() {
        let wanted = |ports: &[i64]| -> BTreeSet<AclEntry> {
            ports.iter().map(|port| entry(true, "tcp", "0.0.0.0/0", Some((*port, *port)))).collect()
        };
        let mut live = written(&wanted(&[80, 443]));
        let kept = live.clone();
        let after = wanted(&[22, 80, 443]);
        let mut writes = Vec::new();
        while let Some(write) = next_write(&live, &after, [None; 2]) {
            carry_out(&mut live, write.clone());
            writes.push(write);
        }
        assert!(matches!(writes.as_slice(), [Write::Create(_)]), "{writes:?}");
        assert!(kept.iter().all(|entry| live.contains(entry)));
    }

    #[test]
    fn a_full_list_that_changes_whole_is_rewritten_without_opening_anything() {
        let ranges = |first: u8| -> BTreeSet<AclEntry> {
            (0..19)
                .map(|place: u8| {
                    entry(true, "tcp", &format!("203.0.{}.0/24", first + place), Some((443, 443)))
                })
                .collect()
        };
        let (writes, stopped) = run(written(&ranges(0)), &ranges(100), Some(19)).unwrap();
        assert!(!stopped && writes <= 38, "{writes} {stopped}");
    }

    #[test]
    fn an_entry_on_the_wrong_side_of_the_others_goes() {
        let wanted: BTreeSet<AclEntry> =
            [entry(false, "all", "192.0.2.0/24", None), entry(true, "tcp", "0.0.0.0/0", Some((443, 443)))]
                .into();
        let mut live = written(&wanted);
        live.push(Numbered { number: 50, entry: entry(true, "tcp", "0.0.0.0/0", Some((443, 443))) });
        live.push(Numbered { number: 1, entry: entry(true, "all", "0.0.0.0/0", None) });
        let mut numbers = Vec::new();
        while let Some(write) = next_write(&live, &wanted, [None; 2]) {
            let Write::Delete(number) = write else { panic!("{write:?}") };
            numbers.push(number);
            carry_out(&mut live, Write::Delete(number));
        }
        assert_eq!(numbers, [50, 1]);
    }
}
