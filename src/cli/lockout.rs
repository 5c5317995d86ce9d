//! Refuses a plan that takes the caller's own way back.

use super::failure::Failure;
use super::look::Look;
use crate::aws::Account;
use crate::guard::{Caller, Lockout, lockouts, needs_the_role};
use crate::model::{Addr, Origin, Severity, Wanted};
use crate::plan::Finding;
use crate::posture::{Facts, last_administrators};

/// Which lockouts are meant.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Lockout")]
pub(super) struct Accepted {
    /// Change this resource even though these credentials can no longer manage it afterwards; repeat for each address
    #[arg(long = "accept-lockout", value_name = "ADDR")]
    addrs: Vec<Addr>,
}

impl Accepted {
    /// Fails where the plan locks the caller out of something that was not named.
    pub(super) fn check(&self, look: &Look) -> Result<(), Failure> {
        let unmeant = look.lockouts.iter().filter(|lockout| !self.addrs.contains(&lockout.addr));
        let told: Vec<&Lockout> = unmeant.collect();
        let Some(first) = told.first() else { return Ok(()) };
        let hint = format!(
            "change the file, or pass --accept-lockout {} where it is meant; it is undone by {}",
            first.addr, first.recovery
        );
        let told = told.iter().map(|lockout| format!("{} {}", lockout.addr, lockout.words())).collect();
        Err(Failure::list("this plan cuts off a way back, and nothing was written:", told, hint))
    }
}

/// What a plan takes from whoever carries it out.
pub(super) async fn find(account: &Account, facts: &Facts, found: &Wanted, left: &Wanted) -> Vec<Lockout> {
    let mut caller = Caller {
        account: account.id().to_owned(),
        partition: account.identity.partition.clone(),
        arn: account.identity.arn.clone(),
        role_arn: None,
        region: account.region.clone(),
    };
    if let Some(role) = caller.role().map(str::to_owned) {
        caller.role_arn = Some(if needs_the_role(found, left) {
            account.role_arn(&role).await
        } else {
            format!("arn:{}:iam::{}:role/{role}", caller.partition, caller.account)
        });
    }
    let mut all = lockouts(found, left, &caller);
    let identity = caller.role_arn.as_deref().unwrap_or(&caller.arn);
    let last = last_administrators(facts, found, left, identity);
    all.extend(last.map(|last| Lockout::of_last_administrators(last.addr, last.before)));
    all
}

/// A lockout as every report shows it.
pub(super) fn finding(lockout: &Lockout, look_up: impl Fn(&Addr) -> Origin) -> Finding {
    Finding {
        addr: lockout.addr.clone(),
        severity: Severity::Warning,
        message: lockout.words(),
        next: format!(
            "apply refuses it without --accept-lockout {}; it is undone by {}",
            lockout.addr, lockout.recovery
        ),
        origin: look_up(&lockout.addr),
    }
}
