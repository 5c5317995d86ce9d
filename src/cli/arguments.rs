//! Arguments that several commands share.

use std::path::PathBuf;

use clap::ValueHint;

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
    /// Delete things that carry this baseline's tags and are no longer declared, but none that hold logs or keys
    #[arg(long)]
    pub(super) prune: bool,

    /// Delete this thing too, though it holds logs or keys; give it once for each address
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
}

/// How a result is shown.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Format {
    /// Print the report as JSON, as `baseline schema --report` describes it
    #[arg(long, conflicts_with = "markdown")]
    pub(super) json: bool,

    /// Print the report as Markdown, short enough for a comment on a pull request
    #[arg(long)]
    pub(super) markdown: bool,
}
