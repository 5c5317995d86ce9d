//! `baseline fleet`: one baseline, many accounts.

mod accounts;
mod apply;
mod baselines;
mod items;
mod keeping;
mod look;
mod merge;
mod one;
mod organization;
mod part;
mod permissions;
mod plans;
mod progress;
mod reporting;
mod show;
mod store;
mod threads;
mod validate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Subcommand, ValueHint};

use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::output::Output;
use super::saved_plan::digest;
use crate::fleet::{self, About, AccountList, Listed, Selection, listed, select};
use crate::language::fleet::{FleetAccount, FleetFile};
use crate::language::{Diagnostic, Source};
use crate::report::problems;
use plans::SavedFleetPlan;

/// Look at many accounts at once, and bring them to the declared state
///
/// A fleet file names one baseline, the role by which accounts are reached, and accounts with settings of their own. Every
/// account stands on one line: looked at, not reached with the reason, or skipped with the reason.
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Validate(validate::FleetValidate),
    Accounts(accounts::FleetAccounts),
    Show(show::FleetShow),
    Plan(look::FleetPlan),
    Apply(apply::FleetApply),
    Drift(look::FleetDrift),
    Permissions(permissions::FleetPermissions),
    Merge(merge::FleetMerge),
    Items(items::FleetItems),
}

/// Which accounts.
#[derive(Debug, clap::Args)]
struct Which {
    /// Read the fleet from this TOML file
    #[arg(value_name = "FLEET", value_hint = ValueHint::FilePath)]
    path: PathBuf,

    /// The accounts of the organization, as `fleet accounts --out` or `aws organizations list-accounts` writes them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    accounts: Option<PathBuf>,

    /// Look at this account only, by id or name; repeat for more. `failed:DIR`, in plan, drift and apply, stands for those that
    /// have no result in DIR, or one that is not right
    #[arg(long = "only", value_name = "ACCOUNT")]
    only: Vec<String>,
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    match &args.command {
        Command::Validate(args) => validate::run(args, output),
        Command::Accounts(args) => accounts::run(args, sandbox, output).await,
        Command::Show(args) => show::run(args, output),
        Command::Plan(args) => look::plan(args, sandbox, output).await,
        Command::Apply(args) => apply::run(args, sandbox, output).await,
        Command::Drift(args) => look::drift(args, sandbox, output).await,
        Command::Permissions(args) => permissions::run(args, output),
        Command::Merge(args) => merge::run(args, sandbox, output).await,
        Command::Items(args) => items::run(args, output),
    }
}

/// The most that a list of accounts may hold, in KiB: 10,000 accounts, the most that an organization has, in one each, and more.
const MOST: u64 = 16 << 10;

/// A fleet file, and the accounts that it is for.
struct Fleet {
    source: Arc<Source>,
    file: FleetFile,
    list: AccountList,
    selection: Selection,
    /// The SHA-256 of the file.
    digest: String,
}

/// What is known of accounts, by id.
struct Known<'f> {
    listed: BTreeMap<&'f str, &'f Listed>,
    named: BTreeMap<&'f str, &'f FleetAccount>,
}

impl Fleet {
    fn about(&self) -> Known<'_> {
        let named = self.file.account.iter();
        Known {
            listed: self.list.accounts.iter().map(|one| (one.id.as_str(), one)).collect(),
            named: named.map(|entry| (entry.section.id.written(), &entry.section)).collect(),
        }
    }
}

impl<'f> Known<'f> {
    fn of<'a>(&self, id: &'a str, name: &'a str) -> About<'a>
    where
        'f: 'a,
    {
        About { id, name, listed: self.listed.get(id).copied(), named: self.named.get(id).copied() }
    }
}

impl Which {
    /// The fleet file, every account on one of three lists, and what they were made of.
    fn read_all(&self, output: &Output) -> Result<Fleet, Failure> {
        self.limited(file::bytes(&self.path)?, &self.only, output)
    }

    /// The same of a file that has been read, limited to these accounts.
    fn limited(&self, bytes: Vec<u8>, only: &[String], output: &Output) -> Result<Fleet, Failure> {
        let parsed = parsed_in(&self.path, bytes, output)?;
        let list = self.accounts.as_deref().map(list).transpose()?.unwrap_or_default();
        self.of(parsed, list, only, output)
    }

