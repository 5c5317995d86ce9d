//! `baseline explain`: what a rule or a declared thing is good for, and what a problem of a file means.

use std::path::PathBuf;

use clap::ValueHint;

use super::arguments::Vars;
use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::output::Output;
use crate::kinds::{KINDS, kind};
use crate::language::{CODES, Files as _, meaning};
use crate::model::{Addr, Wanted};
use crate::posture::RULES;
use crate::report::explain::{self, Thing, near};

const EXAMPLES: &str = "\
Examples:
  baseline explain                                        lists the rules
  baseline explain root-access-keys
  baseline explain unknown-key                            a problem of a file, by its code
  baseline explain cloudtrail.trail.main landing-zone.toml";

/// Explain a rule or a resource: the risk, the practice, and which benchmarks require it
///
/// Also a problem of a file, by the code that stands beside it. Without a name it lists the rules. Calls nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The rule, the address of a resource, or the code of a problem
    #[arg(value_name = "RULE|ADDR|CODE")]
    name: Option<String>,

    /// The file that declares the resource, to show where it asks for it
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, requires = "name")]
    file: Option<PathBuf>,

    #[command(flatten)]
    vars: Vars,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let Some(name) = &args.name else {
        output.out(&explain::rules(RULES));
        return Ok(Exit::Success);
    };
    let declared = args.file.as_deref().map(|path| declared(path, &args.vars, output)).transpose()?;
    if let Some(rule) = RULES.iter().find(|rule| rule.id == name) {
        output.out(&explain::rule(rule));
        return Ok(Exit::Success);
    }
    if let Some(meaning) = meaning(name) {
        output.out(&explain::problem(name, meaning));
        return Ok(Exit::Success);
    }
    let addr = name.parse::<Addr>().ok().and_then(|addr| Some((kind(addr.kind())?, addr)));
    let Some((kind, addr)) = addr else {
        return Err(unknown(name, declared.as_ref().map(|(_, wanted)| wanted)));
    };
    let place = match &declared {
        None => None,
        // A setting reads alike in every region, and only AWS says which regions there are.
        Some((file, wanted)) => match wanted
            .things
            .get(&addr)
            .or_else(|| wanted.things.get(&addr.clone().within(None)).filter(|_| addr.region().is_some()))
        {
            Some(want) => Some((file.as_str(), &want.origin)),
            None => return Err(unknown(name, Some(wanted))),
        },
    };
    output.out(&explain::thing(&Thing { addr: &addr, rules: kind.meta(), place }));
    Ok(Exit::Success)
}

/// The things of a file.
fn declared(path: &std::path::Path, vars: &Vars, output: &Output) -> Result<(String, Wanted), Failure> {
    let loaded = file::load(path, vars, output)?;
    let wanted = loaded.expand(&loaded.baseline.place_without_account(), output)?;
    Ok((loaded.source.name(), wanted))
}

fn unknown(name: &str, wanted: Option<&Wanted>) -> Failure {
    let addrs: Vec<String> = match wanted {
        Some(wanted) => wanted.things.keys().map(ToString::to_string).collect(),
        // Without a file, the kind alone tells what a thing is.
        None => KINDS.iter().map(|kind| format!("{}.NAME", kind.name())).collect(),
    };
    let codes = CODES.iter().map(|(code, _)| *code);
    let known = RULES.iter().map(|rule| rule.id).chain(codes).chain(addrs.iter().map(String::as_str));
    let near = near(name, known);
    let hint = if near.is_empty() {
        "list the rules with: baseline explain; an address reads SERVICE.KIND.NAME, as a plan shows it"
            .to_owned()
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    Failure::with_hint(
        format!("{name:?} is no rule, no address of a resource and no code of a problem"),
        hint,
    )
}
