//! `baseline permissions`: the least IAM policy to plan and to apply a file.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use serde_json::{Value as Json, json};

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{arguments, file, locking, whole_file};
use crate::aws::network;
use crate::engine::{lock, rules};
use crate::kinds::KINDS;
use crate::language::{Baseline, Place};
use crate::model::Deletion;
use crate::operations::action;
use crate::partition::is_account;
use crate::permissions::{
    Ending, LIMIT, Lock, OnCall, Purpose, Request, Scope, on_call, policies, root_session, rotation, size,
};
use crate::posture::asked::Central;
use crate::report::Shown;
use crate::shown;
use crate::temporary::SCHEDULES;

const EXAMPLES: &str = "\
Examples:
  baseline permissions landing-zone.toml --account 123456789012 --for plan
  baseline permissions landing-zone.toml --out policies
  aws iam create-policy --policy-name baseline-plan --policy-document file://policies/plan-1.json";

/// The most managed policies that a role takes before its quota is raised (IAM and STS quotas).
const POLICIES_A_ROLE: usize = 10;

/// Print the least-privilege IAM policies that planning and applying this file need
///
/// Scoped to the names the file uses and to its ownership tag; `*` stands only where AWS checks no
/// resource, and the statement's Sid says so. Calls nothing. Print it anew when the file has changed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    /// Print only the policy for this; apply includes what plan needs
    #[arg(long = "for", value_name = "COMMAND")]
    purpose: Option<For>,

    /// The account's twelve digits; needed where the file does not allow exactly one
    #[arg(long, value_name = "ID", value_parser = account_id)]
    account: Option<String>,

    /// With --for rotate: cover the keys of this user only; may be given several times
    #[arg(long = "user", value_name = "USER", value_parser = user)]
    users: Vec<String>,

    /// With --for rotate: cover this secret, which --to-secret of rotate names
    #[arg(long, value_name = "NAME", value_parser = super::rotate::secret_name)]
    to_secret: Option<String>,

    /// With --to-secret: the KMS key of that secret, where it has one of its own
    #[arg(long, value_name = "ARN", requires = "to_secret", value_parser = key_arn)]
    secret_key: Option<String>,

    /// Cover what --prune and --destroy delete, too
    #[arg(long)]
    deletions: bool,

    /// Print one JSON document: {"plan": [POLICY, ...], "apply": [POLICY, ...]}
    #[arg(long, conflicts_with = "out")]
    json: bool,

    /// Write each policy to a file of its own in this folder: plan-1.json, apply-1.json, ...
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum For {
    /// What plan and drift read
    Plan,
    /// What apply reads and writes
    Apply,
    /// What rotate reads and writes
    Rotate,
    /// What block and unblock read and write
    Block,
    /// What admit reads and writes
    Admit,
    /// What the profile needs through which [root] reaches the root user
    AssumeRoot,
}

/// What the policies through which the root user is reached are printed under.
const ASSUME_ROOT: &str = "assume-root";

/// What the policies for blocks are printed under.
const BLOCK: &str = "block";

/// What the policies for letting somebody in are printed under.
const ADMIT: &str = "admit";

/// What the policies for a rotation are printed under.
const ROTATE: &str = "rotate";

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    if !args.users.is_empty() && !matches!(args.purpose, Some(For::Rotate)) {
        return Err(Failure::with_hint("--user narrows the policy for rotate only", "add --for rotate"));
    }
    if args.to_secret.is_some() && !matches!(args.purpose, Some(For::Rotate)) {
        return Err(Failure::with_hint("--to-secret is for the policy for rotate only", "add --for rotate"));
    }
    let loaded = file::load(&args.file.path, &args.file.vars, output)?;
    let account = account(args, &loaded.baseline)?;
    let scope = scope(&loaded, &account);
    let place = Place { account: &account, partition: scope.partition };
    let lock = Lock { name: lock::NAME, actions: lock::ACTIONS, regions: &[] };
    let purposes = match args.purpose {
        None => vec![Purpose::Plan, Purpose::Apply],
        Some(For::Plan) => vec![Purpose::Plan],
        Some(For::Apply) => vec![Purpose::Apply],
        Some(For::Rotate | For::Block | For::Admit | For::AssumeRoot) => vec![],
    };
    let mut printed: Vec<(&'static str, Vec<Json>)> = Vec::new();
    for purpose in purposes {
        printed.push((purpose.word(), of_file(&loaded, &account, purpose, args.deletions, output)?));
    }
    if matches!(args.purpose, Some(For::Rotate)) {
        let secret = args.to_secret.as_deref().map(|name| (name, args.secret_key.as_deref()));
        printed.push((ROTATE, rotation(&scope, &args.users, secret)));
    }
    let on_call_for = match args.purpose {
        Some(For::Block) => Some((BLOCK, OnCall::Block, super::block::reads())),
        Some(For::Admit) => Some((ADMIT, OnCall::Admit, super::admit::reads())),
        _ => None,
    };
    if let Some((word, what, reads)) = on_call_for {
        let home = [scope.region];
        let role = loaded.baseline.ending_role(scope.account);
        let lock = Lock { regions: &home, ..lock };
        let ending = role.as_deref().map(|role| Ending { role, schedules: SCHEDULES });
        printed.push((word, on_call(&scope, what, &reads, lock, ending, &loaded.baseline.tags())));
    }
    let asked = loaded.baseline.asked(&loaded.source, &place);
    match asked.root.and_then(|root| root.central) {
        Some(central)
            if !matches!(
                args.purpose,
                Some(For::Plan | For::Apply | For::Rotate | For::Block | For::Admit)
            ) =>
        {
            printed.push((ASSUME_ROOT, root_session(&scope, central != Central::Shown)));
        }
        None if matches!(args.purpose, Some(For::AssumeRoot)) => {
            return Err(Failure::with_hint(
                "this file names no profile through which the root user is reached",
                "name one with assume_root_profile under [root]",
            ));
        }
        _ => {}
    }
    for (purpose, documents) in printed.iter().filter(|(_, documents)| documents.len() > POLICIES_A_ROLE) {
        output.note(&shown!(
            "note: {} policies to {}, and a role takes {} until its quota is raised",
            documents.len(),
            *purpose,
            POLICIES_A_ROLE
        ));
    }
    match &args.out {
        Some(folder) => write(folder, &printed, output)?,
        None if args.json => {
            let all: serde_json::Map<String, Json> = printed
                .into_iter()
                .map(|(purpose, documents)| (purpose.to_owned(), Json::from(documents)))
                .collect();
            output.out(&text(&json!(all))?);
        }
        None => show(&printed, output)?,
    }
    Ok(Exit::Success)
}

