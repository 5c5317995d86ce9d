//! The program as a person runs it in a folder of their own: no credentials, no environment.

use std::path::Path;
use std::process::{Command, Output};

/// Runs `baseline` in that folder, which is its home too.
pub fn baseline(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_baseline"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .output()
        .unwrap()
}

/// All that a command printed.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Puts one of the files in `baselines/` there.
pub fn shipped(folder: &Path, name: &str) {
    let from = format!("{}/baselines/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(from, folder.join(name)).unwrap();
}
