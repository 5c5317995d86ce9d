//! A person at a terminal: what is asked before anything is written, and what becomes of the answers.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::at_home::{baseline, said};
use crate::fleet::{of_one_region, seeded};

/// So that the terminal of a command does not become that of the tests (`O_NOCTTY`).
const NOT_OURS: i32 = OpenptFlags::NOCTTY.bits().cast_signed();

/// Runs a command on the account in the folder, with the lines that a person types; its exit code, and all that it said.
fn answered(folder: &Path, arguments: &[&str], answers: &[&str]) -> (Option<i32>, String) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let name = OsStr::from_bytes(name.to_bytes());
    let stdin = OpenOptions::new().read(true).write(true).custom_flags(NOT_OURS).open(name).unwrap();
    let mut typed = File::from(terminal);
    for answer in answers {
        writeln!(typed, "{answer}").unwrap();
    }
    let answer = Command::new(env!("CARGO_BIN_EXE_baseline"))
        .arg("--sandbox=world")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(stdin)
        .output()
        .unwrap();
    (answer.status.code(), said(&answer))
}

const PASSWORDS: &str = "name = 'desk'\nregion = 'us-east-1'\n[password_policy]\n";

#[test]
fn an_apply_writes_after_yes_and_after_no_other_answer() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("file.toml"), PASSWORDS).unwrap();
    for answer in ["no", "", "y", "YES", "yes please"] {
        let (code, said) = answered(folder, &["apply", "file.toml"], &[answer]);
        assert_eq!(code, Some(1), "{answer}: {said}");
        assert!(said.contains("not carried out: the answer was not yes"), "{answer}: {said}");
    }
    let drift = baseline(folder, &["--sandbox=world", "drift", "file.toml"]);
    assert_eq!(drift.status.code(), Some(2), "{}", said(&drift));
    let (code, said) = answered(folder, &["apply", "file.toml"], &["yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("Type 'yes' to continue").count(), 1, "{said}");
}

#[test]
fn before_a_wave_that_asks_a_fleet_asks_and_does_not_begin_it_without_a_yes() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    let fleet = "name = 'acme'\nbaseline = 'member.toml'\ncontinue = 'ask'\n\
                 [access]\nrole = 'OrganizationAccountAccessRole'\n\
                 [[wave]]\nname = 'canary'\naccounts = ['workload-2']\n";
    std::fs::write(folder.join("fleet.toml"), fleet).unwrap();
    std::fs::write(folder.join("member.toml"), PASSWORDS).unwrap();
    let apply = ["fleet", "apply", "fleet.toml", "--accounts", "accounts.json"];
    let of_three =
        [&apply[..], &["--only", "workload-2", "--only", "workload-3", "--only", "workload-4"]].concat();
    let wave = "Go on with wave rest, 2 accounts?";

    let (code, said) = answered(folder, &of_three, &["yes", "no"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(wave), "{said}");
    assert!(said.contains("somebody was asked, and did not go on with wave rest"), "{said}");
    assert!(said.contains("1 changed, 0 depart, 2 not begun"), "{said}");

    let (code, said) = answered(folder, &of_three, &["yes", "yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(wave) && said.contains("2 changed, 0 depart"), "{said}");

    // Whoever is not there to answer has said so before.
    let nobody = baseline(folder, &[&["--sandbox=world"], &of_three[..]].concat());
    assert_eq!(nobody.status.code(), Some(1));
    assert!(crate::at_home::said(&nobody).contains("there is no terminal to ask on"));
    let (code, said) = answered(folder, &[&of_three[..], &["--auto-approve"]].concat(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(wave), "{said}");
}
