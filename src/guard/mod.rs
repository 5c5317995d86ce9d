//! What a plan does to access before anything is written: whether it takes the caller's own way back, and what it lets others do.
//!
//! Pure: two trees of the account, as it is found and as the plan leaves it, and who the caller is. Only what the plan changes is
//! judged, and only what is lost is told: what was not possible before is no loss. Policies of the organization are not known here.

mod identity;
mod new_access;
mod own_policies;
mod resource;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Addr, Document, Value, Wanted, restore};
pub use new_access::{Opened, Place, Whose, has_policies, lost_access, new_access};
pub use own_policies::managed_in_question;

use crate::policy::{Ask, Context, Effect, Policy, Statement, Truth, Who};

/// Who carries the plan out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account's twelve digits.
    pub account: String,
    /// The partition, such as `aws`.
    pub partition: String,
    /// The ARN as AWS answers it: of a user, of a role's session, of root.
    pub arn: String,
    /// The ARN of the role behind a session, with its path, which the session's ARN leaves out; nothing for users and root.
    pub role_arn: Option<String>,
    /// Names of other roles of the account through which the caller comes to its own.
    pub through: BTreeSet<String>,
    /// The region of the calls.
    pub region: String,
    /// The managed policies of the caller, as far as they are known.
    pub managed: Managed,
}

/// Managed policies as they are found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Managed {
    /// ARNs of those that the caller has, itself or by its groups.
    pub attached: BTreeSet<String>,
    /// What they say, and others that a plan attaches or detaches, by ARN.
    pub documents: BTreeMap<String, Policy>,
}

/// A way back that a plan takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockout {
    /// The resource that is changed.
    pub addr: Addr,
    /// What is lost, and by whom.
    pub loses: Loss,
    /// The condition keys on which it depends, where it is not certain.
    pub depends_on: Vec<String>,
    /// Who could undo it.
    pub recovery: &'static str,
}

/// What a plan takes, and from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// What the caller can no longer do.
    Callers(String),
    /// Who else could do everything: nobody is left besides the caller.
    LastAdministrators(Vec<String>),
    /// That the account itself manages a key.
    Account(String),
    /// The connection that the caller comes through, in words, and whether all of it is closed.
    Connection {
        /// Which one.
        connection: String,
        /// Whether it surely is closed.
        surely: bool,
    },
}

impl Lockout {
    /// A change after which nobody besides the caller can do everything.
    pub fn of_last_administrators(addr: Addr, before: Vec<String>) -> Self {
        let recovery = "these credentials, and the root user of the account once they are lost";
        Self { addr, loses: Loss::LastAdministrators(before), depends_on: Vec::new(), recovery }
    }

    /// A key policy that lets in named principals and no longer the account.
    pub fn of_account(addr: Addr, key: String) -> Self {
        let recovery = "a principal that the key policy names, for as long as it is there, then AWS Support";
        Self { addr, loses: Loss::Account(key), depends_on: Vec::new(), recovery }
    }

    /// A change that closes the connection that the caller comes through.
    pub fn of_connection(addr: Addr, connection: String, surely: bool) -> Self {
        let recovery = "whoever reaches AWS another way, with the old file; Session Manager where the machine still reaches AWS";
        Self { addr, loses: Loss::Connection { connection, surely }, depends_on: Vec::new(), recovery }
    }

    /// The loss in words that follow the address.
    pub fn words(&self) -> String {
        let loses = match &self.loses {
            Loss::Callers(loses) => loses,
            Loss::LastAdministrators(before) => {
                return format!(
                    "takes the rights of the last administrator besides these credentials: {}",
                    before.join(", ")
                );
            }
            Loss::Account(key) => {
                return format!(
                    "leaves {key} to the principals that its policy names: once they are deleted, nobody in the account can manage it"
                );
            }
            Loss::Connection { connection, surely: true } => {
                return format!("closes the connection that you come through: {connection}");
            }
            Loss::Connection { connection, surely: false } => {
                return format!(
                    "may close the connection that you come through: {connection}; some of the ports or addresses it may use are shut"
                );
            }
        };
        match self.depends_on.as_slice() {
            [] => format!("locks the caller out: these credentials can no longer {loses}"),
            keys => format!(
                "may lock the caller out: these credentials can no longer {loses}, depending on {}, which cannot be known beforehand",
                keys.join(", ")
            ),
        }
    }
}

/// Every way back of the caller that the plan takes, in the order of addresses.
pub fn lockouts(found: &Wanted, left: &Wanted, caller: &Caller) -> Vec<Lockout> {
    let of_resources = found
        .changes(left)
        .filter_map(|(addr, before, after)| Some(resource::lost(addr, before, after?, caller)));
    let mut all: Vec<Lockout> = of_resources.flatten().collect();
    all.extend(identity::lost(found, left, caller));
    all
}

