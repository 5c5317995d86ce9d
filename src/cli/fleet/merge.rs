//! `baseline fleet merge`: the results of all shards, told as one run tells them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use futures::StreamExt as _;

use super::reporting::{self, FleetFormat, accounts};
use super::store::{AT_ONCE, Place, Store};
use super::{apply, look};
use crate::cli::arguments::report_file;
use crate::cli::built_in::BuiltIn;
use crate::cli::endpoints::{self, Told};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::fleet::{Expected, Fold, Outcome, Run, fold};
use crate::language::fleet::Tolerance;
use crate::report::fleet::{Brief, Comparison, Since, Whole};
use crate::report::{Command, Endpoint, Shown, fleet as report};
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline fleet merge runs/2026-11-30
  baseline fleet merge s3://acme-drift/2026-11-30 --report html=drift.html --report sarif=drift.sarif
  baseline fleet merge runs/2026-11-30 --since runs/2026-11-29 --new-only --report slack=message.json";

/// Show the results that a run has kept, as the run itself would have
///
/// Fails where an account has no result, and names it. Else it prints, reports and exits as one process does that looks at every
/// account: 0, 1, 2 or 3.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetMerge {
    /// The folder of the run, or s3://BUCKET/PREFIX
    #[arg(value_name = "RUN")]
    place: Place,

    /// Print it as JSON
    #[arg(long)]
    json: bool,

    /// Of a plan: exit with 2 where there are changes
    #[arg(long)]
    detailed_exitcode: bool,

    /// Exit with 1 where more accounts failed, were not reached or could not be read whole: a number, or a part such as 5%.
    /// Up to so many make the result incomplete, and exit with 3
    #[arg(long, value_name = "COUNT")]
    max_failures: Option<Tolerance>,

    /// Say what is new, what is gone and how much is still there since that run
    #[arg(long, value_name = "OLDER")]
    since: Option<Place>,

    /// Exit with 2 only for what is new
    #[arg(long, requires = "since")]
    new_only: bool,

    /// Write a report to a file too, such as html=fleet.html; give it once for each file
    #[arg(long = "report", value_name = "NAME=FILE", value_parser = report_file::<FleetFormat>)]
    reports: Vec<(FleetFormat, PathBuf)>,

    /// Read a bucket with this profile of the AWS configuration files instead of the standard credential chain
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

pub(super) async fn run(args: &FleetMerge, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    reporting::can_be_written(&args.reports)?;
    let store = Store::open(&args.place, args.profile.as_deref(), sandbox).await?;
    if let Store::Bucket(_, caller) = &store {
        Told::default().tell(endpoints::custom(&caller.account), output);
    }
    let run = run_of(&args.place, &store).await?;
    let command = command(&run)?;
    let (outcomes, endpoints) = outcomes(&run, &store).await?;
    let fold = fold(&outcomes);
    let since = match &args.since {
        Some(older) => Some(since(older, (&run, &store), args.profile.as_deref(), sandbox).await?),
        None => None,
    };
    let whole =
        Whole { fleet: &run.fleet, command, endpoints: &endpoints, fold: &fold, since: since.as_ref() };
    output.out(&if args.json {
        Shown::json(&report::json_of(&whole)).map_err(Failure::bug)?
    } else {
        report::text_of(&whole)
    });
    reporting::write(&args.reports, &whole, (&run, &store), &|_| true).await?;
    Ok(exit(args, command, &fold, since.as_ref(), output))
}

/// How the run itself would have ended.
fn exit(args: &FleetMerge, command: Command, fold: &Fold, since: Option<&Since>, output: &Output) -> Exit {
    let exit = match command {
        Command::Apply => apply::exit(fold),
        _ => look::exit(fold),
    };
    let exit = match args.max_failures {
        None => exit,
        Some(most) => {
            let looked_for = fold.accounts() - fold.count(crate::fleet::Apart::Skipped);
            let (failed, most) = (fold.not_right(), most.of(looked_for));
            if failed > most {
                output.err(&shown!(
                    "error: {} did not succeed, and up to {} may fail\n",
                    report::accounts(failed),
                    most
                ));
                return Exit::Error;
            }
            if exit == Exit::Error { Exit::Incomplete } else { exit }
        }
    };
    let is_changed = match since.filter(|_| args.new_only) {
        Some(since) => !since.new.is_empty(),
        None => command != Command::Plan || args.detailed_exitcode,
    };
    if exit == Exit::Changes && !is_changed { Exit::Success } else { exit }
}

