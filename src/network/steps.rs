//! One place a packet passes, on its way there or of its answer back.

use super::filters::{self, Direction, Passing, PeerGroups, Seen};
use super::intervals::Intervals;
use super::model::{Id, Network};
use super::packets::{DESTINATION, LAST, PORT, PROTOCOL, Packet, Packets, SOURCE, SOURCE_PORT};
use super::products::Product;
use super::protocol::{ICMP, ICMP6, TCP, UDP, with_ports};
use super::reach::Verdict;

/// On the way there, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    There,
    Back,
}

/// Which end of the connection a filter takes for the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Who opens it.
    Source,
    /// Who answers.
    Destination,
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    /// What decides.
    pub(super) thing: Id,
    pub(super) way: Way,
    pub(super) check: Check,
}

#[derive(Debug, Clone)]
pub(super) enum Check {
    /// The security groups of an interface.
    Groups { ids: Vec<Id>, direction: Direction, side: Side, other: PeerGroups },
    /// The network ACL of a subnet.
    Acl { direction: Direction, side: Side },
    /// The same, where the answer goes to a port that a NAT gateway chose.
    AclOfNat { side: Side },
    /// Only these pass.
    Only { packets: Packets, words: String },
    /// Everything passes.
    Passes(String),
    /// Nothing passes.
    Blocks(String),
    /// Nobody knows what passes.
    Unknown(String),
}

/// What passes a step.
pub(super) struct Sets {
    pub(super) sure: Packets,
    pub(super) perhaps: Packets,
    pub(super) reasons: Vec<String>,
}

fn any() -> Intervals {
    Intervals::range(0, u128::MAX)
}

fn ports() -> Intervals {
    Intervals::range(0, LAST)
}

/// Every packet.
fn everything() -> Packets {
    Product([any(), any(), Intervals::range(0, 255), ports(), ports()]).into()
}

/// Messages of ICMP that ask for an answer, and the answer to each.
const ANSWERS: [(u128, u128, u128); 4] = [(ICMP, 8, 0), (ICMP, 13, 14), (ICMP, 17, 18), (ICMP6, 128, 129)];

/// The ports a NAT gateway and a load balancer open connections from.
pub(super) fn chosen_ports() -> Intervals {
    Intervals::range(1024, LAST)
}

impl Side {
    const fn dimension(self) -> usize {
        match self {
            Self::Source => SOURCE,
            Self::Destination => DESTINATION,
        }
    }
}

fn there(seen: &Seen, side: Side) -> Packets {
    seen.parts()
        .iter()
        .map(|Product([peer, protocols, to])| {
            let mut packet = [any(), any(), protocols.clone(), ports(), to.clone()];
            packet[side.dimension()] = peer.clone();
            Product(packet)
        })
        .collect()
}

/// The packets whose answers are among those a filter lets through: they go to the port the connection came from, and
/// answers of ICMP are messages of their own.
fn back(seen: &Seen, side: Side) -> Packets {
    let mut all = Packets::none();
    let mut add = |peer: &Intervals, protocols: Intervals, from: Intervals, to: Intervals| {
        let mut packet = [any(), any(), protocols, from, to];
        packet[side.dimension()] = peer.clone();
        all.add(Product(packet));
    };
    for Product([peer, protocols, to]) in seen.parts() {
        add(peer, protocols.intersect(&[(TCP, TCP), (UDP, UDP)].into_iter().collect()), to.clone(), ports());
        add(peer, protocols.minus(&with_ports()), ports(), ports());
        for (protocol, asks, answers) in ANSWERS {
            if protocols.contains(protocol) && to.contains(answers * 256) {
                let messages = Intervals::range(asks * 256, asks * 256 + 255);
                add(peer, Intervals::one(protocol), ports(), messages);
            }
        }
    }
    for protocol in [ICMP, ICMP6] {
        let answered = ANSWERS.iter().filter(|(of, ..)| *of == protocol);
        let answered: Intervals = answered.map(|(_, asks, _)| (asks * 256, asks * 256 + 255)).collect();
        add(&any(), Intervals::one(protocol), ports(), ports().minus(&answered));
    }
    all
}

/// Those whose answers pass whatever port was chosen, and those whose answers pass for some.
fn back_to_a_chosen_port(seen: &Seen, side: Side) -> (Packets, Packets) {
    let numbers: Intervals = [(TCP, TCP), (UDP, UDP)].into_iter().collect();
    let chosen: Seen = Product([any(), numbers.clone(), chosen_ports()]).into();
    let without_port = |set: &Seen| -> Seen {
        set.parts()
            .iter()
            .map(|Product([peer, protocols, _])| Product([peer.clone(), protocols.clone(), ports()]))
            .collect()
    };
    let some = without_port(&seen.intersect(&chosen));
    let missing = without_port(&chosen.minus(seen));
    let full = some.minus(&missing);
    // ICMP has no ports to be chosen.
    let icmp: Seen = Product([any(), [(ICMP, ICMP), (ICMP6, ICMP6)].into_iter().collect(), ports()]).into();
    let icmp = back(&seen.intersect(&icmp), side);
    // A NAT gateway carries nothing else, and another step says so.
    let others = Product([any(), any(), Intervals::range(0, 255).minus(&with_ports()), ports(), ports()]);
    let all_ports = |set: &Seen| {
        let of_ports =
            back(set, side).intersect(&there(&Product([any(), numbers.clone(), ports()]).into(), side));
        of_ports.union(&icmp).union(&others.clone().into())
    };
    (all_ports(&full), all_ports(&some))
}

