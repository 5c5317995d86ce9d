//! One account of a fleet: how it is reached, and what a look at it finds or an apply does to it.

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::look::Run;
use crate::aws::{Account, Caller, Error, Mode, RoleSession, policies_of_reads};
use crate::baseline::fleet::Access;
use crate::cli::apply::{Carrying, Work};
use crate::cli::door;
use crate::cli::endpoints;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::file::Loaded;
use crate::cli::look::look;
use crate::cli::output::Output;
use crate::engine::Stop;
use crate::fleet::{Apart, Member, Reach, Seen, Verdict};
use crate::plan::Choices;
use crate::report::{Command, View, fleet as report};

/// What all accounts of a run are reached with.
pub(super) struct Session<'a> {
    pub(super) access: Option<&'a Access>,
    pub(super) caller: &'a Caller,
    pub(super) client: Option<SharedHttpClient>,
    /// Whether nothing is to be written.
    pub(super) only_looks: bool,
    /// What is told of the run itself.
    pub(super) output: &'a Output,
}

/// Looks at an account. Nothing that goes wrong in it stops the run.
pub(super) async fn look_at(member: &Member, run: &Run, session: &Session<'_>, command: Command) -> Verdict {
    let not_reached = |reason: String| Verdict::Apart(Apart::NotReached, reason);
    let (loaded, account) = match open(member, run, session).await {
        Ok(opened) => opened,
        Err(reason) => return not_reached(reason),
    };
    // What is told of one account alone would be lost among a thousand: it is kept for its line.
    let output = Output::kept();
    match look(command, &account, loaded, &Choices::default(), &output).await {
        Ok(look) => Verdict::Looked(report::seen(&look.view())),
        Err(failure) => not_reached(reason(&failure, &output)),
    }
}

/// Applies the baseline to an account. Nothing that goes wrong in it stops the run.
pub(super) async fn apply_to(
    member: &Member,
    run: &Run,
    session: &Session<'_>,
    how: &Carrying,
    stop: &Stop,
) -> Verdict {
    let (loaded, account) = match open(member, run, session).await {
        Ok(opened) => opened,
        Err(reason) => return Verdict::Apart(Apart::NotReached, reason),
    };
    let output = Output::kept();
    let choices = how.deletions.choices();
    let work = Work {
        how,
        asks: false,
        is_text: true,
        account: &account,
        loaded,
        choices: &choices,
        stop: Some(stop.clone()),
    };
    let failed = |reason: String| Verdict::Apart(Apart::Failed, reason);
    let (exit, end) = match work.carry(None, &output).await {
        Ok(ended) => ended,
        Err(failure) => return failed(reason(&failure, &output)),
    };
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
) -> Result<(&'r Loaded, Account), String> {
    let loaded = run.baseline(member)?;
    let profile = match &member.reach {
        Reach::Profile(profile) => Some(profile.as_str()),
        Reach::Role(_) => None,
    };
    let mode = if session.only_looks { Mode::ReadOnly } else { Mode::ReadWrite };
    let options = door::options_through(loaded, profile, session.client.clone(), mode);
    // Without the id of the request, so that accounts that fail alike are told together.
    let said = |error: Error| format!("{}: {}", error.call(), error.said());
    let caller = &session.caller.account.identity;
    let mut account = match &member.reach {
        Reach::Profile(_) => Account::open(&options).await.map_err(said)?,
        // It has no such role where it made the organization.
        Reach::Role { .. } if caller.account == member.id => {
            session.caller.itself(&options).await.map_err(said)?
        }
        Reach::Role(roles) => {
            let role = if session.only_looks { &roles.looks } else { &roles.writes };
            let session_of_role =
                session.of_role(&format!("arn:{}:iam::{}:role/{role}", caller.partition, member.id));
            session.caller.become_role(&session_of_role, &options).await.map_err(said)?
        }
    };
    run.tell_endpoints(endpoints::custom(&account), profile, session.output);
    if account.id() != member.id {
        return Err(format!("these credentials belong to account {}", account.id()));
    }
    door::is_meant(loaded, &account.identity).map_err(|failure| reason(&failure, &Output::kept()))?;
    if let Some(profile) = loaded.baseline.root_profile() {
        let own = endpoints::custom(&account);
        account.reach_root_through(profile, &options).await.map_err(said)?;
        let mut of_root = endpoints::custom(&account);
        of_root.retain(|endpoint| !own.contains(endpoint));
        run.told.tell(of_root, session.output);
    }
    Ok((loaded, account))
}

impl Session<'_> {
    fn of_role(&self, role_arn: &str) -> RoleSession {
        let access = self.access;
        let is_limited = self.only_looks && access.is_none_or(|access| access.limit_plan.value);
        let partition = &self.caller.account.identity.partition;
        RoleSession {
            role_arn: role_arn.to_owned(),
            external_id: access
                .and_then(|access| access.external_id.as_ref())
                .map(|id| id.written().to_owned()),
            name: access.map_or("baseline", |access| access.session_name.written()).to_owned(),
            limited_to: if is_limited { policies_of_reads(partition) } else { Vec::new() },
        }
    }
}
