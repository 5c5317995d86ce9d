//! `baseline reach`: whether one end of a network reaches another, and what decides.

use std::path::Path;

use super::arguments::Vars;
use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::live_network::{Looked, Which};
use super::output::Output;
use crate::network::{
    Answer, Classes, Packets, Protocol, Traffic, WITHOUT_PORTS, carrying, ping, without_ports,
};
use crate::report::reach::{Question, reach};
use crate::report::text;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline reach internet web 443 landing-zone.toml
  baseline reach web db 5432 landing-zone.toml
  baseline reach 203.0.113.7 db 22 landing-zone.toml
  baseline reach web internet 53/udp landing-zone.toml
  baseline reach web internet esp landing-zone.toml
  baseline reach internet i-0123456789abcdef0 22 landing-zone.toml --live";

/// Tell whether one end of a network reaches another, and what decides
///
/// An end is internet, admin, a tier, a load balancer, an address, a range, or * for everybody. Follows one packet
/// there and its answer back; where it is blocked, every block is told. Calls nothing, unless --live asks for the
/// account's own network; an end may then also be an instance, an interface or a security group. Exits with 0 where the
/// answer is proven, whether yes or no, and with 3 where it cannot be.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "baseline reach FROM TO [PORT] FILE")]
pub(super) struct Args {
    /// Who opens the connection, who is to be reached, the port, and the baseline file
    ///
    /// The port is one such as 443, 53/udp or 8000-8100, icmp for a ping, or a protocol without ports such as esp or
    /// "protocol 254"; everything where it is left out.
    #[arg(value_name = "FROM TO [PORT] FILE", num_args = 3..=4, required = true)]
    asked: Vec<String>,

    #[command(flatten)]
    vars: Vars,

    #[command(flatten)]
    which: Which,
}

/// What is carried to a port, or by a protocol that has none.
fn traffic(text: &str) -> Result<Packets, Failure> {
    if text == "icmp" {
        return Ok(ping());
    }
    if let Some(number) = without_ports(text) {
        return Ok(carrying(&Traffic::all_of(Protocol::Number(number))));
    }
    let wrong = || {
        let names: Vec<&str> = WITHOUT_PORTS.iter().map(|(name, _)| *name).collect();
        Failure::with_hint(
            format!("{text:?} is neither a port nor a protocol"),
            format!(
                "write a port such as 443, 53/udp or 8000-8100, icmp for a ping, or a protocol: {}, or \"protocol 254\"",
                names.join(", ")
            ),
        )
    };
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let (first, last): (u16, u16) = (first.parse().map_err(|_| wrong())?, last.parse().map_err(|_| wrong())?);
    if first > last {
        return Err(wrong());
    }
    match protocol {
        "tcp" => Ok(carrying(&Traffic::tcp(first, last))),
        "udp" => Ok(carrying(&Traffic::udp(first, last))),
        _ => Err(wrong()),
    }
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let (from, to, asked, path) = match args.asked.as_slice() {
        [from, to, path] => (from, to, None, path),
        [from, to, asked, path] => (from, to, Some(traffic(asked)?), path),
        _ => {
            return Err(Failure::new(
                "write FROM TO [PORT] FILE, such as: baseline reach internet web 443 FILE",
            ));
        }
    };
    let loaded = file::load_unproven(Path::new(path), &args.vars, output)?;
    let Looked { topology, wanted, is_complete, endpoints, .. } =
        args.which.look(&loaded, sandbox, output).await?;
    let end = |name: &str| -> Result<Classes, Failure> {
        topology.ends.find(name).ok_or_else(|| {
            let known = topology.ends.names().join(", ");
            Failure::with_hint(
                format!("nothing is called {name:?} in this network"),
                format!("write an address, a range, or one of {known}"),
            )
        })
    };
    let (from, to) = (end(from)?, end(to)?);
    let traffic = asked.unwrap_or_else(|| carrying(&Traffic::all()));
    let (answer, text) =
        reach(&Question { from: &from, to: &to, traffic: &traffic }, &topology, &wanted, &loaded.source);
    output.out(&shown!("{}{}", text::endpoints(&endpoints), text));
    // What could not be read makes an answer unknown only where the answer leans on it.
    let is_known = answer != Answer::Unknown && (is_complete || answer == Answer::Reachable);
    Ok(if is_known { Exit::Success } else { Exit::Incomplete })
}
