//! `baseline fleet accounts`: the accounts of the organization, which would be looked at, and how.

use std::path::PathBuf;

use clap::ValueHint;

use super::{Fleet, Which, organization};
use crate::cli::built_in::BuiltIn;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::fleet::{Reach, Skipped};
use crate::language::fleet::FleetFile;
use crate::report::Shown;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline fleet accounts fleet.toml --out accounts.json
  baseline fleet accounts fleet.toml --profile org-reader
  baseline fleet accounts fleet.toml --accounts accounts.json";

/// List the accounts of a fleet: how each is reached, or why it is skipped
///
/// Without --accounts it asks AWS Organizations, with the credentials of the management account or of a delegated administrator. It is
/// the only command that does. With --out it keeps the list for all others, and tells what has changed since the list that is there:
/// accounts that are new, gone, moved, renamed or in another state.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetAccounts {
    #[command(flatten)]
    which: Which,

    /// Write the list of the organization's accounts to this file, whole or not at all
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "accounts")]
    out: Option<PathBuf>,

    /// Ask for the tags of each account, too: one call an account
    #[arg(long, conflicts_with = "accounts")]
    tags: bool,

    /// Ask with this profile of the AWS configuration files instead of the one in [organization]
    #[arg(long, value_name = "NAME", conflicts_with = "accounts")]
    profile: Option<String>,
}

pub(super) async fn run(args: &FleetAccounts, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let (source, file) = super::parsed(&args.which.path, output)?;
    let list = match &args.which.accounts {
        Some(path) => super::list(path)?,
        None => {
            let tags = args.tags || asks_for_tags(&file);
            organization::read(&file, args.profile.as_deref(), tags, sandbox, output).await?
        }
    };
    if let Some(path) = &args.out {
        organization::keep(path, &list, output)?;
        // The list is right whatever the file makes of it.
        args.which.of((source, file), list, &args.which.only, output)?;
        return Ok(Exit::Success);
    }
    let Fleet { selection, .. } = args.which.of((source, file), list, &args.which.only, output)?;
    for member in &selection.members {
        let reach = match &member.reach {
            Reach::Role(roles) if roles.looks == roles.writes => {
                shown!("as role {}", Shown::line(&roles.looks.join(", then ")))
            }
            Reach::Role(roles) => {
                let [looks, writes] = [&roles.looks, &roles.writes].map(|chain| chain.join(", then "));
                shown!("as role {}, to apply {}", Shown::line(&looks), Shown::line(&writes))
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

/// Whether settings or waves are chosen by tags.
fn asks_for_tags(file: &FleetFile) -> bool {
    file.r#for.iter().any(|one| one.tags.is_some()) || file.wave.iter().any(|one| one.tags.is_some())
}
