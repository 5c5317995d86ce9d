//! The printed policies: what an apply does is what they allow, and what they name exists at AWS.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

use crate::at_home::{baseline, said, shipped};
use crate::emulator::{Emulator, Which};
use crate::readers;

const ACCOUNT: &str = "123456789012";

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
        // Nobody can be kept from asking who they are, and what they may do is asked where it may be.
        .filter(|action| {
            !["sts:GetCallerIdentity", "iam:SimulatePrincipalPolicy", "iam:GetRole"]
                .contains(&action.as_str())
        })
        .collect()
}

#[test]
fn what_a_plan_and_an_apply_call_is_in_the_printed_policy() {
    for name in ["landing-zone.toml", "logging.toml", "posture.toml", "two-tier.toml"] {
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
    for name in ["landing-zone.toml", "logging.toml", "posture.toml", "two-tier.toml"] {
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

/// A user with those policies, and the key it signs with.
async fn user(iam: &aws_sdk_iam::Client, name: &str, documents: &[Json]) -> String {
    iam.create_user().user_name(name).send().await.unwrap();
    for (number, document) in documents.iter().enumerate() {
        let policy =
            iam.create_policy().policy_name(format!("{name}-{number}")).policy_document(document.to_string());
        let arn = policy.send().await.unwrap().policy.unwrap().arn.unwrap();
        iam.attach_user_policy().user_name(name).policy_arn(arn).send().await.unwrap();
    }
    iam.create_access_key().user_name(name).send().await.unwrap().access_key.unwrap().access_key_id
}

fn as_user(emulator: &Emulator, key: &str, folder: &Path, arguments: &[&str]) -> Output {
    let environment = emulator.environment().into_iter().filter(|(name, _)| *name != "AWS_ACCESS_KEY_ID");
    Command::new(env!("CARGO_BIN_EXE_baseline"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment)
        .env("AWS_ACCESS_KEY_ID", key)
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_asks_beforehand_and_the_printed_policy_is_enough() {
    let emulator = Emulator::start(Which::BuiltIn);
    let folder = tempfile::tempdir().unwrap();
    shipped(folder.path(), "landing-zone.toml");
    let answer =
        baseline(folder.path(), &["permissions", "landing-zone.toml", "--account", ACCOUNT, "--json"]);
    let all: Json = serde_json::from_slice(&answer.stdout).unwrap();
    let iam = aws_sdk_iam::Client::new(&emulator.config());
    let planner = user(&iam, "planner", all["plan"].as_array().unwrap()).await;
    let applier = user(&iam, "applier", all["apply"].as_array().unwrap()).await;
    let apply = ["apply", "landing-zone.toml", "--auto-approve"];

    let refused = as_user(&emulator, &planner, folder.path(), &apply);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    for missing in ["user/planner may not", "cloudtrail:CreateTrail on arn:aws:cloudtrail:", "--no-preflight"]
    {
        assert!(said(&refused).contains(missing), "{missing}: {}", said(&refused));
    }
    let buckets = aws_sdk_s3::Client::new(&emulator.config()).list_buckets().send().await.unwrap();
    assert!(buckets.buckets().is_empty(), "nothing was written");

    let done = as_user(&emulator, &applier, folder.path(), &apply);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(!said(&done).contains("could not be asked"), "{}", said(&done));
}
