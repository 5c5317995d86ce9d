//! One account of a fleet: how it is reached, and what a look at it finds or an apply does to it.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use futures::future::BoxFuture;

use super::keeping::Keeping;
use super::look::Run;
use crate::aws::{Account, Caller, Error, Mode, RoleSession, policies_of_reads};
use crate::cli::agreed::Agreed;
use crate::cli::apply::{Begins, Carrying, End, Work};
use crate::cli::calls;
use crate::cli::connect;
use crate::cli::endpoints;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::file::Loaded;
use crate::cli::look::{Look, look};
use crate::cli::output::Output;
use crate::cli::progress::Doing;
use crate::engine::Stop;
use crate::fleet::{
    Apart, BegunStep, Chain, Change, Member, Reach, Roles, Seen, Verdict, begun_in_all, is_not_ready,
    session_name,
};
use crate::language::fleet::{Access, NewAccounts};
use crate::plan::Choices;
use crate::report::fleet::{Kept, Written};
use crate::report::json::Report;
use crate::report::outcome::Done;
use crate::report::{Command, Ending, Endpoint, Sheet, View, fleet as report};

/// Why accounts are not begun after somebody asked to stop.
pub(super) const STOPPED: &str = "somebody asked to stop";

/// What all accounts of a run are reached with.
pub(super) struct Session<'a> {
    pub(super) access: Option<&'a Access>,
    pub(super) caller: &'a Caller,
    pub(super) client: Option<SharedHttpClient>,
    /// Eight letters by which the sessions of this run are known.
    pub(super) run: &'a str,
    /// Whether nothing is to be written.
    pub(super) only_looks: bool,
    /// What is told of the run itself.
    pub(super) output: &'a Output,
    /// Whether more is kept than the lines of an account.
    pub(super) keeps: bool,
    /// What may be deleted.
    pub(super) choices: &'a Choices,
}

/// What became of an account.
pub(super) struct Became {
    pub(super) verdict: Verdict,
    /// The plan that a look came to; nothing where the account was not looked at, and of an apply.
    pub(super) agreed: Option<Agreed>,
    /// What an apply changed with success.
    pub(super) change: Option<Change>,
    /// What reports are made of, where that is kept.
    pub(super) details: Written,
}

impl Became {
    /// An account of which no more is known.
    pub(super) fn of(verdict: Verdict, details: Written) -> Self {
        Self { verdict, agreed: None, change: None, details }
    }
}

impl Session<'_> {
    /// An account of which there is no more to tell than why it has a line of its own.
    fn apart(&self, why: Apart, reason: String) -> Became {
        Became::of(Verdict::Apart(why, reason), self.nothing(&[]))
    }

    /// An account in which nothing was written, because the run cannot read or keep what it begins.
    fn nothing_written(&self, reason: String) -> Became {
        match self.caller.ended() {
            Some(ended) => self.apart(Apart::NotBegun, ended.to_owned()),
            None => self.apart(Apart::Failed, reason),
        }
    }

    /// Who answered, and nothing else.
    fn nothing(&self, endpoints: &[Endpoint]) -> Written {
        let mut endpoints = [&endpoints::custom(&self.caller.account), endpoints].concat();
        endpoints.sort();
        Written { endpoints, ..Written::default() }
    }

    /// What a look found, where that is kept.
    fn details(&self, view: &View<'_>, report: impl FnOnce() -> Report, endpoints: &[Endpoint]) -> Written {
        let nothing = self.nothing(endpoints);
        if !self.keeps {
            return nothing;
        }
        let sheet = Some(Kept::from(&Sheet::of(view)));
        Written { sheet, report: Some(Box::new(report())), ..nothing }
    }
}

