//! `baseline fleet validate`: the fleet file and every baseline that it names, checked without AWS.

use std::collections::BTreeSet;

use super::baselines::{Baselines, ReadFrom};
use super::{Fleet, Which};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::fleet::waves;
use crate::language::Files as _;
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
    let all = args.which.read_all(output)?;
    let baselines = Baselines::read(ReadFrom::Folder(&args.which), &all, output)?;
    let names: BTreeSet<String> = baselines.iter().map(|loaded| loaded.source.name()).collect();
    let Fleet { file: fleet, list, selection, .. } = all;
    let waves = waves(&fleet, &selection.members, &list.accounts);
    output.out(&shown!(
        "{} is valid: {} to look at, {}\n",
        Shown::line(fleet.name.written()),
        report::accounts(selection.members.len()),
        Shown::joined(names.iter().map(|name| Shown::line(name)), ", ")
    ));
    if waves.len() > 1 {
        for wave in waves {
            let (name, count) = (Shown::line(&wave.name), report::accounts(wave.members.len()));
            output.out(&shown!("  wave {}: {}, {} may fail\n", name, count, wave.max_failures));
        }
    }
    Ok(Exit::Success)
}
