//! `baseline unblock`: ends blocks before their time.

use std::path::Path;

use ipnet::IpNet;

use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{arguments, calls, connect, file, temporary};
use crate::aws::Mode;
use crate::report::Shown;
use crate::shown;
use crate::temporary::Subject;

const EXAMPLES: &str = "\
Examples:
  baseline unblock 198.51.100.0/24 landing-zone.toml
  baseline unblock --all landing-zone.toml";

const USAGE: &str = "\
baseline unblock RANGE... FILE
       baseline unblock --all FILE";

/// End blocks of addresses before their time
///
/// Removes the entries that `baseline block` wrote for these ranges, and for every smaller range within them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub(super) struct Args {
    /// The ranges that are blocked, and the baseline file
    #[arg(value_name = "RANGE... FILE", num_args = 1.., required = true)]
    asked: Vec<String>,

    /// End every block
    #[arg(long)]
    all: bool,

    /// Do not take the lock: go on while an apply is at work
    #[arg(long)]
    now: bool,

    #[command(flatten)]
    vars: arguments::Vars,

    #[command(flatten)]
    access: arguments::Access,
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let Some((path, typed)) = args.asked.split_last() else {
        return Err(Failure::new("write RANGE... FILE"));
    };
    if args.all != typed.is_empty() {
        return Err(Failure::with_hint(
            "name what is to be ended: ranges, or --all",
            "list what is blocked with: baseline block --list FILE",
        ));
    }
    let typed: Vec<_> = typed.iter().map(|text| (String::new(), text.clone())).collect();
    let asked = temporary::ranges(&typed)?;
    let loaded = file::load_urgently(Path::new(path), &args.vars, output)?;
    let account =
        connect::open(&loaded, args.access.profile.as_deref(), sandbox, Mode::ReadWrite, output).await?;
    let wanted = loaded.expand(&loaded.baseline.place_without_account(), output)?;
    let found = temporary::read(&account).await?;
    let is_block = |subject: &Subject| matches!(subject, Subject::Block(_));
    let held: Vec<IpNet> = found
        .kept(is_block)
        .iter()
        .flat_map(|(_, kept)| kept.iter().map(|kept| kept.temporary.subject.range()))
        .collect();
    if let Some(failure) = unknown(&asked, &held) {
        return Err(failure);
    }
    let is_asked = |subject: &Subject| {
        is_block(subject) && (args.all || asked.iter().any(|range| range.contains(&subject.range())))
    };
    let (changes, ended) = found.end(is_asked, &wanted);
    if changes.is_empty() {
        output.out(&shown!("nothing is blocked\n"));
        return Ok(Exit::Success);
    }
    temporary::write(&account, changes, args.now, output).await?;
    for range in ended {
        output.out(&shown!("{} is no longer blocked\n", Shown::line(&range.to_string())));
    }
    if args.access.trace_calls {
        calls::show(&calls::calls(&account), output);
    }
    Ok(Exit::Success)
}

/// What was asked for and is not blocked, or only as a part of a wider block.
fn unknown(asked: &[IpNet], held: &[IpNet]) -> Option<Failure> {
    let unknown = asked.iter().filter(|range| !held.iter().any(|block| range.contains(block)));
    let told: Vec<String> = unknown
        .map(|range| match held.iter().find(|block| block.contains(range)) {
            Some(block) => format!("{range} is a part of the block of {block}"),
            None => format!("{range} is not blocked"),
        })
        .collect();
    if told.is_empty() {
        return None;
    }
    Some(Failure::list(
        "nothing was ended:",
        told,
        "list what is blocked with: baseline block --list FILE; a block ends whole, then block the parts that are to stay",
    ))
}
