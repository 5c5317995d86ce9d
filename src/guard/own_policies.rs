//! What the policies of the caller say before a plan and after it, those that are managed included.

use std::collections::BTreeSet;

use super::identity::{is_callers, set};
use super::{Caller, policy_in, text};
use crate::model::{Addr, Value, Wanted};
use crate::policy::Policy;

/// The ARNs of managed policies whose documents decide whether a plan takes the caller's rights: those that it detaches from
/// the caller's own role or groups or puts there, and those that it changes. Nothing where it does neither.
pub fn managed_in_question(found: &Wanted, left: &Wanted, caller: &Caller) -> Option<BTreeSet<String>> {
    let mut arns = BTreeSet::new();
    for (addr, before, after) in found.changes(left) {
        match addr.kind() {
            "iam.policy" => arns.extend(before.and_then(|it| text(it, "arn")).map(str::to_owned)),
            "iam.role" | "iam.group"
                if is_callers(addr, before, caller) || is_callers(addr, after, caller) =>
            {
                arns.extend(managed(before).symmetric_difference(&managed(after)).cloned());
                arns.extend(
                    boundary(after).filter(|_| boundary(before) != boundary(after)).map(str::to_owned),
                );
            }
            _ => {}
        }
    }
    (!arns.is_empty()).then_some(arns)
}

/// The ARNs that a role or group has attached.
pub(super) fn managed(thing: Option<&Value>) -> BTreeSet<String> {
    thing.map(|thing| set(thing, "managed")).unwrap_or_default().into_iter().collect()
}

/// The ARN of a role's boundary.
pub(super) fn boundary(thing: Option<&Value>) -> Option<&str> {
    thing.and_then(|thing| text(thing, "boundary"))
}

/// What a managed policy says in a tree; as it is found where the tree does not have it. Nothing where nobody knows.
pub(super) fn document(arn: &str, tree: &Wanted, caller: &Caller) -> Option<Policy> {
    let declared = tree.things.iter().find(|(addr, want)| is_policy(addr, &want.value, arn));
    match declared {
        Some((_, want)) => policy_in(Some(&want.value), "document"),
        None => caller.managed.documents.get(arn).cloned(),
    }
}

/// What the managed policies of these ARNs say, all that are known.
pub(super) fn documents<'a>(
    arns: impl IntoIterator<Item = &'a String>,
    tree: &Wanted,
    caller: &Caller,
) -> Vec<Policy> {
    arns.into_iter().filter_map(|arn| document(arn, tree, caller)).collect()
}

/// Whether the thing at an address is the managed policy of that ARN.
pub(super) fn is_policy(addr: &Addr, thing: &Value, arn: &str) -> bool {
    addr.kind() == "iam.policy" && text(thing, "arn") == Some(arn)
}
