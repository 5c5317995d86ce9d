//! What the code and the pages refer to is there: facts about AWS by their id, practices, keys of the language.

use std::collections::BTreeSet;
use std::fs;

use crate::source_code::{files, root};

/// The families of `docs/aws-behaviour.md`. Other ids of this form are those of benchmarks.
const FAMILIES: [&str; 16] = [
    "ACC", "ACL", "ASG", "CT", "ELB", "IAM", "KMS", "LT", "NET", "ORG", "POL", "PW", "ROOT", "S3", "SG",
    "TAG",
];

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// Every id such as `KMS-5` in `text`.
fn ids(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| {
            word.split_once('-').is_some_and(|(family, number)| {
                FAMILIES.contains(&family)
                    && !number.is_empty()
                    && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_fact_about_aws_that_is_quoted_stands_on_its_page() {
    let page = page("aws-behaviour.md");
    let known: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("- **")?.split_once("**"))
        .map(|(id, _)| id.to_owned())
        .collect();
    let mut missing = BTreeSet::new();
    let mut quoted = BTreeSet::new();
    for folder in ["src", "tests", "docs", "baselines", "examples"] {
        for path in files(&root().join(folder), &["rs", "md", "toml", "py"]) {
            for id in ids(&fs::read_to_string(&path).unwrap()) {
                if !known.contains(&id) {
                    missing.insert(format!("{}: {id}", path.display()));
                }
                quoted.insert(id);
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
    assert!(quoted.len() > 100, "only {} ids found: the search is broken", quoted.len());
}

#[test]
fn every_practice_a_kind_names_has_a_row() {
    let page = page("practices.md");
    let rows: BTreeSet<u8> =
        page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(' ')?.0.parse().ok()).collect();
    assert_eq!(rows, (1..=13).collect());
    let named: BTreeSet<u8> =
        baseline::kinds::KINDS.iter().flat_map(|kind| kind.meta().practices).copied().collect();
    assert_eq!(named.difference(&rows).collect::<Vec<_>>(), Vec::<&u8>::new());
}

#[test]
fn every_section_and_key_on_the_page_of_practices_is_in_the_language() {
    let language = page("language.md");
    for quoted in page("practices.md").split('`').skip(1).step_by(2) {
        for word in quoted
            .split(|c: char| !(c.is_ascii_lowercase() || c == '_' || c == '.'))
            .filter(|word| word.contains('_'))
        {
            assert!(language.contains(word), "`{word}` of `{quoted}` is not in docs/language.md");
        }
    }
}
