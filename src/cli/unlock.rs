//! `baseline unlock`: shows who holds the lock, and clears it.

use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{arguments, confirm, connect, file, locking};
use crate::aws::{Account, Mode};
use crate::engine::lock::{self, LockError};
use crate::language::Place;
use crate::report::Shown;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline unlock landing-zone.toml
  baseline unlock landing-zone.toml --yes

A run that died loses its lock by itself after two minutes. A run that is still at work notices that its
lock is gone at its next renewal, and stops before its next write where another run has it by then.";

/// Show who holds the lock of the account and region, and clear it
///
/// Only needed where a run died and nobody wants to wait until its lock runs out.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    /// Ask nothing before the lock is cleared
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    access: arguments::Access,
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let loaded = file::load(&args.file.path, &args.file.vars, output)?;
    let account =
        connect::open(&loaded, args.access.profile.as_deref(), sandbox, Mode::ReadWrite, output).await?;
    let place = Place { account: account.id(), partition: &account.identity.partition };
    let wanted = loaded.expand(&place, output)?;
    for place in locking::places(&account, &wanted) {
        clear(&place, args.yes, output).await?;
    }
    Ok(Exit::Success)
}

/// Shows who holds the lock of a region, and clears it after a yes.
async fn clear(account: &Account, yes: bool, output: &Output) -> Result<(), Failure> {
    let place = shown!("account {}, {}", Shown::line(account.id()), Shown::line(&account.region));
    let run = match lock::holder(account).await {
        Ok(Some(holder)) => {
            output.out(&shown!("the lock of {} is held by {}\n", place, locking::named(&holder)));
            Some(holder.run)
        }
        Ok(None) => {
            output.out(&shown!("nobody holds the lock of {}\n", place));
            return Ok(());
        }
        Err(LockError::Foreign) => {
            output.out(&shown!("{} in {} holds something that is no lock\n", lock::NAME, place));
            None
        }
        Err(error) => return Err(locking::explain(account, &error)),
    };
    if !yes {
        confirm::someone_is_there("unlock asks before it clears the lock", "pass --yes")?;
        confirm::ask(&format!("Delete {} in {place}?", lock::NAME), "the lock was not cleared", output)?;
    }
    match lock::clear(account, run.as_deref()).await {
        Ok(true) => {
            output.out(&shown!("the lock is cleared\n"));
            Ok(())
        }
        Ok(false) => {
            Err(Failure::with_hint("by now another run holds the lock", "look again: baseline unlock FILE"))
        }
        Err(error) => Err(locking::explain(account, &error)),
    }
}
