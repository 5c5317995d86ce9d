//! Programs written in Python that the tests use, each set in a virtual environment of its own.

use std::fs::{self, File};
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the virtual environment that holds these packages, made on first use.
///
/// Test processes run side by side: one makes it, the others wait for its lock, and a marker file
/// tells a finished environment from one whose installation was interrupted.
///
/// # Errors
/// Why it cannot be had on this machine.
pub fn with(requirements: &[&str]) -> Result<PathBuf, String> {
    let name = requirements.join("-").replace(['[', ']', '='], "-");
    made(&name, &[], requirements)
}

/// The same with these packages and no others, whatever they say they need; named after the first.
///
/// # Errors
/// Why it cannot be had on this machine.
pub fn with_only(packages: &[&str]) -> Result<PathBuf, String> {
    // As long as all the names together, a file name may not be.
    let mut hash = std::hash::DefaultHasher::new();
    packages.hash(&mut hash);
    let name = format!("{}-{:016x}", packages[0].replace('=', "-"), hash.finish());
    made(&name, &["--no-deps"], packages)
}

fn made(name: &str, how: &[&str], requirements: &[&str]) -> Result<PathBuf, String> {
    let cache = cache_folder();
    let (folder, complete) = (cache.join(name), cache.join(name).join("complete"));
    fs::create_dir_all(&cache).map_err(|error| format!("{} cannot be made: {error}", cache.display()))?;
    let lock = File::create(cache.join(format!("{name}.lock")));
    let lock = lock.map_err(|error| format!("no lock file in {}: {error}", cache.display()))?;
    lock.lock().map_err(|error| format!("{} cannot lock: {error}", cache.display()))?;
    if !complete.exists() {
        let _there_may_be_none = fs::remove_dir_all(&folder);
        step(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let python = folder.join("bin/python");
        step(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(how).args(requirements))?;
        fs::write(&complete, requirements.join("\n"))
            .map_err(|error| format!("no marker in {}: {error}", folder.display()))?;
    }
    Ok(folder)
}

/// What a script of `tests/it` says of a JSON document on its standard input.
pub fn judged(environment: &Path, script: &str, document: &impl serde::Serialize) -> String {
    let mut python = Command::new(environment.join("bin/python"));
    let mut child = python
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), document).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn step(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| {
        format!("{program} does not run ({error}); it takes Python 3 with venv and pip in PATH")
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?} failed; packages are installed once, from a Python package index:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    ))
}

/// A folder that outlives the run and is never inside the clone.
fn cache_folder() -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    if let Some(folder) = variable("BASELINE_TEST_CACHE") {
        return folder;
    }
    if !target.starts_with(env!("CARGO_MANIFEST_DIR")) {
        return target.join("moto");
    }
    variable("XDG_CACHE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("baseline-tests")
}
