//! `baseline apply`: makes the account as declared, and looks again.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use clap::ValueHint;
use futures::future::BoxFuture;

use super::agreed::Agreed;
use super::arguments::ReportFormat;
use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::file::Loaded;
use super::interrupt::Screen;
use super::journaling::{Journaling, Record};
use super::locking::{self, Locking};
use super::lockout::Accepted;
use super::look::{Look, look};
use super::opening::Refusal;
use super::output::Output;
use super::progress::Progress;
use super::saved_plan::SavedPlan;
use super::{
    arguments, calls, confirm, connect, file, interrupt, new_access, own_trust, preflight, saved_plan, show,
};
use crate::aws::{Account, Mode};
use crate::engine::lock;
use crate::engine::{self, Outcome, Stop};
use crate::model::Addr;
use crate::plan::{Action, Choices, Plan};
use crate::posture::Posture;
use crate::report::json::Report;
use crate::report::outcome::{Done, NotDone};
use crate::report::{Command, Ending, Shown, View, in_sync, text};
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline apply landing-zone.toml
  baseline apply landing-zone.toml --auto-approve --json > report.json
  baseline apply landing-zone.toml --auto-approve --report html=applied.html
  baseline plan landing-zone.toml --out monday.plan && baseline apply monday.plan
  baseline apply landing-zone.toml --prune

Stop it with Ctrl-C at any time, and run it again: it goes on where it stopped.";

/// Bring the account to the declared state
///
/// Shows the plan, asks, carries it out in parallel, then looks at the account again and says whether
/// anything is left. A saved plan is refused when the account has changed since it was made.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Carry out this baseline file, or this plan that `plan --out` saved
    #[arg(value_name = "FILE|PLAN", value_hint = ValueHint::FilePath)]
    path: PathBuf,

    /// Skip the confirmation prompt
    #[arg(long)]
    auto_approve: bool,

    /// Carry out the saved plan only if this is its SHA-256, as `plan --out` prints it
    #[arg(long, value_name = "SHA256", value_parser = saved_plan::typed_digest)]
    plan_digest: Option<String>,

    #[command(flatten)]
    vars: arguments::Vars,

    #[command(flatten)]
    format: arguments::Format,

    #[command(flatten)]
    how: Carrying,

    #[command(flatten)]
    access: arguments::Access,
}

/// How a plan is carried out.
#[derive(Debug, clap::Args)]
pub(super) struct Carrying {
    /// Do not ask IAM beforehand whether these credentials may do what the plan takes
    #[arg(long, help_heading = Option::<&'static str>::None)]
    pub(super) no_preflight: bool,

    #[command(flatten)]
    pub(super) deletions: arguments::Deletions,

    #[command(flatten)]
    pub(super) opening: Refusal,

    #[command(flatten)]
    pub(super) new_access: new_access::AccessRefusal,

    #[command(flatten)]
    pub(super) lockout: Accepted,

    #[command(flatten)]
    pub(super) locking: Locking,

    #[command(flatten)]
    pub(super) journaling: Journaling,
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    if !args.auto_approve {
        confirm::someone_is_there(
            "apply asks before it writes",
            "look at the plan first, then pass --auto-approve",
        )?;
    }
    show::can_be_written(&args.format.reports)?;
    let (loaded, choices, saved) = load(args, output)?;
    let profile = args.access.profile.as_deref();
    let account = connect::open(&loaded, profile, sandbox, Mode::ReadWrite, output).await?;
    if let Some(saved) = saved.as_ref().filter(|saved| saved.account != account.id()) {
        return Err(connect::wrong_account(account.id(), &account.identity.arn, &saved.account));
    }
    let saved = saved.map(|saved| saved.agreed());
    let allows =
        |look: &Look, report: &Report| saved.as_ref().map_or(Ok(()), |saved| saved.check(look, report));
    let work = Work {
        how: &args.how,
        asks: !args.auto_approve,
        allows: &allows,
        is_text: args.format.chosen() == ReportFormat::Text,
        account: &account,
        loaded: &loaded,
        choices: &choices,
        stop: None,
        begins: None,
    };
    let (exit, mut end) = work.carry(output).await?;
    let calls = calls::calls(&account);
    if args.access.trace_calls {
        calls::show(&calls, output);
    }
    end.report.calls = Some(calls);
    end.show(&args.format, output)?;
    Ok(exit)
}

/// What may be carried out.
pub(super) type Allows<'a> = dyn Fn(&Look, &Report) -> Result<(), Failure> + Sync + 'a;

