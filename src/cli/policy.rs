//! `baseline policy compare`: what a policy lets somebody do that another one did not.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueHint};
use serde_json::Value as Json;

use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::output::Output;
use super::permissions::account_id;
use crate::policy::syntax::{check, items};
use crate::policy::{About, Policy, Use, compare};
use crate::report::{Shown, comparison};

const EXAMPLES: &str = "\
Examples:
  baseline policy compare old.json new.json
  baseline policy compare old.json new.json --outside 123456789012
  baseline policy compare old.json new.json --resource 'arn:aws:s3:::data' --resource 'arn:aws:s3:::data/?*'";

/// Compare two policy documents
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Compare(Compare),
}

/// Prove that a policy allows nothing that another one does not, or show a request
///
/// Takes policies of identities, of resources, and trust policies of roles. Every request that the two can tell apart
/// is put to both. Calls nothing. Exits with 0 where nothing is new, with 2 where a request is allowed that was not, and
/// with 3 where that is neither found nor ruled out.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct Compare {
    /// The policy as it is, in JSON
    #[arg(value_name = "OLD", value_hint = ValueHint::FilePath)]
    old: PathBuf,

    /// The policy as it is to be
    #[arg(value_name = "NEW", value_hint = ValueHint::FilePath)]
    new: PathBuf,

    /// Ask about these resources only, as a pattern of ARNs; repeat for more
    #[arg(long = "resource", value_name = "ARN")]
    resources: Vec<String>,

    /// Ask only about principals outside of this account; services of AWS do not count
    #[arg(long = "outside", value_name = "ACCOUNT", value_parser = account_id)]
    outside: Option<String>,

    /// Print it in this format
    #[arg(long, value_enum, value_name = "NAME", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let Command::Compare(args) = &args.command;
    let (old, of_old) = document(&args.old)?;
    let (new, of_new) = document(&args.new)?;
    if of_old != of_new {
        return Err(Failure::with_hint(
            "one of the policies names principals and the other does not",
            "compare two policies of identities, two of resources, or two trust policies",
        ));
    }
    let about = About {
        resources: args.resources.clone(),
        account: args.outside.as_deref(),
        only_outside: args.outside.is_some(),
        inside: &[],
    };
    let found = compare(&old, &new, &about);
    output.out(&match args.format {
        Format::Text => comparison::text(&found),
        Format::Json => Shown::json(&comparison::json(&found)).map_err(Failure::bug)?,
    });
    Ok(match (found.new.is_empty(), found.unproven.is_empty()) {
        (false, _) => Exit::Changes,
        (true, false) => Exit::Incomplete,
        (true, true) => Exit::Success,
    })
}

/// The largest document that is read, in KiB; the largest that AWS takes has 20.
const MOST: u64 = 256;

/// Reads a policy, and tells whether it names principals.
fn document(path: &Path) -> Result<(Policy, bool), Failure> {
    let shown = path.display();
    let read = || -> std::io::Result<String> {
        String::from_utf8(file::whole(path, MOST)?).map_err(|_| std::io::Error::other("it is no text"))
    };
    let text = read().map_err(|error| {
        Failure::with_hint(format!("cannot read {shown}: {error}"), "name a file that holds a policy in JSON")
    })?;
    let refused = |why: String| {
        Failure::with_hint(
            format!("{shown} is no policy: {why}"),
            "a policy is an object with `Version` and `Statement`; of what AWS answers, give the document alone",
        )
    };
    let json: Json = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let statements: Vec<&Json> = items(json.get("Statement").unwrap_or(&Json::Null)).collect();
    let any = |members: [&str; 2]| {
        statements.iter().any(|statement| members.iter().any(|member| statement.get(member).is_some()))
    };
    let names_principals = any(["Principal", "NotPrincipal"]);
    let purpose = match (names_principals, any(["Resource", "NotResource"])) {
        (false, _) => Use::Identity,
        (true, true) => Use::Resource,
        (true, false) => Use::Trust,
    };
    check(&text, purpose).map_err(refused)?;
    Ok((Policy::of(&json).map_err(refused)?, names_principals))
}
