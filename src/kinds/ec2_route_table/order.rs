//! In which order the routes of a table are written.
//!
//! The route with the longest prefix decides. New routes come first, the longest prefix before the others; then those that lead
//! elsewhere now; then what is surplus goes, the shortest prefix first. So after every single write each address is reached the
//! way it was before or the way it will be, and never through a third one. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::model::Link;

/// One write, by the destination of its route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kinds) enum Write<'a> {
    /// A new route.
    Create(&'a str, &'a Link),
    /// Another target for a route that is there.
    Replace(&'a str, &'a Link),
    /// The route goes.
    Delete(&'a str),
}

/// The writes that lead from the live routes to the wanted ones.
pub(in crate::kinds) fn writes<'a>(
    live: &'a BTreeMap<String, Link>,
    wanted: &'a BTreeMap<String, Link>,
) -> Vec<Write<'a>> {
    let (mut created, mut replaced, mut deleted) = (Vec::new(), Vec::new(), Vec::new());
    for (destination, target) in wanted {
        match live.get(destination) {
            None => created.push((destination.as_str(), target)),
            Some(there) if there != target => replaced.push(Write::Replace(destination, target)),
            Some(_) => {}
        }
    }
    deleted.extend(live.keys().map(String::as_str).filter(|destination| !wanted.contains_key(*destination)));
    created.sort_by_key(|(destination, _)| Reverse(prefix(destination)));
    deleted.sort_by_key(|destination| prefix(destination));
    let created = created.into_iter().map(|(destination, target)| Write::Create(destination, target));
    created.chain(replaced).chain(deleted.into_iter().map(Write::Delete)).collect()
}

/// How narrow a destination is; a prefix list stands for ranges that nobody here knows, and counts as the narrowest.
fn prefix(destination: &str) -> u8 {
    destination.parse::<IpNet>().map_or(u8::MAX, |range| range.prefix_len())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;

    const RANGES: [&str; 6] =
        ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.128/25", "10.2.0.0/16"];
    const ADDRESSES: [&str; 6] = ["192.0.2.1", "10.3.0.1", "10.1.0.1", "10.1.1.1", "10.1.1.129", "10.2.0.1"];

    fn any_table() -> impl Strategy<Value = BTreeMap<String, Link>> {
        let route = (prop::sample::select(&RANGES[..]), prop::sample::select(&["a", "b", "c"][..]));
        prop::collection::vec(route, 0..6)
            .prop_map(|routes| routes.into_iter().map(|(to, by)| (to.to_owned(), Link::from(by))).collect())
    }

    fn ways(table: &BTreeMap<String, Link>) -> Vec<Option<Link>> {
        let way = |address: &str| {
            let address: IpAddr = address.parse().unwrap();
            let fits = |to: &&String| to.parse::<IpNet>().unwrap().contains(&address);
            table.keys().filter(fits).max_by_key(|to| prefix(to)).map(|to| table[to].clone())
        };
        ADDRESSES.into_iter().map(way).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn every_address_is_reached_as_before_or_as_after(before in any_table(), after in any_table()) {
            let mut table = before.clone();
            for write in writes(&before, &after) {
                match write {
                    Write::Create(to, by) => prop_assert!(table.insert(to.to_owned(), by.clone()).is_none()),
                    Write::Replace(to, by) => prop_assert!(table.insert(to.to_owned(), by.clone()).is_some()),
                    Write::Delete(to) => prop_assert!(table.remove(to).is_some()),
                }
                for ((now, old), new) in ways(&table).iter().zip(ways(&before)).zip(ways(&after)) {
                    prop_assert!(*now == old || *now == new, "{write:?}: {now:?}, neither {old:?} nor {new:?}");
                }
            }
            prop_assert_eq!(table, after);
        }
    }
}
