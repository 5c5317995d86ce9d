//! What the names of sections look like.

/// The pattern of a section's name.
pub(super) const NAME_PATTERN: &str = "^[a-z]([a-z0-9]|-[a-z0-9])*$";

/// Checks a section's name, from which names in AWS are made.
pub(super) fn check_name(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("a name cannot be empty".to_owned());
    }
    if text.len() > 32 {
        return Err(format!("{} characters, 32 at most", text.len()));
    }
    if let Some(odd) = text.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')) {
        return Err(format!("`{}` cannot stand in a name", odd.escape_debug()));
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err("a name starts with a letter".to_owned());
    }
    if text.ends_with('-') || text.contains("--") {
        return Err("a dash stands alone between letters or digits".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_lowercase_words() {
        for good in ["a", "trail-logs", "web2", "a-1"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "A", "a_b", "-a", "a-", "a--b", "1a", "a.b", "é", &"a".repeat(33)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
