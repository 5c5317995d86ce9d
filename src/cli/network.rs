//! `baseline network`: who reaches whom in a planned network.

use super::arguments;
use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::output::Output;
use super::reach::planned;
use crate::report::Shown;
use crate::report::reach::Map;

const EXAMPLES: &str = "\
Examples:
  baseline network landing-zone.toml
  baseline network landing-zone.toml --format mermaid > network.mmd
  baseline network landing-zone.toml --format json | jq '.checks[] | select(.answer != \"proven\")'";

/// Prove who reaches whom in the network of a file
///
/// Lists every connection that the planned security groups, network ACLs and routes let through together, and
/// whether what must hold of the network does: what always must, and every `[[network.assert]]`. Calls nothing.
/// Exits with 2 where something does not hold, and with 3 where something can be neither proven nor disproven.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    /// Print it in this format
    #[arg(long, value_enum, value_name = "NAME", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// A flowchart, for pages that draw Mermaid
    Mermaid,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let loaded = file::load_unproven(&args.file.path, output)?;
    let (planned, _) = planned(&loaded, output)?;
    let map = Map::of(&planned, loaded.baseline.judge_network(&planned));
    output.out(&match args.format {
        Format::Text => map.text(&loaded.source),
        Format::Json => Shown::json(&map.json()).map_err(Failure::bug)?,
        Format::Mermaid => map.mermaid(),
    });
    Ok(match (map.is_unproven(), map.is_violated()) {
        (true, _) => Exit::Incomplete,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Success,
    })
}
