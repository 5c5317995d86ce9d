//! Slips of the finger in names, and lists of names for hints.

/// The longest name that is compared, in bytes: twice what any name of the language has. The comparison takes time and memory
/// in proportion to the product of both lengths.
const LONGEST: usize = 100;

/// How many names a hint lists.
const LISTED: usize = 20;

/// How many letters differ, two that changed places counted once; nothing where one is longer than names are.
pub fn distance(one: &str, other: &str) -> Option<usize> {
    (one.len().max(other.len()) <= LONGEST).then(|| strsim::damerau_levenshtein(one, other))
}

/// The name nearest to what was written, if one is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .filter_map(|name| {
            let most = 1 + name.len().min(written.len()) / 4;
            // So many letters differ at least.
            let near = name.len().abs_diff(written.len()) <= most;
            let distance = near.then(|| distance(written, name)).flatten()?;
            (distance <= most).then_some((distance, name))
        })
        .min()
        .map(|(_, name)| name)
}

/// A name fit to be shown in a message; the excerpt below it shows what really stands there.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// The names for people, the first ones of many.
pub(super) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let left = names.len().saturating_sub(LISTED);
    let listed: Vec<String> = names.take(LISTED).map(plain).collect();
    let listed = listed.join(", ");
    if left == 0 { listed } else { format!("{listed}, and {left} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_name_and_another_word_does_not() {
        for (written, expected) in [
            ("lifecylce", Some("lifecycle")),
            ("lifecycl", Some("lifecycle")),
            ("lifecycles", Some("lifecycle")),
            ("zebra", None),
            ("v", None),
        ] {
            assert_eq!(nearest(written, ["lifecycle", "versioning"]), expected, "{written}");
        }
    }

    #[test]
    fn what_is_longer_than_any_name_is_compared_with_none() {
        // Compared in full, these two take 320 MB and half a minute.
        let long = "x".repeat(6_000);
        let other = "x".repeat(5_999);
        assert_eq!(nearest(&long, [other.as_str()]), None);
        assert_eq!(distance(&long, "x"), None);
        assert_eq!(distance("x", &long), None);
    }

    #[test]
    fn a_list_of_many_names_says_how_many_more_there_are() {
        let names: Vec<String> = (1..=25).map(|number| format!("b{number}")).collect();
        assert_eq!(listed(names[..2].iter().map(String::as_str)), "b1, b2");
        let listed = listed(names.iter().map(String::as_str));
        assert!(listed.ends_with("b19, b20, and 5 more"), "{listed}");
    }
}
