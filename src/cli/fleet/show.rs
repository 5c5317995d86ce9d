//! `baseline fleet show`: the baseline of one account as its layers and variables come out.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::json;

use super::Which;
use super::baselines;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::language::merged::merged;
use crate::language::references::UNKNOWN;
use crate::language::{Baseline, Diagnostic, Files as _};
use crate::report::{Shown, merged as report, problems};

const EXAMPLES: &str = "\
Examples:
  baseline fleet show workload-2 fleet.toml --accounts accounts.json
  baseline fleet show 100000000002 fleet.toml --accounts accounts.json > workload-2.toml
  baseline fleet show workload-2 fleet.toml --accounts accounts.json --json";

/// Show the baseline of an account: its layers merged, its variables filled in
///
/// Prints TOML that is a baseline file of its own. Each key says in a comment from which line of which layer it came, and from where
/// the values of its variables. Calls nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetShow {
    /// The account, by id or name
    #[arg(value_name = "ACCOUNT")]
    account: String,

    /// Read the fleet from this TOML file
    #[arg(value_name = "FLEET", value_hint = ValueHint::FilePath)]
    path: PathBuf,

    /// The accounts of the organization, as `fleet accounts --out` or `aws organizations list-accounts` writes them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    accounts: Option<PathBuf>,

    /// Print every value with its path and where it came from, as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &FleetShow, output: &Output) -> Result<Exit, Failure> {
    let which = Which { path: args.path.clone(), accounts: args.accounts.clone(), only: Vec::new() };
    let fleet = which.read_all(output)?;
    let (id, name) = fleet.selection.find(&args.account).ok_or_else(|| {
        Failure::with_hint(
            format!("there is no account {:?}", args.account),
            "list them with: baseline fleet accounts FLEET --accounts FILE",
        )
    })?;
    let (settings, files) = baselines::of_one(&which, &fleet, (id, name), output)?;
    let (_, mut found) = Baseline::parse(&files);
    let is_wrong = found.iter().any(Diagnostic::is_error);
    // A value of the fleet may be for other baselines than this one.
    found.retain(|problem| problem.is_error() || (problem.code != UNKNOWN && !output.is_quiet()));
    output.err(&problems(&files, &found, output.err_has_color()));
    // What is no TOML has no keys to show.
    if is_wrong && found.iter().any(|problem| ["syntax", "duplicate", "too-large"].contains(&problem.code)) {
        return Err(Failure::Shown);
    }
    let keys = merged(&files).ok_or(Failure::Shown)?;
    output.out(&if args.json {
        let json = json!({
            "account": { "id": id, "name": name },
            "layers": settings.layers,
            "values": report::json(&keys),
        });
        Shown::json(&json).map_err(Failure::bug)?
    } else {
        let account = if id == name { id.to_owned() } else { format!("{name} ({id})") };
        let head = format!("The baseline of {account} in {}: {}", fleet.file.name.written(), files.name());
        report::toml(&head, &keys)
    });
    Ok(if is_wrong { Exit::Error } else { Exit::Success })
}
