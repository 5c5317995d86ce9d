//! `baseline fleet plan` and `baseline fleet drift`: every account of a fleet looked at, and told once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use clap::ValueHint;

use super::baselines::{Baselines, ReadFrom};
use super::keeping::Keeping;
use super::one::{Became, Session, look_at};
use super::part::PartArgs;
use super::plans::{Given, MadeFrom, SavedFleetPlan};
use super::progress::FleetProgress;
use super::threads::on_threads;
use super::{Fleet, Which};
use crate::aws::{Caller, Mode};
use crate::cli::built_in::BuiltIn;
use crate::cli::endpoints::{self, Told};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::file::Loaded;
use crate::cli::output::Output;
use crate::cli::progress::{Doing, Waiting};
use crate::cli::{arguments, connect, file, saved_plan, show, whole_file};
use crate::engine::{Stop, lock};
use crate::fleet::{AccountList, Apart, Fold, Member, Outcome, Selection, Skipped, Verdict, fold};
use crate::language::Source;
use crate::language::fleet::FleetFile;
use crate::plan::Choices;
use crate::report::{Command, Endpoint, Shown, fleet as report};
use crate::sandbox::Sandbox;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline fleet accounts fleet.toml --out accounts.json
  baseline fleet drift fleet.toml --accounts accounts.json
  baseline fleet plan fleet.toml --accounts accounts.json --only sandbox-1
  baseline fleet plan fleet.toml --accounts accounts.json --out monday.plan    then: baseline fleet apply monday.plan
  baseline fleet drift fleet.toml --accounts accounts.json --json > drift.json
  baseline fleet drift fleet.toml --accounts accounts.json --report html=drift.html --report sarif=drift.sarif
  baseline fleet drift fleet.toml --accounts accounts.json --shard 3/20 --results s3://acme-drift/2026-11-30";

/// Show what an apply would change, in every account
///
/// Reads every account and writes nothing: the clients refuse it, and so does AWS where `limit_plan` stands. Accounts in which the
/// same departs are told together. Exits with 3 where an account was not reached or could not be read whole.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetPlan {
    #[command(flatten)]
    common: Common,

    /// Save the plans of all accounts to this file, for apply to carry out exactly or refuse
    #[arg(long, value_name = "PLAN", value_hint = ValueHint::FilePath, conflicts_with_all = ["resume", "shard", "wave"])]
    out: Option<PathBuf>,

    /// Exit with 2 where there are changes
    #[arg(long)]
    detailed_exitcode: bool,

    #[command(flatten)]
    deletions: arguments::Deletions,
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

/// What every command asks for that reaches accounts.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    #[command(flatten)]
    pub(super) which: Which,

    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,

    /// Begin with this profile of the AWS configuration files instead of the standard credential chain
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    #[command(flatten)]
    pub(super) part: PartArgs,
}

pub(super) async fn plan(args: &FleetPlan, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let choices = args.deletions.choices();
    let saving = args.out.as_deref();
    Ok(match look((&args.common, Command::Plan), &choices, saving, sandbox, output).await? {
        Exit::Changes if !args.detailed_exitcode => Exit::Success,
        exit => exit,
    })
}

pub(super) async fn drift(args: &FleetDrift, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    look((&args.common, Command::Drift), &Choices::default(), None, sandbox, output).await
}

/// The exit code of a look at all of them.
pub(super) fn exit(fold: &Fold) -> Exit {
    if fold.count(Apart::NotBegun) > 0 {
        // The run itself came to no end.
        Exit::Error
    } else if !fold.is_complete() {
        Exit::Incomplete
    } else if fold.departing() > 0 {
        Exit::Changes
    } else {
        Exit::Success
    }
}

/// Answers the exit code of the result: changes are told, whether they are asked for or not.
async fn look(
    (args, command): (&Common, Command),
    choices: &Choices,
    saving: Option<&Path>,
    sandbox: &BuiltIn,
    output: &Output,
) -> Result<Exit, Failure> {
    args.part.check()?;
    if let Some(path) = saving {
        whole_file::can_be_written(path).map_err(|error| show::unwritten(path, &error))?;
    }
    let given = Given::File(file::bytes(&args.which.path)?);
    let run = Run::begin(args, given, Mode::ReadOnly, sandbox, output).await?;
    let mut keeping = Keeping::begin(&args.part, &run, command).await?;
    if saving.is_some() {
        keeping = keeping.with_plans();
    }
    let outcomes = looked_at(&run, &keeping, (command, choices), output).await;
    let fold = fold(&outcomes);
    run.tell(args, &keeping, &fold, output)?;
    let exit = keeping.end(&args.part, &fold, exit(&fold), None, output).await?;
    if let Some(path) = saving {
        let saved = SavedFleetPlan::new(&run.made_from(choices), keeping.plans());
        saved_plan::save(&saved, path, &format!("{} fleet apply", sandbox.command()), output)?;
    }
    Ok(exit)
}

