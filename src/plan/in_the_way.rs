//! What is in the way of a create, and what is done about it: deleted first, or left to a person.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Addr, KindMeta, Observed, Obstacle, Value, Wanted};

use super::live::Live;
use super::step::Step;

/// What is to be done about the obstacles of one create.
pub(super) enum Way {
    /// There are none, or the plan deletes them: these, before the create.
    Free(BTreeSet<Addr>),
    /// A person has to choose: what is in the way, and what there is to choose from.
    Blocked(String, String),
}

/// Judges the obstacles of one create by what the plan deletes.
pub(super) fn way(
    obstacles: &[Obstacle],
    wanted: &Wanted,
    live: &Live,
    rules: &dyn Fn(&str) -> &'static KindMeta,
    doomed: &mut [Step],
) -> Way {
    let mut first = BTreeSet::new();
    let mut blocked = None;
    for obstacle in obstacles {
        let deleted = obstacle
            .addr
            .as_ref()
            .and_then(|addr| doomed.iter().position(|step| step.addr == *addr && step.held.is_none()));
        let told = match (deleted, &obstacle.addr) {
            (Some(place), Some(addr)) => match kept_by(addr, wanted, live, rules) {
                None => {
                    first.insert(addr.clone());
                    continue;
                }
                Some(user) => {
                    let reason = format!("{user} is still in it");
                    if let Some(step) = doomed.get_mut(place) {
                        step.held = Some(reason.clone());
                    }
                    let next =
                        format!("if it has another name now, say so in [[moved]]; or {}", obstacle.next);
                    (format!("cannot be made: {}, and {reason}", obstacle.message), next)
                }
            },
            (_, Some(addr)) if !wanted.things.contains_key(addr) => (
                format!("cannot be made: {}", obstacle.message),
                format!(
                    "if it has another name now, say so in [[moved]]; if nobody needs it, apply --prune deletes it \
                     first; or {}",
                    obstacle.next
                ),
            ),
            _ => (
                format!("cannot be made: {}", obstacle.message),
                format!("{}, then plan again", obstacle.next),
            ),
        };
        blocked.get_or_insert(told);
    }
    match blocked {
        None => Way::Free(first),
        Some((message, next)) => Way::Blocked(message, next),
    }
}

/// The declared thing that exists and keeps another one from being deleted.
fn kept_by(
    addr: &Addr,
    wanted: &Wanted,
    live: &Live,
    rules: &dyn Fn(&str) -> &'static KindMeta,
) -> Option<Addr> {
    let Some(Observed::Found(kept)) = live.resources.get(addr) else { return None };
    wanted
        .things
        .keys()
        .find(|user| match live.resources.get(*user) {
            Some(Observed::Found(thing)) => rules(user.kind())
                .keeps
                .iter()
                .filter_map(|field| thing.attributes.get(field))
                .any(|value| names_any(value, &kept.outputs)),
            _ => false,
        })
        .cloned()
}

/// Whether a live tree names one of those ids.
pub(super) fn names_any(value: &Value, outputs: &BTreeMap<String, String>) -> bool {
    let texts = value.texts();
    outputs.values().any(|id| texts.contains(id.as_str()))
}

/// Of the deletes, those that must not wait for the rest of the plan: what frees something, and what is in that or
/// hangs on it and is deleted as well.
pub fn early(plan: &super::Plan, live: &Live) -> BTreeSet<Addr> {
    let mut early: BTreeSet<Addr> = plan.freed_by.values().flatten().cloned().collect();
    let deletes = || plan.steps.iter().filter(|step| step.action == super::Action::Delete);
    loop {
        let more: Vec<Addr> = deletes()
            .filter(|step| step.held.is_none() && !early.contains(&step.addr))
            .filter(|step| {
                let Some(Observed::Found(thing)) = live.resources.get(&step.addr) else { return false };
                early.iter().any(|other| match live.resources.get(other) {
                    Some(Observed::Found(freed)) => names_any(&thing.attributes, &freed.outputs),
                    _ => false,
                })
            })
            .map(|step| step.addr.clone())
            .collect();
        if more.is_empty() {
            return early;
        }
        early.extend(more);
    }
}
