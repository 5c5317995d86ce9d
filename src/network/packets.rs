//! Packets: from where, to where, what they carry.

use std::fmt;
use std::net::IpAddr;

use super::addresses;
use super::intervals::Intervals;
use super::products::{Product, Products};

/// The dimension of the address a connection is opened from.
pub(super) const SOURCE: usize = 0;
/// The dimension of the address it is opened to.
pub(super) const DESTINATION: usize = 1;
/// The dimension of the protocol's number.
pub(super) const PROTOCOL: usize = 2;
/// The dimension of the port it is opened from. Everything where the protocol has no ports.
pub(super) const SOURCE_PORT: usize = 3;
/// The dimension of the port it is opened to; of ICMP, 256 times the type and the code.
pub(super) const PORT: usize = 4;

/// Packets that open connections.
pub type Packets = Products<5>;

/// The highest port, and the highest message of ICMP.
pub(super) const LAST: u128 = 65535;

/// ICMP.
pub(super) const ICMP: u128 = 1;
/// TCP.
pub(super) const TCP: u128 = 6;
/// UDP.
pub(super) const UDP: u128 = 17;
/// ICMP of IPv6.
pub(super) const ICMP6: u128 = 58;

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// Every one.
    All,
    /// The one of that number.
    Number(u8),
}

impl Protocol {
    /// TCP.
    pub const TCP: Self = Self::Number(6);
    /// UDP.
    pub const UDP: Self = Self::Number(17);
    /// ICMP.
    pub const ICMP: Self = Self::Number(1);
    /// ICMP of IPv6.
    pub const ICMP6: Self = Self::Number(58);

    fn numbers(self) -> Intervals {
        match self {
            Self::All => Intervals::range(0, 255),
            Self::Number(number) => Intervals::one(number.into()),
        }
    }
}

/// Protocols with ports, or with messages in place of ports.
pub(super) fn with_ports() -> Intervals {
    [(ICMP, ICMP), (TCP, TCP), (UDP, UDP), (ICMP6, ICMP6)].into_iter().collect()
}

/// The name of a protocol.
pub(super) fn protocol_word(number: u128) -> String {
    match number {
        ICMP => "icmp".to_owned(),
        TCP => "tcp".to_owned(),
        UDP => "udp".to_owned(),
        ICMP6 => "icmpv6".to_owned(),
        other => format!("protocol {other}"),
    }
}

/// What is carried: a protocol, and the ports it is opened to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Traffic {
    /// The protocol.
    pub protocol: Protocol,
    /// The ports; of ICMP, 256 times the type and the code. Without meaning for protocols that have neither.
    pub ports: Intervals,
}

impl Traffic {
    /// What a rule or an entry carries, as AWS spells it: the protocol by name or number, and its ports. ICMP has a type
    /// and a code in their place. Nothing where it is no protocol.
    pub fn of(protocol: &str, from: Option<i64>, to: Option<i64>) -> Option<Self> {
        let number = match protocol {
            "all" | "-1" => return Some(Self::all()),
            "tcp" => 6,
            "udp" => 17,
            "icmp" => 1,
            "icmpv6" => 58,
            other => other.parse().ok()?,
        };
        let protocol = Protocol::Number(number);
        if number == 1 || number == 58 {
            let part = |number: Option<i64>| number.and_then(|number| u8::try_from(number).ok());
            return Some(Self::icmp(protocol, part(from), part(to)));
        }
        let port = |number: Option<i64>, otherwise: u16| {
            number.and_then(|number| u16::try_from(number).ok()).unwrap_or(otherwise)
        };
        Some(Self::ports(protocol, port(from, 0), port(to, u16::MAX)))
    }

    /// Everything.
    pub fn all() -> Self {
        Self { protocol: Protocol::All, ports: Intervals::range(0, LAST) }
    }

    /// TCP to the ports.
    pub fn tcp(first: u16, last: u16) -> Self {
        Self::ports(Protocol::TCP, first, last)
    }

    /// UDP to the ports.
    pub fn udp(first: u16, last: u16) -> Self {
        Self::ports(Protocol::UDP, first, last)
    }

    fn ports(protocol: Protocol, first: u16, last: u16) -> Self {
        Self { protocol, ports: Intervals::range(first.into(), last.into()) }
    }

