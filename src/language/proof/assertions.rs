//! Whether an assertion holds of a planned network.

use super::always::traffic;
use super::{EVERYBODY, Ends, Topology};
use crate::language::assertion::{AssertedProtocol, Assertion, Expect};
use crate::language::network::Network as Section;
use crate::language::protocol::Protocol;
use crate::language::spelling::listed;
use crate::language::traffic::Traffic as Accepted;
use crate::language::types::FreeText;
use crate::language::{Diagnostic, Header, Spanned};
use crate::model::Origin;
use crate::network::{
    self, Class, Classes, Intervals, Packet, Packets, Place, Product, Reach, Traffic, addresses, carrying,
    ping, sample, traffic_words,
};

/// The ports that Linux opens connections from.
const LINUX_CLIENTS: (u128, u128) = (32768, 60999);

/// The numbers of ICMP and of that of IPv6.
const ICMP: u128 = 1;
const ICMP6: u128 = 58;

/// Whether something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is proven.
    Yes,
    /// It does not hold: what is so instead, and a packet that shows it.
    No(String, Option<Packet>),
    /// It can be neither proven nor disproven, for these reasons.
    Unknown(Vec<String>),
}

/// Something that must hold, and whether it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What must hold.
    pub name: String,
    /// Why.
    pub reason: Option<String>,
    /// Where the file says so; nothing where it always must.
    pub place: Option<Header>,
    /// Whether it does.
    pub kept: Kept,
}

/// What a person does about an assertion that does not hold in the account.
pub const BROKEN_NEXT: &str = "find out who changed the network, and apply this file";

impl Judged {
    /// Where the file asserts it.
    pub fn origin(&self) -> Origin {
        Origin {
            section: "network.assert".to_owned(),
            line: self.place.as_ref().map_or(0, |place| place.line),
            file: self.place.as_ref().and_then(|place| place.file.clone()),
        }
    }

    /// What does not hold of an account, and what is so instead; nothing where it is not disproven.
    pub fn broken(&self) -> Option<String> {
        let Kept::No(instead, packet) = &self.kept else { return None };
        let because = self.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let packet = packet.map(|packet| format!(", for instance {packet}")).unwrap_or_default();
        Some(format!("this does not hold in the account: {}{because}: {instead}{packet}", self.name))
    }

    /// The problem, where there is one.
    pub(super) fn diagnostic(&self, section: &Section) -> Option<Diagnostic> {
        let span = &self.place.as_ref().unwrap_or(&section.header).span;
        let because = self.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let diagnostic = match &self.kept {
            Kept::Yes => return None,
            Kept::No(instead, packet) => {
                let problem = Diagnostic::error(
                    "assertion",
                    span,
                    format!("this does not hold: {}{because}", self.name),
                );
                let packet = packet.map(|packet| format!(", for instance {packet}")).unwrap_or_default();
                problem.label(format!("{instead}{packet}"))
            }
            Kept::Unknown(reasons) => {
                let problem = Diagnostic::warning(
                    "not-proven",
                    span,
                    format!("this is not proven: {}{because}", self.name),
                );
                problem.label(reasons.join("; "))
            }
        };
        let hint = "see every place it passes with `baseline reach FROM TO PORT FILE`";
        Some(diagnostic.hint(hint))
    }
}

pub(super) fn ends_named(assertion: &Assertion) -> impl Iterator<Item = &Spanned<FreeText>> {
    [&assertion.from, &assertion.to].into_iter().chain(assertion.only.iter())
}

/// Names that mean nothing, and keys that do not go together.
pub(super) fn check_names(section: &Section, ends: &Ends, problems: &mut Vec<Diagnostic>) {
    let known = ends.names();
    let hint =
        || format!("write an address, a range, or one of {}", listed(known.iter().map(String::as_str)));
    for assertion in section.assert.iter() {
        for name in ends_named(assertion) {
            match ends.find(name.written()) {
                None => problems.push(
                    Diagnostic::error(
                        "unknown-name",
                        &name.span,
                        format!("nothing is called {:?}", name.written()),
                    )
                    .hint(hint()),
                ),
                Some(found) if found.classes.is_empty() => problems.push(
                    Diagnostic::error("empty", &name.span, format!("{:?} is nobody", name.written()))
                        .hint("name somebody who is in the network or outside of it"),
                ),
                Some(_) => {}
            }
        }
        if let (Some(port), Some(protocol)) = (&assertion.port, &assertion.protocol)
            && let AssertedProtocol::One(one) = protocol.value
            && !protocol.value.has_ports()
        {
            problems.push(
                Diagnostic::error(
                    "bad-combination",
                    &port.span,
                    format!("AWS knows no ports of {}", one.word()),
                )
                .hint("leave `port` out"),
            );
        }
        let named = assertion.only.iter().next().is_some();
        if named != (assertion.expect.value == Expect::Only) {
            let span = if named { &assertion.only.span } else { &assertion.expect.span };
            problems.push(
                Diagnostic::error("bad-combination", span, "`only` and `expect = \"only\"` belong together")
                    .hint("write both, or neither"),
            );
        }
    }
}

