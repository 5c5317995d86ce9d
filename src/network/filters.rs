//! What security groups and network ACLs let through.

use super::addresses;
use super::class::{Class, Place};
use super::intervals::Intervals;
use super::model::{Acl, AclEntry, Action, Id, Network, Peer, Rule};
use super::packets::{LAST, Packets, Traffic, carrying, traffic_words};
use super::products::{Product, Products};
use super::protocol::protocol_word;

/// Packets as a filter sees them: the address on the other side, the protocol, and the port they go to.
pub(super) type Seen = Products<3>;

/// Into a subnet or an interface, or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Into it.
    In,
    /// Out of it.
    Out,
}

impl Direction {
    pub(super) const fn peer_word(self) -> &'static str {
        match self {
            Self::In => "from",
            Self::Out => "to",
        }
    }
}

/// What is known of the groups at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PeerGroups {
    /// It carries these. Nobody on a public address does.
    Known(Vec<Id>),
    /// It carries these, and whether that is known where it is filtered is not known, for this reason.
    Perhaps(Vec<Id>, String),
    /// It is in another network, and may carry any group of that, for this reason. It carries none of this network's.
    Foreign(String),
}

/// What a filter lets through, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Passing {
    /// Surely.
    pub(super) sure: Seen,
    /// Perhaps.
    pub(super) perhaps: Seen,
    /// Why perhaps.
    pub(super) reasons: Vec<String>,
}

fn any() -> Intervals {
    Intervals::range(0, u128::MAX)
}

fn fits(addresses: &Intervals, traffic: &Traffic) -> Vec<Product<3>> {
    let pieces = traffic.pieces().into_iter();
    pieces.map(|(numbers, ports)| Product([addresses.clone(), numbers, ports])).collect()
}

/// The addresses a rule is for, or why they are not known.
fn addresses_of(network: &Network, peer: &Peer, other: &PeerGroups) -> Result<Intervals, String> {
    match peer {
        Peer::Range(range) => Ok(addresses::of(*range)),
        Peer::Group(id) => match other {
            PeerGroups::Known(groups) if groups.contains(id) => Ok(any()),
            PeerGroups::Perhaps(groups, reason) if groups.contains(id) => Err(reason.clone()),
            PeerGroups::Known(_) | PeerGroups::Perhaps(..) => Ok(Intervals::none()),
            PeerGroups::Foreign(_) if network.groups.contains_key(id) => Ok(Intervals::none()),
            PeerGroups::Foreign(reason) => Err(reason.clone()),
        },
        Peer::PrefixList(id) => match network.prefix_lists.get(id) {
            Some(Some(ranges)) => Ok(addresses::of_all(ranges)),
            Some(None) | None => Err(format!("what the prefix list {id} holds is not known")),
        },
    }
}

fn rules<'a>(
    network: &'a Network,
    groups: &'a [Id],
    direction: Direction,
) -> impl Iterator<Item = (&'a Id, &'a Rule)> {
    groups.iter().filter_map(|id| Some((id, network.groups.get(id)?))).flat_map(move |(id, group)| {
        let rules = match direction {
            Direction::In => &group.ingress,
            Direction::Out => &group.egress,
        };
        rules.iter().map(move |rule| (id, rule))
    })
}

/// What the groups of one interface let through together.
pub(super) fn groups(network: &Network, ids: &[Id], direction: Direction, other: &PeerGroups) -> Passing {
    let mut passing = Passing::default();
    for (_, rule) in rules(network, ids, direction) {
        match addresses_of(network, &rule.peer, other) {
            Ok(addresses) => {
                fits(&addresses, &rule.traffic).into_iter().for_each(|fit| passing.sure.add(fit))
            }
            Err(reason) => {
                fits(&any(), &rule.traffic).into_iter().for_each(|fit| passing.perhaps.add(fit));
                passing.reasons.push(reason);
            }
        }
    }
    for id in ids.iter().filter(|id| !network.groups.contains_key(*id)) {
        passing.perhaps.add(Product([any(), Intervals::range(0, 255), Intervals::range(0, LAST)]));
        passing.reasons.push(format!("the security group {id} could not be read"));
    }
    passing
}

