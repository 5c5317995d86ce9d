//! `baseline network`: who reaches whom in a network.

use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::live_network::{Looked, Which};
use super::output::Output;
use super::{arguments, calls, connect};
use crate::plan::Choices;
use crate::report::network_change::Alone;
use crate::report::reach::Map;
use crate::report::{Command, Shown, network_graph, network_page};

const EXAMPLES: &str = "\
Examples:
  baseline network landing-zone.toml
  baseline network landing-zone.toml --live
  baseline network landing-zone.toml --diff
  baseline network landing-zone.toml --format mermaid > network.mmd
  baseline network landing-zone.toml --format dot | dot -Tsvg > network.svg
  baseline network landing-zone.toml --format html > network.html
  baseline network landing-zone.toml --format json | jq '.checks[] | select(.answer != \"proven\")'";

/// Prove who reaches whom in the network of a file or an account
///
/// Lists every connection that the planned security groups, network ACLs and routes let through together, and
/// whether what must hold of the network does: what always must, and every `[[network.assert]]`. Calls nothing, unless
/// --live asks for the account's own network, whoever made it: the interfaces that are there, and the tiers of the file.
/// With --diff it lists what an apply would open and close.
/// Exits with 2 where something does not hold, or with --diff something changes, and with 3 where something can be neither proven
/// nor disproven.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    /// Print it in this format
    #[arg(long, value_enum, value_name = "NAME", default_value = "text")]
    format: Format,

    /// Show what an apply of the file would open and close in the account; with --format text or json
    #[arg(long, group = "network")]
    diff: bool,

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
    /// A graph, for Graphviz
    Dot,
    /// A page of its own, for a browser
    Html,
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    if args.diff {
        return diff(args, sandbox, output).await;
    }
    let loaded = file::load_unproven(&args.file.path, &args.file.vars, output)?;
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
        Format::Mermaid => network_graph::mermaid(&map),
        Format::Dot => network_graph::dot(&map),
        Format::Html => network_page::page(
            &map,
            &loaded.source,
            if is_live { "The live network" } else { "The planned network" },
        ),
    });
    Ok(match (map.is_unproven() || !is_complete, map.is_violated()) {
        (true, _) => Exit::Incomplete,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Success,
    })
}

/// What an apply would open and close.
async fn diff(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    if !matches!(args.format, Format::Text | Format::Json) {
        return Err(Failure::with_hint(
            "what changes is told as text or JSON",
            "leave --format out, or leave --diff out for a picture of the network",
        ));
    }
    let loaded = file::load(&args.file.path, &args.file.vars, output)?;
    let (choices, profile) = (Choices::default(), args.which.access.profile.as_deref());
    let (account, look) =
        connect::open_and_look(Command::Plan, &loaded, profile, sandbox, &choices, output).await?;
    if args.which.access.trace_calls {
        calls::show(&calls::calls(&account), output);
    }
    let changed = Alone { endpoints: &look.heading.endpoints, change: look.network.as_ref() };
    output.out(&match args.format {
        Format::Json => Shown::json(&changed.json()).map_err(Failure::bug)?,
        _ => changed.text(),
    });
    let changes = changed.connections();
    Ok(match (changes.is_complete(), changes.is_empty()) {
        (false, _) => Exit::Incomplete,
        (true, false) => Exit::Changes,
        (true, true) => Exit::Success,
    })
}
