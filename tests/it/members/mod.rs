//! Every member of what AWS answers about a kind has its place: compared, reported, or left alone for a reason.
//!
//! The tables stand in the folders of the kinds, `src/kinds/KIND/members.toml`. AWS's models are botocore's; docs/not-looked-at.md is
//! written from the tables (`BASELINE_BLESS=1 cargo test --test it members`).

mod tags;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;

use baseline::kinds::KINDS;
use baseline::operations::action;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::moto;
use crate::source_code::root;

/// The table of a kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// What has calls of its own, none of which is made.
    #[serde(default)]
    beyond: String,
    /// Reads whose answers describe no thing of this kind.
    #[serde(default)]
    other_reads: Vec<String>,
    #[serde(default)]
    tags: Tagging,
    #[serde(default)]
    answer: Vec<Answer>,
}

/// The calls that make something, by whether it gets tags in them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tagging {
    /// What they make carries tags.
    #[serde(default)]
    carry: Vec<String>,
    /// What they make carries none; what that is.
    #[serde(default)]
    cannot: BTreeMap<String, String>,
}

/// What is done with the members of one answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// The call, as botocore names service and operation.
    call: String,
    /// Where the thing stands in the answer.
    #[serde(default)]
    at: String,
    /// What is compared, or says which thing it is, or how far AWS has come with it.
    #[serde(default)]
    owned: Vec<String>,
    /// What AWS says and nobody sets.
    #[serde(default)]
    facts: Vec<String>,
    /// What is shown to a person and never written.
    #[serde(default)]
    reported: Vec<String>,
    /// What is left alone, and why.
    #[serde(default)]
    ignored: BTreeMap<String, String>,
}

impl Answer {
    fn placed(&self) -> Vec<&String> {
        let lists = [&self.owned, &self.facts, &self.reported].into_iter().flatten();
        lists.chain(self.ignored.keys()).collect()
    }

    /// The IAM action of the call.
    fn action(&self) -> String {
        iam_action(&self.call)
    }
}

/// The IAM action of a call as botocore names it.
fn iam_action(call: &str) -> String {
    let (service, operation) = call.split_once(':').unwrap();
    action(if service == "elbv2" { "elasticloadbalancingv2" } else { service }, operation)
}

/// The tables, in the order of the kinds.
fn tables() -> Vec<(&'static str, Table)> {
    KINDS
        .iter()
        .map(|kind| {
            let folder = kind.name().replace(['.', '-'], "_");
            let path = root().join("src/kinds").join(folder).join("members.toml");
            let text =
                std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is not there", path.display()));
            (kind.name(), toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect()
}

/// What is compared of a kind: by call, the members of its answer, those that say which resource it is among them.
pub fn compared(kind: &str) -> Vec<(String, Vec<String>)> {
    let tables = tables();
    let answers = tables.into_iter().filter(|(name, _)| *name == kind).flat_map(|(_, table)| table.answer);
    answers.filter(|answer| !answer.owned.is_empty()).map(|answer| (answer.call, answer.owned)).collect()
}

#[test]
fn every_member_that_awss_model_knows_is_placed() {
    let tables = tables();
    let answers: Vec<(&str, &Answer)> = tables
        .iter()
        .flat_map(|(kind, table)| table.answer.iter().map(move |answer| (*kind, answer)))
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    let asked: Vec<Json> = answers
        .iter()
        .map(|(_, answer)| json!({ "call": answer.call, "at": answer.at, "placed": answer.placed() }))
        .collect();
    std::fs::write(file.path(), json!(asked).to_string()).unwrap();
    let script = root().join("tests/it/members/shapes.py");
    let output = Command::new(moto::python()).arg(script).arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Vec<Json> = serde_json::from_slice(&output.stdout).unwrap();
    let mut wrong = Vec::new();
    for ((kind, answer), said) in answers.iter().zip(&said) {
        for what in ["missing", "unknown"] {
            let paths = said[what].as_array().unwrap().iter();
            wrong.extend(paths.map(|path| format!("{kind}: {} {what} {path}", answer.call)));
        }
    }
    assert!(wrong.is_empty(), "place these in members.toml of the kind: {wrong:#?}");
    let placed: usize = answers.iter().map(|(_, answer)| answer.placed().len()).sum();
    assert!(placed > 300, "AWS's answers have more members than {placed}");
}

#[test]
fn every_read_of_a_kind_has_its_table() {
    let mut wrong = Vec::new();
    for ((name, table), kind) in tables().iter().zip(KINDS) {
        let answers: BTreeSet<String> = table.answer.iter().map(Answer::action).collect();
        let known: BTreeSet<&str> = answers.iter().chain(&table.other_reads).map(String::as_str).collect();
        let reads: BTreeSet<&str> = kind.meta().read_actions.iter().copied().collect();
        wrong.extend(reads.symmetric_difference(&known).map(|action| format!("{name}: {action}")));
    }
    assert!(wrong.is_empty(), "read and not in the table, or the other way round: {wrong:#?}");
}

/// Members with the same reason, in the order of the table.
fn by_reason(ignored: &BTreeMap<String, String>) -> Vec<(&str, Vec<&str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (member, reason) in ignored {
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, members)) => members.push(member),
            None => reasons.push((reason, vec![member])),
        }
    }
    reasons
}

fn page() -> String {
    let mut page = "# What is not looked at\n\n\
        \"In sync\" speaks of the attributes that a plan shows for each kind, and of nothing else. This page names the rest.\n\
        It is written from the tables in `src/kinds/*/members.toml` (`BASELINE_BLESS=1 cargo test --test it members`), and a test\n\
        fails when AWS's model has a member that none of them places.\n\n\
        ## Beside the things themselves\n\n\
        What AWS keeps in resources and settings of their own, and what people most often look for here. None of it is read\n\
        or changed, unless the line says when.\n\n\
        | kind | not looked at |\n|---|---|\n"
        .to_owned();
    let tables = tables();
    for (kind, table) in &tables {
        let beyond = if table.beyond.is_empty() { "nothing is left out" } else { &table.beyond };
        writeln!(page, "| `{kind}` | {beyond} |").unwrap();
    }
    page.push_str(
        "\nRules under `[root]`, `[users]` and `[audit]` say for themselves what they read: `baseline explain RULE` lists the\n\
        calls. Regions they could not read are named, and the exit code is 3.\n\n\
        ## In the answers of AWS\n\n\
        Members of the answers that describe a thing, and why they are left alone. What is shown to a person and never\n\
        written stands in the last column.\n\n\
        | kind | call | left alone | only shown |\n|---|---|---|---|\n",
    );
    let list =
        |members: &[&str]| members.iter().map(|member| format!("`{member}`")).collect::<Vec<_>>().join(", ");
    for (kind, table) in &tables {
        for answer in &table.answer {
            let reported: Vec<&str> = answer.reported.iter().map(String::as_str).collect();
            if answer.ignored.is_empty() && reported.is_empty() {
                continue;
            }
            let left: Vec<String> = by_reason(&answer.ignored)
                .iter()
                .map(|(reason, members)| format!("{}: {reason}", list(members)))
                .collect();
            let operation = answer.call.split(':').nth(1).unwrap();
            writeln!(page, "| `{kind}` | `{operation}` | {} | {} |", left.join("; "), list(&reported))
                .unwrap();
        }
    }
    page
}

#[test]
fn the_page_says_what_the_tables_say() {
    let path = root().join("docs/not-looked-at.md");
    if std::env::var_os("BASELINE_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page(), "write it with BASELINE_BLESS=1");
}