/// Whether any rule is for that end at all, whatever it carries: most pairs of ends have none, and are done with so.
pub(super) fn any_rule(network: &Network, ids: &[Id], direction: Direction, other: &Class) -> bool {
    let unread = ids.iter().any(|id| !network.groups.contains_key(id));
    let fits = |rule: &Rule| match &rule.peer {
        Peer::Range(range) => addresses::meets(*range, &other.addresses),
        Peer::Group(id) => match &other.place {
            Place::Interface(interface) => interface.groups.contains(id),
            Place::Outside | Place::Internet | Place::Service(_) => true,
        },
        Peer::PrefixList(_) => true,
    };
    unread || rules(network, ids, direction).any(|(_, rule)| fits(rule))
}

/// The first rule that lets a packet through, as words: of which group, and what it says.
pub(super) fn deciding_rule(
    network: &Network,
    ids: &[Id],
    direction: Direction,
    other: &PeerGroups,
    seen: &[u128; 3],
) -> Option<(Id, String)> {
    rules(network, ids, direction).find_map(|(id, rule)| {
        let addresses = addresses_of(network, &rule.peer, other).ok()?;
        let fit: Seen = fits(&addresses, &rule.traffic).into_iter().collect();
        fit.contains(seen).then(|| (id.clone(), format!("rule {}", rule_words(rule, direction))))
    })
}

fn rule_words(rule: &Rule, direction: Direction) -> String {
    let peer = match &rule.peer {
        Peer::Range(range) => range.to_string(),
        Peer::Group(id) => format!("group {id}"),
        Peer::PrefixList(id) => format!("prefix list {id}"),
    };
    format!("{} {} {peer}", traffic(&rule.traffic), direction.peer_word())
}

fn traffic(traffic: &Traffic) -> String {
    let all: Packets = carrying(traffic);
    traffic_words(&all)
}

fn in_order(acl: &Acl, direction: Direction) -> Vec<&AclEntry> {
    let mut entries: Vec<&AclEntry> = match direction {
        Direction::In => acl.ingress.iter().collect(),
        Direction::Out => acl.egress.iter().collect(),
    };
    entries.sort_by_key(|entry| entry.number);
    entries
}

/// What a network ACL lets through: of each packet the first entry that fits decides, and the last one denies.
pub(super) fn acl(network: &Network, id: &Id, direction: Direction) -> Passing {
    let Some(acl) = network.acls.get(id) else {
        let all = Product([any(), Intervals::range(0, 255), Intervals::range(0, LAST)]);
        let reasons = vec![format!("the network ACL {id} could not be read")];
        return Passing { sure: Seen::none(), perhaps: all.into(), reasons };
    };
    let mut passing = Passing::default();
    let mut denied = Seen::none();
    for entry in in_order(acl, direction) {
        let fit = fits(&addresses::of(entry.range), &entry.traffic);
        match entry.action {
            Action::Deny => fit.into_iter().for_each(|fit| denied.add(fit)),
            Action::Allow => {
                let fit: Seen = fit.into_iter().collect();
                fit.minus(&denied).parts().iter().for_each(|fit| passing.sure.add(fit.clone()));
            }
        }
        // What was allowed stays so: a denial that comes later takes nothing of it away.
    }
    passing
}

/// The entry that decides about a packet, and whether it lets it through.
pub(super) fn deciding_entry(
    network: &Network,
    id: &Id,
    direction: Direction,
    seen: &[u128; 3],
) -> Option<(bool, String)> {
    let acl = network.acls.get(id)?;
    let entry = in_order(acl, direction).into_iter().find(|entry| {
        let fit: Seen = fits(&addresses::of(entry.range), &entry.traffic).into_iter().collect();
        fit.contains(seen)
    });
    Some(match entry {
        Some(entry) => {
            let verb = if entry.action == Action::Allow { "allows" } else { "denies" };
            let (what, word) = (traffic(&entry.traffic), direction.peer_word());
            (
                entry.action == Action::Allow,
                format!("entry {} {verb} {what} {word} {}", entry.number, entry.range),
            )
        }
        None => (false, format!("no entry allows {}", seen_words(direction, seen))),
    })
}

/// A packet as a filter sees it.
pub(super) fn seen_words(direction: Direction, seen: &[u128; 3]) -> String {
    let [peer, protocol, port] = *seen;
    let what = match protocol {
        1 | 58 => format!("{} type {} code {}", protocol_word(protocol), port / 256, port % 256),
        6 | 17 => format!("{} {port}", protocol_word(protocol)),
        other => protocol_word(other),
    };
    format!("{what} {} {}", direction.peer_word(), addresses::address(peer))
}