    /// Messages of ICMP; every type, or every code of a type, where none is given.
    pub fn icmp(protocol: Protocol, message: Option<u8>, code: Option<u8>) -> Self {
        let ports = match (message.map(u128::from), code.map(u128::from)) {
            (None, _) => Intervals::range(0, LAST),
            (Some(message), None) => Intervals::range(message * 256, message * 256 + 255),
            (Some(message), Some(code)) => Intervals::one(message * 256 + code),
        };
        Self { protocol, ports }
    }

    /// Protocols and ports, in pieces: those without ports have all of them or nothing.
    pub(super) fn pieces(&self) -> Vec<(Intervals, Intervals)> {
        let numbers = self.protocol.numbers();
        let ports =
            if self.protocol == Protocol::All { Intervals::range(0, LAST) } else { self.ports.clone() };
        [(numbers.intersect(&with_ports()), ports), (numbers.minus(&with_ports()), Intervals::range(0, LAST))]
            .into_iter()
            .filter(|(numbers, _)| !numbers.is_empty())
            .collect()
    }
}

/// Every packet between the addresses.
pub(super) fn between(sources: &Intervals, destinations: &Intervals) -> Packets {
    let all = [
        (sources.intersect(&addresses::v4()), destinations.intersect(&addresses::v4())),
        (sources.minus(&addresses::v4()), destinations.minus(&addresses::v4())),
    ];
    // No packet goes from one family to the other.
    all.into_iter()
        .map(|(sources, destinations)| {
            Product([
                sources,
                destinations,
                Intervals::range(0, 255),
                Intervals::range(0, LAST),
                Intervals::range(0, LAST),
            ])
        })
        .collect()
}

/// Every packet that carries this.
pub fn carrying(traffic: &Traffic) -> Packets {
    let any = || Intervals::range(0, u128::MAX);
    traffic
        .pieces()
        .into_iter()
        .map(|(numbers, ports)| Product([any(), any(), numbers, Intervals::range(0, LAST), ports]))
        .collect()
}

/// The ports that clients open connections from.
fn clients() -> Intervals {
    Intervals::range(1024, LAST)
}

/// Those that clients open: from a port of at least 1024, where the protocol has ports.
pub fn from_clients(packets: &Packets) -> Packets {
    let any = || Intervals::range(0, u128::MAX);
    packets.intersect(
        &Product([any(), any(), Intervals::range(0, 255), clients(), Intervals::range(0, LAST)]).into(),
    )
}

/// The ports of clients that a set has, where it does not have all of them.
pub fn client_words(packets: &Packets) -> Option<String> {
    let from = packets.along(SOURCE_PORT).intersect(&clients());
    (from != clients()).then(|| port_words(TCP, &from))
}

/// One packet that opens a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packet {
    /// Where it comes from.
    pub source: IpAddr,
    /// Where it goes.
    pub destination: IpAddr,
    /// The number of its protocol.
    pub protocol: u8,
    /// The port it comes from.
    pub source_port: u16,
    /// The port it goes to; of ICMP, 256 times the type and the code.
    pub port: u16,
}

impl Packet {
    pub(super) fn point(&self) -> [u128; 5] {
        [
            addresses::number(self.source),
            addresses::number(self.destination),
            self.protocol.into(),
            self.source_port.into(),
            self.port.into(),
        ]
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = protocol_word(self.protocol.into());
        let at = |address: IpAddr, port: u16| match address {
            IpAddr::V4(address) => format!("{address}:{port}"),
            IpAddr::V6(address) => format!("[{address}]:{port}"),
        };
        let (source, destination) = (self.source, self.destination);
        match u128::from(self.protocol) {
            TCP | UDP => {
                write!(f, "{} -> {} {protocol}", at(source, self.source_port), at(destination, self.port))
            }
            ICMP | ICMP6 => {
                let (message, code) = (self.port / 256, self.port % 256);
                write!(f, "{source} -> {destination} {protocol} type {message} code {code}")
            }
            _ => write!(f, "{source} -> {destination} {protocol}"),
        }
    }
}

