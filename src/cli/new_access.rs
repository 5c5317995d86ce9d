//! Tells and refuses what a plan lets somebody do that nobody could before.

use super::failure::Failure;
use super::look::Look;
use crate::guard::{Opened, Place, Whose, has_policies, lost_access, new_access};
use crate::language::load_balancer_accounts;
use crate::model::{Addr, Origin, Severity, Wanted};
use crate::plan::Finding;

/// What a plan must not let anybody do.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "New access")]
pub(super) struct AccessRefusal {
    /// Fail where a policy that the plan changes lets somebody do what they could not before, or may do so
    #[arg(long = "refuse-new-access", value_enum, value_name = "WHOSE")]
    whose: Option<Who>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Who {
    /// Principals outside of the account; services of AWS do not count
    Outside,
    /// Anybody, also services of AWS and the account's own users and roles
    Any,
}

impl AccessRefusal {
    /// Fails where the plan lets somebody do what it must not.
    pub(super) fn check(self, look: &Look) -> Result<(), Failure> {
        let Some(who) = self.whose else { return Ok(()) };
        let whose = if who == Who::Any { Whose::Everybody } else { Whose::Outsiders };
        let unread = look.plan.unreadable.keys().filter(|addr| has_policies(addr.kind()));
        let told: Vec<String> = opened(look, whose)
            .iter()
            .flat_map(|opened| opened.lines().into_iter().map(|line| format!("{} {line}", opened.addr)))
            .chain(unread.map(|addr| format!("{addr} could not be read")))
            .collect();
        if told.is_empty() {
            return Ok(());
        }
        Err(Failure::list(
            "this plan lets somebody do what they could not before, or may do so, which --refuse-new-access does not allow; nothing was written:",
            told,
            "change the file, or leave --refuse-new-access out where it is meant",
        ))
    }
}

/// What the plan newly lets somebody do; nothing where it changes nothing.
fn opened(look: &Look, whose: Whose) -> Vec<Opened> {
    let Some((found, left)) = &look.states else { return Vec::new() };
    compare(found, left, &look.heading.account, &look.partition, whose)
}

/// What the policies that change between two states of an account newly let somebody do.
pub(super) fn compare(
    found: &Wanted,
    left: &Wanted,
    account: &str,
    partition: &str,
    whose: Whose,
) -> Vec<Opened> {
    let of_aws: Vec<&str> = load_balancer_accounts().collect();
    new_access(found, left, &Place { account, partition, of_aws: &of_aws }, whose)
}

/// What every report says of whom outside of the account the plan shuts out.
pub(super) fn lost(
    (found, left): (&Wanted, &Wanted),
    account: &str,
    partition: &str,
    look_up: impl Fn(&Addr) -> Origin,
) -> Vec<Finding> {
    let of_aws: Vec<&str> = load_balancer_accounts().collect();
    let lost = lost_access(found, left, &Place { account, partition, of_aws: &of_aws });
    let finding = |(addr, message): (Addr, String)| Finding {
        severity: Severity::Note,
        message,
        next: "nothing, where it is meant; whatever uses it stops working".to_owned(),
        origin: look_up(&addr),
        addr,
    };
    lost.into_iter().map(finding).collect()
}

/// What every report says of it: whom outside of the account the plan lets in.
pub(super) fn findings(opened: &[Opened], look_up: impl Fn(&Addr) -> Origin) -> Vec<Finding> {
    let finding = |opened: &Opened, line: String| Finding {
        addr: opened.addr.clone(),
        severity: Severity::Note,
        message: line,
        next: "nothing, where it is meant; plan and apply --refuse-new-access outside fail on it".to_owned(),
        origin: look_up(&opened.addr),
    };
    opened
        .iter()
        .flat_map(|it| it.lines().into_iter().map(move |line| (it, line)))
        .map(|(it, line)| finding(it, line))
        .collect()
}
