//! `baseline sandbox`: serves, resets and seeds the built-in account.

use std::net::Ipv4Addr;
use std::path::Path;

use clap::Subcommand;
use tokio::net::TcpListener;

use super::built_in::{self, BuiltIn};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use crate::report::Shown;
use crate::sandbox::{Profile, Sandbox, Seed, Store};
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline sandbox seed neglected                 an account as one meets them
  baseline --sandbox drift landing-zone.toml      what is wrong with it
  baseline sandbox reset                          an empty account again
  baseline sandbox serve --port 5500              for other programs: AWS_ENDPOINT_URL=http://127.0.0.1:5500";

/// Serve, reset or seed the built-in account
///
/// An AWS account in memory that speaks AWS's own protocols and refuses what AWS refuses. It verifies
/// no signatures, so it answers on loopback only.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Answer AWS requests on a loopback port until it is stopped
    Serve {
        /// The port; 0 takes a free one and prints it
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// How far the account is from the ideal: instant, realistic or hostile
        ///
        /// `instant` shows everything at once; `realistic` and `hostile` have AWS's lag, waiting times and
        /// request limits. Only for an account in memory.
        #[arg(long, default_value = "instant", conflicts_with = "sandbox")]
        profile: Profile,
    },
    /// Start again with an empty account
    Reset,
    /// Start again with that account: new, neglected, organization, or fleet, also as fleet:200 with 200 members
    Seed {
        /// The account to start from
        name: Seed,
    },
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    match &args.action {
        Action::Serve { port, profile } => {
            let account = sandbox.open()?.unwrap_or_else(|| Sandbox::live(*profile, 1));
            serve(&account, *port, output).await?;
        }
        Action::Reset => start_again(&sandbox.folder()?, Seed::New, output)?,
        Action::Seed { name } => start_again(&sandbox.folder()?, *name, output)?,
    }
    Ok(Exit::Success)
}

async fn serve(sandbox: &Sandbox, port: u16, output: &Output) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::with_hint(
            format!("cannot listen on port {port}: {error}"),
            "choose another port, or 0 for a free one",
        )
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    output.out(&shown!("AWS_ENDPOINT_URL=http://{}\n", address));
    tokio::select! {
        ended = sandbox.serve(listener) => ended.map_err(failed),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// A folder whose file cannot be read any more is started anew too: that is what it is for.
fn start_again(folder: &Path, seed: Seed, output: &Output) -> Result<(), Failure> {
    Store::forget(folder).map_err(|error| Failure::new(error.to_string()))?;
    built_in::open(folder)?.seed(seed).map_err(|error| Failure::new(error.to_string()))?;
    let folder = Shown::line(&folder.display().to_string());
    output.note(&shown!("the built-in account in {} starts again", folder));
    Ok(())
}
