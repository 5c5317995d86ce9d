//! `baseline fleet accounts`: which accounts would be looked at, and how.

use super::Which;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::fleet::{Reach, Skipped};
use crate::report::Shown;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  aws organizations list-accounts > accounts.json
  baseline fleet accounts fleet.toml --accounts accounts.json";

/// List the accounts of a fleet: how each is reached, or why it is skipped
///
/// Calls nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetAccounts {
    #[command(flatten)]
    which: Which,
}

pub(super) fn run(args: &FleetAccounts, output: &Output) -> Result<Exit, Failure> {
    let (_, selection) = args.which.read(output)?;
    for member in &selection.members {
        let reach = match &member.reach {
            Reach::Role(roles) if roles.looks == roles.writes => {
                shown!("as role {}", Shown::line(&roles.looks))
            }
            Reach::Role(roles) => {
                shown!("as role {}, to apply {}", Shown::line(&roles.looks), Shown::line(&roles.writes))
            }
            Reach::Profile(profile) => shown!("with profile {}", Shown::line(profile)),
        };
        output.out(&shown!(
            "{}  {}  {}, {}\n",
            Shown::line(&member.id),
            Shown::line(&member.name),
            reach,
            Shown::line(&member.baseline)
        ));
    }
    for (word, apart) in [("not ready", &selection.not_ready), ("skipped", &selection.skipped)] {
        for Skipped { id, name, reason } in apart {
            output.out(&shown!(
                "{}  {}  {}: {}\n",
                Shown::line(id),
                Shown::line(name),
                word,
                Shown::line(reason)
            ));
        }
    }
    output.note(&shown!(
        "{} to look at, {} not ready, {} skipped",
        selection.members.len(),
        selection.not_ready.len(),
        selection.skipped.len()
    ));
    Ok(Exit::Success)
}