/// An account, and a file that is to be applied to it.
pub(super) struct Work<'a> {
    pub(super) how: &'a Carrying,
    /// Whether a person is asked.
    pub(super) asks: bool,
    /// Fails where a plan is not to be carried out, before the first write and once more under the lock.
    pub(super) allows: &'a Allows<'a>,
    /// Whether what goes on is told on stdout.
    pub(super) is_text: bool,
    pub(super) account: &'a Account,
    pub(super) loaded: &'a Loaded,
    pub(super) choices: &'a Choices,
    /// What stops it; where there is nothing, this listens for whoever interrupts.
    pub(super) stop: Option<Stop>,
    /// Where the steps are kept that are about to be taken, before the first of them.
    pub(super) begins: Option<&'a dyn Begins>,
}

/// Keeps the steps that an apply is about to take.
pub(super) trait Begins: Sync {
    /// Keeps them. Where that fails nothing is written.
    fn begins(&self, steps: Vec<Done>) -> BoxFuture<'_, Result<(), String>>;
}

impl Work<'_> {
    /// Looks, asks, carries the plan out and looks again.
    pub(super) async fn carry(&self, output: &Output) -> Result<(Exit, End), Failure> {
        let Self { how, account, loaded, choices, .. } = *self;
        let before = look(Command::Apply, account, loaded, choices, output).await?;
        before.tell_unmatched(choices, output);
        let report = Report::of(&before.view(), calls::calls(account));
        (self.allows)(&before, &report)?;
        let mut end = End { report, ending: Ending::default(), last: None };
        tell(self.is_text, &text::report(&before.view(), output.width()), output);
        how.opening.check(&before)?;
        how.new_access.check(&before)?;
        how.lockout.check(&before)?;
        let exit = if nothing_to_do(&before.plan) {
            let exit = verdict(&Outcome::default(), &before.plan, &before.posture);
            end.last = Some(before);
            exit
        } else {
            if !how.no_preflight {
                preflight::check(account, &before, choices, output).await?;
            }
            if self.asks {
                let question = format!("Carry out this plan in account {}?", account.id());
                confirm::ask(&question, "not carried out", output)?;
            }
            let run = lock::random_id().map_err(Failure::bug)?;
            let apply = Apply {
                how,
                is_text: self.is_text,
                record: how.journaling.begin(account, &run)?,
                run,
                account,
                loaded,
                choices,
                allows: self.allows,
                // A plan that a person has seen is carried out as it was shown, or not at all.
                agreed: self.asks.then(|| Agreed::of(&before, &end.report)).transpose()?,
                stop: self.stop.clone().unwrap_or_default(),
                begins: self.begins,
                screen: Arc::new(OnceLock::new()),
                output,
            };
            let watch = self.stop.is_none().then(|| interrupt::watch(&apply.stop, &apply.screen));
            let exit = apply.locked(before, &mut end).await;
            if let Some(watch) = watch {
                watch.abort();
            }
            exit?
        };
        Ok((exit, end))
    }
}

/// What there is to report in the end.
pub(super) struct End {
    /// The plan and how it went, in JSON.
    pub(super) report: Report,
    pub(super) ending: Ending,
    /// The last look; nothing where somebody asked to stop before it was over.
    pub(super) last: Option<Look>,
}

impl End {
    /// Prints and writes what was asked for; as text it has been told all along.
    fn show(&self, format: &arguments::Format, output: &Output) -> Result<(), Failure> {
        let Some(look) = &self.last else {
            if format.chosen() == ReportFormat::Json {
                output.out(&self.report.text().map_err(Failure::bug)?);
            } else if format.chosen() != ReportFormat::Text || !format.reports.is_empty() {
                output.err(&shown!("note: the account was not looked at again, so there is no report\n"));
            }
            return Ok(());
        };
        let view = View { ending: Some(&self.ending), ..look.view() };
        if format.chosen() == ReportFormat::Text {
            show::write(&view, &self.report, &format.reports)
        } else {
            show::all(&view, &self.report, format, output)
        }
    }
}

/// The baseline and what was agreed to, from a TOML file or from a saved plan.
fn load(args: &Args, output: &Output) -> Result<(Loaded, Choices, Option<SavedPlan>), Failure> {
    let bytes = file::bytes(&args.path)?;
    let digest = saved_plan::digest(&bytes);
    saved_plan::check_digest(&args.path, Some(&digest), args.plan_digest.as_deref())?;
    let Some(saved) = SavedPlan::read(&args.path.display().to_string(), &bytes)? else {
        let loaded = file::parse(args.vars.over(file::source(&args.path, bytes, output)?), output)?;
        return Ok((loaded, args.how.deletions.choices(), None));
    };
    saved_plan::refuse_deletions(&args.how.deletions, "baseline plan FILE")?;
    if !args.vars.given.is_empty() {
        return Err(Failure::with_hint(
            "a saved plan already has the values of its variables",
            "leave --var out, or give it to: baseline plan FILE --out PLAN",
        ));
    }
    output.note(&shown!("the SHA-256 of the plan is {}", Shown::line(&digest)));
    Ok((file::parse(saved.source(), output)?, saved.choices(), Some(saved)))
}

