//! Bytes that nobody meant: right input, changed at random, for everything that reads what others wrote.
//!
//! The same changes in every run, enough of them for about a minute in all. `BASELINE_FUZZ=60` makes sixty times as many, and
//! `BASELINE_FUZZ_SEED` others. A failure names the number of the input; what is found wrong becomes a test of its own.

use std::io::Write as _;

use baseline::language::{Diagnostic, Source, render};

mod answers;
mod client;
mod file;
mod fleet;
mod journal;
mod mutation;
mod policy;
mod requests;
mod saved_plan;
mod tags;

/// A number from the environment, or what it is without.
fn number(name: &str, otherwise: usize) -> usize {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, and must be a number")),
        Err(_) => otherwise,
    }
}

/// Says what was tried, and holds docs/security-tried.md to it where it is what every run tries.
fn counted(name: &str, what: &str) {
    if (number("BASELINE_FUZZ", 1), number("BASELINE_FUZZ_SEED", 1)) == (1, 1) {
        crate::tried::counted(name, what);
    } else {
        let _unseen = writeln!(std::io::stdout(), "{name}: {what}");
    }
}

/// What holds of the problems of any file: each is within the text, and none is shown with what a terminal would obey.
fn problems_can_be_shown(input: usize, source: &Source, problems: &[Diagnostic]) {
    for problem in problems {
        assert!(
            source.text.get(problem.span.clone()).is_some(),
            "input {input}: {problem:?} is outside of the text, or inside a character"
        );
    }
    let shown = render(source, problems, false);
    let raw = shown.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(raw, None, "input {input}: shown raw in {shown}");
}

/// The inputs of one test: a generator for each, always the same for the same seed.
fn inputs(ordinary: usize) -> impl Iterator<Item = (usize, mutation::Mutation)> {
    let seed = number("BASELINE_FUZZ_SEED", 1);
    (0..ordinary * number("BASELINE_FUZZ", 1)).map(move |input| (input, mutation::Mutation::new(seed, input)))
}
