//! `baseline validate`: checks a file without AWS.

use super::arguments;
use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::output::Output;
use crate::language::{Baseline, Diagnostic, Files, Source, Spot};
use crate::report::contents::contents;
use crate::report::json::{self, Report};
use crate::report::{self, clean};

const EXAMPLES: &str = "\
Examples:
  baseline validate landing-zone.toml
  baseline validate landing-zone.toml --json | jq '.diagnostics[]'";

/// Check a baseline file without calling AWS
///
/// Shows every problem at once, each with its place in the file and a hint. A file without errors is
/// summed up: the subnets that were computed, and how many things of each kind it becomes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    /// Print the report as JSON, as `baseline schema --report` describes it
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let bytes = file::bytes(&args.file.path)?;
    let name = clean::line(&args.file.path.display().to_string());
    let source = match Source::from_bytes(name, bytes) {
        Ok(source) => source,
        Err((source, problem)) => return show(&source, None, vec![*problem], args.json, output),
    };
    let source = args.file.vars.over(source);
    let (baseline, problems) = Baseline::parse(&source);
    show(&source, baseline.as_ref(), problems, args.json, output)
}

fn show(
    files: &dyn Files,
    baseline: Option<&Baseline>,
    mut problems: Vec<Diagnostic>,
    json: bool,
    output: &Output,
) -> Result<Exit, Failure> {
    let mut summary = None;
    if let Some(baseline) = baseline {
        match baseline.expand(&baseline.place_without_account()) {
            Ok(wanted) => {
                let mut text = contents(&files.name(), &baseline.name, &baseline.region, &wanted);
                if baseline.needs_regions() {
                    text.push("\nOther regions: plan asks AWS which are enabled, and adds what is kept in each of them.\n");
                }
                summary = Some(text);
            }
            Err(more) => problems.extend(more),
        }
    }
    if json {
        let diagnostics = problems.iter().map(|problem| diagnostic(files, problem)).collect();
        let named = |name: fn(&Baseline) -> &str| baseline.map(|baseline| name(baseline).to_owned());
        let report = Report::of_file(named(|b| &b.name), named(|b| &b.region), diagnostics);
        output.out(&report.text().map_err(Failure::bug)?);
    } else {
        output.err(&report::problems(files, &problems, output.err_has_color()));
        if let Some(summary) = &summary {
            output.out(summary);
        }
    }
    Ok(if summary.is_some() { Exit::Success } else { Exit::Error })
}

fn diagnostic(files: &dyn Files, problem: &Diagnostic) -> json::Diagnostic {
    let Spot { file, line, column } = files.spot(problem.span.start);
    json::Diagnostic {
        severity: problem.severity.name().to_owned(),
        code: problem.code.to_owned(),
        message: problem.message.clone(),
        file: (file != files.name()).then(|| file.to_owned()),
        line,
        column,
        hint: problem.hint.clone(),
    }
}
