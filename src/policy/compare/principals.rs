//! Everybody whom two policies tell apart.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::{Expression, classes};
use super::values::{Values, arn};
use super::work::Work;
use crate::partition::is_account;
use crate::policy::condition::Condition;
use crate::policy::principal::{Principals, Who};
use crate::policy::statement::Statement;

/// An account that stands for all that nobody names.
pub(super) const STRANGER: &str = "000000000000";

/// A user whom nobody names.
const UNNAMED: &str = "user/somebody-unnamed";

/// Somebody who could ask.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Somebody {
    /// Without credentials.
    Anonymous,
    /// A user, role or root: account, own ARN, ARN of the role behind a session.
    Aws(String, String, String),
    /// A service.
    Service(String),
    /// With a token of an identity provider.
    Federated(String),
}

impl Somebody {
    pub(super) fn who(&self) -> Who<'_> {
        match self {
            Self::Anonymous => Who::Anonymous,
            Self::Aws(account, arn, identity) => Who::Aws { account, arn, identity },
            Self::Service(name) => Who::Service(name),
            Self::Federated(provider) => Who::Federated(provider),
        }
    }

    /// In words that can begin a sentence.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Anonymous => "anybody, without credentials".to_owned(),
            Self::Aws(account, arn, identity) if account == STRANGER => match arn.ends_with(UNNAMED) {
                true => "anybody in any AWS account".to_owned(),
                false => {
                    let name = identity.rsplit(':').next().unwrap_or_default();
                    format!("{name} of any AWS account")
                }
            },
            Self::Aws(account, arn, _) if arn.ends_with(UNNAMED) => format!("account {account}"),
            Self::Aws(_, _, identity) => identity.clone(),
            Self::Service(name) => format!("the service {name}"),
            Self::Federated(provider) => format!("whoever signs in with {provider}"),
        }
    }

    /// Whether whoever is let in for them is let in for everybody in some account, or for the world.
    pub(super) fn is_anybody(&self) -> bool {
        match self {
            Self::Anonymous => true,
            Self::Aws(account, arn, _) => account == STRANGER && arn.ends_with(UNNAMED),
            Self::Service(_) | Self::Federated(_) => false,
        }
    }

    /// Whether they belong neither to that account, nor to one of the others, nor to AWS.
    pub(super) fn is_outside(&self, own: &str, inside: &[&str]) -> bool {
        match self {
            // Who has a token is decided elsewhere, whoever keeps the provider.
            Self::Anonymous | Self::Federated(_) => true,
            Self::Aws(account, ..) => account != own && !inside.contains(&account.as_str()),
            Self::Service(_) => false,
        }
    }

    /// The condition keys that follow from who it is.
    pub(super) fn keys(&self) -> BTreeMap<String, Values> {
        let one = |key: &str, value: &str| (key.to_owned(), Some(vec![value.to_owned()]));
        let none = |key: &str| (key.to_owned(), None);
        match self {
            Self::Anonymous => BTreeMap::from([
                none("aws:principalarn"),
                none("aws:principalaccount"),
                none("aws:principalorgid"),
                none("aws:principalorgpaths"),
                one("aws:principaltype", "Anonymous"),
                one("aws:principalisawsservice", "false"),
                none("aws:username"),
            ]),
            Self::Aws(account, arn, identity) => {
                let kind = match arn.contains(":assumed-role/") {
                    true => "AssumedRole",
                    false if arn.ends_with(":root") => "Account",
                    false => "User",
                };
                BTreeMap::from([
                    one("aws:principalarn", identity),
                    one("aws:principalaccount", account),
                    one("aws:principaltype", kind),
                    one("aws:principalisawsservice", "false"),
                ])
            }
            Self::Service(name) => BTreeMap::from([
                none("aws:principalarn"),
                none("aws:principalaccount"),
                none("aws:principalorgid"),
                none("aws:principalorgpaths"),
                one("aws:principalisawsservice", "true"),
                one("aws:principalservicename", name),
            ]),
            // A token is no credential of AWS: the request is not signed.
            Self::Federated(_) => BTreeMap::from([
                none("aws:principalarn"),
                none("aws:principalaccount"),
                none("aws:principalorgid"),
                none("aws:principalorgpaths"),
                one("aws:principalisawsservice", "false"),
            ]),
        }
    }
}

