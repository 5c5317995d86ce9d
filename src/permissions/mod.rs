//! The least IAM policy with which a baseline can be planned or applied.
//!
//! Pure: from what the kinds declare and what the file asks for, scoped to the names it uses and to its
//! ownership tag. Which actions take which resource types and condition keys is AWS's service authorization
//! reference; the tests hold the result against a machine-readable copy of it.

mod fleet;
mod need;
mod policy;
mod temporary;
mod undeclared;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::model::{KindMeta, Wanted};
use crate::operations::{Grants, Names, action, grants as of_action, with_implicit};
pub use crate::operations::{Lock, Scope};
use crate::partition;

pub use fleet::{
    FleetRole, Trusted, caller as fleet_caller, in_every_account, path_and_name, template as fleet_template,
    trust as fleet_trust,
};
pub use policy::{LIMIT, size};
pub use temporary::{Ending, OnCall, on_call};

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// `plan` and `drift`.
    Plan,
    /// `apply`, which plans first.
    Apply,
}

impl Purpose {
    /// The command as it is typed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What the policy is for.
    pub purpose: Purpose,
    /// Whether it covers what `--prune` and `--destroy` delete.
    pub deletions: bool,
    /// The kinds of which things may be there that the file no longer declares.
    pub undeclared: &'a [&'static str],
    /// The lock that an apply takes.
    pub lock: Option<Lock<'a>>,
    /// IAM actions of reads beyond those of the kinds: those of the posture rules the file asks for.
    pub reads: &'a [String],
}

/// The actions that every look at an account takes, whatever the file says: the census of what is owned.
const CENSUS: [&str; 2] = ["tag:GetResources", "iam:GetAccountAuthorizationDetails"];

