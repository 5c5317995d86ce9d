//! The pages of docs/: the book has all of them, their links lead somewhere, and what is generated or shown is what the
//! program says. `BASELINE_BLESS=1 cargo test --test it book` writes the generated pages and the outputs anew.

mod tutorial;

use std::fs;

use crate::source_code::root;

/// Holds a page to what it has to say, or writes it.
fn hold(name: &str, text: &str) {
    crate::language::same_as_committed(&root().join("docs").join(name), text);
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}
