//! `baseline fleet validate`: the fleet file and every baseline that it names, checked without AWS.

use std::collections::BTreeSet;

use super::Which;
use super::look::files;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::fleet::waves;
use crate::report::{Shown, fleet as report};
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline fleet validate fleet.toml --accounts accounts.json";

/// Check a fleet file and every baseline file that it names
///
/// Calls nothing. Shows all problems of a file at once, with file, line and a hint.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetValidate {
    #[command(flatten)]
    which: Which,
}

pub(super) fn run(args: &FleetValidate, output: &Output) -> Result<Exit, Failure> {
    let (fleet, selection) = args.which.read(output)?;
    let files = files(&args.which, &selection, output)?;
    let names: BTreeSet<&str> = files.values().map(|loaded| loaded.source.name.as_str()).collect();
    let waves = waves(&fleet, &selection.members, &|label| selection.knows(label)).map_err(super::unknown)?;
    output.out(&shown!(
        "{} is valid: {} to look at, {}\n",
        Shown::line(fleet.name.written()),
        report::accounts(selection.members.len()),
        Shown::joined(names.into_iter().map(Shown::line), ", ")
    ));
    if waves.len() > 1 {
        for wave in waves {
            let (name, count) = (Shown::line(&wave.name), report::accounts(wave.members.len()));
            output.out(&shown!("  wave {}: {}, {} may fail\n", name, count, wave.max_failures));
        }
    }
    Ok(Exit::Success)
}
