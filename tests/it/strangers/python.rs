//! The AWS command line and boto3, which share one botocore.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python_environment;

/// Versions that want the same botocore, whose models the tests are written against.
const REQUIREMENTS: &[&str] = &["awscli==1.46.3", "boto3==1.44.5"];

/// The folder of the virtual environment that holds them, or why there is none.
pub fn aws_programs() -> Result<PathBuf, String> {
    python_environment::with(REQUIREMENTS)
}

/// One of our scripts, in that environment, with no other variables than these programs need.
pub fn script(environment: &Path, name: &str) -> Command {
    let mut command = Command::new(environment.join("bin/python"));
    command
        .arg(format!("{}/tests/it/strangers/{name}", env!("CARGO_MANIFEST_DIR")))
        .env_clear()
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_MAX_ATTEMPTS", "1");
    command
}
