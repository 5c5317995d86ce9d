//! Terraform and its AWS provider: a landing zone written for them, applied, planned again and taken away.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use super::served::Served;
use super::{skipped, terraform_plugins};

const LANDING_ZONE: &str = include_str!("landing-zone.tf");
const TEST: &str = "Terraform applies a landing zone";

/// A folder with the configuration in it, and how Terraform is run there.
struct Terraform {
    folder: tempfile::TempDir,
    server: Served,
}

impl Terraform {
    fn new(server: Served) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.tf"), LANDING_ZONE).unwrap();
        // An empty file keeps Terraform from reading the one in the home folder.
        fs::write(folder.path().join("terraform.rc"), "").unwrap();
        Self { folder, server }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let environment = BTreeMap::from([
            ("TF_CLI_CONFIG_FILE", self.folder.path().join("terraform.rc").into_os_string()),
            ("TF_IN_AUTOMATION", "1".into()),
            ("TF_VAR_endpoint", format!("http://localhost:{}", self.server.port()).into()),
            ("CHECKPOINT_DISABLE", "1".into()),
            ("HOME", self.folder.path().into()),
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            // S3 Control puts the account in the host name, and Go's resolver knows no 123456789012.localhost.
            // As a proxy the account gets those requests whatever their host; `localhost` itself is never proxied.
            ("HTTP_PROXY", self.server.endpoint().into()),
        ]);
        Command::new("terraform")
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(environment)
            .output()
            .unwrap()
    }

    /// Runs a command that must end with the given exit code; answers what it said.
    fn expect(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(code), "terraform {arguments:?}: {said}");
        said
    }
}

#[test]
#[ignore = "in the interop lane: docs/test-lanes.md"]
fn terraform_applies_a_landing_zone_finds_nothing_to_change_and_takes_it_away() {
    let plugins = match (Command::new("terraform").arg("version").output(), terraform_plugins::folder()) {
        (Ok(_), Ok(plugins)) => plugins,
        (Err(error), _) => return skipped(TEST, &format!("no terraform in PATH ({error})")),
        (_, Err(why)) => return skipped(TEST, &why),
    };
    let terraform = Terraform::new(Served::empty());
    terraform.expect(0, &["init", "-no-color", "-input=false", "-plugin-dir", plugins.to_str().unwrap()]);
    // The provider itself waits a minute for a load balancer and for each lifecycle.
    let applied = terraform.expect(0, &["apply", "-no-color", "-input=false", "-auto-approve"]);
    assert!(applied.contains("Apply complete! Resources: 50 added, 0 changed, 0 destroyed."), "{applied}");
    // 2 would be: there is something to change.
    terraform.expect(0, &["plan", "-no-color", "-input=false", "-detailed-exitcode"]);
    let destroyed = terraform.expect(0, &["destroy", "-no-color", "-input=false", "-auto-approve"]);
    assert!(destroyed.contains("Destroy complete! Resources: 50 destroyed."), "{destroyed}");
}
