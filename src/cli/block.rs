//! `baseline block`: denies ranges of addresses for a while.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueHint;

use super::block_ranges::block_all;
use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::temporary::{self, Longest};
use super::{arguments, calls, connect, endpoints, file};
use crate::aws::{Mode, network};
use crate::report::temporary as report;
use crate::temporary::{BLOCK_DAYS, Subject};

const EXAMPLES: &str = "\
Examples:
  baseline block 198.51.100.0/24 --reason 'ssh brute force' landing-zone.toml
  baseline block 198.51.100.7 203.0.113.0/28 --for 2h --reason scan landing-zone.toml --dry-run
  baseline block --from ranges.txt --for 7d --reason 'abuse list' landing-zone.toml
  baseline block --list landing-zone.toml
  baseline block --expire landing-zone.toml    removes what has ended; for a scheduler

A network ACL sees who opens the connection. Behind CloudFront or another proxy it sees the proxy: block in AWS WAF there.
It does not absorb a flood: for that, look at AWS Shield and at rate-based rules of AWS WAF.";

const USAGE: &str = "\
baseline block RANGE... --reason TEXT FILE
       baseline block --list FILE
       baseline block --expire FILE";

/// Deny ranges of addresses for a while, at the edge of the network
///
/// Writes entries that deny every packet, in both directions, into each network ACL of the file that sees these
/// addresses. Connections that are open end at once. Who blocked what, until when and why stands in a tag of the ACL, so
/// any machine can list and end it; plan and drift show it and do not take it for drift. Shows what the ranges reached
/// before and what they reach now. Once its time is over, the next apply or --expire removes it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = EXAMPLES,
    override_usage = USAGE
)]
pub(super) struct Args {
    /// Addresses or ranges to deny, and the baseline file
    #[arg(value_name = "RANGE... FILE", num_args = 1.., required = true)]
    asked: Vec<String>,

    /// Block for this long, such as 30m, 24h or 7d
    #[arg(long = "for", value_name = "TIME", default_value = "24h", value_parser = lasting)]
    pub(super) lasting: Duration,

    /// Say why; kept with the block
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["list", "expire"])]
    pub(super) reason: Option<String>,

    /// Block the ranges in this file too, one a line; a # begins a comment
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from: Option<PathBuf>,

    /// Only list what is blocked
    #[arg(long, conflicts_with_all = ["expire", "from", "reason", "dry_run"])]
    list: bool,

    /// With --list, print it as JSON
    #[arg(long, requires = "list")]
    json: bool,

    /// Only remove blocks that have ended, and what a run that died left half done
    #[arg(long, conflicts_with_all = ["from", "reason", "dry_run"])]
    expire: bool,

    /// Show what would change, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Never block this address, from which you reach the network; without it, only the one you are signed in from is known
    #[arg(long, value_name = "ADDRESS")]
    pub(super) my_address: Vec<IpAddr>,

    /// Block services of AWS, other networks and ranges that reach nothing, too
    #[arg(long)]
    pub(super) force: bool,

    /// Do not take the lock: go on while an apply is at work
    #[arg(long)]
    pub(super) now: bool,

    #[command(flatten)]
    vars: arguments::Vars,

    #[command(flatten)]
    access: arguments::Access,
}

fn lasting(text: &str) -> Result<Duration, String> {
    let instead = "put a range that stays denied under `deny` in [network]";
    temporary::lasting(text, Longest { days: BLOCK_DAYS, instead })
}

/// The reads of these commands, as IAM calls them.
pub(super) fn reads() -> Vec<&'static str> {
    network::CALLS.iter().copied().chain(["ec2:DescribeManagedPrefixLists"]).collect()
}

/// The most that a file of ranges may hold, in KiB; a network ACL has room for a few ranges.
const MOST: u64 = 1 << 10;

/// What is typed as ranges, with where.
fn typed(args: &Args, ranges: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let mut typed: Vec<_> = ranges.iter().map(|text| (String::new(), text.clone())).collect();
    let Some(path) = &args.from else { return Ok(typed) };
    let name = path.display();
    let bytes =
        file::whole(path, MOST).map_err(|error| Failure::new(format!("cannot read {name}: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(format!("{name} is no text in UTF-8")))?;
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            typed.push((format!("{name}:{}: ", number + 1), line.to_owned()));
        }
    }
    Ok(typed)
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let Some((path, ranges)) = args.asked.split_last() else {
        return Err(Failure::new("write RANGE... FILE"));
    };
    let ranges = temporary::ranges(&typed(args, ranges)?)?;
    let only_looks = args.list || args.expire;
    if ranges.is_empty() != only_looks {
        return Err(if only_looks {
            Failure::with_hint("--list and --expire are about every block", "leave the ranges out")
        } else {
            Failure::with_hint(
                "no range is named",
                "write: baseline block 198.51.100.0/24 --reason TEXT FILE",
            )
        });
    }
    let loaded = file::load_urgently(Path::new(path), &args.vars, output)?;
    let mode = if args.list || args.dry_run { Mode::ReadOnly } else { Mode::ReadWrite };
    let account = connect::open(&loaded, args.access.profile.as_deref(), sandbox, mode, output).await?;
    let wanted = loaded.expand(&loaded.baseline.place_without_account(), output)?;
    let exit = if args.list {
        let kept = temporary::read(&account).await?.kept(|subject| matches!(subject, Subject::Block(_)));
        output.out(&report::list(&kept, &endpoints::custom(&account), args.json).map_err(Failure::bug)?);
        Ok(Exit::Success)
    } else if args.expire {
        temporary::expire(&account, &wanted, args.now, output).await.map(|()| Exit::Success)
    } else {
        block_all(args, ranges, &loaded, (&account, wanted), output).await
    };
    if args.access.trace_calls {
        calls::show(&calls::calls(&account), output);
    }
    exit
}