impl Step {
    pub(super) fn sets(&self, network: &Network) -> Sets {
        let of = |passing: Passing, side: Side| {
            let turn = match self.way {
                Way::There => there,
                Way::Back => back,
            };
            let perhaps = turn(&passing.perhaps, side);
            Sets { sure: turn(&passing.sure, side), perhaps, reasons: passing.reasons }
        };
        let sure = |sure: Packets| Sets { sure, perhaps: Packets::none(), reasons: Vec::new() };
        match &self.check {
            Check::Groups { ids, direction, side, other } => {
                of(filters::groups(network, ids, *direction, other), *side)
            }
            Check::Acl { direction, side } => of(filters::acl(network, &self.thing, *direction), *side),
            Check::AclOfNat { side } => {
                let passing = filters::acl(network, &self.thing, Direction::In);
                let (full, some) = back_to_a_chosen_port(&passing.sure, *side);
                let perhaps = some.union(&back(&passing.perhaps, *side));
                let mut reasons = passing.reasons;
                reasons.push(format!(
                    "{} lets answers back to some of the ports that NAT uses only",
                    self.thing
                ));
                Sets { sure: full, perhaps, reasons }
            }
            Check::Only { packets, .. } => sure(packets.clone()),
            Check::Passes(_) => sure(everything()),
            Check::Blocks(_) => sure(Packets::none()),
            Check::Unknown(reason) => {
                Sets { sure: Packets::none(), perhaps: everything(), reasons: vec![reason.clone()] }
            }
        }
    }

    /// A packet as the filter of this step sees it; nothing where it asks for no answer.
    fn seen(&self, packet: &Packet, side: Side) -> Option<[u128; 3]> {
        let point = packet.point();
        let peer = point[side.dimension()];
        let protocol = point[PROTOCOL];
        let port = match self.way {
            Way::There => point[PORT],
            Way::Back if protocol == ICMP || protocol == ICMP6 => {
                let asks = point[PORT] / 256;
                ANSWERS
                    .iter()
                    .find(|(of, a, _)| *of == protocol && *a == asks)
                    .map(|(_, _, answer)| answer * 256)?
            }
            Way::Back => point[SOURCE_PORT],
        };
        Some([peer, protocol, port])
    }

    /// What happens to one packet here, and why.
    pub(super) fn decide(&self, network: &Network, packet: &Packet) -> (Verdict, Id, String) {
        let sets = self.sets(network);
        let point = packet.point();
        let verdict = if sets.sure.contains(&point) {
            Verdict::Passes
        } else if sets.perhaps.contains(&point) {
            Verdict::Unknown
        } else {
            Verdict::Blocked
        };
        let nothing_to_answer = || "nothing to answer".to_owned();
        let (thing, words) = match &self.check {
            Check::Groups { ids, direction, side, other } => {
                let seen = self.seen(packet, *side);
                let rule =
                    seen.and_then(|seen| filters::deciding_rule(network, ids, *direction, other, &seen));
                rule.unwrap_or_else(|| match (&verdict, seen) {
                    (Verdict::Unknown, _) => (ids.join(", "), sets.reasons.join(", ")),
                    (_, Some(seen)) => {
                        (ids.join(", "), format!("no rule allows {}", filters::seen_words(*direction, &seen)))
                    }
                    (_, None) => (ids.join(", "), nothing_to_answer()),
                })
            }
            Check::Acl { direction, side } => {
                let entry = self.seen(packet, *side).map(|seen| {
                    filters::deciding_entry(network, &self.thing, *direction, &seen)
                        .map_or_else(|| sets.reasons.join(", "), |(_, words)| words)
                });
                (self.thing.clone(), entry.unwrap_or_else(nothing_to_answer))
            }
            Check::AclOfNat { .. } => {
                let words = match verdict {
                    Verdict::Passes => "lets answers back to every port that NAT uses".to_owned(),
                    Verdict::Unknown => sets.reasons.join(", "),
                    Verdict::Blocked => "lets no answer back to the ports that NAT uses".to_owned(),
                };
                (self.thing.clone(), words)
            }
            Check::Only { words, .. }
            | Check::Passes(words)
            | Check::Blocks(words)
            | Check::Unknown(words) => (self.thing.clone(), words.clone()),
        };
        (verdict, thing, words)
    }
}
