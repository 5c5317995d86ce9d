//! Asks IAM, before the first write, whether these credentials may do what the plan takes.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::look::Look;
use super::output::Output;
use super::progress::Waiting;
use crate::aws::{Account, Simulated};
use crate::engine::rules;
use crate::permissions::{Question, Scope, questions};
use crate::plan::{Action, Choices};
use crate::report::Shown;
use crate::shown;

/// Refuses where IAM says that something the plan takes is denied; what cannot be asked is a note.
pub(super) async fn check(
    account: &Account,
    look: &Look,
    choices: &Choices,
    output: &Output,
) -> Result<(), Failure> {
    let Some(principal) = principal(account).await else { return Ok(()) };
    let questions = asked(account, look, choices);
    let waiting = Waiting::begin(output, shown!("asking IAM what these credentials may do"));
    // By action and resource: one answer of several suffices where a thing can be known in several ways.
    let mut allowed: BTreeMap<(String, String), bool> = BTreeMap::new();
    let mut failure = None;
    for question in &questions {
        match account.simulate(&principal, &question.actions, &question.resources, &question.context).await {
            Ok(answers) => {
                for Simulated { action, resource, denied } in answers {
                    *allowed.entry((action, resource)).or_default() |= !denied;
                }
            }
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    waiting.end();
    if let Some(error) = failure {
        let error = Shown::line(&error.to_string());
        output.note(&shown!("note: could not check these permissions with IAM: {}", error));
        return Ok(());
    }
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for ((action, resource), _) in allowed.iter().filter(|(_, allowed)| !**allowed) {
        missing.entry(action).or_default().insert(resource);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("{principal} may not do all that this plan takes, and nothing was written:");
    let missing = missing
        .into_iter()
        .map(|(action, on)| format!("{action} on {}", on.into_iter().collect::<Vec<_>>().join(", ")))
        .collect();
    let file = &look.heading.file;
    Err(Failure::list(
        message,
        missing,
        format!(
            "attach what this prints: baseline permissions {file} --for apply --account {}; or go on with --no-preflight",
            account.id()
        ),
    ))
}

/// Whom to ask about: a user, or the role behind a session. IAM does not answer for root.
async fn principal(account: &Account) -> Option<String> {
    let arn = account.identity.arn.as_str();
    let resource = arn.splitn(6, ':').nth(5)?;
    if arn.contains(":iam:") && resource.starts_with("user/") {
        return Some(arn.to_owned());
    }
    let role = resource.strip_prefix("assumed-role/")?.split('/').next()?;
    // The session's ARN leaves the role's path out.
    Some(account.role_arn(role).await)
}

fn asked(account: &Account, look: &Look, choices: &Choices) -> Vec<Question> {
    let scope = Scope {
        baseline: &account.baseline,
        account: account.id(),
        partition: &account.identity.partition,
        region: &account.region,
    };
    let steps = look.plan.steps.iter().filter(|step| step.held.is_none());
    let mut kinds: BTreeMap<&str, bool> = BTreeMap::new();
    for step in steps {
        // Something new needs nothing that takes away.
        *kinds.entry(step.addr.kind()).or_default() |= step.action != Action::Create;
    }
    let deletions = choices.prune || !choices.destroy.is_empty();
    questions(&look.wanted, &scope, &kinds, deletions, &rules)
}