/// What a run over many accounts begins with: every file read whole, and who calls.
pub(super) struct Run {
    pub(super) fleet: FleetFile,
    /// The same as text.
    source: Arc<Source>,
    /// What the list says of its accounts.
    pub(super) list: AccountList,
    pub(super) selection: Selection,
    /// The SHA-256 of the fleet file.
    pub(super) digest: String,
    baselines: Baselines,
    /// The accounts of `--only`, by id or name; with a saved plan, also those of when it was made.
    only: Vec<String>,
    /// Those that a person has named by `--only` of this very command.
    named: Vec<String>,
    /// Eight letters of its own.
    id: String,
    pub(super) caller: Arc<Caller>,
    /// Where answers came from that are not AWS's own.
    pub(super) told: Told,
    /// The client of the built-in account, where that stands in for AWS.
    client: Option<SharedHttpClient>,
}

impl Run {
    /// Reads the files and asks who calls. No role is asked for where the command's endpoints are refused.
    pub(super) async fn begin(
        args: &Common,
        given: Given,
        mode: Mode,
        sandbox: &BuiltIn,
        output: &Output,
    ) -> Result<Self, Failure> {
        let which = &args.which;
        let mut only = args.part.only(&which.only, (args.profile.as_deref(), sandbox)).await?;
        let (fleet, baselines) = match given {
            Given::File(bytes) => {
                let fleet = which.limited(bytes, &only, output)?;
                let baselines = Baselines::read(ReadFrom::Folder(which), &fleet, output)?;
                (fleet, baselines)
            }
            Given::Plan(saved) => {
                let fleet = which.saved(&saved, &only, output)?;
                let baselines = Baselines::read(ReadFrom::Plan(&saved), &fleet, output)?;
                only.extend(saved.only);
                (fleet, baselines)
            }
        };
        let Fleet { source, file: fleet, list, selection, digest } = fleet;
        let Some(first) = baselines.iter().next() else {
            return Err(Failure::with_hint(
                "no account is ready to be looked at",
                "see why with: baseline fleet accounts FLEET --accounts FILE",
            ));
        };
        let client = sandbox.open()?.as_ref().map(Sandbox::http_client);
        let options = connect::options_through(first, args.profile.as_deref(), client.clone(), mode);
        let caller = Caller::open(&options).await;
        let caller = caller.map_err(|error| connect::explain(&error, &first.baseline.region))?;
        let (caller, told) = (Arc::new(caller), Told::default());
        told.tell(endpoints::custom(&caller.account), output);
        let id = lock::random_id().map_err(Failure::bug)?.chars().take(8).collect();
        let named = which.only.clone();
        Ok(Self { fleet, source, list, selection, digest, baselines, only, named, id, caller, told, client })
    }

    /// What the plans of this run are made from.
    fn made_from<'a>(&'a self, choices: &'a Choices) -> MadeFrom<'a> {
        MadeFrom {
            fleet: &self.source,
            files: &self.baselines.files,
            list: &self.list,
            only: &self.only,
            choices,
        }
    }

    /// What accounts are reached with: to look, or to change them.
    pub(super) fn session<'a>(
        &'a self,
        only_looks: bool,
        keeps: bool,
        choices: &'a Choices,
        output: &'a Output,
    ) -> Session<'a> {
        let access = self.fleet.access.as_ref().map(|access| &access.value);
        Session {
            access,
            caller: &self.caller,
            client: self.client.clone(),
            run: &self.id,
            only_looks,
            output,
            keeps,
            choices,
        }
    }

    /// Tells where the answers of an account come from that is reached through a profile of its own, which may name others.
    pub(super) fn tell_endpoints(
        &self,
        mut endpoints: Vec<Endpoint>,
        profile: Option<&str>,
        output: &Output,
    ) -> Vec<Endpoint> {
        let of_caller = endpoints::custom(&self.caller.account);
        endpoints.retain(|endpoint| !of_caller.contains(endpoint));
        if let Some(profile) = profile {
            endpoints
                .iter_mut()
                .for_each(|one| one.service = format!("{} of profile {profile}", one.service));
        }
        self.told.tell(endpoints.clone(), output);
        endpoints
    }

    /// Whether somebody named that account: in the file, or by `--only`.
    pub(super) fn is_named(&self, member: &Member) -> bool {
        self.only.iter().any(|only| *only == member.id || *only == member.name)
            || self.fleet.account.iter().any(|entry| entry.section.id.written() == member.id)
    }

    /// Whether somebody named that account by `--only` of this very command.
    pub(super) fn is_named_here(&self, member: &Member) -> bool {
        self.named.iter().any(|only| *only == member.id || *only == member.name)
    }

    /// Why nothing further can be begun: the credentials of the run have ended.
    pub(super) fn ended(&self) -> Option<&str> {
        self.caller.ended()
    }

    /// The baseline of an account.
    pub(super) fn baseline(&self, member: &Member) -> Result<&Loaded, String> {
        self.baselines.of(member).ok_or_else(|| "its baseline file was not read".to_owned())
    }

    /// Prints what became of every account.
    pub(super) fn tell(
        &self,
        args: &Common,
        keeping: &Keeping<'_>,
        fold: &Fold,
        output: &Output,
    ) -> Result<(), Failure> {
        let (name, endpoints) = (self.fleet.name.written(), keeping.endpoints());
        output.out(&if args.json {
            let report = report::json(name, keeping.command(), &endpoints, fold);
            Shown::json(&report).map_err(Failure::bug)?
        } else {
            report::text(name, &endpoints, fold)
        });
        Ok(())
    }

    /// What the baseline files of an account say, as their digest.
    pub(super) fn digest_of(&self, member: &Member) -> &str {
        self.baselines.digest_of(member).unwrap_or_default()
    }
}

