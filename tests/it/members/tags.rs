//! What carries the tags of a file and what cannot: the tables, AWS's models, the rules of the kinds and the page agree.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use baseline::kinds::{KINDS, Tagged};

use super::{iam_action, tables};
use crate::moto;
use crate::source_code::root;

/// Verbs of calls that bring something into being, or put a part into it that has a name of its own.
const MAKES: [&str; 7] = [
    "Create",
    "Allocate",
    "Authorize",
    "PutMetricAlarm",
    "PutScalingPolicy",
    "PutRolePolicy",
    "PutGroupPolicy",
];
/// Calls with such a verb that only tag.
const ONLY_TAG: [&str; 2] = ["ec2:CreateTags", "autoscaling:CreateOrUpdateTags"];

#[test]
fn what_is_said_to_carry_tags_can_by_awss_models_and_what_is_not_cannot() {
    let tables = tables();
    let calls: Vec<(&str, &str, bool)> = tables
        .iter()
        .flat_map(|(kind, table)| {
            let carry = table.tags.carry.iter().map(|call| (*kind, call.as_str(), true));
            carry.chain(table.tags.cannot.keys().map(|call| (*kind, call.as_str(), false)))
        })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    let asked: Vec<&str> = calls.iter().map(|(_, call, _)| *call).collect();
    std::fs::write(file.path(), serde_json::json!(asked).to_string()).unwrap();
    let script = root().join("tests/it/members/tagging.py");
    let output = Command::new(moto::python()).arg(script).arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Vec<bool> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said.len(), calls.len());
    let wrong: Vec<_> = calls.iter().zip(said).filter(|((.., claimed), is)| claimed != is).collect();
    assert!(wrong.is_empty(), "AWS's models say otherwise: {wrong:?}");
    assert!(calls.len() > 25, "there are more calls that make something than {}", calls.len());
}

#[test]
fn every_call_that_makes_something_has_its_place_and_the_rules_say_the_same() {
    let mut wrong = Vec::new();
    for ((name, table), kind) in tables().iter().zip(KINDS) {
        let placed = table.tags.carry.iter().chain(table.tags.cannot.keys());
        let placed: BTreeSet<String> = placed.map(|call| iam_action(call)).collect();
        let makes = |action: &&&str| {
            let operation = action.split_once(':').unwrap().1;
            MAKES.iter().any(|verb| operation.starts_with(verb)) && !ONLY_TAG.contains(*action)
        };
        let made = kind.meta().write_actions.iter().filter(makes);
        let made: BTreeSet<String> = made.map(|action| (*action).to_owned()).collect();
        wrong.extend(made.symmetric_difference(&placed).map(|action| format!("{name}: {action}")));
        let carries = kind.meta().tags == Tagged::Carries;
        if carries == table.tags.carry.is_empty() {
            wrong.push(format!(
                "{name}: the rules say that it {} tags",
                if carries { "carries" } else { "carries no" }
            ));
        }
    }
    assert!(wrong.is_empty(), "made and not in the table, or the other way round: {wrong:#?}");
}

const LIST: &str = "## By kind\n";

/// The list at the end of the page.
fn list() -> String {
    let mut list = format!(
        "{LIST}\nWritten from `src/kinds/*/members.toml` and the rules of the kinds (`BASELINE_BLESS=1 cargo test --test it members`); tests hold it\n\
         against AWS's models.\n\n| kind | carries the tags, by the call that makes it | carries none |\n|---|---|---|\n"
    );
    for ((name, table), kind) in tables().iter().zip(KINDS) {
        let operation = |call: &String| format!("`{}`", call.split_once(':').unwrap().1);
        let carry: Vec<String> = table.tags.carry.iter().map(operation).collect();
        let cannot = table.tags.cannot.iter().map(|(call, what)| format!("{what} ({})", operation(call)));
        let itself = match kind.meta().tags {
            Tagged::Carries => None,
            Tagged::Cannot(why) => Some(why.to_owned()),
        };
        let cannot: Vec<String> = itself.into_iter().chain(cannot).collect();
        writeln!(list, "| `{name}` | {} | {} |", carry.join(", "), cannot.join("; ")).unwrap();
    }
    list
}

#[test]
fn the_page_about_tags_lists_what_the_tables_say() {
    let path = root().join("docs/tags.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let before = page.split(LIST).next().unwrap();
    let expected = format!("{before}{}", list());
    if std::env::var_os("BASELINE_BLESS").is_some() {
        std::fs::write(&path, expected).unwrap();
        return;
    }
    assert_eq!(page, expected, "write it with BASELINE_BLESS=1");
}