fn nothing_to_do(plan: &Plan) -> bool {
    plan.steps.iter().all(|step| step.held.is_some())
}

/// An apply that has been agreed to.
struct Apply<'a> {
    how: &'a Carrying,
    is_text: bool,
    /// The random id of this run.
    run: String,
    record: Record,
    account: &'a Account,
    loaded: &'a Loaded,
    choices: &'a Choices,
    allows: &'a Allows<'a>,
    /// What a person agreed to; nothing where nobody was asked.
    agreed: Option<Agreed>,
    stop: Stop,
    begins: Option<&'a dyn Begins>,
    screen: Screen,
    output: &'a Output,
}

impl Apply<'_> {
    /// Takes the lock, carries the plan out, and gives the lock back however it went.
    async fn locked(&self, before: Look, end: &mut End) -> Result<Exit, Failure> {
        let is_dead = |run: &str| self.record.is_dead(run);
        let locking = &self.how.locking;
        let places = locking::places(self.account, &before.wanted);
        let mut locks = Vec::new();
        for place in &places {
            match locking.take(place, &self.run, &self.stop, &is_dead, self.output).await {
                Ok(lock) => locks.extend(lock),
                Err(failure) => {
                    locking::release(locks, &self.stop, self.output).await;
                    return Err(failure);
                }
            }
        }
        let work = self.carry_out(before, !locks.is_empty(), end);
        let result = match locks.as_mut_slice() {
            [] => work.await,
            [lock] => lock.during(work, &self.stop).await,
            [first, second, ..] => first.during(second.during(work, &self.stop), &self.stop).await,
        };
        locking::release(locks, &self.stop, self.output).await;
        match self.record.end() {
            // A run that failed has said so; what it could not write down comes on top.
            Err(failure) if result.is_err() => failure.show(self.output),
            ended => ended?,
        }
        result
    }

    async fn carry_out(&self, before: Look, has_lock: bool, end: &mut End) -> Result<Exit, Failure> {
        let before = if has_lock { self.look_again(before, &mut end.report).await? } else { before };
        self.how.opening.check(&before)?;
        self.how.new_access.check(&before)?;
        self.how.lockout.check(&before)?;
        if nothing_to_do(&before.plan) {
            let exit = verdict(&Outcome::default(), &before.plan, &before.posture);
            end.last = Some(before);
            return Ok(exit);
        }
        if let Some(begins) = self.begins {
            begins.begins(to_do(&before.plan)).await.map_err(|reason| {
                Failure::new(format!("nothing was written, because what is begun cannot be kept: {reason}"))
            })?;
        }
        let outcome = self.steps(&before).await;
        end.ending = ending(&outcome, &before.plan);
        tell(self.is_text, &shown!("\n{}", end.ending.text()), self.output);
        end.report.outcome = Some(end.ending.clone());
        // Whoever asks to stop is not made to wait for a look at the whole account.
        let Some(after) = self.look().await else {
            end.report.converged = false;
            return Ok(Exit::Error);
        };
        let after = after?;
        tell(self.is_text, &left(&after, self.output), self.output);
        end.report.verified(&after.view());
        let exit = verdict(&outcome, &after.plan, &after.posture);
        end.last = Some(after);
        Ok(exit)
    }

    /// Looks again now that the lock is held: another apply may have ended since the first look.
    async fn look_again(&self, before: Look, report: &mut Report) -> Result<Look, Failure> {
        let Some(now) = self.look().await else {
            return Err(Failure::new("stopped; nothing was written"));
        };
        let now = now?;
        let second = Report::of(&now.view(), calls::calls(self.account));
        (self.allows)(&now, &second)?;
        if let Some(agreed) = &self.agreed {
            agreed.check(&now, &second)?;
        } else if now.plan.fingerprints != before.plan.fingerprints {
            let text = text::report(&now.view(), self.output.width());
            let text =
                shown!("\nThe account has changed while the lock was taken. The plan is now:\n\n{}", text);
            tell(self.is_text, &text, self.output);
        }
        *report = second;
        Ok(now)
    }

    /// One look; nothing where somebody asks to stop before it is over.
    async fn look(&self) -> Option<Result<Look, Failure>> {
        tokio::select! {
            biased;
            () = self.stop.asked() => None,
            look = look(Command::Apply, self.account, self.loaded, self.choices, self.output) => Some(look),
        }
    }

    async fn steps(&self, look: &Look) -> Outcome {
        let progress = Arc::new(Progress::new(self.output, look.plan.steps.len()));
        let progress = self.screen.get_or_init(|| progress);
        let say = |event| {
            // On record before the call goes out: the step begins after it was heard.
            self.record.hear(&event, &self.stop);
            progress.hear(&event);
        };
        let mut outcome =
            engine::apply(self.account, &look.wanted, &look.live, &look.plan, &say, &self.stop).await;
        own_trust::test_trust(self.account, look, &mut outcome, (&say, &self.stop), self.output).await;
        progress.end();
        outcome
    }
}

