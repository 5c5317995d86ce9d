//! What a plan changes for packets in a VPC that it takes over, read of the account as it is.

use std::collections::BTreeMap;

use super::file::Loaded;
use crate::aws::{Account, network};
use crate::kinds::ec2_vpc::Vpc;
use crate::language::proof::{DECIDING, NetworkChange};
use crate::model::{Addr, DecodeError, Origin, ResourceSpec as _, Severity, Wanted};
use crate::plan::{Finding, Live, Observed, Ownership, Plan};

/// What changes in the whole VPC; nothing where the file takes none over, or the plan changes nothing in it.
///
/// What runs there already was made by others, and only the account knows it. Where the account cannot be read, what changes between
/// the things of the file is told, and that more may change.
pub(super) async fn change(
    account: &Account,
    loaded: &Loaded,
    (wanted, live, plan): (&Wanted, &Live, &Plan),
    (found, left): (&Wanted, &Wanted),
) -> Result<Option<NetworkChange>, DecodeError> {
    let decides = |addr: &Addr| DECIDING.contains(&addr.kind());
    if loaded.baseline.vpc_taken_over().is_none() || !plan.steps.iter().any(|step| decides(&step.addr)) {
        return Ok(None);
    }
    let unread = || plan.unreadable.keys().filter(|addr| decides(addr)).cloned();
    match network::read_as(account, &names(live)).await {
        Ok((network, errors)) => {
            let more = (!errors.is_empty()).then(|| Vpc::addr("main"));
            let unread = unread().chain(more).collect();
            loaded.baseline.network_change_in_place(&network, (wanted, found, left), unread)
        }
        Err(_) => {
            let unread = unread().chain([Vpc::addr("main")]);
            loaded.baseline.network_change(found, left, unread)
        }
    }
}

/// The addresses of what is there, by id: what is taken over has no tags yet that say them.
fn names(live: &Live) -> BTreeMap<String, String> {
    let named = live.resources.iter().filter_map(|(addr, observed)| match observed {
        Observed::Found(thing)
            if !matches!(thing.ownership, Ownership::Foreign(_)) && DECIDING.contains(&addr.kind()) =>
        {
            Some((thing.outputs.get("id")?.clone(), addr.to_string()))
        }
        Observed::Found(_) | Observed::Absent | Observed::Unreadable(_) => None,
    });
    named.collect()
}

/// Says which subnets no tier names, so that somebody can write them down.
pub(super) fn unnamed(change: &NetworkChange, origin: impl Fn(&Addr) -> Origin) -> Option<Finding> {
    let addr = Vpc::addr("main");
    (!change.unnamed.is_empty()).then(|| Finding {
        severity: Severity::Warning,
        message: format!(
            "has subnets that no tier names, and they stay as they are: {}",
            change.unnamed.join(", ")
        ),
        next: "to keep them as this file says, name each in `subnets` of a tier, with its id and its range"
            .to_owned(),
        origin: origin(&addr),
        addr,
    })
}
