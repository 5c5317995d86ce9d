//! What a connection carries: a protocol with its ports, messages of ICMP, or all of another protocol.

use super::types::{Family, Ports, choice};

choice! {
    /// Messages of ICMP, by the names of RFC 792. IPv6 has types of its own for them (RFC 4443).
    IcmpMessage {
        /// Type 8, of IPv6 128: ping. The echo reply, type 0 or 129, is the answer.
        EchoRequest = "echo-request",
        /// Type 3, of IPv6 1, every code.
        DestinationUnreachable = "destination-unreachable",
        /// Type 11, of IPv6 3, every code: what traceroute waits for.
        TimeExceeded = "time-exceeded",
        /// Every type and code.
        All = "all",
    }
}

/// The ports answers go to: a client may open a connection from any of them.
pub(super) const EPHEMERAL: Ports = Ports { from: 1024, to: 65535 };

/// What is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Traffic {
    /// TCP to these ports.
    Tcp(Ports),
    /// UDP to these ports.
    Udp(Ports),
    /// ICMP of a type and a code; absent for all.
    Icmp(Option<u8>, Option<u8>),
    /// The same of IPv6.
    Icmp6(Option<u8>, Option<u8>),
    /// All of another protocol, by its number.
    Other(u8),
}

impl Traffic {
    /// "Fragmentation needed and don't fragment set". Without it large packets vanish, and connections over
    /// the internet hang (Amazon VPC User Guide, "Path MTU Discovery").
    pub(super) const FRAGMENTATION_NEEDED: Self = Self::Icmp(Some(3), Some(4));

    /// "Packet too big", the same of IPv6.
    pub(super) const PACKET_TOO_BIG: Self = Self::Icmp6(Some(2), Some(0));

    /// What path MTU discovery needs in a family.
    pub(super) const fn path_mtu(family: Family) -> Self {
        match family {
            Family::V4 => Self::FRAGMENTATION_NEEDED,
            Family::V6 => Self::PACKET_TOO_BIG,
        }
    }

    /// Whether it is what path MTU discovery needs, which opens nothing.
    pub(super) fn is_path_mtu(self) -> bool {
        [Family::V4, Family::V6].into_iter().any(|family| Self::path_mtu(family) == self)
    }

    /// Whether addresses of a family carry it.
    pub(super) const fn is_of(self, family: Family) -> bool {
        !matches!((self, family), (Self::Icmp(..), Family::V6) | (Self::Icmp6(..), Family::V4))
    }

    /// What a family has for it: messages of ICMP have other types in IPv6 (RFC 4443). Nothing where it has none.
    pub(super) const fn of(self, family: Family) -> Option<Self> {
        match (self, family) {
            (Self::Icmp(None, _), Family::V6) => Some(Self::Icmp6(None, None)),
            (Self::Icmp(Some(8), _), Family::V6) => Some(Self::Icmp6(Some(128), None)),
            (Self::Icmp(Some(3), None), Family::V6) => Some(Self::Icmp6(Some(1), None)),
            (Self::Icmp(Some(11), _), Family::V6) => Some(Self::Icmp6(Some(3), None)),
            (Self::Icmp(..), Family::V6) | (Self::Icmp6(..), Family::V4) => None,
            (same, _) => Some(same),
        }
    }

    /// TCP to one port.
    pub(super) const fn tcp(port: u16) -> Self {
        Self::Tcp(Ports::one(port))
    }