/// One of each kind of principals that the statements of resource policies tell apart.
///
/// # Errors
/// Says why they are not known.
pub(super) fn everybody(
    statements: &[&Statement],
    own: Option<&str>,
    work: &mut Work,
) -> Result<Vec<Somebody>, String> {
    let named: Vec<&Principals> = statements.iter().filter_map(|it| it.principals.as_ref()).collect();
    let on = |key: &str| -> Vec<&Condition> {
        let conditions = statements.iter().flat_map(|statement| &statement.conditions);
        conditions.filter(|condition| condition.key.eq_ignore_ascii_case(key)).collect()
    };
    let mut accounts: BTreeSet<String> = own.map(str::to_owned).into_iter().collect();
    accounts.insert(STRANGER.to_owned());
    for name in named.iter().flat_map(|principals| &principals.aws) {
        accounts.extend(account_of(name));
    }
    let in_arns: Vec<&str> = on("aws:PrincipalArn")
        .into_iter()
        .flat_map(|it| &it.values)
        .map(|value| value.text.as_str())
        .collect();
    for pattern in &in_arns {
        match pattern.split(':').nth(4) {
            None | Some("*" | "") => {}
            Some(account) if is_account(account) => _ = accounts.insert(account.to_owned()),
            Some(_) => return Err("aws:PrincipalArn is compared with a part of an account".to_owned()),
        }
    }
    for value in on("aws:PrincipalAccount").into_iter().flat_map(|it| &it.values) {
        if !is_account(&value.text) {
            return Err("aws:PrincipalAccount is compared with a pattern".to_owned());
        }
        accounts.insert(value.text.clone());
    }
    let mut all = BTreeSet::from([Somebody::Anonymous]);
    let plain = |account: &String| {
        let arn = format!("arn:aws:iam::{account}:{UNNAMED}");
        Somebody::Aws(account.clone(), arn.clone(), arn)
    };
    all.extend(accounts.iter().map(plain));
    all.extend(named.iter().flat_map(|principals| &principals.aws).filter_map(|name| somebody(name)));
    let by_arn = on("aws:PrincipalArn");
    if !by_arn.is_empty() {
        all.extend(by_arns(&by_arn, &accounts, &in_arns, work)?);
    }
    let services = named.iter().flat_map(|principals| &principals.services).cloned();
    all.extend(services.chain(["another.amazonaws.com".to_owned()]).map(Somebody::Service));
    let providers = named.iter().flat_map(|principals| &principals.federated).cloned();
    all.extend(providers.chain(["another-provider.example".to_owned()]).map(Somebody::Federated));
    let mut all: Vec<Somebody> = all.into_iter().collect();
    all.sort_by_key(|somebody| !somebody.is_anybody());
    Ok(all)
}

/// Users and roles of each account that conditions on their ARN tell apart.
fn by_arns(
    conditions: &[&Condition],
    accounts: &BTreeSet<String>,
    written: &[&str],
    work: &mut Work,
) -> Result<Vec<Somebody>, String> {
    let too_many = || "aws:PrincipalArn is compared with too many patterns".to_owned();
    let partitions: BTreeSet<&str> = written
        .iter()
        .filter_map(|arn| arn.split(':').nth(1))
        .filter(|partition| !partition.contains(['*', '?']))
        .chain(["aws"])
        .collect();
    // Each of them has some fifty steps.
    work.spend(partitions.len() * accounts.len() * 3 * 50).ok_or_else(too_many)?;
    let mut within = Vec::new();
    for partition in partitions {
        for account in accounts {
            for kind in ["user/?*", "role/?*", "root"] {
                within.push(Expression::glob(&format!("arn:{partition}:iam::{account}:{kind}")));
            }
        }
    }
    let patterns = conditions.iter().flat_map(|condition| &condition.values).map(arn);
    let patterns = patterns
        .collect::<Option<Vec<_>>>()
        .ok_or("aws:PrincipalArn is compared with a variable".to_owned())?;
    // Told apart by account, too, since other conditions may speak of that.
    let known = accounts.iter().map(|account| Expression::glob(&format!("arn:*:iam::{account}:*")));
    let all: Vec<Expression> = patterns.into_iter().chain(known).collect();
    let found = classes(&all, &within, work).ok_or_else(too_many)?;
    Ok(found.into_iter().filter_map(|arn| somebody(&arn)).collect())
}

/// Who is meant by a name that is not that of an account.
fn somebody(name: &str) -> Option<Somebody> {
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let [arn, partition, service, region, account, rest] = parts.as_slice() else {
        // The id of somebody who is gone.
        let is_id = !is_account(name);
        return is_id.then(|| Somebody::Aws(String::new(), name.to_owned(), name.to_owned()));
    };
    let named = |arn: &str, identity: &str| {
        Some(Somebody::Aws((*account).to_owned(), arn.to_owned(), identity.to_owned()))
    };
    let session =
        |role: &str| format!("{arn}:{partition}:sts:{region}:{account}:assumed-role/{role}/session");
    match (*service, rest.split_once('/')) {
        ("iam", None) => None,
        ("iam", Some(("role", path))) => named(&session(path.rsplit('/').next().unwrap_or_default()), name),
        ("sts", Some(("assumed-role", path))) => {
            let role = path.split('/').next().unwrap_or_default();
            named(name, &format!("{arn}:{partition}:iam::{account}:role/{role}"))
        }
        _ => named(name, name),
    }
}

fn account_of(name: &str) -> Option<String> {
    let account = if name.contains(':') { name.split(':').nth(4)? } else { name };
    is_account(account).then(|| account.to_owned())
}
