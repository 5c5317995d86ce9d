//! Whoever answers at a custom endpoint writes what a report says, so every report names it.

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::desk::{Desk, TWO_TIERS};
use crate::emulator::{Emulator, Which};
use crate::every_command::{every_command, is_of};

const FORMATS: [&str; 8] = ["text", "json", "markdown", "junit", "sarif", "csv", "html", "ocsf"];

/// One thing that departs, so that every format has something to say.
const SOMETHING: &str = "name = 'small'\nregion = 'us-east-1'\n[bucket.logs]\naccess_log = false\n";

fn run(emulator: &Emulator, folder: &std::path::Path, arguments: &[&str], also: &[(&str, &str)]) -> Output {
    let mut environment = emulator.environment();
    environment.retain(|(name, _)| also.iter().all(|(other, _)| other != name));
    Command::new(env!("CARGO_BIN_EXE_baseline"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment)
        .envs(also.iter().filter(|(_, value)| !value.is_empty()).copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Variables of the environment, and what is told of them.
type Setting = (Vec<(&'static str, String)>, Vec<String>);

/// The places that a setting can stand, and what each report has to name for it.
fn settings(emulator: &Emulator) -> Vec<Setting> {
    let (usual, other) = (emulator.endpoint(), emulator.endpoint().replace("127.0.0.1", "localhost"));
    let own = format!(
        "[default]\nendpoint_url = {usual}\nservices = here\n[services here]\ns3 =\n  endpoint_url = {other}\n"
    );
    vec![
        (vec![], vec![format!("every service at {usual}")]),
        (
            vec![("AWS_ENDPOINT_URL_S3", other.clone())],
            vec![format!("S3 at {other}"), format!("EC2 at {usual}"), format!("STS at {usual}")],
        ),
        (
            vec![("AWS_ENDPOINT_URL", String::new()), ("AWS_CONFIG_FILE", own)],
            vec![format!("S3 at {other}"), format!("IAM at {usual}"), format!("Secrets Manager at {usual}")],
        ),
    ]
}

#[test]
fn every_report_of_every_command_names_the_endpoints_that_are_not_those_of_aws() {
    let (emulator, folder) = (Emulator::start(Which::BuiltIn), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("small.toml"), SOMETHING).unwrap();
    for (mut setting, named) in settings(&emulator) {
        for (name, value) in &mut setting {
            if *name == "AWS_CONFIG_FILE" {
                let path = folder.path().join("config");
                fs::write(&path, &*value).unwrap();
                path.to_str().unwrap().clone_into(value);
            }
        }
        let setting: Vec<(&str, &str)> =
            setting.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for command in ["plan", "drift"] {
            let mut arguments = vec![command, "small.toml"];
            let reports: Vec<String> =
                FORMATS.iter().map(|format| format!("{format}=report.{format}")).collect();
            reports.iter().for_each(|report| arguments.extend(["--report", report]));
            let answer = run(&emulator, folder.path(), &arguments, &setting);
            let heading = String::from_utf8(answer.stdout).unwrap();
            let warning = String::from_utf8(answer.stderr).unwrap();
            for part in &named {
                assert!(heading.contains(part), "the heading of {command} does not say {part}: {heading}");
                assert!(warning.contains(part), "{warning}");
            }
            for format in FORMATS {
                let report = fs::read_to_string(folder.path().join(format!("report.{format}"))).unwrap();
                for part in &named {
                    // Programs are given the two apart.
                    let (service, url) = part.split_once(" at ").unwrap();
                    let apart = format!("\"service\": \"{service}\",");
                    assert!(
                        report.contains(part)
                            || report.contains(&apart) && report.contains(&format!("\"url\": \"{url}\"")),
                        "{format} of {command} does not say {part}: {report}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_report_of_nothing_names_them_too() {
    let (emulator, folder) = (Emulator::start(Which::BuiltIn), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("none.toml"), "name = 'none'\nregion = 'us-east-1'\n").unwrap();
    for format in FORMATS {
        let answer = run(&emulator, folder.path(), &["drift", "none.toml", "--format", format], &[]);
        let report = String::from_utf8(answer.stdout).unwrap();
        // A table without rows and a list without events have no place for it.
        let is_rows = ["csv", "ocsf"].contains(&format);
        assert!(report.contains(&emulator.endpoint()) || is_rows, "{format}: {report}");
    }
}

#[test]
fn what_aws_answers_itself_is_not_called_custom() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), SOMETHING).unwrap();
    let drift = crate::at_home::baseline(folder.path(), &["--sandbox=account", "drift", "small.toml"]);
    assert!(!crate::at_home::said(&drift).contains("custom endpoint"), "{}", crate::at_home::said(&drift));
}

#[test]
fn the_profile_through_which_root_is_reached_is_held_to_the_same() {
    let (emulator, folder) = (Emulator::start(Which::BuiltIn), tempfile::tempdir().unwrap());
    let file = format!("{SOMETHING}[root]\nassume_root_profile = 'org'\n");
    fs::write(folder.path().join("small.toml"), file).unwrap();
    let (usual, other) = (emulator.endpoint(), emulator.endpoint().replace("127.0.0.1", "localhost"));
    let plan = |of_org: &str| {
        let config = folder.path().join("config");
        let text = format!("[default]\nendpoint_url = {usual}\n[profile org]\nendpoint_url = {of_org}\n");
        fs::write(&config, text).unwrap();
        let setting = [("AWS_ENDPOINT_URL", ""), ("AWS_CONFIG_FILE", config.to_str().unwrap())];
        run(&emulator, folder.path(), &["plan", "small.toml"], &setting)
    };
    let refused = plan("http://proxy.example");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("http://proxy.example, and plain http"),
        "{refused:?}"
    );
    let named = plan(&other);
    let part = format!("every service of profile org at {other}");
    for stream in [&named.stdout, &named.stderr] {
        assert!(String::from_utf8_lossy(stream).contains(&part), "{named:?}");
    }
}

const FLEET: &str = "name = 'fleet'\nbaseline = 'file.toml'\n[access]\nrole = 'Admin'\n";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
const ACCOUNTS: &str = r#"{"Accounts":[{"Id":"123456789012","Name":"own","State":"ACTIVE"}]}"#;

const HEAD: &str = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n\
                    [network]\ncidr = '10.20.0.0/16'\nzones = 2\nflow_logs = false\n";

fn desk() -> Desk {
    let desk = Desk::applied(HEAD, TWO_TIERS);
    for (name, text) in [("fleet.toml", FLEET), ("accounts.json", ACCOUNTS), ("policy.json", POLICY)] {
        fs::write(desk.folder.path().join(name), text).unwrap();
    }
    desk
}

/// Where a command names the endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// On stderr, and in the report.
    InTheReport,
    /// On stderr alone: it says what it did, and reports nothing of the account.
    OnStderr,
}

/// How each command that opens an account is run, each kind of answer once.
const OPEN: [(Named, &[&str]); 30] = [
    (Named::InTheReport, &["plan", "file.toml"]),
    (Named::InTheReport, &["drift", "file.toml"]),
    (Named::InTheReport, &["apply", "file.toml", "--auto-approve"]),
    (Named::InTheReport, &["apply", "file.toml", "--auto-approve", "--json"]),
    (Named::OnStderr, &["fleet", "accounts", "fleet.toml"]),
    (Named::InTheReport, &["fleet", "plan", "fleet.toml", "--accounts", "accounts.json"]),
    (Named::InTheReport, &["fleet", "plan", "fleet.toml", "--accounts", "accounts.json", "--json"]),
    (Named::InTheReport, &["fleet", "drift", "fleet.toml", "--accounts", "accounts.json"]),
    (Named::InTheReport, &["fleet", "drift", "fleet.toml", "--accounts", "accounts.json", "--json"]),
    (Named::InTheReport, &["fleet", "apply", "fleet.toml", "--accounts", "accounts.json", "--auto-approve"]),
    (
        Named::InTheReport,
        &["fleet", "apply", "fleet.toml", "--accounts", "accounts.json", "--auto-approve", "--json"],
    ),
    (Named::InTheReport, &["network", "file.toml", "--live"]),
    (Named::InTheReport, &["network", "file.toml", "--live", "--format", "json"]),
    (Named::InTheReport, &["network", "file.toml", "--live", "--format", "mermaid"]),
    (Named::InTheReport, &["network", "file.toml", "--live", "--format", "dot"]),
    (Named::InTheReport, &["network", "file.toml", "--live", "--format", "html"]),
    (Named::InTheReport, &["network", "file.toml", "--diff"]),
    (Named::InTheReport, &["network", "file.toml", "--diff", "--format", "json"]),
    (Named::InTheReport, &["reach", "internet", "web", "443", "file.toml", "--live"]),
    (Named::InTheReport, &["block", "198.51.100.7", "--reason", "x", "file.toml", "--dry-run"]),
    (Named::InTheReport, &["block", "198.51.100.7", "--reason", "x", "file.toml"]),
    (Named::InTheReport, &["block", "--list", "file.toml"]),
    (Named::InTheReport, &["block", "--list", "--json", "file.toml"]),
    (Named::OnStderr, &["unblock", "198.51.100.7", "file.toml"]),
    (
        Named::InTheReport,
        &["admit", "203.0.113.7", "--port", "22", "--to", "web", "--reason", "x", "file.toml"],
    ),
    (Named::InTheReport, &["admit", "--list", "file.toml"]),
    (Named::InTheReport, &["admit", "--list", "--json", "file.toml"]),
    (Named::OnStderr, &["admit", "--expire", "file.toml"]),
    (Named::OnStderr, &["rotate", "file.toml", "robot", "--to-secret", "robot"]),
    (Named::OnStderr, &["unlock", "file.toml"]),
];

/// How each command that opens none is run.
const OPEN_NONE: [&[&str]; 20] = [
    &["init", "new.toml"],
    &["validate", "file.toml"],
    &["permissions", "file.toml", "--account", "123456789012"],
    &["explain", "root-mfa"],
    &["network", "file.toml"],
    &["reach", "internet", "web", "443", "file.toml"],
    &["policy", "compare", "policy.json", "policy.json"],
    &["fleet", "validate", "fleet.toml", "--accounts", "accounts.json"],
    &["fleet", "accounts", "fleet.toml", "--accounts", "accounts.json"],
    &["fleet", "show", "123456789012", "fleet.toml", "--accounts", "accounts.json"],
    &[
        "fleet",
        "permissions",
        "fleet.toml",
        "--caller",
        "arn:aws:iam::111122223333:role/fleet",
        "--account",
        "123456789012",
    ],
    &["fleet", "items", "accounts.json", "--shards", "2"],
    // Of a folder; of a bucket it is as of any account.
    &["fleet", "merge", "results"],
    &["completions", "bash"],
    &["packaging", "share"],
    &["schema"],
    &["sandbox", "seed", "fleet", "--sandbox=world"],
    &["sandbox", "reset", "--sandbox=world"],
    // It is what others reach; it reaches nothing.
    &["sandbox", "serve", "--help"],
    &["help"],
];

#[test]
fn every_command_that_opens_an_account_names_the_endpoints_and_no_other_reads_them() {
    let desk = desk();
    let folder = desk.folder.path();
    let part = format!("every service at {}", desk.emulator.endpoint());
    let as_json = format!("\"url\": \"{}\"", desk.emulator.endpoint());
    for (named, arguments) in OPEN {
        let answer = run(&desk.emulator, folder, arguments, &[]);
        let (report, warning) =
            (String::from_utf8(answer.stdout).unwrap(), String::from_utf8(answer.stderr).unwrap());
        let warned = warning.lines().filter(|line| line.starts_with("warning: ") && line.contains(&part));
        assert_eq!(warned.count(), 1, "{arguments:?}: {warning}");
        if named == Named::InTheReport {
            assert!(report.contains(&part) || report.contains(&as_json), "{arguments:?}: {report}{warning}");
        }
    }
    let elsewhere = [("AWS_ENDPOINT_URL", "http://proxy.example")];
    for (_, arguments) in OPEN {
        let refused = run(&desk.emulator, folder, arguments, &elsewhere);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {refused:?}");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("plain http leaves this machine"), "{arguments:?}: {said}");
    }
    for arguments in OPEN_NONE {
        let answer = run(&desk.emulator, folder, arguments, &elsewhere);
        let said = format!("{answer:?}");
        assert!(!said.contains("proxy.example") && answer.status.code() != Some(2), "{arguments:?}: {said}");
    }
    let all = OPEN.iter().map(|(_, arguments)| *arguments).chain(OPEN_NONE);
    let left: Vec<String> = every_command()
        .into_iter()
        .filter(|command| !all.clone().any(|arguments| is_of(arguments, command)))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "commands that nobody tried");
}

#[test]
fn a_fleet_names_the_endpoints_of_each_profile_once_and_asks_for_no_role_through_a_lone_one() {
    let desk = desk();
    let (usual, other) =
        (desk.emulator.endpoint(), desk.emulator.endpoint().replace("127.0.0.1", "localhost"));
    let folder = desk.folder.path();
    let fleet = "name = 'fleet'\nbaseline = 'file.toml'\n[account.one]\nid = '123456789012'\nprofile = 'one'\n\
                 [account.two]\nid = '111122223333'\nprofile = 'two'\n[account.three]\nid = '444455556666'\n\
                 profile = 'one'\n";
    fs::write(folder.join("profiles.toml"), fleet).unwrap();
    let config = folder.join("config");
    let text = format!(
        "[default]\nendpoint_url = {usual}\n[profile one]\nendpoint_url = {other}\n\
         [profile two]\nendpoint_url = {usual}\n"
    );
    fs::write(&config, text).unwrap();
    let setting = [("AWS_ENDPOINT_URL", ""), ("AWS_CONFIG_FILE", config.to_str().unwrap())];
    for also in [&[][..], &["--json"]] {
        let arguments = [&["fleet", "drift", "profiles.toml"], also].concat();
        let answer = run(&desk.emulator, folder, &arguments, &setting);
        let warning = String::from_utf8(answer.stderr).unwrap();
        let report = String::from_utf8(answer.stdout).unwrap();
        for (service, url) in [("every service", &usual), ("every service of profile one", &other)] {
            let part = format!("{service} at {url}");
            assert_eq!(warning.matches(&part).count(), 1, "{warning}");
            let apart = format!("\"service\": \"{service}\",\n      \"url\": \"{url}\"");
            assert_eq!(report.matches(&part).count() + report.matches(&apart).count(), 1, "{part}: {report}");
        }
        assert!(!report.contains("profile two at"), "{report}");
    }

    // Whoever answers for STS alone would give out the sessions with which AWS is changed.
    let lone = [("AWS_ENDPOINT_URL", ""), ("AWS_ENDPOINT_URL_STS", usual.as_str())];
    let arguments = ["fleet", "apply", "fleet.toml", "--accounts", "accounts.json", "--auto-approve"];
    let refused = run(&desk.emulator, folder, &arguments, &lone);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("STS is set to") && said.contains("error: the endpoints that are set"), "{said}");
    assert!(refused.stdout.is_empty(), "no account was tried: {refused:?}");
}
