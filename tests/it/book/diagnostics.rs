//! docs/diagnostics.md: every code of a problem, what it means, and one file that has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use super::{GENERATED, hold};
use crate::at_home::{baseline, said};
use crate::source_code::{files, root};

/// The text in quotes that follows; nothing where something else does.
fn quoted(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix('"')?.split('"').next()
}

/// Every code that the source gives a problem, by name or by a constant of the same file.
fn codes_of_the_source() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for path in files(&root().join("src"), &["rs"]) {
        let source = fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        for call in ["Diagnostic::error(", "Diagnostic::warning("] {
            for (_, after) in source.match_indices(call).map(|(at, _)| source.split_at(at + call.len())) {
                let argument = after.trim_start().split([',', ')']).next().unwrap();
                let constant = || quoted(source.split(&format!("const {argument}: &str =")).nth(1)?);
                let code = quoted(argument).or_else(constant);
                let code = code.unwrap_or_else(|| panic!("{}: the code of {argument:?}", path.display()));
                codes.insert(code.to_owned());
            }
        }
    }
    codes
}

/// By code, a file that has that problem and what is said of it: the shortest of those in `tests/it/bad_toml`.
fn examples() -> BTreeMap<String, String> {
    let mut examples: BTreeMap<String, String> = BTreeMap::new();
    for path in files(&root().join("tests/it/bad_toml"), &["txt"]) {
        let text = fs::read_to_string(path).unwrap();
        for problem in text.split("\n\n") {
            let code = problem.split_once('[').and_then(|(level, rest)| {
                ["error", "warning"].contains(&level).then(|| rest.split(']').next().unwrap())
            });
            let Some(code) = code else { continue };
            let known = examples.entry(code.to_owned()).or_insert_with(|| problem.to_owned());
            if problem.len() < known.len() {
                problem.clone_into(known);
            }
        }
    }
    examples
}

#[test]
fn the_page_of_problems_has_every_code_that_the_program_gives() {
    let (codes, examples) = (codes_of_the_source(), examples());
    assert!(codes.len() > 50, "only {codes:?}");
    let unknown: Vec<&String> = examples.keys().filter(|code| !codes.contains(*code)).collect();
    assert!(unknown.is_empty(), "shown, and not in the source: {unknown:?}");
    let folder = tempfile::tempdir().unwrap();
    let mut page = format!(
        "# Problems of a file\n\n{GENERATED}\n\nWhat `baseline validate` and every other command that reads a baseline may say of \
         it, by the code in brackets. An *error* stops the command, a *warning* does not. `baseline explain CODE` says the same.\n\n"
    );
    for code in &codes {
        let output = baseline(folder.path(), &["explain", code]);
        assert_eq!(output.status.code(), Some(0), "CODES lacks {code}: {}", said(&output));
        let explained = String::from_utf8(output.stdout).unwrap();
        let meaning = explained.split_once("\n\n").unwrap().1.trim().replace('\n', " ");
        write!(page, "## {code}\n\n{meaning}\n\n").unwrap();
        if let Some(example) = examples.get(code) {
            write!(page, "```text\n{}\n```\n\n", example.trim_end()).unwrap();
        }
    }
    hold("diagnostics.md", &format!("{}\n", page.trim_end()));
}

#[test]
fn a_meaning_is_kept_for_no_code_that_is_gone() {
    let codes = codes_of_the_source();
    let kept: BTreeSet<String> =
        baseline::language::CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(kept, codes);
}
