//! Credentials are in no output, whatever goes wrong.

use std::path::Path;
use std::process::Command;

use super::page;
use super::served::Served;

const SECRET: &str = "CanarySecret0000000000000000000000000000";
const TOKEN: &str = "CanaryToken111111111111111111111111111111";

/// Everything a command said, and every file it left in its folder.
fn traces(command: &mut Command, folder: &Path) -> Vec<(String, String)> {
    let output = command.output().expect("the program runs");
    let mut found = vec![
        ("stdout".to_owned(), String::from_utf8_lossy(&output.stdout).into_owned()),
        ("stderr".to_owned(), String::from_utf8_lossy(&output.stderr).into_owned()),
    ];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("config") {
                let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into_owned();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found
}

#[test]
fn no_output_and_no_file_holds_a_secret() {
    let served = Served::new(|_| {});
    let role = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}"#;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let iam = aws_sdk_iam::Client::new(&super::start::config(&served.sandbox));
        let made = iam.create_role().role_name("deployer").assume_role_policy_document(role).send().await;
        made.expect("a role");
    });
    let commands: [&[&str]; 7] = [
        &["plan", "landing-zone.toml", "--trace-calls", "--json", "--out", "saved.plan"],
        &["apply", "landing-zone.toml", "--auto-approve", "--trace-calls"],
        &["apply", "saved.plan", "--auto-approve", "--trace-calls"],
        &["drift", "landing-zone.toml", "--trace-calls"],
        &["drift", "landing-zone.toml", "--trace-calls", "--json"],
        &["plan", "missing.toml"],
        &["plan", "landing-zone.toml", "--profile", "nobody"],
    ];
    let mut searched = 0;
    for through_a_role in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("config");
        let source = format!(
            "[profile canary]\naws_access_key_id = AKIACANARY123456789012\naws_secret_access_key = {SECRET}\n"
        );
        let assumed = "[profile deployer]\nrole_arn = arn:aws:iam::123456789012:role/deployer\nsource_profile = canary\nregion = us-east-1\n";
        std::fs::write(&config, format!("{source}{assumed}")).expect("a file");
        for arguments in commands {
            let mut command = served.command(folder.path(), arguments);
            command.env("AWS_CONFIG_FILE", &config).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
            if through_a_role {
                command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
                command.env("AWS_PROFILE", "deployer");
            } else {
                command.env("AWS_SECRET_ACCESS_KEY", SECRET).env("AWS_SESSION_TOKEN", TOKEN);
            }
            let issued = |text: &str| {
                served
                    .sandbox
                    .with_world(|world| world.sessions.values().any(|session| text.contains(&session.token)))
            };
            for (place, text) in traces(&mut command, folder.path()) {
                searched += 1;
                assert!(
                    !text.contains(SECRET) && !text.contains(TOKEN),
                    "{arguments:?}: {place} holds a canary"
                );
                assert!(!issued(&text), "{arguments:?}: {place} holds a session's token");
            }
        }
    }
    let sessions = served.sandbox.with_world(|world| world.sessions.len());
    assert!(sessions > 0, "no role was ever assumed");
    assert!(searched > 28, "nothing was searched");
    page::counted(
        "secrets",
        &format!(
            "{} commands with a key and a token of the environment and with an assumed role, all outputs and files searched: no secret",
            2 * commands.len()
        ),
    );
}
