//! The printed policies: what an apply does is what they allow, and what they name exists at AWS.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value as Json;

use crate::at_home::{baseline, said, shipped};
use crate::emulator::{Emulator, Which};
use crate::{moto, python_environment, readers};

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
            ::baseline::operations::action(&text("service"), &text("operation"))
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
    let ready = ["landing-zone.toml", "logging.toml", "posture.toml", "two-tier.toml"];
    ready.iter().for_each(|name| shipped(folder.path(), name));
    let tagged = format!("{}\n[tags]\nteam = 'web'\n", crate::world::shipped("landing-zone.toml"));
    std::fs::write(folder.path().join("tagged.toml"), tagged).unwrap();
    for name in ready.into_iter().chain(["tagged.toml"]) {
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
fn the_built_in_account_checks_what_the_service_authorization_reference_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/authorization/reference.txt");
    let kept = std::fs::read_to_string(path).unwrap();
    let actions = kept.lines().filter(|line| !line.starts_with(' ') && !line.starts_with("type "));
    let types = kept.lines().filter_map(|line| line.strip_prefix("type ec2:")?.split(' ').next());
    let actions: Vec<&str> = actions.collect();
    assert!(actions.len() > 300, "{}", actions.len());
    let folder = tempfile::tempdir().unwrap();
    let asked = folder.path().join("asked.json");
    let wanted = serde_json::json!({"actions": actions, "ec2_types": types.collect::<Vec<_>>()});
    std::fs::write(&asked, wanted.to_string()).unwrap();
    let Some(answer) = readers::run(include_str!("readers/authorization.py"), &[&asked]) else { return };
    assert!(answer.status.success(), "{}", said(&answer));
    let published = String::from_utf8(answer.stdout).unwrap();
    if std::env::var_os("BASELINE_BLESS").is_some() {
        std::fs::write(path, &published).unwrap();
        return;
    }
    assert!(published == kept, "reference.txt is not what AWS publishes; BASELINE_BLESS=1 writes it anew");
}

#[test]
fn the_built_in_account_holds_aws_s_policies_as_moto_carries_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/iam/managed_policies.txt.gz");
    let mut kept = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut kept).unwrap();
    let environment = match python_environment::with(&[moto::REQUIREMENT]) {
        Ok(environment) => environment,
        Err(error) => panic!("{error}"),
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/readers/managed_policies.py");
    let answer = Command::new(environment.join("bin/python")).arg(script).output().unwrap();
    assert!(answer.status.success(), "{}", said(&answer));
    let published = String::from_utf8(answer.stdout).unwrap();
    if std::env::var_os("BASELINE_BLESS").is_some() {
        let mut packed = GzEncoder::new(std::fs::File::create(path).unwrap(), Compression::best());
        packed.write_all(published.as_bytes()).unwrap();
        packed.finish().unwrap();
        return;
    }
    assert!(
        published == kept,
        "the policies are not those of the package; BASELINE_BLESS=1 writes them anew"
    );
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
    // Without this IAM could not be asked beforehand, and the lock would be the first to be refused.
    let ask = serde_json::json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"
    }});
    let planner = [all["plan"].as_array().unwrap().as_slice(), &[ask]].concat();
    let planner = user(&iam, "planner", &planner).await;
    let applier = user(&iam, "applier", all["apply"].as_array().unwrap()).await;
    let apply = ["apply", "landing-zone.toml", "--auto-approve"];

    let refused = as_user(&emulator, &planner, folder.path(), &apply);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    for missing in ["user/planner may not", "cloudtrail:CreateTrail on arn:aws:cloudtrail:", "--no-preflight"]
    {
        assert!(said(&refused).contains(missing), "{missing}: {}", said(&refused));
    }
    let all_said = said(&refused);
    let told = all_said.split("baseline permissions ").nth(1).unwrap().split(';').next().unwrap();
    let told: Vec<&str> = ["permissions"].into_iter().chain(told.split(' ')).collect();
    let printed = baseline(folder.path(), &told);
    assert!(
        printed.status.success() && said(&printed).contains("cloudtrail:CreateTrail"),
        "{}",
        said(&printed)
    );
    let buckets = aws_sdk_s3::Client::new(&emulator.config()).list_buckets().send().await.unwrap();
    assert!(buckets.buckets().is_empty(), "nothing was written");

    let done = as_user(&emulator, &applier, folder.path(), &apply);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(!said(&done).contains("could not be asked"), "{}", said(&done));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_policies_are_enough_to_rotate_a_key_and_to_clear_the_lock() {
    let emulator = Emulator::start(Which::BuiltIn);
    let folder = tempfile::tempdir().unwrap();
    shipped(folder.path(), "logging.toml");
    let print = |options: &[&str]| {
        let arguments = ["permissions", "logging.toml", "--account", ACCOUNT, "--json"];
        let answer = baseline(folder.path(), &[&arguments[..], options].concat());
        let all: Json =
            serde_json::from_slice(&answer.stdout).unwrap_or_else(|_| panic!("{}", said(&answer)));
        all
    };
    let iam = aws_sdk_iam::Client::new(&emulator.config());
    iam.create_user().user_name("robot").send().await.unwrap();
    iam.create_access_key().user_name("robot").send().await.unwrap();
    let policies = print(&["--for", "rotate", "--user", "robot", "--to-secret", "robot-key"]);
    let rotator = user(&iam, "rotator", policies["rotate"].as_array().unwrap()).await;
    let rotate = ["rotate", "logging.toml", "robot", "--to-secret", "robot-key"];
    let done = as_user(&emulator, &rotator, folder.path(), &rotate);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let keys = iam.list_access_keys().user_name("robot").send().await.unwrap();
    assert_eq!(keys.access_key_metadata().len(), 2, "{}", said(&done));
    iam.create_user().user_name("other").send().await.unwrap();
    let other = as_user(
        &emulator,
        &rotator,
        folder.path(),
        &["rotate", "logging.toml", "other", "--to-secret", "robot-key"],
    );
    assert!(said(&other).contains("iam:ListAccessKeys"), "{}", said(&other));

    let applier = user(&iam, "applier", print(&["--for", "apply"])["apply"].as_array().unwrap()).await;
    let ssm = aws_sdk_ssm::Client::new(&emulator.config());
    let kept = ssm
        .put_parameter()
        .name("/baseline/lock")
        .value("{}")
        .r#type(aws_sdk_ssm::types::ParameterType::String);
    kept.send().await.unwrap();
    let cleared = as_user(&emulator, &applier, folder.path(), &["unlock", "logging.toml", "--yes"]);
    assert_eq!(cleared.status.code(), Some(0), "{}", said(&cleared));
}

