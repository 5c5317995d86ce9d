//! One account of a fleet: how it is reached, and what a look at it finds.

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::aws::{Account, Caller, Error, Mode, RoleSession, policies_of_reads};
use crate::baseline::fleet::Access;
use crate::cli::door;
use crate::cli::failure::Failure;
use crate::cli::file::Loaded;
use crate::cli::look::look;
use crate::cli::output::Output;
use crate::fleet::{Member, Reach, Verdict};
use crate::plan::Choices;
use crate::report::{Command, fleet as report};

/// What all accounts of a run are reached with.
pub(super) struct Session<'a> {
    pub(super) access: Option<&'a Access>,
    pub(super) caller: &'a Caller,
    pub(super) client: Option<SharedHttpClient>,
}

/// What became of one account.
pub(super) enum Looked {
    Seen(Verdict),
    NotReached(String),
}

/// Looks at an account. Nothing that goes wrong in it stops the run.
pub(super) async fn look_at(
    member: &Member,
    loaded: &Loaded,
    session: &Session<'_>,
    command: Command,
) -> Looked {
    let account = match open(member, loaded, session).await {
        Ok(account) => account,
        Err(reason) => return Looked::NotReached(reason),
    };
    // What is told of one account alone would be lost among a thousand: it is kept for its line.
    let output = Output::kept();
    match look(command, &account, loaded, &Choices::default(), &output).await {
        Ok(look) => Looked::Seen(report::departures(&look.view())),
        Err(failure) => Looked::NotReached(reason(&failure, &output)),
    }
}

fn reason(failure: &Failure, output: &Output) -> String {
    match failure {
        Failure::Said { message, .. } => message.to_string(),
        Failure::Shown => output.taken(),
    }
}

async fn open(member: &Member, loaded: &Loaded, session: &Session<'_>) -> Result<Account, String> {
    let profile = match &member.reach {
        Reach::Profile(profile) => Some(profile.as_str()),
        Reach::Role(_) => None,
    };
    let options = door::options_through(loaded, profile, session.client.clone(), Mode::ReadOnly);
    // Without the id of the request, so that accounts that fail alike are told together.
    let said = |error: Error| format!("{}: {}", error.call(), error.said());
    let caller = &session.caller.account.identity;
    let account = match &member.reach {
        Reach::Profile(_) => Account::open(&options).await.map_err(said)?,
        // It has no such role where it made the organization.
        Reach::Role(_) if caller.account == member.id => {
            session.caller.itself(&options).await.map_err(said)?
        }
        Reach::Role(role) => {
            let access = session.access;
            let limits = access.is_none_or(|access| access.limit_plan.value);
            let session_of_role = RoleSession {
                role_arn: format!("arn:{}:iam::{}:role/{role}", caller.partition, member.id),
                external_id: access
                    .and_then(|access| access.external_id.as_ref())
                    .map(|id| id.written().to_owned()),
                name: access.map_or("baseline", |access| access.session_name.written()).to_owned(),
                limited_to: if limits { policies_of_reads(&caller.partition) } else { Vec::new() },
            };
            session.caller.become_role(&session_of_role, &options).await.map_err(said)?
        }
    };
    if account.id() != member.id {
        return Err(format!("these credentials belong to account {}", account.id()));
    }
    door::is_meant(loaded, &account.identity).map_err(|failure| match failure {
        Failure::Said { message, .. } => message.to_string(),
        Failure::Shown => "the baseline file does not allow it".to_owned(),
    })?;
    Ok(account)
}
