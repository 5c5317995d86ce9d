//! `baseline fleet apply`: brings every account of a fleet to the declared state, wave by wave.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use super::keeping::Keeping;
use super::look::{Common, Run, apart, looked_at, once_more};
use super::one::{Became, STOPPED, Session, Terms, apply_to};
use super::plans::{Given, Plans};
use super::progress::FleetProgress;
use crate::aws::Mode;
use crate::cli::apply::Carrying;
use crate::cli::built_in::BuiltIn;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::progress::Doing;
use crate::cli::{confirm, interrupt, saved_plan};
use crate::engine::Stop;
use crate::fleet::{Apart, Change, Fold, Member, Outcome, Verdict, Wave, admits, fold, is_failure};
use crate::language::fleet::Continue;
use crate::report::{Command, Shown, fleet as report};
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline fleet accounts fleet.toml --out accounts.json
  baseline fleet apply fleet.toml --accounts accounts.json
  baseline fleet apply fleet.toml --accounts accounts.json --only sandbox-1 --auto-approve
  baseline fleet plan fleet.toml --accounts accounts.json --out monday.plan && baseline fleet apply monday.plan

Stop it with Ctrl-C at any time, and run it again: accounts that are as declared cost reads only.";

/// Bring every account to the declared state, wave by wave
///
/// Shows what departs in all accounts, asks, and applies the baseline to one wave after the other. Each account is looked at again
/// under its own lock before anything is written there, and afterwards. A plan that `fleet plan --out` saved, in the place of the fleet file,
/// is carried out as it was, or not at all. Where more accounts of a wave have failed than may, nothing
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

    /// Carry out the saved plan only if this is its SHA-256, as `fleet plan --out` prints it
    #[arg(long, value_name = "SHA256", value_parser = saved_plan::typed_digest)]
    plan_digest: Option<String>,

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
    let given = given(args, output)?;
    let (choices, mut plans) = match &given {
        Given::File(_) => (args.how.deletions.choices(), None),
        Given::Plan(saved) => (saved.choices(), Some(saved.plans.clone())),
    };
    let run = Run::begin(&args.common, given, Mode::ReadWrite, sandbox, output).await?;
    let keeping = Keeping::begin(&args.common.part, &run, Command::Apply).await?;
    if !args.auto_approve {
        let shown = match plans {
            Some(plans) => plans,
            None => {
                let beforehand = keeping.beforehand();
                looked_at(&run, &beforehand, (Command::Plan, &choices), output).await;
                beforehand.plans()
            }
        };
        ask(args, &run, &keeping, &shown, output)?;
        plans = Some(shown);
    }
    let stop = Stop::default();
    let watch = interrupt::watch(&stop, &Arc::new(OnceLock::new()));
    let session = run.session(false, keeping.keeps(), &choices, output);
    let applying = Applying { args, run: &run, keeping: &keeping, session, plans, stop: &stop, output };
    let outcomes = applying.all().await;
    watch.abort();
    let fold = fold(&outcomes);
    run.tell(&args.common, &keeping, &fold, output)?;
    let why = stop.is_set().then_some(STOPPED);
    keeping.end(&args.common.part, &fold, exit(&fold), why, output).await
}

/// The fleet file, or the saved plan, which leaves nothing else to be said.
fn given(args: &FleetApply, output: &Output) -> Result<Given, Failure> {
    let path = &args.common.which.path;
    let (given, digest) = Given::read(path)?;
    saved_plan::check_digest(path, digest.as_deref(), args.plan_digest.as_deref())?;
    let Some(digest) = digest else { return Ok(given) };
    if args.common.which.accounts.is_some() {
        return Err(Failure::with_hint(
            "a saved plan already has the list of accounts",
            "leave --accounts out, or make the plan again with: baseline fleet plan FLEET --accounts FILE --out PLAN",
        ));
    }
    saved_plan::refuse_deletions(&args.how.deletions, "baseline fleet plan FLEET")?;
    output.note(&shown!("the SHA-256 of the plan is {}", Shown::line(&digest)));
    Ok(given)
}

/// Shows what departs, and asks.
fn ask(
    args: &FleetApply,
    run: &Run,
    keeping: &Keeping<'_>,
    plans: &Plans,
    output: &Output,
) -> Result<(), Failure> {
    let mut planned = plans.outcomes();
    let mut others = if keeping.is_part() { Vec::new() } else { apart(&run.selection) };
    // One that was not ready may have become so meanwhile: then it has a plan.
    let is_told = |id: &str| keeping.is_to_do(id) || others.iter().any(|other| other.id == id);
    planned.retain(|outcome| is_told(&outcome.id));
    others.retain(|other| planned.iter().all(|outcome| outcome.id != other.id));
    planned.extend(others);
    planned.extend(keeping.done());
    let plan = report::text(run.fleet.name.written(), &run.told.all(), &fold(&planned));
    // With --json, stdout is one document.
    if args.common.json {
        output.err(&plan);
    } else {
        output.out(&plan);
    }
    let question = format!("Apply this to {}?", report::accounts(keeping.count_to_do()));
    confirm::ask(&question, "not carried out", output)
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

/// An apply that has been agreed to.
struct Applying<'a> {
    args: &'a FleetApply,
    run: &'a Run,
    keeping: &'a Keeping<'a>,
    session: Session<'a>,
    /// What somebody saw or saved; nothing where nobody did.
    plans: Option<Plans>,
    stop: &'a Stop,
    output: &'a Output,
}

/// What became of a wave.
#[derive(Default)]
struct WaveEnd {
    outcomes: Vec<Outcome>,
    /// What was changed, with success.
    changed: BTreeSet<Change>,
    /// Why the apply goes no further.
    stopped: Option<String>,
}

