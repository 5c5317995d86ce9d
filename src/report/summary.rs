//! The one line that sums a plan up.

use super::{Command, View, Words};
use crate::plan::{Action, Plan, Severity};
use crate::words;

/// The line of resources and posture together.
pub fn line(view: &View<'_>) -> Words {
    let (plan, posture) = (view.plan, view.posture);
    let mut line = summary(view.heading.command, plan);
    if !posture.counted.is_empty() && posture.findings.is_empty() && posture.is_complete() {
        line.push(words!(", {} rules are kept", posture.counted.len()));
    }
    if !posture.findings.is_empty() {
        line.push(words!(", {} of posture", posture.findings.len()));
    }
    let open = posture.unread.len() + posture.undecided.len();
    if open > 0 {
        line.push(words!(", posture incomplete: {} not known", open));
    }
    line
}

/// The line a person reads first: how many steps of each sort, and what stands in the way.
pub fn summary(command: Command, plan: &Plan) -> Words {
    let mut line = if plan.is_converged() && plan.is_complete() {
        let nothing = if command == Command::Drift { "no drift" } else { "no changes" };
        words!("{}: {}", nothing, in_sync(plan.unchanged))
    } else {
        counts(command, plan)
    };
    if !plan.undeclared.is_empty() {
        line.push(words!(", {} undeclared", plan.undeclared.len()));
    }
    if !plan.is_complete() {
        let unread = plan.unreadable.len() + plan.unlisted.len();
        line.push(words!(", incomplete: {} could not be read", unread));
    }
    line
}

/// How many steps of that sort can be done in this run.
pub(super) fn doable(plan: &Plan, action: Action) -> usize {
    plan.steps.iter().filter(|step| step.action == action && step.held.is_none()).count()
}

/// How many steps wait for something that this run cannot give.
pub(super) fn held(plan: &Plan) -> usize {
    plan.steps.iter().filter(|step| step.held.is_some()).count()
}

/// How many findings keep the account from its declared state.
pub(super) fn errors(plan: &Plan) -> usize {
    plan.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
}

fn counts(command: Command, plan: &Plan) -> Words {
    let action = |action: Action| words!("{} to {}", doable(plan, action), action.word());
    let mut parts = vec![action(Action::Create)];
    if doable(plan, Action::Adopt) > 0 {
        parts.push(action(Action::Adopt));
    }
    parts.extend([Action::Update, Action::Replace, Action::Delete].map(action));
    parts.push(words!("{} unchanged", plan.unchanged));
    if held(plan) > 0 {
        parts.push(words!("{} skipped", held(plan)));
    }
    if errors(plan) > 0 {
        parts.push(words!("{} for manual action", errors(plan)));
    }
    let word = if command == Command::Drift { "drift" } else { "plan" };
    words!("{}: {}", word, Words::joined(parts, ", "))
}

/// How many resources are in sync, in words.
pub fn in_sync(count: usize) -> Words {
    if count == 1 { words!("1 resource is in sync") } else { words!("{} resources are in sync", count) }
}