    /// The fleet of a saved plan; of its accounts those that are named here, where some are.
    fn saved(&self, saved: &SavedFleetPlan, only: &[String], output: &Output) -> Result<Fleet, Failure> {
        let source = saved.fleet();
        let file = read(&source, output)?;
        let mut fleet = self.of((source, file), saved.list()?, &saved.only, output)?;
        if !only.is_empty() {
            narrow(only, &mut fleet.selection)?;
        }
        Ok(fleet)
    }

    /// The fleet with these accounts and those of the file, every one on one of three lists.
    fn of(
        &self,
        (source, file): (Source, FleetFile),
        list: AccountList,
        only: &[String],
        output: &Output,
    ) -> Result<Fleet, Failure> {
        let mut found = fleet::problems(&file, &list);
        let is_wrong = found.iter().any(Diagnostic::is_error);
        found.retain(|problem| problem.is_error() || !output.is_quiet());
        output.err(&problems(&source, &found, output.err_has_color()));
        if is_wrong {
            return Err(Failure::Shown);
        }
        let mut selection = select(&file, &list.accounts);
        let how = file.access.as_ref().map_or("direct", |access| access.value.management.written());
        if let Some(id) = &list.management {
            selection.manage(id, how);
        }
        if !only.is_empty() {
            narrow(only, &mut selection)?;
        }
        if selection.members.is_empty() && selection.not_ready.is_empty() {
            return Err(Failure::with_hint(
                "there is no account to look at",
                "write the list with: baseline fleet accounts FLEET --out accounts.json, and pass --accounts accounts.json",
            ));
        }
        let digest = digest(source.text.as_bytes());
        Ok(Fleet { source: Arc::new(source), file, list, selection, digest })
    }

    /// The path of a baseline file that the fleet names.
    fn baseline(&self, name: &str) -> PathBuf {
        self.path.parent().unwrap_or_else(|| Path::new("")).join(name)
    }
}

/// Leaves the accounts that are named; one that there is not is an error.
fn narrow(only: &[String], selection: &mut Selection) -> Result<(), Failure> {
    let unknown: Vec<String> = only.iter().filter(|only| !selection.knows(only)).cloned().collect();
    if !unknown.is_empty() {
        return Err(Failure::list(
            "there are no such accounts:",
            unknown,
            "list them with: baseline fleet accounts FLEET --accounts FILE",
        ));
    }
    let is_named = |id: &String, name: &String| only.contains(id) || only.contains(name);
    selection.members.retain(|one| is_named(&one.id, &one.name));
    selection.skipped.retain(|one| is_named(&one.id, &one.name));
    selection.not_ready.retain(|one| is_named(&one.id, &one.name));
    Ok(())
}

/// A fleet file, with all its problems told.
fn parsed(path: &Path, output: &Output) -> Result<(Source, FleetFile), Failure> {
    parsed_in(path, file::bytes(path)?, output)
}

/// The fleet that a file holds.
fn parsed_in(path: &Path, bytes: Vec<u8>, output: &Output) -> Result<(Source, FleetFile), Failure> {
    let source = file::source(path, bytes, output)?;
    let fleet = read(&source, output)?;
    Ok((source, fleet))
}

fn read(source: &Source, output: &Output) -> Result<FleetFile, Failure> {
    let (fleet, found) = FleetFile::parse(source);
    output.err(&problems(source, &found, output.err_has_color()));
    fleet.ok_or(Failure::Shown)
}

fn list(path: &Path) -> Result<AccountList, Failure> {
    let hint = "write it with: baseline fleet accounts FLEET --out accounts.json";
    let bytes = file::whole(path, MOST)
        .map_err(|error| Failure::with_hint(format!("cannot read {}: {error}", path.display()), hint))?;
    list_in(path, bytes)
}

/// The list that a file holds.
fn list_in(path: &Path, bytes: Vec<u8>) -> Result<AccountList, Failure> {
    let name = path.display();
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(format!("{name} is no text in UTF-8")))?;
    listed(&text).map_err(|reason| {
        Failure::with_hint(
            format!("{name} is no list of accounts: {reason}"),
            "write it with: baseline fleet accounts FLEET --out accounts.json",
        )
    })
}
