//! What is never blocked: what would stop the network itself, or the person who blocks.

use ipnet::IpNet;

use super::subject::Subject;

/// A range that a block must leave alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// The range.
    pub range: IpNet,
    /// What it is, such as "an address of this network".
    pub what: String,
    /// Whether a person may block it all the same.
    pub whether: Whether,
}

/// Whether a protected range may be blocked where a person insists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whether {
    /// Never.
    Never,
    /// With `--force`.
    Forced,
}

/// A range that is not blocked, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The range that was asked for.
    pub range: IpNet,
    /// Why.
    pub reason: String,
    /// Whether a person may block it all the same.
    pub whether: Whether,
}

/// Ranges whose packets never cross a network ACL, or that are no addresses of hosts at all.
const NO_SOURCES: [(&str, &str); 7] = [
    ("0.0.0.0/8", "no host has such an address"),
    ("127.0.0.0/8", "loopback: such packets never leave a host"),
    ("169.254.0.0/16", "link-local: Amazon's own services for instances, which no network ACL filters"),
    ("224.0.0.0/3", "multicast and reserved: no host sends from there"),
    ("::/96", "no host has such an address"),
    ("fe80::/10", "link-local: such packets never leave a subnet"),
    ("ff00::/8", "multicast: no host sends from there"),
];

fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

/// Which of the ranges are not blocked, each with every reason.
pub fn refused(asked: &[IpNet], protected: &[Protected]) -> Vec<Refused> {
    let mut refused = Vec::new();
    for range in asked {
        let mut refuse = |reason: String, whether| refused.push(Refused { range: *range, reason, whether });
        let subject = Subject::Block(*range);
        if !subject.is_narrow() {
            let widest = subject.widest();
            refuse(
                format!("wider than /{widest}: that is a part of the world, not an attacker"),
                Whether::Never,
            );
        }
        for (part, reason) in NO_SOURCES {
            if part.parse().is_ok_and(|part: IpNet| part.contains(range)) {
                refuse(reason.to_owned(), Whether::Never);
            }
        }
        for other in protected.iter().filter(|other| overlap(range, &other.range)) {
            let named =
                if other.range == *range { String::new() } else { format!("overlaps {}, ", other.range) };
            refuse(format!("{named}{}", other.what), other.whether);
        }
    }
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(range: &str) -> Vec<String> {
        let protected = [
            ("10.20.0.0/16", "the network itself", Whether::Never),
            ("203.0.113.10/32", "an address in admin_from", Whether::Never),
            ("15.177.0.0/18", "where the health checks of Route 53 come from", Whether::Forced),
        ];
        let protected = protected.map(|(range, what, whether)| Protected {
            range: range.parse().unwrap(),
            what: what.to_owned(),
            whether,
        });
        let asked = [range.parse().unwrap()];
        refused(&asked, &protected).into_iter().map(|refused| refused.reason).collect()
    }

    #[test]
    fn what_keeps_the_network_and_the_person_alive_is_refused_with_the_reason() {
        for (range, reason) in [
            ("0.0.0.0/0", "wider than /8"),
            ("128.0.0.0/1", "wider than /8"),
            ("2000::/3", "wider than /32"),
            ("127.0.0.1/32", "loopback"),
            ("169.254.169.254/32", "link-local"),
            ("239.1.1.1/32", "multicast"),
            ("fe80::1/128", "link-local"),
            ("10.20.3.0/24", "overlaps 10.20.0.0/16, the network itself"),
            ("10.0.0.0/8", "overlaps 10.20.0.0/16, the network itself"),
            ("203.0.113.0/24", "overlaps 203.0.113.10/32, an address in admin_from"),
            ("203.0.113.10/32", "an address in admin_from"),
            ("15.177.1.0/24", "health checks"),
        ] {
            let reasons = reasons(range);
            assert!(reasons.iter().any(|told| told.contains(reason)), "{range}: {reasons:?}");
        }
    }

    #[test]
    fn an_attacker_is_not_refused() {
        for range in ["198.51.100.0/24", "203.0.113.11/32", "45.0.0.0/8", "2001:db8:1::/48", "10.21.0.5/32"] {
            assert_eq!(reasons(range), Vec::<String>::new(), "{range}");
        }
    }
}