/// Who a reader knows for somebody: documentation ranges, then what is wide open.
const KNOWN: [&str; 3] = ["203.0.113.7", "198.51.100.7", "2001:db8::7"];
const KNOWN_PORTS: [u128; 12] = [443, 80, 22, 3389, 5432, 3306, 6379, 8080, 53, 2048, 772, 32768];
/// Where most clients open connections from.
const CLIENT: u128 = 49152;

fn pick(set: &Intervals, liked: impl IntoIterator<Item = u128>) -> Option<u128> {
    liked.into_iter().find(|number| set.contains(*number)).or_else(|| set.first())
}

fn pick_address(set: &Intervals) -> Option<u128> {
    let known = KNOWN.iter().filter_map(|text| text.parse().ok()).map(addresses::number);
    // AWS keeps the first four addresses of a subnet.
    let fifth = set.ranges().iter().filter(|(first, last)| last - first >= 8).map(|(first, _)| first + 4);
    pick(set, known.chain(fifth))
}

/// One packet of the set, preferably one that a person would try.
pub fn sample(packets: &Packets) -> Option<Packet> {
    let protocols = packets.along(PROTOCOL);
    let protocol = pick(&protocols, [TCP, UDP, ICMP, ICMP6])?;
    let parts: Vec<&Product<5>> =
        packets.parts().iter().filter(|part| part.0[PROTOCOL].contains(protocol)).collect();
    let client = parts.iter().find(|part| part.0[SOURCE_PORT].contains(CLIENT));
    let part = client.or(parts.first())?;
    Some(Packet {
        source: addresses::address(pick_address(&part.0[SOURCE])?),
        destination: addresses::address(pick_address(&part.0[DESTINATION])?),
        protocol: u8::try_from(protocol).ok()?,
        source_port: u16::try_from(pick(&part.0[SOURCE_PORT], [CLIENT])?).ok()?,
        port: u16::try_from(pick(&part.0[PORT], KNOWN_PORTS)?).ok()?,
    })
}

/// The ports of a set, or its messages of ICMP.
fn port_words(protocol: u128, ports: &Intervals) -> String {
    let icmp = protocol == ICMP || protocol == ICMP6;
    let words = ports.ranges().iter().map(|(first, last)| match (icmp, first == last) {
        (true, true) => format!("type {} code {}", first / 256, first % 256),
        (true, false) if first % 256 == 0 && *last == first + 255 => format!("type {}", first / 256),
        (true, false) => format!("types {} to {}", first / 256, last / 256),
        (false, true) => first.to_string(),
        (false, false) => format!("{first}-{last}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What a set carries, whoever it comes from: `tcp 80, 443; icmp type 3 code 4`.
pub fn traffic_words(packets: &Packets) -> String {
    let everything = Intervals::range(0, LAST);
    let mut said: Vec<(Vec<u128>, Intervals)> = Vec::new();
    let mut others = 0;
    for protocol in 0..=255 {
        let parts = packets.parts().iter().filter(|part| part.0[PROTOCOL].contains(protocol));
        let ports: Intervals = parts.flat_map(|part| part.0[PORT].ranges().iter().copied()).collect();
        if ports.is_empty() {
            continue;
        }
        if ![TCP, UDP, ICMP, ICMP6].contains(&protocol) {
            others += 1;
        }
        match said.iter_mut().find(|(_, same)| *same == ports) {
            Some((protocols, _)) => protocols.push(protocol),
            None => said.push((vec![protocol], ports)),
        }
    }
    if others == 252 && said.len() == 1 && said.iter().all(|(_, ports)| *ports == everything) {
        return "everything".to_owned();
    }
    let mut words: Vec<(u128, String)> = Vec::new();
    for (protocols, ports) in &said {
        let (named, other): (Vec<u128>, Vec<u128>) =
            protocols.iter().partition(|protocol| with_ports().contains(**protocol));
        words.extend(named.into_iter().map(|protocol| {
            let word = protocol_word(protocol);
            let words =
                if *ports == everything { word } else { format!("{word} {}", port_words(protocol, ports)) };
            // Those with ports are read first.
            (if protocol == TCP || protocol == UDP { protocol } else { protocol + 256 }, words)
        }));
        match other.as_slice() {
            many if many.len() > 4 => words.push((1000, format!("{} other protocols", many.len()))),
            few => words.extend(few.iter().map(|number| (number + 512, protocol_word(*number)))),
        }
    }
    words.sort();
    words.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("; ")
}
