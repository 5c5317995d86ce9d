//! The accounts of the organization, asked of Organizations itself.

use std::path::Path;

use crate::aws::{Account, Class, Error, Mode, Options, OrganizationAccount, aloud};
use crate::cli::built_in::BuiltIn;
use crate::cli::connect;
use crate::cli::endpoints::{self, Told};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::progress::Waiting;
use crate::cli::whole_file;
use crate::fleet::{AccountList, Listed, management, since, written};
use crate::language::fleet::FleetFile;
use crate::partition;
use crate::report::{Shown, fleet as report};
use crate::sandbox::Sandbox;
use crate::shown;

/// The region of a file that names none.
const REGION: &str = "us-east-1";

/// Asks for every account, with its tags where they are wanted.
pub(super) async fn read(
    fleet: &FleetFile,
    profile: Option<&str>,
    tags: bool,
    sandbox: &BuiltIn,
    output: &Output,
) -> Result<AccountList, Failure> {
    let organization = fleet.organization.as_ref().map(|organization| &organization.value);
    let of_file = organization.and_then(|one| one.profile.as_ref()).map(|profile| profile.written());
    let region = organization.map_or(REGION, |one| one.region.written());
    // Organizations is reached in one region of the partition (ORG-1).
    let region = partition::of_region(region).map_or(region, |known| known.global_region);
    let options = Options {
        tags: [].into(),
        baseline: fleet.name.written().to_owned(),
        region: region.to_owned(),
        profile: profile.or(of_file).map(str::to_owned),
        mode: Mode::ReadOnly,
        http_override: sandbox.open()?.as_ref().map(Sandbox::http_client),
    };
    let account = Account::open(&options).await.map_err(|error| connect::explain(&error, region))?;
    Told::default().tell(endpoints::custom(&account), output);
    let waiting = Waiting::begin(output, shown!("reading the organization"));
    let read = account.organization_accounts(tags);
    let read = aloud(Box::pin(read), |what, waited| waiting.tell(output, what, waited)).await;
    waiting.end();
    let read = read.map_err(|error| explain(&error, &account))?;
    let management = read.first().and_then(|one| management(&one.arn));
    Ok(AccountList { accounts: read.into_iter().map(listed).collect(), management })
}

fn listed(account: OrganizationAccount) -> Listed {
    Listed {
        id: account.id,
        name: account.name,
        state: account.state,
        unit: Some(account.units.join("/")),
        unit_ids: account.unit_ids,
        tags: account.tags,
    }
}

/// Says what a refusal of Organizations means for the person at the keyboard.
fn explain(error: &Error, account: &Account) -> Failure {
    let id = account.id();
    let (message, hint) = match (error.class, error.code.as_str()) {
        (_, "AWSOrganizationsNotInUseException") => (
            format!("account {id} is in no organization"),
            "use credentials of the organization's management account, or pass a list with --accounts",
        ),
        (Class::Denied, _) => (
            format!("account {id} may not list the accounts of its organization"),
            "use credentials of the management account or of a delegated administrator: [organization] profile, or \
             --profile; what they need is printed by: baseline fleet permissions",
        ),
        (_, "FinalizingOrganizationException") => {
            ("the organization is still being set up".to_owned(), "run this again in an hour")
        }
        _ => ("the accounts of the organization cannot be read".to_owned(), "look at the message of AWS"),
    };
    Failure::with_hint(format!("{message}: {}: {}", error.call(), error.said()), hint)
}

/// Writes the list, whole or not at all, and tells what has changed since the one that was there.
pub(super) fn keep(path: &Path, list: &AccountList, output: &Output) -> Result<(), Failure> {
    let name = path.display();
    // What is there is a list, or it is not written over.
    let older = path.exists().then(|| super::list(path)).transpose()?;
    let text = Shown::json(&written(list)).map_err(Failure::bug)?;
    whole_file::write(path, &text).map_err(|error| Failure::new(format!("cannot write {name}: {error}")))?;
    let changes = older.as_ref().map(|older| since(&older.accounts, &list.accounts)).unwrap_or_default();
    for change in &changes {
        let (id, name) = (Shown::line(&change.id), Shown::line(&change.name));
        output.out(&shown!("{}  {}  {}\n", id, name, Shown::line(&change.what)));
    }
    let count = report::accounts(list.accounts.len());
    let path = Shown::line(&name.to_string());
    output.note(&match (&older, changes.len()) {
        (None, _) => shown!("{} written to {}", count, path),
        (Some(_), 0) => shown!("{} written to {}: nothing has changed", count, path),
        (Some(_), 1) => shown!("{} written to {}: 1 change", count, path),
        (Some(_), changes) => shown!("{} written to {}: {} changes", count, path, changes),
    });
    Ok(())
}
