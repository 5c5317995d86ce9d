//! The network of an account, for the commands that otherwise look at a planned one.

use super::built_in::BuiltIn;
use super::failure::Failure;
use super::file::Loaded;
use super::output::Output;
use super::progress::Waiting;
use super::{arguments, calls, connect, endpoints};
use crate::aws::{Account, Error, Mode, aloud, network};
use crate::engine::unlisted;
use crate::language::proof::Topology;
use crate::model::Wanted;
use crate::report::{Endpoint, Shown};
use crate::shown;

/// Which network is looked at.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Look at the network of the account in the file's region, not at what the file plans
    #[arg(long, group = "network")]
    live: bool,

    #[command(flatten)]
    pub(super) access: arguments::Access,
}

/// A network and how much of it is known.
pub(super) struct Looked {
    pub(super) topology: Topology,
    /// What the file plans.
    pub(super) wanted: Wanted,
    /// Whether it is the account's.
    pub(super) is_live: bool,
    /// Whether everything could be read.
    pub(super) is_complete: bool,
    /// Where it was read from, where that is not AWS.
    pub(super) endpoints: Vec<Endpoint>,
}

impl Which {
    /// The network that is asked for.
    pub(super) async fn look(
        &self,
        loaded: &Loaded,
        sandbox: &BuiltIn,
        output: &Output,
    ) -> Result<Looked, Failure> {
        let wanted = loaded.expand(&loaded.baseline.place_without_account(), output)?;
        if self.live {
            return self.live(loaded, wanted, sandbox, output).await;
        }
        match loaded.baseline.planned_network(&wanted).map_err(Failure::bug)? {
            Some(topology) => {
                Ok(Looked { topology, wanted, is_live: false, is_complete: true, endpoints: Vec::new() })
            }
            None => Err(Failure::with_hint(
                "this file declares no network",
                "add a [network] section, or look at the account's own with --live",
            )),
        }
    }

    async fn live(
        &self,
        loaded: &Loaded,
        wanted: Wanted,
        sandbox: &BuiltIn,
        output: &Output,
    ) -> Result<Looked, Failure> {
        let profile = self.access.profile.as_deref();
        let account = connect::open(loaded, profile, sandbox, Mode::ReadOnly, output).await?;
        let looked = look(&account, loaded, wanted, output).await;
        if self.access.trace_calls {
            calls::show(&calls::calls(&account), output);
        }
        looked
    }
}

/// The network of an account.
pub(super) async fn look(
    account: &Account,
    loaded: &Loaded,
    wanted: Wanted,
    output: &Output,
) -> Result<Looked, Failure> {
    let waiting =
        Waiting::begin(output, shown!("reading the network of account {}", Shown::line(account.id())));
    let found =
        aloud(Box::pin(network::read(account)), |what, waited| waiting.tell(output, what, waited)).await;
    waiting.end();
    let describe = |error: &Error| {
        let unread = unlisted(account, error);
        format!("{}: {}; next: {}", error.call(), error.said(), unread.next_step())
    };
    let (found, unread) = found.map_err(|error| {
        Failure::list(
            "the network of the account could not be read:",
            vec![describe(&error)],
            format!("allow these reads: {}", network::CALLS.join(", ")),
        )
    })?;
    for error in &unread {
        let told = Shown::line(&describe(error));
        output.err(&shown!("warning: answers that depend on this read are not known: {}\n", told));
    }
    let topology = loaded.baseline.live_network(&wanted, &found).map_err(Failure::bug)?;
    let endpoints = endpoints::custom(account);
    Ok(Looked { topology, wanted, is_live: true, is_complete: unread.is_empty(), endpoints })
}
