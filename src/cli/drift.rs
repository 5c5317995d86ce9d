//! `baseline drift`: says whether the account still is as declared.

use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{arguments, calls, connect, file, show};
use crate::plan::Choices;
use crate::report::Command;

const EXAMPLES: &str = "\
Examples:
  baseline drift landing-zone.toml
  baseline drift landing-zone.toml --json | jq '.steps[].changes[].path'
  baseline drift landing-zone.toml --report sarif=drift.sarif --report html=drift.html";

/// Report how the account differs from the file
///
/// Never writes. Exits with 2 where there is drift and with 3 where something could not be read, so
/// that a scheduler can tell them apart. Managed resources missing from the file are listed but are not drift.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    #[command(flatten)]
    format: arguments::Format,

    #[command(flatten)]
    access: arguments::Access,
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    show::can_be_written(&args.format.reports)?;
    let loaded = file::load(&args.file.path, &args.file.vars, output)?;
    let profile = args.access.profile.as_deref();
    let (account, look) =
        connect::open_and_look(Command::Drift, &loaded, profile, sandbox, &Choices::default(), output)
            .await?;
    let calls = calls::calls(&account);
    show::show(&look, &args.format, &calls, output)?;
    if args.access.trace_calls {
        calls::show(&calls, output);
    }
    Ok(show::drift(&look.view()))
}
