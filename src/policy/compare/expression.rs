//! Texts with wildcards as small automata, and the classes into which several of them divide all texts.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::work::Work;

/// One step of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// This character.
    Is(char),
    /// This character, in either case; written in lower case.
    Folds(char),
    /// One character.
    One,
    /// Any text.
    Any,
    /// One character that is no colon.
    OneInPart,
    /// Any text without a colon.
    AnyInPart,
    /// The end, or a colon. What follows is [`Step::Any`].
    EndOrColon,
}

impl Step {
    fn takes(self, c: char) -> bool {
        match self {
            Self::Is(wanted) => wanted == c,
            Self::Folds(wanted) => wanted == c.to_ascii_lowercase(),
            Self::One | Self::Any => true,
            Self::OneInPart | Self::AnyInPart => c != ':',
            Self::EndOrColon => c == ':',
        }
    }
}

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression(pub(super) Vec<Step>);

impl Expression {
    /// How many steps it has, and the end.
    pub(super) fn size(&self) -> usize {
        self.0.len() + 1
    }

    /// A text with `*` and `?`.
    pub(super) fn glob(pattern: &str) -> Self {
        let step = |c| match c {
            '*' => Step::Any,
            '?' => Step::One,
            c => Step::Is(c),
        };
        Self(pattern.chars().map(step).collect())
    }
}

/// Places in one expression, as bits.
type Places = Vec<u64>;

fn has(places: &Places, place: usize) -> bool {
    places[place / 64] & (1 << (place % 64)) != 0
}

/// Adds a place and those that are reached from it without a character.
fn add(steps: &[Step], places: &mut Places, place: usize) {
    if has(places, place) {
        return;
    }
    places[place / 64] |= 1 << (place % 64);
    match steps.get(place) {
        Some(Step::Any | Step::AnyInPart) => add(steps, places, place + 1),
        Some(Step::EndOrColon) => add(steps, places, steps.len()),
        _ => {}
    }
}

fn moved(steps: &[Step], from: &Places, c: char) -> Places {
    let mut to = vec![0; from.len()];
    for (place, step) in steps.iter().enumerate().filter(|(place, _)| has(from, *place)) {
        if step.takes(c) {
            let stays = matches!(step, Step::Any | Step::AnyInPart);
            add(steps, &mut to, if stays { place } else { place + 1 });
        }
    }
    to
}

/// A shortest text of each class of texts that fit the same expressions, among those that fit one of `within`, or among all texts where it is empty; nothing where that takes too long.
///
/// Exact: the product of the automata is walked breadth first, over the characters that some expression asks for next and one that
/// none does.
pub(super) fn classes(
    expressions: &[Expression],
    within: &[Expression],
    work: &mut Work,
) -> Option<Vec<String>> {
    let all: Vec<&Expression> = expressions.iter().chain(within).collect();
    let start: Vec<Places> = all
        .iter()
        .map(|Expression(steps)| {
            let mut places = vec![0; steps.len() / 64 + 1];
            add(steps, &mut places, 0);
            places
        })
        .collect();
    let (mut seen, mut told) = (HashSet::from([start.clone()]), BTreeSet::new());
    let mut pending = VecDeque::from([(start, String::new())]);
    let mut classes = Vec::new();
    let size: usize = all.iter().map(|expression| expression.size()).sum();
    while let Some((state, text)) = pending.pop_front() {
        let fits: Vec<bool> =
            all.iter().zip(&state).map(|(Expression(steps), places)| has(places, steps.len())).collect();
        let (fitting, inside) = fits.split_at(expressions.len());
        if (within.is_empty() || inside.contains(&true)) && told.insert(fitting.to_vec()) {
            classes.push(text.clone());
        }
        for c in next(&all, &state) {
            let to: Vec<Places> =
                all.iter().zip(&state).map(|(Expression(steps), places)| moved(steps, places, c)).collect();
            let lives = |states: &[Places]| states.iter().any(|places| places.iter().any(|bits| *bits != 0));
            let goes_on =
                if within.is_empty() { lives(&to) || lives(&state) } else { lives(&to[expressions.len()..]) };
            work.spend(size)?;
            if goes_on && seen.insert(to.clone()) {
                pending.push_back((to, format!("{text}{c}")));
            }
        }
    }
    Some(classes)
}

/// The characters that some expression asks for next, a colon where one matters, and one for all others.
fn next(all: &[&Expression], state: &[Places]) -> Vec<char> {
    let mut asked = BTreeSet::new();
    let places = all.iter().zip(state).flat_map(|(Expression(steps), places)| {
        steps.iter().enumerate().filter(|(place, _)| has(places, *place)).map(|(_, step)| *step)
    });
    for step in places {
        match step {
            Step::Is(c) | Step::Folds(c) => asked.insert(c),
            Step::OneInPart | Step::AnyInPart | Step::EndOrColon => asked.insert(':'),
            Step::One | Step::Any => false,
        };
    }
    let folded: BTreeSet<char> = asked.iter().map(char::to_ascii_lowercase).collect();
    // A plain letter where one is left, and there always is some character.
    let others = "xyzwvutsrqponmlkjihgfedcba0123456789_-/".chars().chain('\u{100}'..='\u{ffff}');
    let other = { others }.find(|c| !folded.contains(c));
    // Where several lead to the same class, the first one names it: a plain letter, and a colon last.
    let colon = asked.remove(&':').then_some(':');
    other.into_iter().chain(asked).chain(colon).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::glob;
    use super::*;

    #[test]
    fn every_class_is_found_with_its_shortest_text() {
        let texts = |patterns: &[&str]| -> Vec<String> {
            let expressions: Vec<Expression> = patterns.iter().map(|text| Expression::glob(text)).collect();
            classes(&expressions, &[], &mut Work::new()).unwrap()
        };
        assert_eq!(texts(&["a*", "*b"]), ["", "a", "b", "ab"]);
        assert_eq!(texts(&["*"]), [""]);
        assert_eq!(texts(&["??"]), ["", "xx"]);
        assert_eq!(texts(&["x"]), ["", "x"]);
    }

    proptest! {
        #[test]
        fn two_texts_of_one_class_fit_the_same_patterns(
            patterns in proptest::collection::vec("[ab*?]{0,5}", 1..4), text in "[abc]{0,6}"
        ) {
            let expressions: Vec<Expression> = patterns.iter().map(|text| Expression::glob(text)).collect();
            let fits = |text: &str| patterns.iter().map(|pattern| glob(pattern, text)).collect::<Vec<_>>();
            let classes = classes(&expressions, &[], &mut Work::new()).unwrap();
            prop_assert!(classes.iter().any(|class| fits(class) == fits(&text)), "{patterns:?} {text}");
        }
    }
}
