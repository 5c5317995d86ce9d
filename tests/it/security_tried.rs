//! docs/security-tried.md names tests that there are, and every abuse that was found.

use std::collections::BTreeSet;
use std::fs;

use crate::source_code::{files, root};

/// Every name in code spans of a table's last cell.
fn tests_of(row: &str) -> Vec<&str> {
    let cells: Vec<&str> = row.trim().trim_matches('|').split(" | ").collect();
    let last = cells.last().unwrap();
    let spans = last.split('`').skip(1).step_by(2);
    spans
        .filter(|span| {
            span.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
        })
        .collect()
}

#[test]
fn the_page_names_every_abuse_that_was_found_and_tests_that_there_are() {
    let page = fs::read_to_string(root().join("docs/security-tried.md")).unwrap();
    // What was done by hand is no test.
    let page = page.split("\n### By hand").next().unwrap();
    let sources: String = ["src", "tests"]
        .iter()
        .flat_map(|folder| files(&root().join(folder), &["rs"]))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| ") && !line.contains("---")).collect();
    let found: Vec<&str> =
        rows.iter().filter_map(|row| row.split('|').nth(1)).map(str::trim).filter(|id| is_id(id)).collect();
    let every: Vec<String> = (1..=19).map(|number| format!("S{number}")).collect();
    assert_eq!(found, every);
    let mut named = BTreeSet::new();
    for row in &rows {
        named.extend(tests_of(row));
        // What was not tried says so, and nothing else does without a test.
        let is_without = tests_of(row).is_empty();
        let says_so = row.contains("| no test") || row.contains("| none: ");
        let is_heading = row.ends_with("| tests |") || row.ends_with("| test |");
        assert!(!is_without || says_so || is_heading, "no test: {row}");
    }
    assert!(named.len() > 30, "only {named:?}");
    let missing: Vec<&&str> = named.iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert_eq!(missing, Vec::<&&str>::new(), "the page names tests that are not there");
    assert!(!page.contains("-->none<!--"), "a number was not counted");
}

fn is_id(cell: &str) -> bool {
    cell.strip_prefix('S').is_some_and(|number| number.parse::<u8>().is_ok())
}
