//! Address ranges in one spelling.

use ipnet::IpNet;

/// A range in canonical form: host bits masked, IPv6 in its short spelling (NET-17).
///
/// Text that is no range, such as a prefix list's id, stays as it is.
pub(in crate::kinds) fn canonical(text: &str) -> String {
    text.parse::<IpNet>().map_or_else(|_| text.to_owned(), |range| range.trunc().to_string())
}

/// Whether a range is IPv6, which AWS takes in a parameter of its own.
pub(in crate::kinds) fn is_v6(range: &str) -> bool {
    range.contains(':')
}

/// Whether two ranges have an address in common.
pub(in crate::kinds) fn overlap(one: &str, other: &str) -> bool {
    match (one.parse::<IpNet>(), other.parse::<IpNet>()) {
        (Ok(one), Ok(other)) => one.contains(&other) || other.contains(&one),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_range_are_equal() {
        assert_eq!(canonical("100.68.0.18/18"), "100.68.0.0/18");
        assert_eq!(canonical("2001:DB8:0:0::/32"), "2001:db8::/32");
        assert_eq!(canonical("pl-0123"), "pl-0123");
    }
}
