//! Refuses a plan that takes the caller's own way back.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::look::Look;
use super::own_connection;
use crate::aws::{Account, Error, Identity};
use crate::guard::{Caller, Lockout, Managed, lockouts, managed_in_question, needs_the_role};
use crate::language::Baseline;
use crate::language::proof::{Cut, NetworkChange};
use crate::model::{Addr, DecodeError, Origin, Severity, Wanted};
use crate::plan::Finding;
use crate::policy::Policy;
use crate::posture::{Facts, last_administrators, managed_policies};

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
pub(super) async fn find(
    (account, caller): (&Account, &Identity),
    baseline: &Baseline,
    facts: &Facts,
    (found, left): (&Wanted, &Wanted),
    network: Option<&NetworkChange>,
) -> Result<Vec<Lockout>, DecodeError> {
    let mut caller = Caller {
        account: caller.account.clone(),
        partition: caller.partition.clone(),
        arn: caller.arn.clone(),
        role_arn: None,
        through: account
            .roles_on_the_way()
            .filter_map(|arn| arn.rsplit('/').next().map(str::to_owned))
            .collect(),
        region: account.region.clone(),
        managed: Managed::default(),
    };
    if let Some(role) = caller.role().map(str::to_owned) {
        caller.role_arn = Some(if needs_the_role(found, left) {
            account.role_arn(&role).await
        } else {
            format!("arn:{}:iam::{}:role/{role}", caller.partition, caller.account)
        });
    }
    if let Some(arns) = managed_in_question(found, left, &caller) {
        // Denied, it is not known what they say, and that one is detached is told as it is.
        caller.managed = managed(account, &caller.arn, facts, &arns).await.unwrap_or_default();
    }
    let mut all = lockouts(found, left, &caller);
    let identity = caller.role_arn.as_deref().unwrap_or(&caller.arn);
    let last = last_administrators(facts, found, left, identity);
    all.extend(last.map(|last| Lockout::of_last_administrators(last.addr, last.before)));
    // Nothing is asked where no packet fares otherwise.
    if network.is_none_or(|change| change.changed.is_empty()) {
        return Ok(all);
    }
    let cuts = baseline.cut_connections(found, left, &own_connection::known(account, &caller.arn).await)?;
    all.extend(cuts.into_iter().flat_map(|Cut { connection, by, surely }| {
        by.into_iter().map(move |addr| Lockout::of_connection(addr, connection.to_string(), surely))
    }));
    Ok(all)
}

/// The managed policies of the caller, with what they and the named ones say; asked for where the rules did not read them.
async fn managed(
    account: &Account,
    caller: &str,
    facts: &Facts,
    named: &BTreeSet<String>,
) -> Result<Managed, Error> {
    let (attached, mut documents) = match managed_policies(facts, caller) {
        Some(read) => read,
        None => (account.attached_policies(caller).await?, BTreeMap::new()),
    };
    let unread: Vec<&String> = attached.union(named).filter(|arn| !documents.contains_key(*arn)).collect();
    let read = account.policy_documents(unread).await?.into_iter();
    documents.extend(read.filter_map(|(arn, text)| Some((arn, Policy::parse(&text).ok()?))));
    Ok(Managed { attached, documents })
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
