//! The printed policies: what an apply does is what they allow, and what they name exists at AWS.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

use crate::readers;

const ACCOUNT: &str = "123456789012";

fn baseline(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_baseline"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn shipped(folder: &Path, name: &str) {
    std::fs::copy(format!("{}/baselines/{name}", env!("CARGO_MANIFEST_DIR")), folder.join(name)).unwrap();
}

/// The actions of a policy document.
fn actions(document: &Json) -> BTreeSet<String> {
    let statements = document["Statement"].as_array().unwrap().iter();
    statements
        .flat_map(|statement| match &statement["Action"] {
            Json::Array(actions) => actions.clone(),
            one => vec![one.clone()],
        })
        .map(|action| action.as_str().unwrap().to_owned())
        .collect()
}

fn printed(folder: &Path, file: &str, purpose: &str) -> BTreeSet<String> {
    let answer = baseline(folder, &["permissions", file, "--account", ACCOUNT, "--for", purpose, "--json"]);
    assert_eq!(answer.status.code(), Some(0), "{}", said(&answer));
    let all: Json = serde_json::from_slice(&answer.stdout).unwrap();
    all[purpose].as_array().unwrap().iter().flat_map(actions).collect()
}

/// The IAM actions of the calls that a command's report counts.
fn called(folder: &Path, arguments: &[&str]) -> BTreeSet<String> {
    let answer = baseline(folder, arguments);
    let report: Json =
        serde_json::from_slice(&answer.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&answer)));
    let calls = report["calls"]["by_operation"].as_array().unwrap().iter();
    calls
        .map(|call| {
            let text = |name: &str| call[name].as_str().unwrap().to_owned();
            ::baseline::permissions::action(&text("service"), &text("operation"))
        })
        // Nobody can be kept from asking who they are.
        .filter(|action| action != "sts:GetCallerIdentity")
        .collect()
}

#[test]
fn what_a_plan_and_an_apply_call_is_in_the_printed_policy() {
    for name in ["landing-zone.toml", "logging.toml", "two-tier.toml"] {
        let folder = tempfile::tempdir().unwrap();
        shipped(folder.path(), name);
        let (plan, apply) = (printed(folder.path(), name, "plan"), printed(folder.path(), name, "apply"));
        let read = called(folder.path(), &["--sandbox=account", "plan", name, "--json"]);
        let left: Vec<_> = read.difference(&plan).collect();
        assert!(left.is_empty(), "{name}: a plan called {left:?}");
        let command = ["--sandbox=account", "apply", name, "--auto-approve", "--json", "-q"];
        let done = called(folder.path(), &command);
        let left: Vec<_> = done.difference(&apply).collect();
        assert!(left.is_empty(), "{name}: an apply called {left:?}");
        assert!(done.len() > 30, "{name}: an apply calls more than that: {done:?}");
    }
}

#[test]
fn every_action_resource_and_condition_is_one_that_aws_lists() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["landing-zone.toml", "logging.toml", "two-tier.toml"] {
        shipped(folder.path(), name);
        let arguments = ["permissions", name, "--account", ACCOUNT, "--deletions", "--out", "policies"];
        let answer = baseline(folder.path(), &arguments);
        assert_eq!(answer.status.code(), Some(0), "{}", said(&answer));
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.path().join("policies"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("apply"))
            .collect();
        files.sort();
        assert!(!files.is_empty());
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        readers::agree(include_str!("readers/policies.py"), &files);
        std::fs::remove_dir_all(folder.path().join("policies")).unwrap();
    }
}

#[test]
fn a_file_for_any_account_needs_to_be_told_which() {
    let folder = tempfile::tempdir().unwrap();
    shipped(folder.path(), "logging.toml");
    let answer = baseline(folder.path(), &["permissions", "logging.toml"]);
    assert_eq!(answer.status.code(), Some(1));
    assert!(said(&answer).contains("--account 123456789012"), "{}", said(&answer));
    let answer = baseline(folder.path(), &["permissions", "logging.toml", "--account", "12"]);
    assert!(said(&answer).contains("twelve digits"), "{}", said(&answer));
}