impl Applying<'_> {
    /// Applies to one wave after the other; answers what became of every account.
    async fn all(&self) -> Vec<Outcome> {
        let keeping = self.keeping;
        let mut outcomes = if keeping.is_part() { Vec::new() } else { apart(&self.run.selection) };
        outcomes.extend(keeping.done());
        let mut changed = keeping.changed_before.clone();
        let mut not_begun: Option<String> = None;
        for wave in &keeping.waves {
            let mut wave = wave.clone();
            wave.members.retain(|member| keeping.is_to_do(&member.id));
            if wave.members.is_empty() {
                continue;
            }
            not_begun = not_begun.or_else(|| self.is_refused(&wave));
            if let Some(reason) = &not_begun {
                outcomes.extend(self.not_begun(wave.members, reason).await);
                continue;
            }
            let count = report::accounts(wave.members.len());
            let what = match keeping.waves.len() {
                1 => shown!("applying to {}", count),
                _ => shown!("wave {}: {}", Shown::line(&wave.name), count),
            };
            if keeping.waves.len() > 1 {
                self.output.note(&what);
            }
            let progress = FleetProgress::of(self.output, what);
            let end = progress.during(self.one_wave(&wave, &changed, &progress)).await;
            outcomes.extend(end.outcomes);
            changed.extend(end.changed);
            not_begun = end.stopped;
        }
        if not_begun.is_none() {
            let again = async |member: Member| {
                let is_its = |wave: &&Wave| wave.members.iter().any(|one| one.id == member.id);
                // One that the list called not ready is in no wave: it is one of those that no wave names.
                let goes_on = keeping
                    .waves
                    .iter()
                    .find(is_its)
                    .map_or(self.run.fleet.r#continue.value, |wave| wave.goes_on);
                self.one(&member, goes_on, &changed, &Doing::default()).await
            };
            once_more(self.run, keeping, &mut outcomes, self.stop, again).await;
        }
        outcomes
    }

    /// Why a person does not want a wave to begin.
    fn is_refused(&self, wave: &Wave) -> Option<String> {
        if wave.goes_on != Continue::Ask || self.args.auto_approve || self.stop.is_set() {
            return None;
        }
        let count = report::accounts(wave.members.len());
        let question = format!("Go on with wave {}, {count}?", Shown::line(&wave.name));
        let refused = confirm::ask(&question, "not begun", self.output).is_err();
        refused.then(|| format!("somebody was asked, and did not go on with wave {}", wave.name))
    }

    /// Applies to an account, as far as the plan and the wave allow.
    async fn one(
        &self,
        member: &Member,
        goes_on: Continue,
        changed: &BTreeSet<Change>,
        doing: &Doing,
    ) -> Became {
        let agreed = match self.plans.as_ref().map(|plans| plans.of(&member.id)).transpose() {
            Ok(agreed) => agreed,
            Err((why, reason)) => return Became::of(Verdict::Apart(why, reason), self.keeping.nothing()),
        };
        let is_named = self.run.is_named_here(member);
        let admits = |change: &Change| if is_named { Ok(()) } else { admits(goes_on, change, changed) };
        let terms = Terms { agreed, admits: &admits };
        let within = (self.run, self.keeping, &self.session);
        Box::pin(apply_to(member, within, &self.args.how, (&terms, doing), self.stop)).await
    }

    /// Accounts that the apply does not come to.
    async fn not_begun(&self, members: Vec<Member>, reason: &str) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for member in members {
            let verdict = Verdict::Apart(Apart::NotBegun, reason.to_owned());
            let became = Became::of(verdict, self.keeping.nothing());
            self.keeping.keep(&member, jiff::Timestamp::now(), &became).await;
            outcomes.push(Outcome { id: member.id, name: member.name, verdict: became.verdict });
        }
        outcomes
    }

    /// Applies to the accounts of a wave.
    async fn one_wave(
        &self,
        wave: &Wave,
        changed: &BTreeSet<Change>,
        progress: &FleetProgress<'_>,
    ) -> WaveEnd {
        let (run, keeping, stop) = (self.run, self.keeping, self.stop);
        let mut waiting: VecDeque<_> = wave.members.iter().cloned().collect();
        let mut at_work = FuturesUnordered::new();
        let (mut end, mut failed) = (WaveEnd::default(), 0);
        loop {
            while !stop.is_set() && run.ended().is_none() && at_work.len() < wave.may_work(failed) {
                let Some(member) = waiting.pop_front() else { break };
                at_work.push(async move {
                    let begun = jiff::Timestamp::now();
                    let doing = progress.begin(&member.id, &member.name);
                    let became = self.one(&member, wave.goes_on, changed, &doing).await;
                    keeping.keep(&member, begun, &became).await;
                    progress.end(&member.id);
                    let Became { verdict, change, .. } = became;
                    (Outcome { id: member.id, name: member.name, verdict }, change)
                });
            }
            let Some((outcome, change)) = at_work.next().await else { break };
            // An account that could not be read whole is not known to be right.
            failed += usize::from(is_failure(&outcome.verdict));
            end.outcomes.push(outcome);
            end.changed.extend(change);
        }
        end.stopped = if stop.is_set() {
            Some(STOPPED.to_owned())
        } else if let Some(ended) = run.ended() {
            Some(ended.to_owned())
        } else if failed > wave.max_failures {
            let many = report::accounts(failed);
            Some(format!("{many} of wave {} did not succeed, and {} may fail", wave.name, wave.max_failures))
        } else {
            None
        };
        let reason = end.stopped.clone().unwrap_or_default();
        end.outcomes.extend(self.not_begun(waiting.into(), &reason).await);
        end
    }
}
