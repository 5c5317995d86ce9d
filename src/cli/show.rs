//! Shows a look at an account in the formats that were asked for.

use std::io;
use std::path::{Path, PathBuf};

use super::arguments::{Format, ReportFormat};
use super::exit::Exit;
use super::failure::Failure;
use super::look::Look;
use super::output::Output;
use super::whole_file;
use crate::report::json::{Calls, Report};
use crate::report::{Shown, View, csv, html, junit, markdown, ocsf, sarif, text};

/// Prints the report to stdout, and writes it to the files that were named.
pub(super) fn show(look: &Look, format: &Format, calls: &Calls, output: &Output) -> Result<(), Failure> {
    let view = look.view();
    all(&view, &Report::of(&view, calls.clone()), format, output)
}

/// The same of a report in JSON that knows more than the look, such as how an apply ended.
pub(super) fn all(view: &View<'_>, json: &Report, format: &Format, output: &Output) -> Result<(), Failure> {
    output.out(&rendered(format.chosen(), view, json, output.width())?);
    write(view, json, &format.reports)
}

/// Writes the report to files, each in its format.
pub(super) fn write(
    view: &View<'_>,
    json: &Report,
    reports: &[(ReportFormat, PathBuf)],
) -> Result<(), Failure> {
    for (format, path) in reports {
        let report = rendered(*format, view, json, text::WIDTH)?;
        let report = match format {
            ReportFormat::Text => report.without_styles(),
            _ => report,
        };
        whole_file::write(path, &report).map_err(|error| unwritten(path, &error))?;
    }
    Ok(())
}

/// Fails where a report could not be written, before anything is done.
pub(super) fn can_be_written(reports: &[(ReportFormat, PathBuf)]) -> Result<(), Failure> {
    for (_, path) in reports {
        whole_file::can_be_written(path).map_err(|error| unwritten(path, &error))?;
    }
    Ok(())
}

pub(super) fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot write {}: {error}", path.display());
    Failure::with_hint(message, "name a file in a folder that exists and can be written")
}

fn rendered(format: ReportFormat, view: &View<'_>, json: &Report, width: usize) -> Result<Shown, Failure> {
    Ok(match format {
        ReportFormat::Text => text::report(view, width),
        ReportFormat::Json => json.text().map_err(Failure::bug)?,
        ReportFormat::Markdown => markdown::report(view).into(),
        ReportFormat::Junit => junit::report(view).map_err(Failure::bug)?,
        ReportFormat::Sarif => sarif::report(view).map_err(Failure::bug)?,
        ReportFormat::Csv => csv::report(view).map_err(Failure::bug)?,
        ReportFormat::Html => html::report(view),
        ReportFormat::Ocsf => ocsf::report(view).map_err(Failure::bug)?,
    })
}

/// The exit code of a drift: whatever departs shows in it.
pub(super) fn drift(view: &View<'_>) -> Exit {
    match exit(view, true) {
        Exit::Success if !view.posture.findings.is_empty() => Exit::Changes,
        exit => exit,
    }
}

/// The exit code of a plan; `changes` says whether a difference that apply would settle shows in it.
pub(super) fn exit(view: &View<'_>, changes: bool) -> Exit {
    if !view.is_complete() {
        Exit::Incomplete
    } else if changes && !view.plan.is_converged() {
        Exit::Changes
    } else {
        Exit::Success
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Wanted;
    use crate::plan::{Live, Plan, Unread, Why};
    use crate::posture::Posture;
    use crate::report::{Command, Heading};

    fn look(plan: Plan, posture: Posture) -> Look {
        let heading = Heading {
            command: Command::Drift,
            file: "x.toml".into(),
            baseline: "x".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            endpoints: Vec::new(),
        };
        Look {
            heading,
            wanted: Wanted::default(),
            live: Live::default(),
            plan,
            network: None,
            partition: "aws".into(),
            states: None,
            lockouts: Vec::new(),
            posture,
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_incomplete_answer_wins_over_drift() {
        let unread = || Unread {
            call: "s3:GetBucketPolicy".into(),
            why: Why::Denied,
            lacking: "s3:GetBucketPolicy on *".into(),
            regions: Vec::new(),
            next: String::new(),
            message: String::new(),
        };
        let plan = Plan { unlisted: vec![unread()], ..Plan::default() };
        let incomplete = look(plan, Posture::default());
        assert_eq!(exit(&incomplete.view(), true), Exit::Incomplete);
        assert_eq!(exit(&incomplete.view(), false), Exit::Incomplete);
        let undecided = [("root-unused", "iam:GetCredentialReport was denied".to_owned())].into();
        let undecided = look(Plan::default(), Posture { undecided, ..Posture::default() });
        assert_eq!(drift(&undecided.view()), Exit::Incomplete);
        assert_eq!(exit(&look(Plan::default(), Posture::default()).view(), true), Exit::Success);
    }
}
