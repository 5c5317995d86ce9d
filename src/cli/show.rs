//! Shows a plan in the format that was asked for.

use super::arguments::Format;
use super::exit::Exit;
use super::failure::Failure;
use super::look::Look;
use super::output::Output;
use crate::plan::Plan;
use crate::report::json::{Calls, Report};
use crate::report::{markdown, text};

/// Prints the plan to stdout.
pub(super) fn show(look: &Look, format: &Format, calls: Calls, output: &Output) -> Result<(), Failure> {
    if format.json {
        let report = Report::new(&look.heading, &look.plan, calls);
        output.out(&report.text().map_err(Failure::bug)?);
    } else if format.markdown {
        output.out(&markdown::plan(&look.heading, &look.plan));
    } else {
        output.out(&text::plan(&look.heading, &look.plan, output.width()));
    }
    Ok(())
}

/// The exit code of a plan; `changes` says whether a difference shows in it.
pub(super) fn exit(plan: &Plan, changes: bool) -> Exit {
    if !plan.is_complete() {
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
        assert_eq!(exit(&plan, true), Exit::Incomplete);
        assert_eq!(exit(&plan, false), Exit::Incomplete);
        assert_eq!(exit(&Plan::default(), true), Exit::Success);
    }
}
