//! Arguments that several commands share.

use std::path::PathBuf;

use clap::ValueHint;

use crate::language::{Layers, Source};
use crate::model::Addr;
use crate::plan::Choices;

/// How to reach the account.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "AWS")]
pub(super) struct Access {
    /// Use this profile of the AWS configuration files instead of the standard credential chain
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,

    /// Print every API call by service and operation, the total, the writes and the dependent rounds
    #[arg(long)]
    pub(super) trace_calls: bool,
}

/// What may be deleted.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Deletion")]
pub(super) struct Deletions {
    /// Delete resources that carry this baseline's tags and are no longer in the file, except those that hold logs or keys
    #[arg(long)]
    pub(super) prune: bool,

    /// Delete this resource even though it holds logs or keys; repeat for each address
    #[arg(long, value_name = "ADDR")]
    pub(super) destroy: Vec<Addr>,
}

impl Deletions {
    /// The same as the planner takes it.
    pub(super) fn choices(&self) -> Choices {
        Choices { prune: self.prune, destroy: self.destroy.iter().cloned().collect() }
    }
}

/// The baseline file.
#[derive(Debug, clap::Args)]
pub(super) struct File {
    /// Read the baseline from this TOML file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) path: PathBuf,

    #[command(flatten)]
    pub(super) vars: Vars,
}

/// Values for the variables of a baseline.
#[derive(Debug, clap::Args)]
pub(super) struct Vars {
    /// Give a variable of the baseline this value, such as days=30; repeat for more
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = var)]
    pub(super) given: Vec<(String, String)>,
}

fn var(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, such as days=30")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Vars {
    /// A file with these values.
    pub(super) fn over(&self, source: Source) -> Layers {
        let layers = Layers::from(source);
        self.given.iter().fold(layers, |layers, (name, value)| layers.typed(name, value))
    }
}

/// How a result is shown.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Format {
    /// Print the report as JSON, as `baseline schema --report` describes it; the same as --format json
    #[arg(long, conflicts_with_all = ["markdown", "format"])]
    pub(super) json: bool,

    /// Print the report as Markdown, short enough for a comment on a pull request; the same as --format markdown
    #[arg(long, conflicts_with = "format")]
    pub(super) markdown: bool,

    /// Print the report in this format
    #[arg(long, value_enum, value_name = "NAME")]
    pub(super) format: Option<ReportFormat>,

    /// Write the report to a file too, such as sarif=drift.sarif; give it once for each file
    #[arg(long = "report", value_name = "NAME=FILE", value_parser = report_file::<ReportFormat>)]
    pub(super) reports: Vec<(ReportFormat, PathBuf)>,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ReportFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For comments and summaries
    Markdown,
    /// For CI systems, as a list of tests
    Junit,
    /// For code scanning, at the lines of the file
    Sarif,
    /// For spreadsheets
    Csv,
    /// For auditors: one page with charts
    Html,
    /// For Security Hub and SIEMs
    Ocsf,
}

/// A format and a file as they are typed.
pub(super) fn report_file<F: clap::ValueEnum>(text: &str) -> Result<(F, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("write NAME=FILE, such as sarif=drift.sarif")?;
    if file.is_empty() {
        return Err("a file is missing after =".to_owned());
    }
    Ok((F::from_str(name, false)?, PathBuf::from(file)))
}

impl Format {
    /// What stdout gets.
    pub(super) fn chosen(&self) -> ReportFormat {
        match self.format {
            Some(format) => format,
            None if self.json => ReportFormat::Json,
            None if self.markdown => ReportFormat::Markdown,
            None => ReportFormat::Text,
        }
    }
}
