//! `baseline plan`: says what would change.

use std::path::PathBuf;

use clap::ValueHint;

use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::opening::Refusal;
use super::output::Output;
use super::saved_plan::SavedPlan;
use super::{arguments, calls, connect, file, new_access, saved_plan, show, whole_file};
use crate::report::Command;
use crate::report::json::Report;

const EXAMPLES: &str = "\
Examples:
  baseline plan landing-zone.toml
  baseline plan landing-zone.toml --out monday.plan    then: baseline apply monday.plan
  baseline plan landing-zone.toml --detailed-exitcode  exits with 2 where there are changes
  baseline plan landing-zone.toml --refuse-opening internet   fails where something more becomes reachable
  baseline plan landing-zone.toml --markdown >> \"$GITHUB_STEP_SUMMARY\"
  baseline plan landing-zone.toml --destroy s3.bucket.old-logs";

/// Show what would change, and why
///
/// Reads the account and never writes: every AWS client refuses what is not a read. `+` creates,
/// `~` changes in place, `±` deletes and creates again, `-` deletes. A read that is denied makes the
/// plan incomplete, which has its own exit code.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    /// Save the plan to this file, for apply to carry out exactly or refuse
    #[arg(long, value_name = "PLAN", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,

    /// Exit with 2 where there are changes
    #[arg(long)]
    detailed_exitcode: bool,

    #[command(flatten)]
    format: arguments::Format,

    #[command(flatten)]
    deletions: arguments::Deletions,

    #[command(flatten)]
    opening: Refusal,

    #[command(flatten)]
    new_access: new_access::AccessRefusal,

    #[command(flatten)]
    access: arguments::Access,
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    show::can_be_written(&args.format.reports)?;
    if let Some(path) = &args.out {
        whole_file::can_be_written(path).map_err(|error| show::unwritten(path, &error))?;
    }
    let loaded = file::load(&args.file.path, &args.file.vars, output)?;
    let choices = args.deletions.choices();
    let profile = args.access.profile.as_deref();
    let (account, look) =
        connect::open_and_look(Command::Plan, &loaded, profile, sandbox, &choices, output).await?;
    look.tell_unmatched(&choices, output);
    let calls = calls::calls(&account);
    show::show(&look, &args.format, &calls, output)?;
    args.opening.check(&look)?;
    args.new_access.check(&look)?;
    if let Some(path) = &args.out {
        let report = Report::of(&look.view(), calls.clone());
        let saved = SavedPlan::new(&loaded, &look, &choices, &report).map_err(Failure::bug)?;
        saved_plan::save(&saved, path, &format!("{} apply", sandbox.command()), output)?;
    }
    if args.access.trace_calls {
        calls::show(&calls, output);
    }
    Ok(show::exit(&look.view(), args.detailed_exitcode))
}
