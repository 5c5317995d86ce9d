//! What a person types as ranges, and what of it is blocked already.

use ipnet::IpNet;
use jiff::Timestamp;

use super::subject::Subject;
use super::tag::Temporary;

/// A range or a single address, canonical; nothing where it is neither.
pub fn range(text: &str) -> Option<IpNet> {
    let range = text.parse().or_else(|_| text.parse().map(|address: std::net::IpAddr| IpNet::from(address)));
    range.ok().map(|range: IpNet| range.trunc())
}

/// The fewest ranges with exactly these addresses.
pub fn merged(ranges: &[IpNet]) -> Vec<IpNet> {
    let mut merged = IpNet::aggregate(&ranges.to_vec());
    merged.sort();
    merged
}

/// What blocks that are there already mean for new ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Covered {
    /// Ranges that must be written.
    pub new: Vec<IpNet>,
    /// Ranges that a block which ends no sooner denies already, with that block.
    pub already: Vec<(IpNet, Temporary)>,
    /// Blocks that a new range makes needless: it holds them, and ends no sooner.
    pub needless: Vec<IpNet>,
}

/// Compares ranges that are to be blocked until a moment with what holds already.
pub fn cover(asked: &[IpNet], until: Timestamp, held: &[Temporary]) -> Covered {
    let mut covered = Covered::default();
    let blocks = || {
        held.iter().filter_map(|held| match held.subject {
            Subject::Block(range) => Some((range, held)),
            Subject::Admit(..) => None,
        })
    };
    for range in asked {
        match blocks().find(|(blocked, held)| blocked.contains(range) && held.until >= until) {
            Some((_, held)) => covered.already.push((*range, held.clone())),
            None => covered.new.push(*range),
        }
    }
    let inside = |(range, held): &(IpNet, &Temporary)| {
        held.until <= until && covered.new.iter().any(|new| new.contains(range) && new != range)
    };
    covered.needless = blocks().filter(inside).map(|(range, _)| range).collect();
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(text: &[&str]) -> Vec<IpNet> {
        text.iter().map(|text| range(text).unwrap()).collect()
    }

    #[test]
    fn addresses_and_ranges_are_read_in_one_spelling() {
        assert_eq!(range("198.51.100.7").unwrap().to_string(), "198.51.100.7/32");
        assert_eq!(range("198.51.100.7/24").unwrap().to_string(), "198.51.100.0/24");
        assert_eq!(range("2001:DB8::1").unwrap().to_string(), "2001:db8::1/128");
        assert_eq!(range("everybody"), None);
    }

    #[test]
    fn merging_neither_adds_an_address_nor_loses_one() {
        let asked = ["198.51.100.0/25", "198.51.100.128/25", "198.51.100.7", "203.0.113.1", "203.0.113.2"];
        let merged: Vec<String> = merged(&ranges(&asked)).iter().map(ToString::to_string).collect();
        assert_eq!(merged, ["198.51.100.0/24", "203.0.113.1/32", "203.0.113.2/32"]);
    }

    #[test]
    fn what_is_blocked_longer_stays_and_what_is_blocked_shorter_is_taken_over() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let block = |range: &str, until: &str| Temporary {
            subject: Subject::Block(range.parse().unwrap()),
            from: at("2026-11-29T10:00:00Z"),
            until: at(until),
            by: "alice".to_owned(),
            reason: String::new(),
        };
        let held = [
            block("198.51.100.0/24", "2026-11-30T12:00:00Z"),
            block("203.0.113.7/32", "2026-11-29T12:00:00Z"),
            block("192.0.2.7/32", "2026-12-29T12:00:00Z"),
        ];
        let asked = ranges(&["198.51.100.7", "203.0.113.0/24", "192.0.2.0/24"]);
        let covered = cover(&asked, at("2026-11-30T00:00:00Z"), &held);
        assert_eq!(covered.new, ranges(&["203.0.113.0/24", "192.0.2.0/24"]));
        assert_eq!(covered.already, [(asked[0], held[0].clone())]);
        assert_eq!(covered.needless, ranges(&["203.0.113.7"]));
    }
}
