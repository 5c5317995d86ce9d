//! Protocols, by their numbers and by the names that people know them by.

use super::intervals::Intervals;

/// ICMP.
pub(super) const ICMP: u128 = 1;
/// TCP.
pub(super) const TCP: u128 = 6;
/// UDP.
pub(super) const UDP: u128 = 17;
/// ICMP of IPv6.
pub(super) const ICMP6: u128 = 58;

/// Protocols of which AWS knows no ports and which have a name here, by IANA's "Protocol Numbers": tunnels, VPNs, routing and
/// failover.
pub const WITHOUT_PORTS: [(&str, u8); 8] = [
    ("ah", 51),
    ("esp", 50),
    ("gre", 47),
    ("ipip", 4),
    ("l2tp", 115),
    ("ospf", 89),
    ("sctp", 132),
    ("vrrp", 112),
];

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

    pub(super) fn numbers(self) -> Intervals {
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

/// What a protocol is called: its name, or `protocol 254`.
pub fn protocol_word(number: u128) -> String {
    match number {
        ICMP => "icmp".to_owned(),
        TCP => "tcp".to_owned(),
        UDP => "udp".to_owned(),
        ICMP6 => "icmpv6".to_owned(),
        other => {
            let named = WITHOUT_PORTS.iter().find(|(_, number)| u128::from(*number) == other);
            named.map_or_else(|| format!("protocol {other}"), |(name, _)| (*name).to_owned())
        }
    }
}

/// The number of a protocol of which AWS knows no ports, by what it is called.
pub fn without_ports(word: &str) -> Option<u8> {
    if let Some((_, number)) = WITHOUT_PORTS.iter().find(|(name, _)| *name == word) {
        return Some(*number);
    }
    let number: u8 = word.strip_prefix("protocol ")?.parse().ok()?;
    (!with_ports().contains(number.into())).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_without_ports_is_known_by_what_it_is_called() {
        for number in 0..=255 {
            let word = protocol_word(number.into());
            let known = without_ports(&word);
            assert_eq!(known.is_some(), !with_ports().contains(number.into()), "{word}");
            assert!(known.is_none_or(|known| known == number), "{word}");
        }
        for word in ["", "protocol", "protocol 256", "protocol 6", "tcp", "ESP", "50"] {
            assert_eq!(without_ports(word), None, "{word}");
        }
    }
}
