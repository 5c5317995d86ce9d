//! What S3 lets a new bucket be called.

/// Holds a name to the rules of S3 for new buckets; buckets that exist may have other names (S3-33).
///
/// # Errors
/// The rule that it breaks.
pub fn check_new(name: &str) -> Result<(), String> {
    let length = name.chars().count();
    if length < 3 {
        return Err(format!("{length} characters, at least 3 are needed"));
    }
    if length > 63 {
        return Err(format!("{length} characters, 63 at most"));
    }
    let may_stand = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(*c);
    if let Some(odd) = name.chars().find(|c| !may_stand(c)) {
        return Err(format!("`{}` cannot stand here", odd.escape_debug()));
    }
    if name.starts_with(['-', '.']) || name.ends_with(['-', '.']) {
        return Err("a bucket's name starts and ends with a letter or digit".to_owned());
    }
    if name.contains("..") || name.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("a bucket's name is no address, and dots in it stand alone".to_owned());
    }
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|start| name.starts_with(start))
        || ["-s3alias", "--ol-s3", "--x-s3", "--table-s3", ".mrap"].iter().any(|end| name.ends_with(end));
    if reserved { Err("AWS reserves names that start or end like this".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_buckets_follow_the_rules_of_today() {
        for good in ["abc", "trail-logs-000000000000", "logs.example.com", &"a".repeat(63)] {
            assert_eq!(check_new(good), Ok(()), "{good}");
        }
        for bad in [
            "ab",
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            "a..b",
            "10.0.0.1",
            "xn--abc",
            "abc-s3alias",
            &"a".repeat(64),
        ] {
            assert!(check_new(bad).is_err(), "{bad}");
        }
    }
}
