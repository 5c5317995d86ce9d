//! `baseline schema`: JSON Schemas for editors and programs.

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use crate::report::Shown;
use crate::{baseline, report};

const EXAMPLES: &str = "\
Examples:
  baseline schema > baseline.schema.json
  baseline schema --fleet > fleet.schema.json
  baseline schema --report > report.schema.json";

/// Print the JSON Schema of the language, with which editors complete and check a file
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Print the schema of the JSON report instead
    #[arg(long, conflicts_with = "fleet")]
    report: bool,

    /// Print the schema of a fleet file instead
    #[arg(long)]
    fleet: bool,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let schema = match (args.report, args.fleet) {
        (true, _) => report::json::schema(),
        (_, true) => baseline::fleet_schema(),
        _ => baseline::schema(),
    };
    output.out(&Shown::json(&schema).map_err(Failure::bug)?);
    Ok(Exit::Success)
}
