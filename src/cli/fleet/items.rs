//! `baseline fleet items`: the parts of a run, for an engine that starts one process for each.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueHint;
use serde_json::json;

use super::{Fleet, Which, list, parsed_in};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::file;
use crate::cli::output::Output;
use crate::fleet::{Shard, Wave, dealt, waves};
use crate::report::Shown;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline fleet items accounts.json --shards 20 > items.json
  baseline fleet items fleet.toml --accounts accounts.json --shards 20 > items.json
  baseline fleet items fleet.toml --accounts accounts.json --shards 20 --wave canary > canary.json";

/// Print the shards of a run as a JSON list, which the ItemReader of a Step Functions Distributed Map takes
///
/// Calls nothing. One item a shard that has accounts: what to give --shard, and how many accounts it has. Of a list of accounts,
/// only those that are ACTIVE are counted; of a fleet, those that are looked at.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetItems {
    /// A fleet file, or a list of accounts as `fleet accounts --out` or `aws organizations list-accounts` writes it
    #[arg(value_name = "FLEET|ACCOUNTS", value_hint = ValueHint::FilePath)]
    path: PathBuf,

    /// The accounts of the organization, where a fleet file is given
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    accounts: Option<PathBuf>,

    /// How many shards there are
    #[arg(long, value_name = "COUNT")]
    shards: usize,

    /// Only the accounts of this wave of the fleet
    #[arg(long, value_name = "NAME")]
    wave: Option<String>,
}

pub(super) fn run(args: &FleetItems, output: &Output) -> Result<Exit, Failure> {
    let last = Shard::new(args.shards, args.shards).map_err(Failure::new)?;
    // Read once: it may be a pipe.
    let bytes = file::whole(&args.path, super::MOST)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", args.path.display())))?;
    let sizes = if is_list(&bytes) { of_list(args, bytes)? } else { of_fleet(args, bytes, output)? };
    let items = sizes.iter().enumerate().filter(|(_, size)| **size > 0).map(|(at, size)| {
        let number = at + 1;
        json!({ "shard": format!("{number}/{}", last.of), "number": number, "of": last.of, "accounts": size })
    });
    let items: Vec<_> = items.collect();
    output.out(&Shown::json(&items).map_err(Failure::bug)?);
    output.note(&shown!("{} of {} shards have accounts", items.len(), last.of));
    Ok(Exit::Success)
}

/// Whether a file is JSON, and not TOML: no TOML begins with a brace, and a list of tables begins with a name.
fn is_list(bytes: &[u8]) -> bool {
    let mut characters = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    match characters.next() {
        Some(b'{') => true,
        // `[access]` is TOML, `[{` and `[]` are not.
        Some(b'[') => characters.next().is_some_and(|byte| b"{]".contains(byte)),
        _ => false,
    }
}

/// How many accounts each shard of a list has.
fn of_list(args: &FleetItems, bytes: Vec<u8>) -> Result<Vec<usize>, Failure> {
    if args.wave.is_some() || args.accounts.is_some() {
        return Err(Failure::with_hint(
            "a list of accounts has no waves, and takes no other list",
            "give the fleet file in its place",
        ));
    }
    let list = super::list_in(&args.path, bytes)?;
    let count = list.accounts.iter().filter(|account| account.state == "ACTIVE").count();
    let size = |at: usize| count / args.shards + usize::from(at < count % args.shards);
    Ok((0..args.shards).map(size).collect())
}

/// How many accounts each shard of a fleet has.
fn of_fleet(args: &FleetItems, bytes: Vec<u8>, output: &Output) -> Result<Vec<usize>, Failure> {
    let which = Which { path: args.path.clone(), accounts: args.accounts.clone(), only: Vec::new() };
    let parsed = parsed_in(&args.path, bytes, output)?;
    let list = args.accounts.as_deref().map(list).transpose()?.unwrap_or_default();
    let Fleet { file, list, selection, .. } = which.of(parsed, list, &[], output)?;
    let waves = waves(&file, &selection.members, &list.accounts);
    let parts = dealt(&waves, args.shards);
    let Some(name) = &args.wave else { return Ok(parts.iter().map(Vec::len).collect()) };
    let is_named = |wave: &&Wave| wave.name == *name;
    let wave = waves.iter().find(is_named).ok_or_else(|| {
        let names = waves.iter().map(|wave| wave.name.clone()).collect();
        Failure::list("there is no such wave; there are:", names, "name one of them with --wave")
    })?;
    let of_wave: BTreeSet<&str> = wave.members.iter().map(|member| member.id.as_str()).collect();
    Ok(parts.iter().map(|part| part.iter().filter(|id| of_wave.contains(**id)).count()).collect())
}
