//! A text that fits several patterns at once.

use std::collections::BTreeSet;

/// A shortest way to fill in the wildcards of every pattern so that one text fits them all; nothing where there is none.
///
/// Exact: `*` stands for any text and `?` for one character, as in [`super::glob`]. Who may make things called `app-*` and
/// change things called `*-worker` may do both to `app--worker`.
pub fn witness(patterns: &[&str]) -> Option<String> {
    filled(&patterns.iter().map(|pattern| pieces(pattern, false)).collect::<Vec<_>>())
}

/// Likewise for a path whose wildcards stand for text without a slash: `logs/*/file` is no `logs/a/b/file`.
pub fn witness_of_path(path: &str, pattern: &str) -> Option<String> {
    filled(&[pieces(path, true), pieces(pattern, false)])
}

/// One piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// `*`, and whether it stops at slashes.
    Any(bool),
    /// `?`, and whether it is no slash.
    One(bool),
    Char(char),
}

fn pieces(pattern: &str, within_slashes: bool) -> Vec<Piece> {
    let piece = |character| match character {
        '*' => Piece::Any(within_slashes),
        '?' => Piece::One(within_slashes),
        character => Piece::Char(character),
    };
    pattern.chars().map(piece).collect()
}

fn filled(patterns: &[Vec<Piece>]) -> Option<String> {
    let mut tried = BTreeSet::new();
    // Places in the patterns, and the text that leads there.
    let mut pending = vec![(vec![0; patterns.len()], String::new())];
    while let Some((places, text)) = pending.pop() {
        if !tried.insert(places.clone()) {
            continue;
        }
        let at = |index: usize| patterns[index].get(places[index]).copied();
        if (0..patterns.len()).all(|index| at(index).is_none()) {
            return Some(text);
        }
        let is_any = |index: usize| matches!(at(index), Some(Piece::Any(_)));
        // A `*` may end here, or take the character that another pattern asks for.
        if let Some(character) = next_character(patterns, &places) {
            let moved = (0..patterns.len()).map(|index| places[index] + usize::from(!is_any(index)));
            pending.push((moved.collect(), format!("{text}{character}")));
        }
        for index in (0..patterns.len()).filter(|index| is_any(*index)) {
            let mut moved = places.clone();
            moved[index] += 1;
            pending.push((moved, text.clone()));
        }
    }
    None
}

/// The character that every pattern can take at its place: the literal that one of them asks for, else anything.
fn next_character(patterns: &[Vec<Piece>], places: &[usize]) -> Option<char> {
    let mut wanted = None;
    let (mut anything, mut no_slash) = (false, false);
    for (pattern, place) in patterns.iter().zip(places) {
        match pattern.get(*place)? {
            Piece::Any(within_slashes) => no_slash |= within_slashes,
            Piece::One(within_slashes) => {
                anything = true;
                no_slash |= within_slashes;
            }
            Piece::Char(literal) if wanted.is_none_or(|wanted| wanted == *literal) => wanted = Some(*literal),
            Piece::Char(_) => return None,
        }
    }
    let taken = wanted.or(anything.then_some('x'))?;
    (taken != '/' || !no_slash).then_some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::glob;
    use super::*;

    #[test]
    fn a_name_is_found_that_every_pattern_takes() {
        for (patterns, found) in [
            (vec!["app-*", "*-worker"], true),
            (vec!["app-*", "web-*"], false),
            (vec!["*", "?*", "a*b*c"], true),
            (vec!["a?", "a"], false),
            (vec!["arn:aws:iam::1:role/?*", "arn:aws:iam::*:role/team/*", "*"], true),
        ] {
            let text = witness(&patterns);
            assert_eq!(text.is_some(), found, "{patterns:?} {text:?}");
            assert!(text.iter().all(|text| patterns.iter().all(|pattern| glob(pattern, text))), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_fits_both_proves_that_there_is_a_witness(
            first in "[ab*?]{0,6}", second in "[ab*?]{0,6}", text in "[ab]{0,6}"
        ) {
            let found = witness(&[&first, &second]);
            if glob(&first, &text) && glob(&second, &text) {
                prop_assert!(found.is_some());
            }
            if let Some(found) = found {
                prop_assert!(glob(&first, &found) && glob(&second, &found), "{}", found);
            }
        }
    }

    #[test]
    fn a_wildcard_of_a_path_does_not_reach_over_a_slash() {
        for (path, pattern, found) in [
            ("logs/*/file", "logs/*", true),
            ("logs/*/file", "logs/a/*", true),
            ("logs/*/file", "*/other/*", true),
            ("logs/*/file", "*/a/b/*", false),
            ("logs/?*/file", "logs/*/b/*", false),
            ("logs/?*/*.gz", "logs/eu-*/*/2", false),
            ("logs/?*/*.gz", "*.gz", true),
        ] {
            let text = witness_of_path(path, pattern);
            assert_eq!(text.is_some(), found, "{path} {pattern}: {text:?}");
            assert!(
                text.iter().all(|text| glob(pattern, text) && glob(path, text)),
                "{path} {pattern}: {text:?}"
            );
            assert!(text.iter().all(|text| text.split('/').count() == path.split('/').count()));
        }
    }
}
