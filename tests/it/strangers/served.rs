//! `baseline sandbox serve` as a program of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A built-in account that answers on a loopback port until this is dropped.
pub struct Served {
    process: Child,
    endpoint: String,
    folder: tempfile::TempDir,
}

impl Served {
    /// An account as AWS hands it over.
    pub fn empty() -> Self {
        Self::start(tempfile::tempdir().unwrap(), &["sandbox", "serve"])
    }

    /// An account to which a shipped baseline was applied by the program itself.
    pub fn with(baseline: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("{}/baselines/{baseline}", env!("CARGO_MANIFEST_DIR"));
        let arguments = ["--sandbox=account", "apply", &file, "--auto-approve", "-q"];
        let output = command(folder.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self::start(folder, &["--sandbox=account", "sandbox", "serve"])
    }

    /// An account in which people have been at work, as `sandbox seed` makes it.
    pub fn seeded(seed: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output =
            command(folder.path()).args(["--sandbox=account", "sandbox", "seed", seed]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self::start(folder, &["--sandbox=account", "sandbox", "serve"])
    }

    /// The program, run against this account.
    pub fn baseline(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = command(self.folder.path());
        command.args(arguments).env("AWS_ENDPOINT_URL", &self.endpoint);
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command.output().unwrap()
    }

    fn start(folder: tempfile::TempDir, arguments: &[&str]) -> Self {
        let mut process = command(folder.path()).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("AWS_ENDPOINT_URL=").unwrap_or_else(|| panic!("{line:?}"));
        Self { endpoint: endpoint.to_owned(), process, folder }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A folder that lasts as long as the account.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The port it listens on.
    pub fn port(&self) -> &str {
        self.endpoint.rsplit(':').next().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended_by_itself = self.process.kill();
        let _reaped_by_the_system = self.process.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baseline"));
    command.current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
    command
}
