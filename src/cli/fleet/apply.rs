//! `baseline fleet apply`: brings every account of a fleet to the declared state, wave by wave.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use super::keeping::Keeping;
use super::look::{Common, Run, apart, looked_at, once_more};
use super::one::{Became, STOPPED, Session, apply_to};
use crate::aws::Mode;
use crate::cli::apply::Carrying;
use crate::cli::built_in::BuiltIn;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{confirm, interrupt};
use crate::engine::Stop;
use crate::fleet::{Apart, Fold, Member, Outcome, Verdict, Wave, fold, is_failure, waves};
use crate::report::{Command, Shown, fleet as report};
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline fleet accounts fleet.toml --out accounts.json
  baseline fleet apply fleet.toml --accounts accounts.json
  baseline fleet apply fleet.toml --accounts accounts.json --only sandbox-1 --auto-approve

Stop it with Ctrl-C at any time, and run it again: accounts that are as declared cost reads only.";

/// Bring every account to the declared state, wave by wave
///
/// Shows what departs in all accounts, asks, and applies the baseline to one wave after the other. Each account is looked at again
/// under its own lock before anything is written there, and afterwards. Where more accounts of a wave have failed than may, nothing
/// further is begun, and accounts at work are finished. Exits with 1 where an account failed or was not begun, and with 3 where one
/// was not reached.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetApply {
    #[command(flatten)]
    common: Common,

    /// Show nothing beforehand and ask nothing
    #[arg(long)]
    auto_approve: bool,

    #[command(flatten)]
    how: Carrying,
}

pub(super) async fn run(args: &FleetApply, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    if !args.auto_approve {
        confirm::someone_is_there(
            "fleet apply asks before it writes",
            "look at the plan first with baseline fleet plan, then pass --auto-approve",
        )?;
    }
    args.common.part.check()?;
    let run = Run::begin(&args.common, Mode::ReadWrite, sandbox, output).await?;
    let is_known = |label: &str| run.selection.knows(label);
    let waves = waves(&run.fleet, &run.selection.members, &run.listed, &is_known).map_err(super::unknown)?;
    let keeping = Keeping::begin(&args.common.part, &run, Command::Apply).await?;
    args.common.part.check_waves(&waves)?;
    if !args.auto_approve {
        let planned = looked_at(&run, &keeping.beforehand(), Command::Plan, output).await;
        let endpoints = run.told.all();
        let plan = report::text(run.fleet.name.written(), &endpoints, &fold(&planned));
        // With --json, stdout is one document.
        if args.common.json {
            output.err(&plan)
        } else {
            output.out(&plan)
        }
        let question = format!("Apply this to {}?", report::accounts(keeping.count_to_do()));
        confirm::ask(&question, "not carried out", output)?;
    }
    let stop = Stop::default();
    let watch = interrupt::watch(&stop, &Arc::new(OnceLock::new()));
    let outcomes = all(&run, &keeping, waves, args, &stop, output).await;
    watch.abort();
    let fold = fold(&outcomes);
    run.tell(&args.common, &keeping, &fold, output)?;
    let why = stop.is_set().then_some(STOPPED);
    keeping.end(&args.common.part, &fold, exit(&fold), why, output).await
}

/// What failed or was not begun comes before what could not be reached.
pub(super) fn exit(fold: &Fold) -> Exit {
    if fold.count(Apart::Failed) + fold.count(Apart::NotBegun) > 0 {
        Exit::Error
    } else if fold.is_complete() {
        Exit::Success
    } else {
        Exit::Incomplete
    }
}

/// Applies to one wave after the other; answers what became of every account.
async fn all(
    run: &Run,
    keeping: &Keeping<'_>,
    waves: Vec<Wave>,
    args: &FleetApply,
    stop: &Stop,
    output: &Output,
) -> Vec<Outcome> {
    let parallel = usize::try_from(run.fleet.parallel.value.0).unwrap_or(1);
    let session = run.session(false, keeping.keeps(), output);
    let mut outcomes = if keeping.is_part() { Vec::new() } else { apart(&run.selection) };
    outcomes.extend(keeping.done());
    let mut not_begun: Option<String> = None;
    let of_waves = waves.len();
    for mut wave in waves {
        wave.members.retain(|member| keeping.is_to_do(&member.id));
        if wave.members.is_empty() {
            continue;
        }
        if let Some(reason) = &not_begun {
            outcomes.extend(not_begun_of(keeping, wave.members, reason).await);
            continue;
        }
        if of_waves > 1 {
            output.note(&shown!(
                "wave {}: {}",
                Shown::line(&wave.name),
                report::accounts(wave.members.len())
            ));
        }
        let (done, stopped) = one_wave((run, keeping), wave, &session, (args, parallel), stop).await;
        outcomes.extend(done);
        not_begun = stopped;
    }
    if not_begun.is_none() {
        let again = async |member: Member| {
            Box::pin(apply_to(&member, (run, keeping), &session, &args.how, stop)).await
        };
        once_more(run, keeping, &mut outcomes, stop, again).await;
    }
    outcomes
}

/// Accounts that an apply does not come to.
async fn not_begun_of(keeping: &Keeping<'_>, members: Vec<Member>, reason: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for member in members {
        let verdict = Verdict::Apart(Apart::NotBegun, reason.to_owned());
        let became = Became { verdict, details: keeping.nothing() };
        keeping.keep(&member, jiff::Timestamp::now(), &became).await;
        outcomes.push(Outcome { id: member.id, name: member.name, verdict: became.verdict });
    }
    outcomes
}

/// Applies to the accounts of a wave; also answers why the apply goes no further.
async fn one_wave(
    (run, keeping): (&Run, &Keeping<'_>),
    wave: Wave,
    session: &Session<'_>,
    (args, parallel): (&FleetApply, usize),
    stop: &Stop,
) -> (Vec<Outcome>, Option<String>) {
    let mut waiting: VecDeque<_> = wave.members.iter().cloned().collect();
    let mut at_work = FuturesUnordered::new();
    let (mut outcomes, mut failed) = (Vec::new(), 0);
    loop {
        while !stop.is_set() && run.ended().is_none() && at_work.len() < wave.may_work(failed, parallel) {
            let Some(member) = waiting.pop_front() else { break };
            at_work.push(async move {
                let begun = jiff::Timestamp::now();
                let became = Box::pin(apply_to(&member, (run, keeping), session, &args.how, stop)).await;
                keeping.keep(&member, begun, &became).await;
                Outcome { id: member.id, name: member.name, verdict: became.verdict }
            });
        }
        let Some(outcome) = at_work.next().await else { break };
        // An account that could not be read whole is not known to be right.
        failed += usize::from(is_failure(&outcome.verdict));
        outcomes.push(outcome);
    }
    let reason = if stop.is_set() {
        Some(STOPPED.to_owned())
    } else if let Some(ended) = run.ended() {
        Some(ended.to_owned())
    } else if failed > wave.max_failures {
        let many = report::accounts(failed);
        Some(format!("{many} of wave {} did not succeed, and {} may fail", wave.name, wave.max_failures))
    } else {
        None
    };
    let left: Vec<Member> = waiting.into();
    outcomes.extend(not_begun_of(keeping, left, reason.as_deref().unwrap_or_default()).await);
    (outcomes, reason)
}
