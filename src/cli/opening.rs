//! Refuses a plan that opens the network further than a pipeline allows.

use super::failure::Failure;
use super::look::Look;
use crate::language::proof::INTERNET;
use crate::report::network_change::{Row, rows};

/// What a plan must not open.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Network")]
pub(super) struct Refusal {
    /// Fail where the plan lets through a connection that was not let through before, or may do so
    #[arg(long = "refuse-opening", value_enum, value_name = "FROM")]
    from: Option<From>,
}

/// From whom connections are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum From {
    /// From the internet
    Internet,
    /// From anybody, also between tiers
    Any,
}

impl Refusal {
    /// Fails where the plan opens what it must not.
    pub(super) fn check(self, look: &Look) -> Result<(), Failure> {
        let (Some(from), Some(change)) = (self.from, &look.network) else { return Ok(()) };
        let refused = |row: &Row| row.change.opens() && (from == From::Any || row.from_end == INTERNET);
        let mut opened: Vec<String> = rows(change)
            .iter()
            .filter(|row| refused(row))
            .map(|row| format!("{} {} -> {}  {}", row.change.word(), row.from, row.to, row.traffic))
            .collect();
        if !opened.is_empty() {
            return Err(Failure::list(
                "this plan opens connections, which --refuse-opening does not allow; nothing was written:",
                opened,
                "change the file so that they stay closed, or leave --refuse-opening out",
            ));
        }
        opened.extend(change.unread.iter().map(|addr| format!("{addr} could not be read")));
        if opened.is_empty() {
            return Ok(());
        }
        Err(Failure::list(
            "it is not known whether this plan opens connections, which --refuse-opening does not allow; nothing was written:",
            opened,
            "let these credentials read them, or leave --refuse-opening out",
        ))
    }
}