/// Looks at every account, so many at a time. Whatever happens to one, the others are looked at.
///
/// What is kept of one is kept before the next takes its place: no more reports are held than accounts are at work.
pub(super) async fn looked_at(
    run: &Run,
    keeping: &Keeping<'_>,
    (command, choices): (Command, &Choices),
    output: &Output,
) -> Vec<Outcome> {
    let members: Vec<&Member> =
        run.selection.members.iter().filter(|one| keeping.is_to_do(&one.id)).collect();
    let progress = FleetProgress::of(output, shown!("looking at {}", report::accounts(members.len())));
    let session = run.session(true, keeping.keeps(), choices, output);
    let one = |member: &Member| {
        let (session, progress, member) = (&session, &progress, member.clone());
        async move {
            let begun = jiff::Timestamp::now();
            let doing = progress.begin(&member.id, &member.name);
            let became = Box::pin(look_at(&member, (run, session), command, &doing)).await;
            keeping.keep(&member, begun, &became).await;
            progress.end(&member.id);
            Outcome { id: member.id, name: member.name, verdict: became.verdict }
        }
    };
    let parallel = usize::try_from(run.fleet.parallel.value.0).unwrap_or(1);
    let mut outcomes = on_threads(&members, parallel, one, &progress);
    if !keeping.is_part() {
        outcomes.extend(apart(&run.selection));
    }
    let again = async |member: Member| {
        let waiting = Waiting::begin(output, shown!("looking once more at {}", Shown::line(&member.name)));
        let became = Box::pin(look_at(&member, (run, &session), command, &Doing::default())).await;
        waiting.end();
        became
    };
    once_more(run, keeping, &mut outcomes, &Stop::default(), again).await;
    outcomes.extend(keeping.done());
    outcomes
}

/// Tries the accounts once more that were not ready, after all others: AWS may be done with them by then. What becomes of them is kept
/// in the place of what was before.
pub(super) async fn once_more(
    run: &Run,
    keeping: &Keeping<'_>,
    outcomes: &mut [Outcome],
    stop: &Stop,
    attempt: impl AsyncFn(Member) -> Became,
) {
    let selection = &run.selection;
    let reachable = |id: &String| {
        selection.members.iter().find(|member| member.id == *id).or_else(|| selection.later.get(id)).cloned()
    };
    for outcome in outcomes.iter_mut().filter(|outcome| outcome.verdict.may_become_ready()) {
        if run.ended().is_some() || stop.is_set() {
            break;
        }
        // Results are of the accounts that were ready when the run began: those of every part are the same, whoever comes first.
        if keeping.keeps() && selection.later.contains_key(&outcome.id) {
            continue;
        }
        let Some(member) = reachable(&outcome.id) else { continue };
        let before = outcome.verdict.clone();
        let begun = jiff::Timestamp::now();
        let mut became = attempt(member.clone()).await;
        outcome.verdict = became.verdict.clone().after(&before);
        became.verdict = outcome.verdict.clone();
        keeping.keep(&member, begun, &became).await;
    }
    for outcome in outcomes {
        outcome.verdict = outcome.verdict.clone().settled();
    }
}

/// The accounts that are not looked at.
pub(super) fn apart(selection: &Selection) -> Vec<Outcome> {
    let outcome = |why: Apart, one: &Skipped| Outcome {
        id: one.id.clone(),
        name: one.name.clone(),
        verdict: Verdict::Apart(why, one.reason.clone()),
    };
    let not_ready = selection.not_ready.iter().map(|one| outcome(selection.why_not(one), one));
    not_ready.chain(selection.skipped.iter().map(|one| outcome(Apart::Skipped, one))).collect()
}
