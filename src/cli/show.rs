//! Shows a plan in the format that was asked for.

use super::arguments::Format;
use super::exit::Exit;
use super::failure::Failure;
use super::look::Look;
use super::output::Output;
use crate::plan::Plan;
use crate::posture::Posture;
use crate::report::json::{Calls, Report};
use crate::report::{markdown, posture, text};

/// Prints the plan to stdout.
pub(super) fn show(look: &Look, format: &Format, calls: Calls, output: &Output) -> Result<(), Failure> {
    if format.json {
        let report = Report::new(&look.heading, &look.plan, calls);
        output.out(&report.text().map_err(Failure::bug)?);
    } else if format.markdown {
        output.out(&markdown::plan(&look.heading, &look.plan));
    } else {
        output.out(&text(look, output));
    }
    Ok(())
}

/// Resources and posture, one after the other.
pub(super) fn text(look: &Look, output: &Output) -> String {
    let mut text = text::plan(&look.heading, &look.plan, output.width());
    text.push_str(&posture::text(&look.heading.file, &look.posture));
    text
}

/// The exit code of a drift: whatever departs shows in it.
pub(super) fn drift(plan: &Plan, posture: &Posture) -> Exit {
    match exit(plan, posture, true) {
        Exit::Success if !posture.findings.is_empty() => Exit::Changes,
        exit => exit,
    }
}

/// The exit code of a plan; `changes` says whether a difference that apply would settle shows in it.
pub(super) fn exit(plan: &Plan, posture: &Posture, changes: bool) -> Exit {
    if !plan.is_complete() || !posture.is_complete() {
        Exit::Incomplete
    } else if changes && !plan.is_converged() {
        Exit::Changes
    } else {
        Exit::Success
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Unread;

    #[test]
    fn an_incomplete_answer_wins_over_drift() {
        let unread = Unread { call: "s3:GetBucketPolicy".into(), denied: true, message: String::new() };
        let plan = Plan { unlisted: vec![unread], ..Plan::default() };
        let kept = Posture::default();
        assert_eq!(exit(&plan, &kept, true), Exit::Incomplete);
        assert_eq!(exit(&plan, &kept, false), Exit::Incomplete);
        assert_eq!(exit(&Plan::default(), &kept, true), Exit::Success);
        let undecided = [("root-unused", "iam:GetCredentialReport was denied".to_owned())].into();
        let undecided = Posture { undecided, ..Posture::default() };
        assert_eq!(drift(&Plan::default(), &undecided), Exit::Incomplete);
    }
}
