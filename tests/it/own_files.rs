//! What the program leaves behind tells about an account, and is its owner's alone.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::at_home::{baseline, said};

/// Everything below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { [vec![path.clone()], below(&path)].concat() } else { vec![path] })
        .collect()
}

#[test]
fn every_file_and_folder_that_is_made_is_its_owners() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let answer = baseline(folder.path(), arguments);
        assert_eq!(answer.status.code(), Some(0), "{arguments:?}: {}", said(&answer));
    };
    // A file that a person goes on to edit has the rights of their files.
    run(&["init", "file.toml"]);
    fs::write(
        folder.path().join("file.toml"),
        "name = 'small'\nregion = 'us-east-1'\n[password_policy]\n[bucket.logs]\naccess_log = false\n",
    )
    .unwrap();
    run(&["--sandbox", "plan", "file.toml", "--out", "next.plan", "--report", "html=report.html"]);
    run(&["--sandbox", "apply", "next.plan", "--auto-approve", "--report", "json=applied.json"]);
    run(&["--sandbox=world", "sandbox", "seed", "neglected"]);
    run(&["permissions", "file.toml", "--account", "123456789012", "--out", "policies/small"]);
    let made = below(folder.path());
    let is_made = |name: &str| made.iter().any(|path| path.ends_with(name));
    for name in ["next.plan", "report.html", "applied.json", "small/plan-1.json", "baseline/journal", "world"]
    {
        assert!(is_made(name), "{name}: {made:?}");
    }
    for path in made.iter().filter(|path| !path.ends_with("file.toml")) {
        let there = fs::metadata(path).unwrap();
        // What is there only to be locked is empty, and tells nothing.
        if there.is_file() && there.len() == 0 {
            continue;
        }
        let mode = there.permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}: {mode:o}", path.display());
    }
}