/// Looks at an account. Nothing that goes wrong in it stops the run.
pub(super) async fn look_at(
    member: &Member,
    (run, session): (&Run, &Session<'_>),
    command: Command,
    doing: &Doing,
) -> Became {
    let (loaded, account, endpoints) = match reached(member, run, session).await {
        Ok(opened) => opened,
        Err((why, reason)) => return session.apart(why, reason),
    };
    // What is told of one account alone would be lost among a thousand: it is kept for its line.
    let output = Output::of_one(doing);
    let looked = look(command, &account, loaded, session.choices, &output).await.and_then(|look| {
        let view = look.view();
        let report = Report::of(&view, calls::calls(&account));
        let agreed = Some(Agreed::of(&look, &report)?);
        let details = session.details(&view, || report, &endpoints);
        Ok(Became { agreed, ..Became::of(Verdict::Looked(report::seen(&view)), details) })
    });
    match looked {
        Ok(became) => became,
        Err(failure) => {
            let reason = reason(&failure, &output);
            let why = if is_not_ready(&reason) { Apart::NotReady } else { Apart::NotReached };
            session.apart(why, reason)
        }
    }
}

/// Reaches an account, unless the file leaves it alone or the run's own credentials have ended.
async fn reached<'r>(
    member: &Member,
    run: &'r Run,
    session: &Session<'_>,
) -> Result<(&'r Loaded, Account, Vec<Endpoint>), (Apart, String)> {
    let ended = |caller: &Caller| caller.ended().map(|reason| (Apart::NotBegun, reason.to_owned()));
    if let Some(ended) = ended(session.caller) {
        return Err(ended);
    }
    let (loaded, account, endpoints) = open(member, run, session).await.map_err(|reason| {
        let why = if is_not_ready(&reason) { Apart::NotReady } else { Apart::NotReached };
        // Whoever sees first that they have ended was not begun, either.
        ended(session.caller).unwrap_or((why, reason))
    })?;
    let new = run.fleet.organization.as_ref().map_or(NewAccounts::Apply, |one| one.value.new.value);
    let is_left = match new {
        NewAccounts::Apply => false,
        NewAccounts::Plan => !session.only_looks,
        NewAccounts::Hold => true,
    };
    if is_left && !run.is_named(member) {
        let is_baselined = account.is_baselined().await;
        let is_baselined = is_baselined
            .map_err(|error| (Apart::NotReached, format!("{}: {}", error.call(), error.said())))?;
        if !is_baselined {
            let name = &loaded.baseline.name;
            let reason =
                format!("`new = \"{}\"`: nothing in it carries the tags of baseline {name}", new.word());
            return Err((Apart::Skipped, reason));
        }
    }
    Ok((loaded, account, endpoints))
}

/// What may be done in an account.
pub(super) struct Terms<'a> {
    /// The plan that somebody saw or saved; nothing where nobody did.
    pub(super) agreed: Option<&'a Agreed>,
    /// Says why a change is not carried out.
    pub(super) admits: &'a (dyn Fn(&Change) -> Result<(), String> + Sync),
}

