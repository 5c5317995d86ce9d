//! Credentials are in no output, whatever goes wrong.

use std::path::Path;
use std::process::Command;

use baseline::aws::is_read;
use baseline::sandbox::named;
use bytes::Bytes;

use super::page;
use super::refusal::{Refusal, refusal_saying};
use super::served::Served;

const KEY: &str = "AKIACANARY123456789012";
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

/// The ways to the account: with a key and a token of the environment, or through a role.
const WAYS: [bool; 2] = [false, true];

/// An account with a role to work through, and a folder with the configuration that leads there.
fn at_home() -> (Served, tempfile::TempDir) {
    let served = Served::new(|_| {});
    let role = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}"#;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let iam = aws_sdk_iam::Client::new(&super::start::config(&served.sandbox));
        let made = iam.create_role().role_name("deployer").assume_role_policy_document(role).send().await;
        made.expect("a role");
        let all = "arn:aws:iam::aws:policy/AdministratorAccess";
        iam.attach_role_policy().role_name("deployer").policy_arn(all).send().await.expect("its rights");
    });
    let folder = tempfile::tempdir().expect("a folder");
    let source = format!("[profile canary]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n");
    let assumed = "[profile deployer]\nrole_arn = arn:aws:iam::123456789012:role/deployer\nsource_profile = canary\nregion = us-east-1\n";
    std::fs::write(folder.path().join("config"), format!("{source}{assumed}")).expect("a file");
    (served, folder)
}

/// Runs the program with canaries for credentials, and searches everything it said and wrote.
fn searched(
    served: &Served,
    folder: &Path,
    through_a_role: bool,
    arguments: &[&str],
) -> Vec<(String, String)> {
    let mut command = served.command(folder, arguments);
    command.env("AWS_CONFIG_FILE", folder.join("config"));
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    if through_a_role {
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        command.env("AWS_PROFILE", "deployer");
    } else {
        command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET);
        command.env("AWS_SESSION_TOKEN", TOKEN);
    }
    let found = traces(&mut command, folder);
    let tokens: Vec<String> = served
        .sandbox
        .with_world(|world| world.sessions.values().map(|session| session.token.clone()).collect());
    for (place, text) in &found {
        for canary in [SECRET, TOKEN] {
            assert!(!text.contains(canary), "{arguments:?}: {place} holds a canary: {text}");
        }
        assert!(!tokens.iter().any(|token| text.contains(token)), "{arguments:?}: {place} holds a token");
    }
    found
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn no_output_and_no_file_holds_a_secret() {
    let commands: [&[&str]; 7] = [
        &["plan", "landing-zone.toml", "--trace-calls", "--json", "--out", "saved.plan"],
        &["apply", "landing-zone.toml", "--auto-approve", "--trace-calls"],
        &["apply", "saved.plan", "--auto-approve", "--trace-calls"],
        &["drift", "landing-zone.toml", "--trace-calls"],
        &["drift", "landing-zone.toml", "--trace-calls", "--json"],
        &["plan", "missing.toml"],
        &["plan", "landing-zone.toml", "--profile", "nobody"],
    ];
    let mut places = 0;
    for through_a_role in WAYS {
        let (served, folder) = at_home();
        for arguments in commands {
            places += searched(&served, folder.path(), through_a_role, arguments).len();
        }
        let sessions = served.sandbox.with_world(|world| world.sessions.len());
        assert_eq!(sessions > 0, through_a_role, "{sessions} sessions");
    }
    assert!(places > 28, "nothing was searched");
    page::counted(
        "secrets",
        &format!(
            "{} commands with a key and a token of the environment and with an assumed role, all outputs and files searched: no secret",
            WAYS.len() * commands.len()
        ),
    );
}

/// A refusal that repeats all that is known of the caller, as a canonical string and a message would.
fn repeating(request: &http::Request<Bytes>, through_a_role: bool) -> http::Response<Bytes> {
    // The token of the environment is not this caller's where a role is assumed with a key alone.
    let own = if through_a_role { "none" } else { TOKEN };
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("none");
    let (signature, token) = (header("authorization"), header("x-amz-security-token"));
    let message = format!(
        "The signature does not match: key {KEY}, secret {SECRET}, token {own}; the request had {signature} and \
         {token}, as in X-Amz-Security-Token={}",
        percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC)
    );
    refusal_saying(request, Refusal::Denied, &message)
}

/// Whether an operation is refused.
type Refused = fn(&str) -> bool;

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_refusal_that_repeats_the_credentials_does_not_bring_them_out() {
    let refused: [(&str, Refused); 4] = [
        ("who is calling", |operation| ["GetCallerIdentity", "AssumeRole"].contains(&operation)),
        ("reads", |operation| {
            is_read(operation) && operation != "GetCallerIdentity" && !operation.contains("Parameter")
        }),
        ("the lock", |operation| operation == "PutParameter"),
        ("writes", |operation| {
            !is_read(operation) && !["AssumeRole", "PutParameter", "DeleteParameter"].contains(&operation)
        }),
    ];
    let commands: [&[&str]; 5] = [
        &["plan", "landing-zone.toml", "--trace-calls", "--json", "--out", "saved.plan"],
        &["apply", "landing-zone.toml", "--auto-approve", "--trace-calls", "--no-preflight"],
        &["apply", "landing-zone.toml", "--auto-approve", "--trace-calls"],
        &["drift", "landing-zone.toml", "--report", "html=drift.html", "--report", "csv=drift.csv"],
        &["drift", "landing-zone.toml", "--json"],
    ];
    let mut runs = 0;
    for through_a_role in WAYS {
        for (what, is_refused) in refused {
            let (served, folder) = at_home();
            served.answer(move |request| {
                let (_, operation) = named(request)?;
                is_refused(operation.name).then(|| repeating(request, through_a_role))
            });
            let mut masked = 0;
            for arguments in commands {
                let found = searched(&served, folder.path(), through_a_role, arguments);
                masked += found.iter().filter(|(_, text)| text.contains("(a credential)")).count();
                for (place, text) in &found {
                    assert!(
                        !text.contains(KEY),
                        "{what} refused, {arguments:?}: {place} holds the key's id: {text}"
                    );
                }
                runs += 1;
            }
            assert!(masked > 0, "{what} refused: nobody ever told what AWS said");
        }
    }
    page::counted(
        "secrets-repeated",
        &format!(
            "{runs} commands, each with a kind of call refused by a message that repeats the caller's key id, secret and session token: none comes out"
        ),
    );
}
