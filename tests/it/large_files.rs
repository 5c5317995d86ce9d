//! No file is read beyond what it may have, be it a file, a pipe or without an end.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::at_home::said;

const MIB: usize = 1 << 20;

/// Runs `baseline` in that folder with this at stdin.
fn piped(folder: &Path, arguments: &[&str], text: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_baseline"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // Whoever stops reading closes the pipe.
        scope.spawn(move || drop(stdin.write_all(text)));
        child.wait_with_output().unwrap()
    })
}

/// A fleet, a baseline and a policy, so that only one file is wrong.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("file.toml", "name = 'small'\nregion = 'us-east-1'\n[password_policy]\n");
    write("fleet.toml", "name = 'fleet'\nbaseline = 'file.toml'\n[access]\nrole = 'Admin'\n");
    write("accounts.json", r#"{"Accounts":[{"Id":"123456789012","Name":"a","State":"ACTIVE"}]}"#);
    write(
        "policy.json",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#,
    );
    folder
}

/// Commands that read a file, with what is said of one that is too large; `@` stands for the file.
const READERS: [(&[&str], &str); 13] = [
    (&["validate", "@"], "larger than 256 KiB"),
    (&["validate", "--json", "@"], "larger than 256 KiB"),
    (&["permissions", "@", "--account", "123456789012"], "larger than 256 KiB"),
    (&["network", "@"], "larger than 256 KiB"),
    (&["reach", "internet", "web", "@"], "larger than 256 KiB"),
    (&["--sandbox=account", "plan", "@"], "larger than 256 KiB"),
    (&["--sandbox=account", "apply", "@", "--auto-approve"], "larger than 256 KiB"),
    (&["--sandbox=account", "block", "--list", "@"], "larger than 256 KiB"),
    (&["fleet", "validate", "@", "--accounts", "accounts.json"], "larger than 256 KiB"),
    (&["fleet", "accounts", "@", "--accounts", "accounts.json"], "larger than 256 KiB"),
    (&["fleet", "accounts", "fleet.toml", "--accounts", "@"], "larger than 16 MiB"),
    (&["--sandbox=account", "block", "--from", "@", "--reason", "x", "file.toml"], "larger than 1 MiB"),
    (&["policy", "compare", "policy.json", "@"], "larger than 256 KiB"),
];

fn with<'a>(arguments: &[&'a str], file: &'a str) -> Vec<&'a str> {
    arguments.iter().map(|argument| if *argument == "@" { file } else { argument }).collect()
}

#[test]
fn a_file_that_is_too_large_is_told_so_by_every_command_that_reads_one() {
    let folder = folder();
    fs::write(folder.path().join("large"), "=\n".repeat(9 * MIB)).unwrap();
    for (arguments, told) in READERS {
        let at_stdin = [("/dev/stdin", "=\n".repeat(9 * MIB)), ("large", String::new())];
        let endless = [("/dev/zero", String::new())];
        for (file, text) in at_stdin.into_iter().chain(endless) {
            let answer = piped(folder.path(), &with(arguments, file), text.as_bytes());
            assert_eq!(answer.status.code(), Some(1), "{arguments:?} {file}: {}", said(&answer));
            assert!(said(&answer).contains(told), "{arguments:?} {file}: {}", said(&answer));
        }
    }
}

/// What a saved plan says the file is, is held to the same.
#[test]
fn a_saved_plan_may_be_larger_and_its_file_may_not() {
    let folder = folder();
    let run = |arguments: &[&str]| piped(folder.path(), arguments, b"");
    let saved = run(&["--sandbox=account", "plan", "file.toml", "--out", "small.plan"]);
    assert_eq!(saved.status.code(), Some(0), "{}", said(&saved));
    let plan = fs::read_to_string(folder.path().join("small.plan")).unwrap();
    let mut plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let text = plan["text"].as_str().unwrap().to_owned();
    let mut tries = |name: &str, text: String| {
        plan["text"] = text.into();
        // Blanks count, and mean nothing.
        fs::write(folder.path().join(name), plan.to_string() + &" ".repeat(MIB)).unwrap();
        run(&["--sandbox=account", "apply", name, "--auto-approve"])
    };
    let refused = tries("bomb.plan", "=\n".repeat(MIB));
    assert!(said(&refused).contains("error[too-large]"), "{}", said(&refused));
    let done = tries("whole.plan", text);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
}