/// What connections are made with.
fn protocol(assertion: &Assertion) -> AssertedProtocol {
    match (&assertion.protocol, &assertion.port, assertion.expect.value) {
        (Some(protocol), ..) => protocol.value,
        (None, Some(_), Expect::Reachable) => AssertedProtocol::One(Protocol::Tcp),
        (None, ..) => AssertedProtocol::All,
    }
}

/// What is asked about.
fn asked(assertion: &Assertion) -> Packets {
    let port = assertion.port.as_ref().map(|port| port.value);
    let (first, last) = port.map_or((0, u16::MAX), |port| (port.from, port.to));
    let (tcp, udp) = (carrying(&Traffic::tcp(first, last)), carrying(&Traffic::udp(first, last)));
    let all_of = |protocol| carrying(&Traffic::all_of(protocol));
    match protocol(assertion) {
        AssertedProtocol::All if port.is_some() => tcp.union(&udp),
        AssertedProtocol::All => opening(),
        AssertedProtocol::One(Protocol::Tcp) => tcp,
        AssertedProtocol::One(Protocol::Udp) => udp,
        AssertedProtocol::One(Protocol::Icmp) if assertion.expect.value == Expect::Reachable => ping(),
        AssertedProtocol::One(Protocol::Icmp) => {
            let icmp = [network::Protocol::ICMP, network::Protocol::ICMP6].map(all_of);
            let [v4, v6] = icmp.map(|icmp| icmp.intersect(&opening()));
            v4.union(&v6)
        }
        AssertedProtocol::One(Protocol::Other(number)) => all_of(network::Protocol::Number(number)),
    }
}

/// All that opens something: what path MTU discovery needs answers connections that are open, and is let in without being
/// written down.
pub(super) fn opening() -> Packets {
    let path_mtu = [Accepted::FRAGMENTATION_NEEDED, Accepted::PACKET_TOO_BIG];
    path_mtu.into_iter().fold(carrying(&Traffic::all()), |all, one| all.minus(&carrying(&traffic(one))))
}

/// Whether nothing gets through, as far as is known.
pub(super) fn nothing(reach: &Reach, from: &str, to: &str) -> Kept {
    if !reach.open.is_empty() {
        let carried = traffic_words(&reach.open);
        return Kept::No(format!("{from} reaches {to} on {carried}"), sample(&reach.open));
    }
    if reach.unknown.is_empty() { Kept::Yes } else { Kept::Unknown(reach.reasons.clone()) }
}

/// Whether everybody gets through with everything that is asked, from these ports. Nobody counts who is denied on
/// purpose.
pub(super) fn everything(
    planned: &Topology,
    from: &Classes,
    to: &Classes,
    asked: &Packets,
    (first, last): &(u128, u128),
    but: &Intervals,
) -> Kept {
    for source in &from.classes {
        for destination in &to.classes {
            let sources = match source.place {
                Place::Outside | Place::Internet => source.addresses.minus(but),
                Place::Service(_) | Place::Interface(_) => source.addresses.clone(),
            };
            let clients = Intervals::range(*first, *last);
            // Each family has an ICMP of its own.
            let numbers = |but: u128| Intervals::range(0, 255).minus(&Intervals::one(but));
            let families = [(addresses::v4(), ICMP6), (addresses::v6(), ICMP)];
            let families = families.map(|(family, other)| {
                let (from, to) = (sources.intersect(&family), destination.addresses.intersect(&family));
                Product([from, to, numbers(other), clients.clone(), Intervals::range(0, 65535)])
            });
            let needed: Packets = families.into_iter().collect();
            let needed = needed.intersect(asked);
            let reach = network::reach(&planned.network, source, destination, &needed);
            let missing = needed.minus(&reach.open);
            if missing.is_empty() && !needed.is_empty() {
                continue;
            }
            if !missing.is_empty() && reach.unknown.covers(&missing) {
                return Kept::Unknown(reach.reasons);
            }
            let carried = traffic_words(&missing);
            let instead = format!("{} does not reach {} on {carried}", source.name, destination.name);
            return Kept::No(instead, sample(&missing));
        }
    }
    Kept::Yes
}

