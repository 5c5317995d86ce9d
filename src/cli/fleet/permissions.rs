//! `baseline fleet permissions`: the roles by which a fleet's accounts are reached, and what its caller needs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueHint;
use serde_json::{Value as Json, json};

use super::Which;
use super::baselines::of_every_setting;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::file::Loaded;
use crate::cli::output::Output;
use crate::cli::permissions;
use crate::language::fleet::Access;
use crate::partition::is_account;
use crate::permissions::{
    FleetRole, Purpose, Trusted, fleet_caller, fleet_template, fleet_trust, in_every_account, path_and_name,
};
use crate::report::Shown;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline fleet permissions fleet.toml --caller arn:aws:iam::111122223333:role/fleet --account 100000000002
  baseline fleet permissions fleet.toml --caller arn:aws:iam::111122223333:role/fleet --format cloudformation > roles.json";

/// Digits that stand for the account of whoever deploys the template.
const ANY_ACCOUNT: &str = "000000000000";

/// The most managed policies that a role takes before its quota is raised (IAM and STS quotas).
const POLICIES_A_ROLE: usize = 10;

/// Print what a fleet needs: the roles of its accounts, whom they trust, and the policy of its caller
///
/// The policies are the least with which the baselines of the file can be planned and applied. With --format cloudformation it prints a
/// template for a stack set that makes the roles in every account. Calls nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FleetPermissions {
    /// Read the fleet from this TOML file
    #[arg(value_name = "FLEET", value_hint = ValueHint::FilePath)]
    path: PathBuf,

    /// The role or user that the fleet is run as: the roles trust nobody else
    #[arg(long, value_name = "ARN", value_parser = principal)]
    caller: String,

    /// The account whose digits stand in the policies; a template has them put in by CloudFormation
    #[arg(long, value_name = "ID", value_parser = permissions::account_id)]
    account: Option<String>,

    /// Cover what --prune and --destroy delete, too
    #[arg(long)]
    deletions: bool,

    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One document: {"plan": ROLE, "apply": ROLE, "caller": [POLICY, ...]}
    Json,
    /// A CloudFormation template that makes the roles, for a stack set
    Cloudformation,
}

fn principal(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let is_principal = matches!(
        parts.as_slice(),
        ["arn", _, "iam", "", account, rest]
            if is_account(account) && (rest.starts_with("role/") || rest.starts_with("user/"))
    );
    let says = "this is not the ARN of a role or user, such as arn:aws:iam::123456789012:role/fleet";
    if is_principal { Ok(text.to_owned()) } else { Err(says.to_owned()) }
}

pub(super) fn run(args: &FleetPermissions, output: &Output) -> Result<Exit, Failure> {
    let (source, fleet) = super::parsed(&args.path, output)?;
    let Some(access) = fleet.access.as_ref().map(|access| &access.value) else {
        return Err(Failure::with_hint(
            "this fleet has no [access], so its accounts have no role of it",
            "print the policies of one account with: baseline permissions FILE",
        ));
    };
    let account = match args.format {
        Format::Json => args.account.as_deref().ok_or_else(|| {
            Failure::with_hint(
                "the policies name ARNs of one account, and nothing says which",
                "give it with --account 123456789012, or print a template with --format cloudformation",
            )
        })?,
        Format::Cloudformation => ANY_ACCOUNT,
    };
    let which = Which { path: args.path.clone(), accounts: None, only: Vec::new() };
    let baselines = of_every_setting(&which, &Arc::new(source), &fleet, output)?;
    let roles = roles(args, &baselines, access, account, output)?;
    let external_id = access.external_id.as_ref().map(|id| id.written());
    let trusted = Trusted { caller: &args.caller, external_id };
    for role in roles.iter().filter(|role| role.policies.len() + role.managed.len() > POLICIES_A_ROLE) {
        output.note(&shown!(
            "note: role {} has {} policies, and a role takes {} until its quota is raised",
            Shown::line(&role.name),
            role.policies.len() + role.managed.len(),
            POLICIES_A_ROLE
        ));
    }
    let printed = match args.format {
        Format::Cloudformation => fleet_template(&roles, &trusted, account),
        Format::Json => document(&roles, &trusted, &args.caller, access),
    };
    output.out(&Shown::json(&printed).map_err(Failure::bug)?);
    Ok(Exit::Success)
}

/// The last of each chain is the role of the account; one where it is the same for looking and for changing.
fn roles(
    args: &FleetPermissions,
    baselines: &[Loaded],
    access: &Access,
    account: &str,
    output: &Output,
) -> Result<Vec<FleetRole>, Failure> {
    let last = |role: &str| path_and_name(role);
    let writes = access.role.iter().last().map(|role| last(role.written())).unwrap_or_default();
    let looks = access.plan_role.as_ref().and_then(|chain| chain.iter().last());
    let looks = looks.map_or_else(|| writes.clone(), |role| last(role.written()));
    let policies = |purpose: Purpose| -> Result<Vec<Json>, Failure> {
        let mut all = Vec::new();
        for loaded in baselines {
            all.extend(permissions::of_file(loaded, account, purpose, args.deletions, output)?);
        }
        all.dedup();
        Ok(all)
    };
    // A session that is limited to AWS's policies may do what they and the role allow.
    let role = |purpose: Purpose, (path, name): (String, String)| -> Result<FleetRole, Failure> {
        Ok(FleetRole {
            purpose: purpose.word(),
            path,
            name,
            policies: policies(purpose)?,
            managed: Vec::new(),
        })
    };
    if looks == writes {
        return Ok(vec![role(Purpose::Apply, writes)?]);
    }
    Ok(vec![role(Purpose::Plan, looks)?, role(Purpose::Apply, writes)?])
}

fn document(roles: &[FleetRole], trusted: &Trusted<'_>, caller: &str, access: &Access) -> Json {
    let partition = caller.split(':').nth(1).unwrap_or("aws");
    let chains = access.role.iter().chain(access.plan_role.iter().flat_map(|chain| chain.iter()));
    let assumed: BTreeSet<String> = chains.map(|role| in_every_account(role.written(), partition)).collect();
    let mut all = serde_json::Map::new();
    for role in roles {
        let shown = json!({
            "role": format!("{}{}", role.path.trim_start_matches('/'), role.name),
            "trust": fleet_trust(trusted),
            "policies": role.policies,
        });
        all.insert(role.purpose.to_owned(), shown);
    }
    let assumed: Vec<String> = assumed.into_iter().collect();
    all.insert("caller".to_owned(), json!(fleet_caller(partition, &assumed)));
    Json::Object(all)
}
