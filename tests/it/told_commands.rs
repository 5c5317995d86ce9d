//! Every `baseline ...` command that the program tells a person to run is run, and does what it was told for.

use std::fs;
use std::path::Path;

use crate::at_home::{baseline, said};

const FILE: &str = "name = 'small'\nregion = 'us-east-1'\n\n[password_policy]\nmin_length = 14\n";
const HERE: &str = "--sandbox=account";

/// The command that a text ends in, as arguments, with a person's own words for the words in capitals.
fn told(text: &str, of_the_person: &[(&str, &str)]) -> Vec<String> {
    let at = text.rfind("baseline ").unwrap_or_else(|| panic!("no command is told: {text}"));
    let line = text[at..].lines().next().unwrap().trim_end_matches(['.', '"', '`']);
    let own = |word: &str| of_the_person.iter().find(|(capitals, _)| *capitals == word).map(|(_, own)| *own);
    line.split(' ').skip(1).map(|word| own(word).unwrap_or(word).to_owned()).collect()
}

/// Runs what was told, with more arguments, and answers how it ended and what it said.
fn run(folder: &Path, told: &[String], more: &[&str]) -> (Option<i32>, String) {
    let arguments: Vec<&str> = told.iter().map(String::as_str).chain(more.iter().copied()).collect();
    let output = baseline(folder, &arguments);
    (output.status.code(), said(&output))
}

fn at_work() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), FILE).unwrap();
    folder
}

const PERSON: &[(&str, &str)] = &[("FILE", "small.toml"), ("PLAN", "next.plan")];

fn is_in_sync(folder: &Path) -> bool {
    baseline(folder, &[HERE, "drift", "small.toml"]).status.code() == Some(0)
}

#[test]
fn a_file_that_is_not_there_is_written_and_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let missing = said(&baseline(folder.path(), &["validate", "mine.toml"]));
    let (code, written) = run(folder.path(), &told(&missing, &[]), &[]);
    assert_eq!(code, Some(0), "{written}");
    let (code, valid) = run(folder.path(), &told(&written, &[]), &[]);
    assert_eq!(code, Some(0), "{valid}");
}

#[test]
fn a_saved_plan_is_carried_out_in_the_account_that_it_was_made_for() {
    let folder = at_work();
    let saved = said(&baseline(folder.path(), &[HERE, "plan", "small.toml", "--out", "first.plan"]));
    assert!(!is_in_sync(folder.path()));
    let (code, done) = run(folder.path(), &told(&saved, &[]), &["--auto-approve"]);
    assert_eq!(code, Some(0), "{done}");
    assert!(is_in_sync(folder.path()));
}

#[test]
fn a_plan_that_cannot_be_used_is_made_again() {
    let folder = at_work();
    baseline(folder.path(), &[HERE, "plan", "small.toml", "--out", "whole.plan"]);
    let whole = fs::read_to_string(folder.path().join("whole.plan")).unwrap();
    fs::write(folder.path().join("half.plan"), &whole[..whole.len() / 2]).unwrap();
    fs::write(folder.path().join("other.json"), "{}").unwrap();
    for (arguments, more) in [
        (vec!["apply", "half.plan", "--auto-approve"], vec![HERE]),
        (vec!["apply", "other.json", "--auto-approve"], vec![HERE]),
        (vec!["apply", "whole.plan", "--auto-approve", "--prune"], vec![HERE, "--prune"]),
    ] {
        let refused = baseline(folder.path(), &[vec![HERE], arguments].concat());
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        let (code, again) = run(folder.path(), &told(&said(&refused), PERSON), &more);
        assert_eq!(code, Some(0), "{again}");
        assert!(folder.path().join("next.plan").exists(), "{again}");
    }
    let done = baseline(folder.path(), &[HERE, "apply", "next.plan", "--auto-approve"]);
    assert!(done.status.success() && is_in_sync(folder.path()), "{}", said(&done));
}

#[test]
fn what_drift_says_of_a_thing_is_what_settles_it() {
    let folder = at_work();
    let drift = said(&baseline(folder.path(), &[HERE, "drift", "small.toml", "--format", "csv"]));
    let row =
        drift.lines().find(|row| row.contains("iam.password-policy")).unwrap_or_else(|| panic!("{drift}"));
    let command = row.split("baseline ").nth(1).unwrap().split([',', '"']).next().unwrap();
    assert_eq!(command, "apply", "{row}");
    let done = baseline(folder.path(), &[HERE, command, "small.toml", "--auto-approve"]);
    assert!(done.status.success() && is_in_sync(folder.path()), "{}", said(&done));
}

#[test]
fn a_damaged_account_is_started_anew() {
    let folder = at_work();
    fs::create_dir(folder.path().join("account")).unwrap();
    fs::write(folder.path().join("account/sandbox.json"), "{\"profile\":").unwrap();
    let damaged = said(&baseline(folder.path(), &[HERE, "plan", "small.toml"]));
    let (code, anew) = run(folder.path(), &told(&damaged, &[]), &[]);
    assert_eq!(code, Some(0), "{anew}");
    let plan = baseline(folder.path(), &[HERE, "plan", "small.toml"]);
    assert_eq!(plan.status.code(), Some(0), "{}", said(&plan));
}

#[test]
fn explanations_name_commands_that_explain_more() {
    let folder = at_work();
    let unknown = said(&baseline(folder.path(), &["explain", "no-such-rule"]));
    let list: Vec<String> =
        told(&unknown, &[]).into_iter().map(|word| word.trim_end_matches(';').to_owned()).collect();
    let (code, rules) = run(folder.path(), &list[..1], &[]);
    assert!(code == Some(0) && rules.contains("root-access-keys"), "{rules}");
    let central = format!("{FILE}[root]\nassume_root_profile = 'central'\non_credentials = 'delete-keys'\n");
    fs::write(folder.path().join("central.toml"), central).unwrap();
    let keys = said(&baseline(folder.path(), &["explain", "root-access-keys"]));
    let words = keys.split_whitespace().collect::<Vec<_>>().join(" ");
    let command = words.split("`baseline ").nth(1).unwrap().split('`').next().unwrap();
    let command: Vec<String> =
        command.replace("FILE", "central.toml").split(' ').map(str::to_owned).collect();
    let (code, policy) = run(folder.path(), &command, &["--account", "123456789012"]);
    assert!(code == Some(0) && policy.contains("sts:AssumeRoot"), "{policy}");
}