/// Everybody of an end who is not among the others.
fn without(from: &Classes, others: &[Classes]) -> Vec<Class> {
    let classes = || others.iter().flat_map(|end| end.classes.iter());
    let outside: Intervals = classes()
        .filter(|class| class.place.is_outside())
        .flat_map(|class| class.addresses.ranges().to_vec())
        .collect();
    let rest = from.classes.iter().map(|class| {
        let taken = match class.place {
            Place::Outside | Place::Internet => outside.clone(),
            Place::Service(_) | Place::Interface(_) => classes()
                .filter(|other| other.place == class.place)
                .flat_map(|other| other.addresses.ranges().to_vec())
                .collect(),
        };
        Class { addresses: class.addresses.minus(&taken), ..class.clone() }
    });
    rest.filter(|class| !class.addresses.is_empty()).collect()
}

/// Ranges that are denied whatever else is said.
pub(super) fn denied(section: &Section) -> Intervals {
    section.deny.iter().flat_map(|range| addresses::of(range.value.0).ranges().to_vec()).collect()
}

/// What connections are made with, in words.
fn made_with(assertion: &Assertion) -> String {
    let protocol = match &assertion.protocol {
        Some(Spanned { value: AssertedProtocol::One(protocol), .. }) => Some(protocol.word()),
        _ => None,
    };
    match (&assertion.port, protocol) {
        (Some(port), Some(protocol)) => format!(" on {protocol} port {}", port.value),
        (Some(port), None) => format!(" on port {}", port.value),
        (None, Some(protocol)) => format!(" with {protocol}"),
        (None, None) => String::new(),
    }
}

/// Whether an assertion holds.
pub(super) fn judge(assertion: &Assertion, section: &Section, planned: &Topology) -> Judged {
    let find = |name: &FreeText| {
        let nobody = Classes { name: name.written().to_owned(), classes: Vec::new() };
        planned.ends.find(name.written()).unwrap_or(nobody)
    };
    let (from, to) = (find(&assertion.from.value), find(&assertion.to.value));
    let asked = asked(assertion);
    let kept = match assertion.expect.value {
        Expect::None => judged_none(planned, &from.classes, &to, &asked),
        Expect::Reachable if assertion.port.is_some() || !protocol(assertion).has_ports() => {
            everything(planned, &from, &to, &asked, &LINUX_CLIENTS, &denied(section))
        }
        Expect::Reachable => something(planned, &from, &to, &asked),
        Expect::Only => {
            let only: Vec<Classes> = assertion.only.iter().map(|name| find(&name.value)).collect();
            judged_none(planned, &without(&from, &only), &to, &asked)
        }
    };
    let words = || {
        let made_with = made_with(assertion);
        let from = if from.name == EVERYBODY { "anybody" } else { &from.name };
        match assertion.expect.value {
            Expect::None => format!("{from} does not reach {}{made_with}", to.name),
            Expect::Reachable => format!("{from} reaches {}{made_with}", to.name),
            Expect::Only => {
                let only: Vec<&str> = assertion.only.iter().map(|name| name.written()).collect();
                format!("only {} reaches {}{made_with}", only.join(", "), to.name)
            }
        }
    };
    Judged {
        name: assertion.name.as_ref().map_or_else(words, |name| name.written().to_owned()),
        reason: assertion.reason.as_ref().map(|reason| reason.written().to_owned()),
        place: Some(assertion.header.clone()),
        kept,
    }
}

/// Whether nobody of these reaches the end. The first who does is named.
fn judged_none(planned: &Topology, from: &[Class], to: &Classes, asked: &Packets) -> Kept {
    let pairs = from.iter().flat_map(|source| to.classes.iter().map(move |to| (source, to)));
    worst(pairs.map(|(source, destination)| {
        let reach = network::reach(&planned.network, source, destination, asked);
        nothing(&reach, &source.name, &destination.name)
    }))
}

/// The worst of several answers. None is asked for behind one that does not hold.
pub(super) fn worst(all: impl IntoIterator<Item = Kept>) -> Kept {
    let mut worst = Kept::Yes;
    for kept in all {
        match kept {
            Kept::Yes => {}
            no @ Kept::No(..) => return no,
            unknown @ Kept::Unknown(_) => worst = unknown,
        }
    }
    worst
}

/// Whether everybody reaches everybody of the end with anything at all.
fn something(planned: &Topology, from: &Classes, to: &Classes, asked: &Packets) -> Kept {
    for source in &from.classes {
        for destination in &to.classes {
            let reach = network::reach(&planned.network, source, destination, asked);
            if reach.open.is_empty() {
                return match reach.unknown.is_empty() {
                    true => {
                        Kept::No(format!("{} does not reach {} at all", source.name, destination.name), None)
                    }
                    false => Kept::Unknown(reach.reasons),
                };
            }
        }
    }
    Kept::Yes
}