    /// The number of the protocol.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Tcp(_) => 6,
            Self::Udp(_) => 17,
            Self::Icmp(..) => 1,
            Self::Icmp6(..) => 58,
            Self::Other(number) => number,
        }
    }

    /// The protocol as rules and entries spell it.
    pub(super) fn protocol(self) -> String {
        match self {
            Self::Tcp(_) => "tcp".to_owned(),
            Self::Udp(_) => "udp".to_owned(),
            Self::Icmp(..) => "icmp".to_owned(),
            Self::Icmp6(..) => "icmpv6".to_owned(),
            Self::Other(number) => number.to_string(),
        }
    }

    /// The first port or the ICMP type, and the last port or the ICMP code; absent for all.
    pub(super) fn bounds(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Tcp(ports) | Self::Udp(ports) => (Some(i64::from(ports.from)), Some(i64::from(ports.to))),
            Self::Icmp(kind, code) | Self::Icmp6(kind, code) => (kind.map(i64::from), code.map(i64::from)),
            Self::Other(_) => (None, None),
        }
    }

    /// What comes back: answers of a connection, the reply to a ping. ICMP errors have none.
    pub(super) const fn answer(self) -> Option<Self> {
        match self {
            Self::Tcp(_) => Some(Self::Tcp(EPHEMERAL)),
            Self::Udp(_) => Some(Self::Udp(EPHEMERAL)),
            Self::Icmp(Some(8), _) => Some(Self::Icmp(Some(0), None)),
            Self::Icmp6(Some(128), _) => Some(Self::Icmp6(Some(129), None)),
            // Without ports, what comes back looks like what went.
            Self::Icmp(None, _) | Self::Icmp6(None, _) | Self::Other(_) => Some(self),
            Self::Icmp(Some(_), _) | Self::Icmp6(Some(_), _) => None,
        }
    }

    /// The first and the last of what it carries, so that one traffic of a protocol covers another where it starts no
    /// later and ends no earlier: ports, or messages of ICMP in the order of their types and codes.
    pub(super) fn interval(self) -> (u16, u16) {
        match self {
            Self::Tcp(ports) | Self::Udp(ports) => (ports.from, ports.to),
            Self::Icmp(None, _) | Self::Icmp6(None, _) | Self::Other(_) => (0, u16::MAX),
            Self::Icmp(Some(kind), None) | Self::Icmp6(Some(kind), None) => {
                (u16::from_be_bytes([kind, 0]), u16::from_be_bytes([kind, u8::MAX]))
            }
            Self::Icmp(Some(kind), Some(code)) | Self::Icmp6(Some(kind), Some(code)) => {
                let message = u16::from_be_bytes([kind, code]);
                (message, message)
            }
        }
    }

    /// Whether all of `other` is part of it.
    pub(super) fn covers(self, other: Self) -> bool {
        let ((from, to), (first, last)) = (self.interval(), other.interval());
        self.number() == other.number() && from <= first && last <= to
    }
}

impl From<IcmpMessage> for Traffic {
    fn from(message: IcmpMessage) -> Self {
        Self::Icmp(
            match message {
                IcmpMessage::EchoRequest => Some(8),
                IcmpMessage::DestinationUnreachable => Some(3),
                IcmpMessage::TimeExceeded => Some(11),
                IcmpMessage::All => None,
            },
            None,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_answered_and_an_error_is_not() {
        let ping = Traffic::from(IcmpMessage::EchoRequest);
        assert_eq!(ping.answer(), Some(Traffic::Icmp(Some(0), None)));
        assert_eq!(Traffic::FRAGMENTATION_NEEDED.answer(), None);
        let ping = ping.of(Family::V6).unwrap();
        assert_eq!((ping.number(), ping.answer()), (58, Some(Traffic::Icmp6(Some(129), None))));
        assert_eq!(ping.of(Family::V4), None);
        assert_eq!(Traffic::Other(50).answer(), Some(Traffic::Other(50)));
        assert_eq!(Traffic::tcp(443).answer(), Some(Traffic::Tcp(Ports { from: 1024, to: 65535 })));
    }

    #[test]
    fn wider_traffic_covers_narrower_of_the_same_protocol_only() {
        let unreachable = Traffic::from(IcmpMessage::DestinationUnreachable);
        for (wide, narrow, covered) in [
            (unreachable, Traffic::FRAGMENTATION_NEEDED, true),
            (Traffic::FRAGMENTATION_NEEDED, unreachable, false),
            (Traffic::from(IcmpMessage::All), unreachable, true),
            (Traffic::Tcp(Ports { from: 1, to: 90 }), Traffic::tcp(80), true),
            (Traffic::Udp(Ports { from: 1, to: 90 }), Traffic::tcp(80), false),
            (Traffic::Other(50), Traffic::Other(50), true),
            (Traffic::Other(50), Traffic::Other(51), false),
            (Traffic::Other(50), Traffic::tcp(80), false),
        ] {
            assert_eq!(wide.covers(narrow), covered, "{wide:?} {narrow:?}");
        }
    }
}
