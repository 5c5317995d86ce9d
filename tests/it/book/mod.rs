//! The pages of docs/: the book has all of them, their links lead somewhere, and what is generated or shown is what the
//! program says. `BASELINE_BLESS=1 cargo test --test it book` writes the generated pages and the outputs anew.

mod commands;
mod diagnostics;
mod kinds;
mod links;
mod markdown;
mod rules;
mod tutorial;

use std::fs;

use crate::source_code::root;

/// The line below the title of a page that is written by its test.
const GENERATED: &str =
    "<!-- Generated from the program: run the tests with BASELINE_BLESS=1 to write it anew. -->";

/// Holds a page to what it has to say, or writes it.
fn hold(name: &str, text: &str) {
    crate::language::same_as_committed(&root().join("docs").join(name), text);
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}

/// Text for a cell of a table: nothing in it is Markdown or HTML.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('>', "&gt;").replace('*', "\\*")
}
