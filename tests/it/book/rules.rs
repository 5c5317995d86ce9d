//! docs/rules.md: every rule of the posture, which benchmarks ask for it, and what to do.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use baseline::posture::{Benchmark, RULES, Rule};
use serde_json::Value as Json;

use super::{GENERATED, cell, hold};
use crate::at_home::{baseline, said, shipped};

/// What each practice is about, as the list of rules says it.
fn practices() -> BTreeMap<u8, String> {
    let folder = tempfile::tempdir().unwrap();
    let list = String::from_utf8(baseline(folder.path(), &["explain"]).stdout).unwrap();
    let headings = list.lines().filter_map(|line| line.strip_prefix("practice ")?.split_once(": "));
    headings.map(|(number, title)| (number.parse().unwrap(), title.to_owned())).collect()
}

fn word(rule: &Rule) -> String {
    format!("{:?}", rule.severity).to_lowercase()
}

/// The paragraph of an explanation that begins so, on one line and without its beginning.
fn paragraph(explained: &str, beginning: &str) -> Option<String> {
    let found = explained.split("\n\n").find_map(|paragraph| paragraph.strip_prefix(beginning))?;
    Some(found.trim().replace('\n', " "))
}

/// By rule, a finding in the neglected account: what it says, and its next step.
fn findings() -> BTreeMap<String, (String, String)> {
    let folder = tempfile::tempdir().unwrap();
    shipped(folder.path(), "posture.toml");
    baseline(folder.path(), &["--sandbox", "sandbox", "seed", "neglected"]);
    let output = baseline(folder.path(), &["--sandbox", "drift", "posture.toml", "--json"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    let mut findings = BTreeMap::new();
    for finding in report["posture"]["findings"].as_array().unwrap() {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        // What looks like an access key alarms whoever searches repositories for them.
        if !format!("{finding}").contains("AKIA") {
            findings.entry(text("rule")).or_insert_with(|| (text("message"), text("next")));
        }
    }
    findings
}

fn entry(page: &mut String, rule: &Rule, finding: Option<&(String, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let explained = String::from_utf8(baseline(folder.path(), &["explain", rule.id]).stdout).unwrap();
    write!(page, "### {}\n\n*{}*: {}.\n\n", rule.id, word(rule), rule.title).unwrap();
    writeln!(page, "- **Risk**: {}.", rule.risk).unwrap();
    let to_do = paragraph(&explained, "What to do: ");
    let to_do = to_do.unwrap_or_else(|| panic!("{} says nothing of what to do: {explained}", rule.id));
    writeln!(page, "- **What to do**: {}", cell(&to_do)).unwrap();
    if let Some(way) = paragraph(&explained, "What apply can do: ") {
        writeln!(page, "- **What apply can do**: {}", cell(&way)).unwrap();
    }
    for benchmark in Benchmark::ALL {
        let ids: Vec<&str> =
            rule.controls.iter().filter(|control| control.benchmark == benchmark).map(|c| c.id).collect();
        if !ids.is_empty() {
            writeln!(page, "- **{}**: {}", benchmark.name(), ids.join(", ")).unwrap();
        }
    }
    let calls: Vec<String> = rule.calls.iter().map(|call| format!("`{call}`")).collect();
    writeln!(page, "- **Decided from**: {}", calls.join(", ")).unwrap();
    if let Some((message, next)) = finding {
        write!(page, "\n```text\n{message}\nnext: {next}\n```\n").unwrap();
    }
    page.push('\n');
}

#[test]
fn the_page_of_rules_has_every_rule_with_its_controls_and_what_to_do() {
    let findings = findings();
    assert!(findings.len() >= 18, "the neglected account departs from more rules than {findings:?}");
    let mut page = format!(
        "# Rules\n\n{GENERATED}\n\nWhat `[root]`, `[users]` and `[audit]` ask of an account ([posture](posture.md)). \
         `baseline explain RULE` prints the same. Below some rules stands what is found in the built-in account after \
         `baseline sandbox seed neglected`.\n\n| rule | severity | what holds |\n|---|---|---|\n"
    );
    let mut rules = RULES.to_vec();
    rules.sort_by_key(|rule| rule.practice);
    for rule in &rules {
        writeln!(page, "| [`{0}`](#{0}) | {1} | {2} |", rule.id, word(rule), cell(rule.title)).unwrap();
    }
    page.push('\n');
    let practices = practices();
    let mut practice = 0;
    for rule in rules {
        if rule.practice != practice {
            practice = rule.practice;
            write!(page, "## Practice {practice}: {}\n\n", practices[&practice]).unwrap();
        }
        entry(&mut page, rule, findings.get(rule.id));
    }
    hold("rules.md", &format!("{}\n", page.trim_end()));
}
