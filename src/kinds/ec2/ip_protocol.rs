//! Protocols and ports of security groups and network ACLs, in one spelling (SG-7, ACL-5).

use crate::aws::Error;

/// The protocols that have a name here, with their IANA numbers. `all` is the number -1.
const NAMED: &[(&str, &str)] = &[("all", "-1"), ("icmp", "1"), ("tcp", "6"), ("udp", "17"), ("icmpv6", "58")];

/// The name of a protocol however AWS spells it; a number without a name stays a number.
pub(in crate::kinds) fn name(spelled: &str) -> String {
    let lower = spelled.to_ascii_lowercase();
    NAMED.iter().find(|(_, number)| *number == lower).map_or(lower, |(name, _)| (*name).to_owned())
}

/// The number of a protocol, the only spelling that entries of network ACLs take.
pub(in crate::kinds) fn number(name: &str) -> &str {
    NAMED.iter().find(|(known, _)| *known == name).map_or(name, |(_, number)| number)
}

/// Ports as AWS answers them, or ICMP type and code; absent where all are meant.
///
/// AWS spells "all" as nothing, as -1 or as 0 to 65535. Protocols without ports have none,
/// whatever was sent (SG-7).
pub(in crate::kinds) fn ports(name: &str, from: Option<i32>, to: Option<i32>) -> (Option<i64>, Option<i64>) {
    let given = |port: Option<i32>| port.filter(|port| *port != -1).map(i64::from);
    match (name, given(from), given(to)) {
        ("tcp" | "udp", Some(0), Some(65535)) => (None, None),
        ("tcp" | "udp" | "icmp" | "icmpv6", from, to) => (from, to),
        _ => (None, None),
    }
}

/// Ports as AWS takes them, with "all" spelled out; nothing for protocols without ports.
///
/// # Errors
/// Fails on a number no port can have.
pub(in crate::kinds) fn wire_ports(
    name: &str,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<Option<(i32, i32)>, Error> {
    let (lowest, highest) = match name {
        "tcp" | "udp" => (0, 65535),
        "icmp" | "icmpv6" => (-1, -1),
        _ => return Ok(None),
    };
    let port = |value: i64| i32::try_from(value).map_err(|e| Error::internal(format!("port {value}: {e}")));
    Ok(Some((port(from.unwrap_or(lowest))?, port(to.unwrap_or(highest))?)))
}

/// Whether the two numbers are an ICMP type and code rather than ports.
pub(in crate::kinds) fn is_icmp(name: &str) -> bool {
    matches!(name, "icmp" | "icmpv6")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_protocol_finds_its_way_back_from_its_number() {
        for (known, numbered) in NAMED {
            assert_eq!(name(numbered), *known);
            assert_eq!(name(known), *known);
            assert_eq!(number(known), *numbered);
        }
        assert_eq!((name("TCP").as_str(), name("50").as_str(), number("50")), ("tcp", "50", "50"));
    }

    #[test]
    fn every_spelling_of_all_ports_is_the_same() {
        for (protocol, from, to) in [
            ("all", Some(-1), Some(-1)),
            ("all", Some(0), Some(65535)),
            ("50", Some(1), Some(2)),
            ("tcp", Some(0), Some(65535)),
            ("udp", None, None),
            ("icmp", Some(-1), Some(-1)),
        ] {
            assert_eq!(ports(protocol, from, to), (None, None), "{protocol} {from:?} {to:?}");
        }
    }

    #[test]
    fn ports_sent_to_aws_read_back_as_they_were_wanted() {
        for (protocol, from, to) in [
            ("tcp", Some(443), Some(443)),
            ("udp", None, None),
            ("icmp", Some(8), None),
            ("icmp", None, None),
            ("all", None, None),
            ("50", None, None),
        ] {
            let (sent_from, sent_to) = wire_ports(protocol, from, to).unwrap().unzip();
            assert_eq!(ports(protocol, sent_from, sent_to), (from, to), "{protocol} {from:?} {to:?}");
        }
        assert!(wire_ports("tcp", Some(i64::MAX), None).is_err());
    }
}