/// The policy documents, each below [`LIMIT`] characters without whitespace.
pub fn policies(
    wanted: &Wanted,
    scope: &Scope<'_>,
    request: &Request<'_>,
    rules: &dyn Fn(&str) -> &'static KindMeta,
    always_read: &[&'static str],
) -> Vec<Json> {
    policy::documents(grants(wanted, scope, request, rules, always_read))
}

/// The policies for the credentials that ask for sessions as the account's root user; one that only reads where
/// nothing is deleted.
pub fn root_session(scope: &Scope<'_>, deletes: bool) -> Vec<Json> {
    let wanted = Wanted::default();
    let names = Names { scope, wanted: &wanted };
    let mut tasks = vec!["IAMAuditRootUserCredentials"];
    tasks.extend(deletes.then_some("IAMDeleteRootUserCredentials"));
    let policies =
        tasks.iter().map(|task| format!("arn:{}:iam::aws:policy/root-task/{task}", scope.partition));
    let root = names.named("RootOfThatAccount", [names.iam("root")]);
    let mut grants = Grants::default();
    grants.add("sts:AssumeRoot", vec![root.when("StringEquals", "sts:TaskPolicyArn", policies)]);
    // Asked only where a session is refused, to say why.
    grants.add("iam:ListOrganizationsFeatures", vec![names.everything("ReadsThatTakeNoResource")]);
    policy::documents(grants)
}

/// The policies for `rotate`, for these users or for any, and for the secret that new keys go into, by its name and the ARN
/// of its KMS key where it has one of its own.
pub fn rotation(scope: &Scope<'_>, users: &[String], secret: Option<(&str, Option<&str>)>) -> Vec<Json> {
    let wanted = Wanted::default();
    let names = Names { scope, wanted: &wanted };
    let arns: Vec<String> = if users.is_empty() {
        vec![names.iam("user/*")]
    } else {
        // A user may stand under a path.
        users
            .iter()
            .flat_map(|user| [format!("user/{user}"), format!("user/*/{user}")])
            .map(|arn| names.iam(&arn))
            .collect()
    };
    let sid = if users.is_empty() { "KeysOfAnyUser" } else { "KeysOfTheseUsers" };
    let mut grants = Grants::default();
    for operation in
        ["ListAccessKeys", "GetAccessKeyLastUsed", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"]
    {
        grants.add(&format!("iam:{operation}"), vec![names.named(sid, arns.clone())]);
    }
    if let Some((secret, key)) = secret {
        // AWS ends the ARN of a secret in six letters of its own; one that is not there yet is asked for by its name alone.
        let arns =
            ["", "-??????"].map(|end| names.regional("secretsmanager", &format!("secret:{secret}{end}")));
        for operation in ["DescribeSecret", "CreateSecret", "PutSecretValue"] {
            grants.add(
                &format!("secretsmanager:{operation}"),
                vec![names.named("TheSecretOfNewKeys", arns.clone())],
            );
        }
        // The key that AWS keeps for secrets lets everybody in the account in by its own policy.
        for (key, operation) in key.into_iter().flat_map(|key| [(key, "Decrypt"), (key, "GenerateDataKey")]) {
            let domain = partition::named(scope.partition).map_or("amazonaws.com", |known| known.dns_suffix);
            let through = format!("secretsmanager.{}.{domain}", scope.region);
            let grant = names.named("TheKeyOfThatSecret", [key.to_owned()]);
            grants.add(
                &format!("kms:{operation}"),
                vec![grant.when("StringEquals", "kms:ViaService", [through])],
            );
        }
    }
    policy::documents(grants)
}

fn grants(
    wanted: &Wanted,
    scope: &Scope<'_>,
    request: &Request<'_>,
    rules: &dyn Fn(&str) -> &'static KindMeta,
    always_read: &[&'static str],
) -> Grants {
    let mut grants = Grants::default();
    let names = Names { scope, wanted };
    for action in CENSUS.iter().copied().chain(request.reads.iter().map(String::as_str)) {
        grants.add(action, of_action("", action, &names));
    }
    let declared: BTreeSet<&str> = wanted.things.keys().map(|addr| addr.kind()).collect();
    for kind in declared.iter().copied().chain(always_read.iter().copied()) {
        for action in rules(kind).read_actions {
            grants.add(action, of_action(kind, action, &names));
        }
    }
    for kind in request.undeclared {
        for action in rules(kind).read_actions {
            grants.add(action, undeclared::of(kind, action, &names));
        }
    }
    own_ways(&mut grants, &declared, &names);
    if request.purpose == Purpose::Apply {
        if let Some(lock) = request.lock {
            for action in lock.actions {
                grants.add(action, vec![names.the_lock(lock)]);
            }
        }
        for kind in declared {
            let needed = rules(kind).write_actions.iter();
            let needed = needed.filter(|action| need::is_needed(kind, action, wanted, rules(kind), request));
            let all = needed.flat_map(|action| with_implicit(action));
            for action in all.filter(|action| need::is_needed(kind, action, wanted, rules(kind), request)) {
                grants.add(action, of_action(kind, action, &names));
            }
            for action in rules(kind).refusal_actions {
                grants.add(action, of_action(kind, action, &names));
            }
        }
        for kind in request.undeclared.iter().filter(|_| request.deletions) {
            let deletions = rules(kind).write_actions.iter().filter(|action| undeclared::deletes(action));
            for action in deletions.flat_map(|action| with_implicit(action)) {
                grants.add(action, undeclared::of(kind, action, &names));
            }
        }
        // An apply asks beforehand whether it may do what it plans.
        let asked = ["user/*", "role/*"].map(|arn| names.iam(arn));
        grants.add("iam:SimulatePrincipalPolicy", vec![names.named("AskWhatTheCallerMayDo", asked)]);
    }
    grants
}

/// What a plan asks about whoever carries it out, to say whether it cuts off their own way back: only where it changes their
/// policies, or what packets may pass.
fn own_ways(grants: &mut Grants, declared: &BTreeSet<&str>, names: &Names<'_>) {
    let own =
        |arns: &[&str]| vec![names.named("ReadTheCallersOwnPolicies", arns.iter().map(|arn| names.iam(arn)))];
    grants.add("iam:GetRole", own(&["role/*"]));
    if declared.iter().any(|kind| kind.starts_with("iam.")) {
        grants.add("iam:ListAttachedRolePolicies", own(&["role/*"]));
        grants.add("iam:ListAttachedUserPolicies", own(&["user/*"]));
        grants.add("iam:ListGroupsForUser", own(&["user/*"]));
        grants.add("iam:ListAttachedGroupPolicies", own(&["group/*"]));
        // Those that AWS keeps have no account of their own.
        let everywhere = format!("arn:{}:iam::*:policy/*", names.scope.partition);
        for action in ["iam:GetPolicy", "iam:GetPolicyVersion"] {
            grants.add(action, vec![names.named("ReadManagedPolicies", [everywhere.clone()])]);
        }
    }
    if declared.iter().any(|kind| kind.starts_with("ec2.")) {
        grants.add("ec2:DescribeInstances", vec![names.everything("ReadsThatTakeNoResource")]);
    }
}

/// The IAM action that a denied call needs, and the resource it needs it on: what to allow.
///
/// The call is as errors spell it, such as `s3:GetBucketEncryption`; the kind is empty for reads that belong to none.
pub fn lacking(call: &str, kind: &str, wanted: &Wanted, scope: &Scope<'_>) -> String {
    let Some((service, operation)) = call.split_once(':') else { return String::new() };
    let (action, names) = (action(service, operation), Names { scope, wanted });
    let grants = of_action(kind, &action, &names);
    let resources: BTreeSet<String> = grants.into_iter().flat_map(|grant| grant.resources).collect();
    // What nobody declared has no name here.
    let resources = if resources.is_empty() {
        "*".to_owned()
    } else {
        resources.into_iter().collect::<Vec<_>>().join(" and ")
    };
    format!("{action} on {resources}")
}

/// Something to ask IAM before an apply: may these actions be taken on these resources?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// IAM actions.
    pub actions: Vec<String>,
    /// ARNs, or `*`.
    pub resources: Vec<String>,
    /// Condition keys and the values that the calls come with.
    pub context: Vec<(String, Vec<String>)>,
}

/// What to ask before steps on things of these kinds; `true` where more than creation is planned.
pub fn questions(
    wanted: &Wanted,
    scope: &Scope<'_>,
    kinds: &BTreeMap<&str, bool>,
    deletions: bool,
    rules: &dyn Fn(&str) -> &'static KindMeta,
) -> Vec<Question> {
    let names = Names { scope, wanted };
    let request = Request { purpose: Purpose::Apply, deletions, undeclared: &[], lock: None, reads: &[] };
    let mut grants = Grants::default();
    for (kind, changes) in kinds {
        for action in rules(kind).write_actions {
            if need::is_needed(kind, action, wanted, rules(kind), &request)
                && (*changes || !need::takes_away(action))
            {
                let all = with_implicit(action);
                for action in
                    all.filter(|action| need::is_needed(kind, action, wanted, rules(kind), &request))
                {
                    grants.add(action, of_action(kind, action, &names));
                }
            }
        }
    }
    let questions = grants.0.into_iter().map(|(grant, actions)| {
        // A key that must be absent is not given.
        let keys =
            grant.condition.iter().filter(|(operator, _)| **operator != "Null").flat_map(|(_, keys)| keys);
        Question {
            actions: actions.into_iter().collect(),
            resources: grant.resources.iter().cloned().collect(),
            context: keys
                .map(|(key, values)| (key.clone(), values.iter().take(1).cloned().collect()))
                .collect(),
        }
    });
    questions.collect()
}

#[cfg(test)]
mod tests;