/// Applies the baseline to an account. Nothing that goes wrong in it stops the run.
pub(super) async fn apply_to(
    member: &Member,
    (run, keeping, session): (&Run, &Keeping<'_>, &Session<'_>),
    how: &Carrying,
    (terms, doing): (&Terms<'_>, &Doing),
    stop: &Stop,
) -> Became {
    let reached = tokio::select! {
        biased;
        () = stop.asked() => return session.apart(Apart::NotBegun, STOPPED.to_owned()),
        reached = reached(member, run, session) => reached,
    };
    let (loaded, account, endpoints) = match reached {
        Ok(opened) => opened,
        Err((why, reason)) => return session.apart(why, reason),
    };
    let earlier = match keeping.begun_before(member).await {
        Ok(earlier) => earlier,
        Err(reason) => return session.nothing_written(reason),
    };
    let begun = Begun { keeping, member, earlier: &earlier, is_lost: AtomicBool::new(false) };
    let output = Output::of_one(doing);
    let not_begun = OnceLock::new();
    let allows = |look: &Look, report: &Report| {
        terms.agreed.map_or(Ok(()), |agreed| agreed.check(look, report))?;
        (terms.admits)(&change(report, &member.id)?).map_err(|reason| {
            // Nothing is wrong with the account: it is only not its turn.
            Failure::new(not_begun.get_or_init(|| reason).clone())
        })
    };
    let work = Work {
        how,
        asks: false,
        allows: &allows,
        is_text: true,
        account: &account,
        loaded,
        choices: session.choices,
        stop: Some(stop.clone()),
        begins: Some(&begun),
    };
    let (exit, mut end) = match work.carry(&output).await {
        Ok(ended) => ended,
        Err(failure) if begun.is_lost.load(Ordering::Relaxed) => {
            return session.nothing_written(reason(&failure, &output));
        }
        Err(failure) => {
            return match not_begun.get() {
                Some(reason) => session.apart(Apart::NotBegun, reason.clone()),
                None => session.apart(Apart::Failed, reason(&failure, &output)),
            };
        }
    };
    also_done(&mut end, earlier);
    let verdict = verdict(&end, exit);
    let Some(last) = &end.last else { return Became::of(verdict, session.nothing(&endpoints)) };
    end.report.calls = Some(calls::calls(&account));
    let view = View { ending: Some(&end.ending), ..last.view() };
    let details = session.details(&view, || end.report.clone(), &endpoints);
    let change =
        matches!(verdict, Verdict::Looked(_)).then(|| change(&end.report, &member.id).ok()).flatten();
    Became { change, ..Became::of(verdict, details) }
}

/// What the steps of a report change.
fn change(report: &Report, account: &str) -> Result<Change, Failure> {
    Ok(Change::of(&serde_json::to_value(&report.steps).map_err(Failure::bug)?, account))
}

/// What is begun in an account, by this run and before it was stopped.
struct Begun<'a> {
    keeping: &'a Keeping<'a>,
    member: &'a Member,
    earlier: &'a [BegunStep],
    /// Whether it could not be kept.
    is_lost: AtomicBool,
}

impl Begins for Begun<'_> {
    fn begins(&self, steps: Vec<Done>) -> BoxFuture<'_, Result<(), String>> {
        let now = steps.into_iter().map(|Done { addr, action }| BegunStep { addr, action });
        let all = begun_in_all(self.earlier, now.collect());
        Box::pin(async move {
            let kept = self.keeping.begins(self.member, all).await;
            self.is_lost.store(kept.is_err(), Ordering::Relaxed);
            kept
        })
    }
}

/// What a run began before it was stopped and is as declared now, it has done.
fn also_done(end: &mut End, earlier: Vec<BegunStep>) {
    let Some(last) = &end.last else { return };
    let Ending { done, failed, held, interrupted } = &mut end.ending;
    let open: BTreeSet<String> = (failed.iter().chain(&*held).map(|one| one.addr.clone()))
        .chain(interrupted.iter().cloned())
        .chain(last.plan.steps.iter().map(|step| step.addr.to_string()))
        .collect();
    let earlier = earlier.into_iter().filter(|step| !open.contains(&step.addr));
    let earlier: Vec<Done> = earlier.map(|BegunStep { addr, action }| Done { addr, action }).collect();
    if earlier.is_empty() {
        return;
    }
    done.retain(|step| !earlier.iter().any(|one| one.addr == step.addr));
    done.splice(0..0, earlier);
    end.report.outcome = Some(end.ending.clone());
}

/// What became of an account that an apply worked on.
fn verdict(end: &End, exit: Exit) -> Verdict {
    let failed = |reason: String| Verdict::Apart(Apart::Failed, reason);
    if let Some(reason) = report::not_done(&end.ending) {
        return failed(reason);
    }
    match (&end.last, exit) {
        (None, _) => failed("it was not looked at again".to_owned()),
        (Some(last), Exit::Error) if !last.plan.is_converged() => {
            let Seen { departs, .. } = report::seen(&last.view());
            failed(format!("still departs: {}", departs.into_iter().collect::<Vec<_>>().join("; ")))
        }
        (Some(last), _) => Verdict::Looked(report::seen(&View { ending: Some(&end.ending), ..last.view() })),
    }
}

