//! `baseline network`: who reaches whom in a network.

use super::arguments;
use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::live_network::{Looked, Which};
use super::output::Output;
use crate::report::Shown;
use crate::report::reach::Map;

const EXAMPLES: &str = "\
Examples:
  baseline network landing-zone.toml
  baseline network landing-zone.toml --live
  baseline network landing-zone.toml --format mermaid > network.mmd
  baseline network landing-zone.toml --format json | jq '.checks[] | select(.answer != \"proven\")'";

/// Prove who reaches whom in the network of a file or an account
///
/// Lists every connection that the planned security groups, network ACLs and routes let through together, and
/// whether what must hold of the network does: what always must, and every `[[network.assert]]`. Calls nothing, unless
/// --live asks for the account's own network, whoever made it: the interfaces that are there, and the tiers of the file.
/// Exits with 2 where something does not hold, and with 3 where something can be neither proven nor disproven.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    /// Print it in this format
    #[arg(long, value_enum, value_name = "NAME", default_value = "text")]
    format: Format,

    #[command(flatten)]
    which: Which,
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

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let loaded = file::load_unproven(&args.file.path, output)?;
    let Looked { topology, is_live, is_complete, endpoints, .. } =
        args.which.look(&loaded, sandbox, output).await?;
    let judged = if is_live {
        loaded.baseline.judge_live_network(&topology)
    } else {
        loaded.baseline.judge_network(&topology)
    };
    let map = Map::of(&topology, judged, endpoints);
    output.out(&match args.format {
        Format::Text => map.text(&loaded.source),
        Format::Json => Shown::json(&map.json()).map_err(Failure::bug)?,
        Format::Mermaid => map.mermaid(),
    });
    Ok(match (map.is_unproven() || !is_complete, map.is_violated()) {
        (true, _) => Exit::Incomplete,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Success,
    })
}
