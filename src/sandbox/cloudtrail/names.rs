//! What a trail may be called.

use crate::sandbox::wire::Fault;

/// Refuses a name that is none.
pub(super) fn check(name: &str) -> Result<(), Fault> {
    let invalid = |message: &str| Err(Fault::client("InvalidTrailNameException", message));
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    let mark = |byte: u8| b"._-".contains(&byte);
    if name.is_empty() {
        return invalid("Trail name cannot be blank!");
    }
    let length = name.len();
    if length < 3 {
        return invalid(&format!(
            "Trail name too short. Minimum allowed length: 3 characters. Specified name length: {length} characters."
        ));
    }
    if length > 128 {
        return invalid(&format!(
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: {length} characters."
        ));
    }
    if !name.bytes().next().is_some_and(plain) {
        return invalid("Trail name must starts with a letter or number.");
    }
    if !name.bytes().last().is_some_and(plain) {
        return invalid("Trail name must ends with a letter or number.");
    }
    if !name.bytes().all(|byte| plain(byte) || mark(byte)) {
        return invalid(
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens \
             (-), and underscores (_).",
        );
    }
    if name.as_bytes().windows(2).any(|pair| mark(pair[0]) && mark(pair[1])) {
        return invalid("Trail name must not contain adjacent periods, underscores or dashes.");
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return invalid("Trail name must not be an IP address.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_double_punctuation_and_are_no_addresses() {
        for good in ["abc", "my-trail.1", "A_b"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "-abc", "abc-", "a--b", "a._b", "a b", "10.0.0.1", &"a".repeat(129)] {
            assert_eq!(check(bad).unwrap_err().code, "InvalidTrailNameException", "{bad}");
        }
    }
}
