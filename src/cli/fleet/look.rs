//! `baseline fleet plan` and `baseline fleet drift`: every account of a fleet looked at, and told once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt as _;

use super::Which;
use super::one::{Looked, Session, look_at};
use crate::aws::{Caller, Mode};
use crate::baseline::fleet::FleetFile;
use crate::cli::built_in::BuiltIn;
use crate::cli::door;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::file::{self, Loaded};
use crate::cli::output::Output;
use crate::cli::progress::Waiting;
use crate::fleet::{Fold, Member, Outcome, Selection, Skipped, Verdict, fold};
use crate::report::{Command, Shown, fleet as report};
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  aws organizations list-accounts > accounts.json
  baseline fleet drift fleet.toml --accounts accounts.json
  baseline fleet plan fleet.toml --accounts accounts.json --only sandbox-1
  baseline fleet drift fleet.toml --accounts accounts.json --json > drift.json";

/// Show what an apply would change, in every account
///
/// Reads every account and writes nothing: the clients refuse it, and so does AWS where `limit_plan` stands. Accounts in which the
/// same departs are told together. Exits with 3 where an account was not reached or could not be read whole.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetPlan {
    #[command(flatten)]
    common: Common,

    /// Exit with 2 where there are changes
    #[arg(long)]
    detailed_exitcode: bool,
}

/// Report what departs, in every account
///
/// Reads every account and writes nothing. Accounts in which the same departs are told together. Exits with 2 where an account
/// departs, and with 3 where one was not reached or could not be read whole.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetDrift {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    which: Which,

    /// Print it as JSON
    #[arg(long)]
    json: bool,

    /// Begin with this profile of the AWS configuration files instead of the standard credential chain
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

pub(super) async fn plan(args: &FleetPlan, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let fold = look(&args.common, Command::Plan, sandbox, output).await?;
    Ok(match exit(&fold) {
        Exit::Changes if !args.detailed_exitcode => Exit::Success,
        exit => exit,
    })
}

pub(super) async fn drift(args: &FleetDrift, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    Ok(exit(&look(&args.common, Command::Drift, sandbox, output).await?))
}

fn exit(fold: &Fold) -> Exit {
    if !fold.is_complete() {
        Exit::Incomplete
    } else if fold.departing() > 0 {
        Exit::Changes
    } else {
        Exit::Success
    }
}

async fn look(args: &Common, command: Command, sandbox: &BuiltIn, output: &Output) -> Result<Fold, Failure> {
    let (fleet, selection) = args.which.read(output)?;
    let files = files(&args.which, &selection, output)?;
    let Some(first) = files.values().next() else {
        return Err(Failure::with_hint(
            "no account is ready to be looked at",
            "look at them with: baseline fleet accounts FLEET",
        ));
    };
    let world = sandbox.open()?;
    let client = world.as_ref().map(crate::sandbox::Sandbox::http_client);
    let options = door::options_through(first, args.profile.as_deref(), client.clone(), Mode::ReadOnly);
    let caller =
        Caller::open(&options).await.map_err(|error| door::explain(&error, &first.baseline.region))?;
    let outcomes = all(&fleet, &selection, &files, &caller, client, command, output).await;
    let fold = fold(&outcomes);
    output.out(&if args.json {
        let word = if command == Command::Plan { "plan" } else { "drift" };
        Shown::json(&report::json(fleet.name.written(), word, &fold)).map_err(Failure::bug)?
    } else {
        report::text(fleet.name.written(), &fold)
    });
    Ok(fold)
}

/// The baseline files, each read once and whole before any account is looked at.
fn files(which: &Which, selection: &Selection, output: &Output) -> Result<BTreeMap<String, Loaded>, Failure> {
    let mut files = BTreeMap::new();
    for member in &selection.members {
        if !files.contains_key(&member.baseline) {
            files.insert(member.baseline.clone(), file::load(&which.baseline(&member.baseline), output)?);
        }
    }
    Ok(files)
}

/// Looks at every account, so many at a time. Whatever happens to one, the others are looked at.
async fn all(
    fleet: &FleetFile,
    selection: &Selection,
    files: &BTreeMap<String, Loaded>,
    caller: &Caller,
    client: Option<aws_smithy_runtime_api::client::http::SharedHttpClient>,
    command: Command,
    output: &Output,
) -> Vec<Outcome> {
    let count = selection.members.len();
    let waiting = Waiting::begin(output, shown!("looking at {} accounts", count));
    let done = AtomicUsize::new(0);
    let session = Session { access: fleet.access.as_ref().map(|access| &access.value), caller, client };
    let one = |member: &Member| {
        let (session, done, member) = (&session, &done, member.clone());
        let loaded = files.get(&member.baseline);
        async move {
            let looked = match loaded {
                Some(loaded) => Box::pin(look_at(&member, loaded, session, command)).await,
                None => Looked::NotReached("its baseline file was not read".to_owned()),
            };
            let verdict = match looked {
                Looked::Seen(verdict) => verdict,
                Looked::NotReached(reason) => Verdict::NotReached(reason),
            };
            let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
            waiting_line(output, so_far, count);
            Outcome { id: member.id, name: member.name, verdict }
        }
    };
    let parallel = usize::try_from(fleet.parallel.value.0).unwrap_or(1);
    let looked = futures::stream::iter(selection.members.iter().map(one)).buffer_unordered(parallel);
    let mut outcomes: Vec<Outcome> = looked.collect().await;
    waiting.end();
    let apart = |list: &[Skipped], verdict: fn(String) -> Verdict| -> Vec<Outcome> {
        list.iter()
            .map(|one| Outcome {
                id: one.id.clone(),
                name: one.name.clone(),
                verdict: verdict(one.reason.clone()),
            })
            .collect()
    };
    outcomes.extend(apart(&selection.not_ready, Verdict::NotReached));
    outcomes.extend(apart(&selection.skipped, Verdict::Skipped));
    outcomes
}

/// Says now and then how far a large fleet has come.
fn waiting_line(output: &Output, so_far: usize, count: usize) {
    if so_far.is_multiple_of(50) && so_far < count {
        output.note(&shown!("{} of {} accounts", so_far, count));
    }
}