fn scope<'a>(loaded: &'a file::Loaded, account: &'a str) -> Scope<'a> {
    Scope {
        baseline: &loaded.baseline.name,
        account,
        partition: loaded.baseline.partition(),
        region: &loaded.baseline.region,
    }
}

/// The policies with which a file can be planned, or applied, in an account.
pub(super) fn of_file(
    loaded: &file::Loaded,
    account: &str,
    purpose: Purpose,
    deletions: bool,
    output: &Output,
) -> Result<Vec<Json>, Failure> {
    let scope = scope(loaded, account);
    let place = Place { account, partition: scope.partition };
    let mut wanted = loaded.expand(&place, output)?;
    wanted.things.extend(loaded.baseline.expand_possible(&place).map_err(Failure::bug)?.things);
    let regions = locking::regions(&loaded.baseline.region, scope.partition, &wanted);
    let lock = Lock { name: lock::NAME, actions: lock::ACTIONS, regions: &regions };
    let mut reads = posture_reads(loaded, &place);
    reads.extend(loaded.baseline.needs_regions().then(|| "ec2:DescribeRegions".to_owned()));
    // What such a plan changes for packets is told of everything that is in the VPC.
    if loaded.baseline.vpc_taken_over().is_some() {
        reads.extend(network::CALLS.map(str::to_owned));
    }
    let always: Vec<&str> = KINDS.iter().filter(|k| k.meta().always_read).map(|k| k.name()).collect();
    let deletable =
        KINDS.iter().filter(|kind| kind.meta().deletion != Deletion::Never && !kind.meta().lookup);
    let deletable: Vec<&str> = deletable.map(|kind| kind.name()).collect();
    let request = Request { purpose, deletions, undeclared: &deletable, lock: Some(lock), reads: &reads };
    Ok(policies(&wanted, &scope, &request, &rules, &always))
}

/// The IAM actions behind the calls of the rules that the file asks for.
fn posture_reads(loaded: &file::Loaded, place: &Place<'_>) -> Vec<String> {
    let asked = loaded.baseline.asked(&loaded.source, place);
    let calls = crate::posture::read::calls(&asked).into_iter();
    calls
        .filter_map(|call| call.split_once(':'))
        .map(|(service, operation)| action(service, operation))
        .collect()
}

pub(super) fn account_id(text: &str) -> Result<String, String> {
    if is_account(text) { Ok(text.to_owned()) } else { Err("an account id has twelve digits".to_owned()) }
}

fn user(text: &str) -> Result<String, String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let is_name = (1..=64).contains(&text.len()) && text.chars().all(known);
    if is_name { Ok(text.to_owned()) } else { Err("this is not the name of an IAM user".to_owned()) }
}

fn key_arn(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_key = matches!(parts.as_slice(), ["arn", _, "kms", _, _, key] if key.starts_with("key/"));
    let says = "this is not the ARN of a KMS key, such as arn:aws:kms:us-east-1:123456789012:key/...";
    if is_key { Ok(text.to_owned()) } else { Err(says.to_owned()) }
}

fn account(args: &Args, baseline: &Baseline) -> Result<String, Failure> {
    match (&args.account, baseline.allowed_accounts.as_slice()) {
        (Some(account), _) => Ok(account.clone()),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Failure::with_hint(
            "the policy names ARNs of one account, and the file does not say which",
            "give it with --account 123456789012, or write allowed = [\"123456789012\"] under [account]",
        )),
    }
}

/// Each policy under a comment line that says how large it is.
fn show(printed: &[(&'static str, Vec<Json>)], output: &Output) -> Result<(), Failure> {
    for (purpose, documents) in printed {
        for (index, document) in documents.iter().enumerate() {
            let (number, of, word) = (index + 1, documents.len(), *purpose);
            let size = size(document);
            output.note(&shown!("# to {}, {} of {}: {} of {} characters", word, number, of, size, LIMIT));
            output.out(&text(document)?);
        }
    }
    Ok(())
}

fn write(folder: &Path, printed: &[(&'static str, Vec<Json>)], output: &Output) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::with_hint(
            format!("cannot write {}: {error}", path.display()),
            "choose another folder with --out",
        )
    };
    whole_file::folder(folder).map_err(|error| failed(folder, error))?;
    for (purpose, documents) in printed {
        for (index, document) in documents.iter().enumerate() {
            let path = folder.join(format!("{purpose}-{}.json", index + 1));
            whole_file::write(&path, &text(document)?).map_err(|error| failed(&path, error))?;
            let path = Shown::line(&path.display().to_string());
            output.out(&shown!("{}  {} of {} characters\n", path, size(document), LIMIT));
        }
    }
    Ok(())
}

fn text(document: &Json) -> Result<Shown, Failure> {
    Shown::json(document).map_err(Failure::bug)
}
