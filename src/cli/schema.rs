//! `baseline schema`: JSON Schemas for editors and programs.

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use crate::report::Shown;
use crate::{language, report};

const EXAMPLES: &str = "\
Examples:
  baseline schema > baseline.schema.json
  baseline schema --fleet > fleet.schema.json
  baseline schema --report > report.schema.json
  baseline schema --fleet-result > fleet-result.schema.json";

/// Print the JSON Schema of the language, with which editors complete and check a file
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Print the schema of the JSON report instead
    #[arg(long, conflicts_with_all = ["fleet", "fleet_result"])]
    report: bool,

    /// Print the schema of a fleet file instead
    #[arg(long, conflicts_with = "fleet_result")]
    fleet: bool,

    /// Print the schema of an account's result in a fleet instead, which --results keeps
    #[arg(long)]
    fleet_result: bool,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let schema = match (args.report, args.fleet, args.fleet_result) {
        (true, ..) => report::json::schema(),
        (_, true, _) => language::fleet_schema(),
        (_, _, true) => report::fleet::result_schema(),
        _ => language::schema(),
    };
    output.out(&Shown::json(&schema).map_err(Failure::bug)?);
    Ok(Exit::Success)
}