fn reason(failure: &Failure, output: &Output) -> String {
    match failure {
        Failure::Said { message, list, .. } => {
            let list: Vec<String> = list.iter().map(ToString::to_string).collect();
            if list.is_empty() { message.to_string() } else { format!("{message} {}", list.join("; ")) }
        }
        Failure::Shown => output.taken(),
    }
}

/// Reaches an account, and fails unless it is the one that is meant.
async fn open<'r>(
    member: &Member,
    run: &'r Run,
    session: &Session<'_>,
) -> Result<(&'r Loaded, Account, Vec<Endpoint>), String> {
    let loaded = run.baseline(member)?;
    let profile = match &member.reach {
        Reach::Profile(profile) => Some(profile.as_str()),
        Reach::Role(_) => None,
    };
    let mode = if session.only_looks { Mode::ReadOnly } else { Mode::ReadWrite };
    let options = connect::options_through(loaded, profile, session.client.clone(), mode);
    // Without the id of the request, so that accounts that fail alike are told together.
    let said = |error: Error| format!("{}: {}", error.call(), error.said());
    let caller = &session.caller.account.identity;
    let mut account = match &member.reach {
        Reach::Profile(_) => Account::open(&options).await.map_err(said)?,
        // It has no such role where it made the organization, unless the file names one.
        Reach::Role(roles) if caller.account == member.id && !session.has_role_for_itself(roles) => {
            session.caller.itself(&options).await.map_err(said)?
        }
        Reach::Role(roles) => {
            let chain = if session.only_looks { &roles.looks } else { &roles.writes };
            let session_of_role = session.of_roles(chain, &member.id);
            session.caller.become_role(&session_of_role, &options).await.map_err(said)?
        }
    };
    let mut told = run.tell_endpoints(endpoints::custom(&account), profile, session.output);
    if account.id() != member.id {
        return Err(format!("these credentials belong to account {}", account.id()));
    }
    connect::is_meant(loaded, &account.identity).map_err(|failure| reason(&failure, &Output::kept()))?;
    if let Some(profile) = loaded.baseline.root_profile() {
        let own = endpoints::custom(&account);
        account.reach_root_through(profile, &options).await.map_err(said)?;
        let mut of_root = endpoints::custom(&account);
        of_root.retain(|endpoint| !own.contains(endpoint));
        told.extend(of_root.iter().cloned());
        run.told.tell(of_root, session.output);
    }
    Ok((loaded, account, told))
}

impl Session<'_> {
    /// Whether these are the role of the account that manages the organization, by `management`.
    fn has_role_for_itself(&self, roles: &Roles) -> bool {
        let management = self.access.map_or("direct", |access| access.management.written());
        !["direct", "skip"].contains(&management) && roles.writes == [management]
    }

    /// Roles by name are roles of that account.
    fn of_roles(&self, chain: &Chain, account: &str) -> RoleSession {
        let access = self.access;
        let is_limited = self.only_looks && access.is_none_or(|access| access.limit_plan.value);
        let partition = &self.caller.account.identity.partition;
        let arn = |role: &String| match role.starts_with("arn:") {
            true => role.replace("${account}", account),
            false => format!("arn:{partition}:iam::{account}:role/{role}"),
        };
        let mut arns: Vec<String> = chain.iter().map(arn).collect();
        RoleSession {
            role_arn: arns.pop().unwrap_or_default(),
            through: arns,
            external_id: access
                .and_then(|access| access.external_id.as_ref())
                .map(|id| id.written().to_owned()),
            name: session_name(
                access.map_or("baseline", |access| access.session_name.written()),
                self.run,
                &self.caller.account.identity.arn,
            ),
            limited_to: if is_limited { policies_of_reads(partition) } else { Vec::new() },
        }
    }
}
