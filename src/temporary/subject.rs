//! What a temporary rule is about, and how the key of its tag spells it.
//!
//! The key names all of it, so that two people who ask for different things at the same moment write different tags.

use std::fmt;

use ipnet::IpNet;

/// A protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// One port of a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Service {
    /// The protocol.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
}

/// What a temporary rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Every packet from and to a range is denied.
    Block(IpNet),
    /// A range may open connections to a service.
    Admit(IpNet, Service),
}

/// The shortest prefixes of blocks, of IPv4 and of IPv6. Whoever denies more denies a part of the world.
const BLOCKS: [u8; 2] = [8, 32];
/// The shortest prefixes that are let in: an office, not a provider.
const ADMISSIONS: [u8; 2] = [24, 48];

/// How many days a block holds at most.
pub const BLOCK_DAYS: i64 = 90;
/// How many days somebody is let in at most.
pub const ADMIT_DAYS: i64 = 7;

const BLOCK: &str = "baseline:block:";
const ADMIT: &str = "baseline:admit:";

impl Protocol {
    /// As security groups and people spell it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp].into_iter().find(|protocol| protocol.word() == word)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol.word(), self.port)
    }
}

impl Subject {
    /// Its range.
    pub fn range(&self) -> IpNet {
        match self {
            Self::Block(range) | Self::Admit(range, _) => *range,
        }
    }

    /// The shortest prefix that is taken for its range.
    pub fn widest(&self) -> u8 {
        let [v4, v6] = match self {
            Self::Block(_) => BLOCKS,
            Self::Admit(..) => ADMISSIONS,
        };
        if self.range().addr().is_ipv4() { v4 } else { v6 }
    }

    /// Whether its range is no wider than that.
    pub fn is_narrow(&self) -> bool {
        self.range().prefix_len() >= self.widest()
    }

    /// How many days it holds at most: what is to hold for longer stands in the file.
    pub const fn longest_days(&self) -> i64 {
        match self {
            Self::Block(_) => BLOCK_DAYS,
            Self::Admit(..) => ADMIT_DAYS,
        }
    }

    /// The key of its tag.
    pub fn key(&self) -> String {
        match self {
            Self::Block(range) => format!("{BLOCK}{range}"),
            Self::Admit(range, Service { protocol, port }) => {
                format!("{ADMIT}{range}:{}:{port}", protocol.word())
            }
        }
    }

    /// Reads a key; nothing where it is none of these, or spells its range in another way.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        let canonical = |text: &str| {
            let range: IpNet = text.parse().ok()?;
            Some(range).filter(|range| range.to_string() == text && range.trunc() == *range)
        };
        if let Some(range) = key.strip_prefix(BLOCK) {
            return canonical(range).map(Self::Block);
        }
        // Ranges of IPv6 have colons of their own.
        let mut parts = key.strip_prefix(ADMIT)?.rsplitn(3, ':');
        let (port, protocol, range) = (parts.next()?, parts.next()?, parts.next()?);
        let service = Service { protocol: Protocol::of(protocol)?, port: port.parse().ok()? };
        (service.port.to_string() == port).then_some(())?;
        canonical(range).map(|range| Self::Admit(range, service))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(range) => write!(f, "{range}"),
            Self::Admit(range, service) => write!(f, "{range} to {service}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_name_all_of_it() {
        let service = Service { protocol: Protocol::Tcp, port: 22 };
        for (subject, key) in [
            (Subject::Block("198.51.100.0/24".parse().unwrap()), "baseline:block:198.51.100.0/24"),
            (Subject::Block("2001:db8::/48".parse().unwrap()), "baseline:block:2001:db8::/48"),
            (
                Subject::Admit("203.0.113.7/32".parse().unwrap(), service),
                "baseline:admit:203.0.113.7/32:tcp:22",
            ),
            (
                Subject::Admit("2001:db8::1/128".parse().unwrap(), service),
                "baseline:admit:2001:db8::1/128:tcp:22",
            ),
        ] {
            assert_eq!(subject.key(), key);
            assert_eq!(Subject::of_key(key), Some(subject));
        }
    }

    #[test]
    fn other_keys_and_other_spellings_are_none() {
        for key in [
            "Name",
            "baseline:name",
            "baseline:block:198.51.100.7/24",
            "baseline:block:everywhere",
            "baseline:block:198.51.100.0/24:tcp:22",
            "baseline:admit:203.0.113.7/32",
            "baseline:admit:203.0.113.7/32:tcp:022",
            "baseline:admit:203.0.113.7/32:icmp:8",
            "baseline:admit:203.0.113.7/32:tcp:65536",
        ] {
            assert_eq!(Subject::of_key(key), None, "{key}");
        }
    }
}