/// Whether it takes the path of the caller's role to judge what a plan changes: policies name roles by their whole ARN.
pub fn needs_the_role(found: &Wanted, left: &Wanted) -> bool {
    left.things.iter().any(|(addr, after)| {
        let policy = after.value.get("policy");
        let before = found.things.get(addr).and_then(|want| want.value.get("policy"));
        policy != before && policy.is_some_and(|policy| policy.encode().to_string().contains(":role/"))
    })
}

impl Caller {
    /// The name of the user that calls; nothing for roles and root.
    fn user(&self) -> Option<&str> {
        self.arn.split_once(":user/").and_then(|(_, path)| path.rsplit('/').next())
    }

    /// The name of the role whose session calls; nothing for users and root.
    pub fn role(&self) -> Option<&str> {
        self.arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next())
    }

    /// The ARN as policies name the caller.
    fn identity(&self) -> String {
        self.role_arn.clone().unwrap_or_else(|| self.arn.clone())
    }

    /// What is known of every call of the caller; the rest depends on how and from where it comes.
    fn context(&self) -> Context {
        Context::open()
            .with("aws:PrincipalArn", self.identity())
            .with("aws:PrincipalAccount", &self.account)
            .with("aws:PrincipalIsAWSService", "false")
            .with("aws:ViaAWSService", "false")
            .with("aws:SecureTransport", "true")
            .with("aws:RequestedRegion", &self.region)
    }
}

/// What policies say to one question, in three values, and on which conditions that depends.
struct Said {
    truth: Truth,
    depends_on: Vec<String>,
}

/// Whether one of these statements of an effect speaks to the caller's question.
fn speaks<'p>(policies: impl IntoIterator<Item = &'p Policy>, effect: Effect, ask: &Ask<'_>) -> Said {
    let all: Vec<&Statement> = policies.into_iter().flat_map(|policy| &policy.statements).collect();
    let speaking: Vec<(&Statement, Truth)> = all
        .into_iter()
        .filter(|statement| statement.effect == effect)
        .map(|statement| (statement, statement.applies(ask)))
        .filter(|(_, truth)| truth.is_possible())
        .collect();
    let truth = speaking.iter().map(|(_, truth)| *truth).max().unwrap_or(Truth::No);
    let mut depends_on = Vec::new();
    if truth == Truth::Perhaps {
        for condition in speaking.iter().flat_map(|(statement, _)| &statement.conditions) {
            if condition.holds(ask.context) == Truth::Perhaps && !depends_on.contains(&condition.key) {
                depends_on.push(condition.key.clone());
            }
        }
    }
    Said { truth, depends_on }
}

/// The policy that an attribute holds. One that is none says nothing.
fn policy_in(thing: Option<&Value>, attribute: &str) -> Option<Policy> {
    let document = restore::<Option<Document>>(thing?.get(attribute)?).ok()??;
    Policy::of(&document.json()).ok()
}

/// The inline policies of a role or group.
fn inline(thing: &Value) -> Vec<Policy> {
    let Some(Value::Dict(documents)) = thing.get("inline") else { return Vec::new() };
    let documents = documents.values().filter_map(|document| restore::<Document>(document).ok());
    documents.filter_map(|document| Policy::of(&document.json()).ok()).collect()
}

/// A text attribute.
fn text<'v>(thing: &'v Value, attribute: &str) -> Option<&'v str> {
    match thing.get(attribute) {
        Some(Value::Str(text)) => Some(text),
        _ => None,
    }
}

/// The same question asked before and after: what is lost of these actions, all together.
struct Losses {
    surely: Vec<&'static str>,
    perhaps: Vec<&'static str>,
    depends_on: Vec<String>,
}

/// What of these actions was possible and is not, or may not be.
fn losses(actions: &[&'static str], mut possible: impl FnMut(&'static str) -> (Truth, Said)) -> Losses {
    let mut lost = Losses { surely: Vec::new(), perhaps: Vec::new(), depends_on: Vec::new() };
    for action in actions {
        let (before, after) = possible(action);
        if after.truth >= before {
            continue;
        }
        match after.truth {
            Truth::No => lost.surely.push(action),
            _ => {
                lost.perhaps.push(action);
                lost.depends_on.extend(after.depends_on);
            }
        }
    }
    lost.depends_on.sort();
    lost.depends_on.dedup();
    lost
}

impl Losses {
    /// One lockout for what is certain, one for what depends.
    fn tell(self, addr: &Addr, what: &str, recovery: &'static str) -> Vec<Lockout> {
        let lockout = |actions: Vec<&str>, depends_on: Vec<String>| Lockout {
            addr: addr.clone(),
            loses: Loss::Callers(format!("call {} on {what}", actions.join(", "))),
            depends_on,
            recovery,
        };
        let mut told = Vec::new();
        if !self.surely.is_empty() {
            told.push(lockout(self.surely, Vec::new()));
        }
        if !self.perhaps.is_empty() {
            told.push(lockout(self.perhaps, self.depends_on));
        }
        told
    }
}

/// Who the caller is to a policy.
fn who<'a>(caller: &'a Caller, identity: &'a str) -> Who<'a> {
    Who::Aws { account: &caller.account, arn: &caller.arn, identity }
}

#[cfg(test)]
mod tests;
