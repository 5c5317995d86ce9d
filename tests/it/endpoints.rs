//! Whoever answers at a custom endpoint writes what a report says, so every report names it.

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::emulator::{Emulator, Which};

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