/// A network whose tier has this name.
fn tier(name: &str) -> String {
    format!(
        "name = \"shop\"\nregion = 'us-east-1'\n[network]\ncidr = '10.0.0.0/16'\nzones = 2\nnat = 'none'\n\
         flow_logs = false\n[network.tier.{name}]\npublic = true\n\
         accept = [{{ from = 'internet', port = 443 }}]\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_policy_of_a_file_with_moved_tags_the_things_of_the_tier_anew() {
    let emulator = Emulator::start(Which::BuiltIn);
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("shop.toml"), text).unwrap();
    let apply = ["apply", "shop.toml", "--auto-approve"];
    write(&tier("web"));
    let first = emulator.run(folder.path(), apply);
    assert_eq!(first.code, Some(0), "{first:?}");
    let print = || {
        let answer = baseline(folder.path(), &["permissions", "shop.toml", "--account", ACCOUNT, "--json"]);
        let all: Json = serde_json::from_slice(&answer.stdout).unwrap();
        all["apply"].as_array().unwrap().clone()
    };
    // What lets one tag a thing that is there already and carries this baseline's tags.
    let tags_anew = |documents: &[Json]| -> BTreeSet<String> {
        let statements = documents.iter().flat_map(|document| document["Statement"].as_array().unwrap());
        let of_ours = |statement: &&Json| {
            let tagging = statement["Action"].to_string().contains("\"ec2:CreateTags\"");
            tagging && statement["Condition"].to_string().contains("aws:ResourceTag/baseline:name\":\"shop\"")
        };
        let arns = statements.filter(of_ours).map(|statement| statement["Resource"].to_string());
        ["network-acl", "security-group", "subnet"]
            .into_iter()
            .filter(|kind| arns.clone().any(|arns| arns.contains(kind)))
            .map(str::to_owned)
            .collect()
    };
    write(&tier("front"));
    assert_eq!(tags_anew(&print()), BTreeSet::new());
    let moved = "[[moved]]\nfrom = 'network.tier.web'\nto = 'network.tier.front'\n";
    write(&tier("front").replace("[network]", &format!("{moved}[network]")));
    assert_eq!(tags_anew(&print()).len(), 3, "{:?}", print());
    let iam = aws_sdk_iam::Client::new(&emulator.config());
    let mover = user(&iam, "mover", &print()).await;
    let done = as_user(&emulator, &mover, folder.path(), &apply);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(!said(&done).contains("created"), "{}", said(&done));
}
