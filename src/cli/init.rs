//! `baseline init`: writes a commented starter file.

use std::io::ErrorKind;
use std::path::PathBuf;

use clap::ValueHint;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::whole_file;
use crate::language::starter;
use crate::report::Shown;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline init                     writes baseline.toml
  baseline init landing-zone.toml";

/// Write a commented starter file
///
/// Every section is there with its defaults explained. A file that exists is never overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Write to this file
    #[arg(value_name = "FILE", default_value = "baseline.toml", value_hint = ValueHint::FilePath)]
    path: PathBuf,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let path = args.path.display();
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::with_hint(format!("{path} exists already"), "name another file, or move this one away")
        }
        _ => Failure::new(format!("cannot write {path}: {error}")),
    };
    whole_file::create(&args.path, starter()).map_err(failed)?;
    let path = Shown::line(&path.to_string());
    output.note(&shown!("{} is written; edit it, then run: baseline validate {}", path, path));
    Ok(Exit::Success)
}