/// What is kept in a folder.
async fn run_of(place: &Place, store: &Store) -> Result<Run, Failure> {
    let run = store.run().await.map_err(|reason| Failure::new(format!("{place}: {reason}")))?;
    run.ok_or_else(|| {
        Failure::with_hint(
            format!("there are no results in {place}: there is no run.json"),
            "name the folder that was given with --results or --resume",
        )
    })
}

fn command(run: &Run) -> Result<Command, Failure> {
    let all = [Command::Plan, Command::Drift, Command::Apply];
    let command = all.into_iter().find(|command| command.word() == run.command);
    command.ok_or_else(|| Failure::new(format!("there is no command {}", run.command)))
}

/// What became of every account, and where answers came from. Fails where one has no result.
async fn outcomes<'r>(run: &'r Run, store: &Store) -> Result<(Vec<Outcome>, Vec<Endpoint>), Failure> {
    let (mut outcomes, mut missing, mut wrong) = (run.apart(), Vec::new(), Vec::new());
    let mut endpoints = BTreeSet::new();
    let mut baselines: BTreeSet<(String, String)> = BTreeSet::new();
    let ask = async |expected: &'r Expected| (expected, store.account::<Brief>(&expected.id).await);
    let mut results = futures::stream::iter(run.expected().map(ask)).buffered(AT_ONCE);
    while let Some((expected, result)) = results.next().await {
        let result = match result {
            Ok(Some(result)) => result,
            Ok(None) => {
                missing.push(format!("{} ({})", expected.id, expected.name));
                continue;
            }
            Err(reason) => {
                wrong.push(reason);
                continue;
            }
        };
        match result.outcome(run, &expected.id) {
            Ok(outcome) => outcomes.push(outcome),
            Err(reason) => wrong.push(reason),
        }
        endpoints.extend(result.details.endpoints);
        baselines.insert((result.baseline, result.baseline_digest));
    }
    let names: BTreeSet<&String> = baselines.iter().map(|(name, _)| name).collect();
    if names.len() != baselines.len() {
        wrong.push("there are results of two versions of the same baseline file".to_owned());
    }
    if !wrong.is_empty() {
        return Err(Failure::list("the results do not fit together:", wrong, "run it again with --resume"));
    }
    if !missing.is_empty() {
        let hint = "run the shards that they are in again with --resume";
        return Err(Failure::list("these accounts have no result:", missing, hint));
    }
    Ok((outcomes, endpoints.into_iter().collect()))
}

/// What is new, still there and gone since an older run.
async fn since(
    older: &Place,
    (run, store): (&Run, &Store),
    profile: Option<&str>,
    sandbox: &BuiltIn,
) -> Result<Since, Failure> {
    let of_older = match (older, store) {
        // The same credentials.
        (Place::Bucket(..), Store::Bucket(_, caller)) => Store::of(older, caller),
        _ => Store::open(older, profile, sandbox).await?,
    };
    let before = run_of(older, &of_older).await?;
    if before.fleet != run.fleet {
        return Err(Failure::with_hint(
            format!("{older} is a run of the fleet {}, and this is one of {}", before.fleet, run.fleet),
            "compare two runs of one fleet",
        ));
    }
    let mut comparison = Comparison::default();
    accounts((&before, &of_older), before.expected(), |account| {
        comparison.before(account);
        Ok(())
    })
    .await?;
    accounts((run, store), run.expected(), |account| {
        comparison.now(account);
        Ok(())
    })
    .await?;
    Ok(comparison.end(&older.to_string()))
}
