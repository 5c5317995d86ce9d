//! Which route table or network ACL is taken over with the subnets that it serves.

use std::collections::BTreeSet;

use crate::aws::{Account, Owner};
use crate::kinds::ec2::obstacle::{is_itself, obstacle};
use crate::kinds::{Found, Holder, ReadRequest};
use crate::model::{Link, Set};

/// What can be done where another baseline's serves a subnet.
const OTHERWISE: &str = "take the subnet out of the other baseline first";

/// A route table or a network ACL, and whom it serves.
pub(in crate::kinds) struct Serving<S> {
    /// Its id.
    pub(in crate::kinds) id: String,
    /// Whose it is, where it carries tags.
    pub(in crate::kinds) owner: Option<Owner>,
    /// The subnets that are associated with it.
    pub(in crate::kinds) subnets: BTreeSet<String>,
    /// Whether it serves something else as well, such as every subnet that names no other.
    pub(in crate::kinds) others: bool,
    /// The thing itself.
    pub(in crate::kinds) found: Found<S>,
}

/// The one that serves subnets of those that are wanted and nothing else; of several the one that serves most of them, so that as
/// few as can be are moved. One that also serves others stays theirs, and a new one is made.
pub(in crate::kinds) fn holder<S: Clone>(
    account: &Account,
    question: &ReadRequest<S>,
    wanted: &Set<Link>,
    all: &[Serving<S>],
) -> Option<Holder<S>> {
    let wanted: BTreeSet<String> =
        wanted.0.iter().filter_map(|link| link.id().ok().map(str::to_owned)).collect();
    let anothers = |one: &&Serving<S>| {
        one.owner.as_ref().is_some_and(|owner| owner.baseline != account.baseline)
            && !one.subnets.is_disjoint(&wanted)
    };
    if let Some(other) = all.iter().find(anothers) {
        let message = format!("{} serves {}", other.id, first_of(&other.subnets, &wanted));
        return Some(Holder::Another(obstacle(account, other.owner.as_ref(), &message, OTHERWISE)));
    }
    let fits = |one: &&Serving<S>| {
        !one.others
            && !one.subnets.is_empty()
            && one.subnets.is_subset(&wanted)
            && is_itself(account, &question.addr, one.owner.as_ref())
    };
    let most = |one: &&Serving<S>| (one.subnets.len(), std::cmp::Reverse(one.id.clone()));
    let chosen = all.iter().filter(fits).max_by_key(most)?;
    Some(Holder::Itself(Box::new(chosen.found.clone())))
}

fn first_of<'a>(served: &'a BTreeSet<String>, wanted: &'a BTreeSet<String>) -> &'a str {
    served.intersection(wanted).next().map(String::as_str).unwrap_or_default()
}