/// What a second look found.
fn left(after: &Look, output: &Output) -> Shown {
    let view = after.view();
    if after.plan.is_converged() && after.plan.is_complete() {
        return shown!(
            "verified: {}\n{}{}",
            in_sync(after.plan.unchanged),
            text::remarks(&view),
            text::posture(&view)
        );
    }
    let text = text::report(&view, output.width());
    shown!("\nA second look finds what is left:\n\n{}", text)
}

/// What goes on goes to stdout, unless a report in another format has it for itself.
fn tell(is_text: bool, text: &Shown, output: &Output) {
    if is_text { output.out(text) } else { output.err(text) }
}

/// A step that failed or was not begun is an error; else what could not be read; else what is left.
///
/// What a rule found and only a person can settle is shown, and is no failure of the apply.
fn verdict(outcome: &Outcome, after: &Plan, posture: &Posture) -> Exit {
    if !outcome.failed.is_empty() || !outcome.interrupted.is_empty() {
        Exit::Error
    } else if !after.is_complete() || !posture.is_complete() {
        Exit::Incomplete
    } else if outcome.is_success() && after.is_converged() {
        Exit::Success
    } else {
        Exit::Error
    }
}

/// The steps that an apply of a plan takes, in its order.
fn to_do(plan: &Plan) -> Vec<Done> {
    let steps = plan.steps.iter().filter(|step| step.held.is_none());
    steps.map(|step| done(&step.addr, step.action)).collect()
}

fn done(addr: &Addr, action: Action) -> Done {
    Done { addr: addr.to_string(), action: action.word().to_owned() }
}

/// How a plan was carried out, in its order: which step ends first is chance.
fn ending(outcome: &Outcome, plan: &Plan) -> Ending {
    let place = |addr: &Addr| plan.steps.iter().position(|step| step.addr == *addr);
    let not_done = |list: &[(Addr, String)]| {
        let mut list: Vec<&(Addr, String)> = list.iter().collect();
        list.sort_by_key(|(addr, _)| place(addr));
        let told = list.into_iter();
        told.map(|(addr, reason)| NotDone { addr: addr.to_string(), reason: reason.clone() }).collect()
    };
    let mut all_done: Vec<&(Addr, Action)> = outcome.done.iter().collect();
    all_done.sort_by_key(|(addr, _)| place(addr));
    Ending {
        done: all_done.into_iter().map(|(addr, action)| done(addr, *action)).collect(),
        failed: not_done(&outcome.failed),
        held: not_done(&outcome.held),
        interrupted: outcome.interrupted.iter().map(ToString::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Unread, Why};

    fn unread() -> Plan {
        let unread = Unread {
            call: String::new(),
            why: Why::Denied,
            lacking: String::new(),
            regions: Vec::new(),
            next: String::new(),
            message: String::new(),
        };
        Plan { unlisted: vec![unread], ..Plan::default() }
    }

    #[test]
    fn a_failed_step_is_an_error_even_where_something_is_unreadable() {
        let failed =
            Outcome { failed: vec![("ec2.vpc.a".parse().unwrap(), "no".into())], ..Outcome::default() };
        assert_eq!(verdict(&failed, &unread(), &Posture::default()), Exit::Error);
    }

    #[test]
    fn what_is_held_by_a_denied_read_is_incomplete() {
        let held = Outcome { held: vec![("ec2.vpc.a".parse().unwrap(), "no".into())], ..Outcome::default() };
        let kept = Posture::default();
        assert_eq!(verdict(&held, &unread(), &kept), Exit::Incomplete);
        assert_eq!(verdict(&held, &Plan::default(), &kept), Exit::Error);
    }

    #[test]
    fn success_needs_a_second_look_that_finds_nothing() {
        let kept = Posture::default();
        assert_eq!(verdict(&Outcome::default(), &Plan::default(), &kept), Exit::Success);
        assert_eq!(verdict(&Outcome::default(), &unread(), &kept), Exit::Incomplete);
    }
}
