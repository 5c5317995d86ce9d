//! What a bucket may be called.

/// Whether a name is one that S3 gives out today.
pub(in crate::sandbox) fn is_valid(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.bytes().all(|byte| letter(byte) || byte == b'.' || byte == b'-')
        && name.bytes().next().is_some_and(letter)
        && name.bytes().last().is_some_and(letter)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|start| name.starts_with(start))
        && !["-s3alias", "--ol-s3", "--x-s3", ".mrap", "--table-s3"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_host_names_and_no_addresses() {
        for good in ["abc", "my.logs-1", "123456789012"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in
            ["ab", "Logs", "a_b", "-ab", "ab-", "a..b", "10.0.0.1", "xn--a", "a-s3alias", &"a".repeat(64)]
        {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
