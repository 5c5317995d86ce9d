//! The order in which things can be written.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Addr, Want, Wanted};

/// Things that wait for each other, so that none can be written first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} depend on each other", .0.iter().map(Addr::to_string).collect::<Vec<_>>().join(", "))]
pub struct Cycle(pub Vec<Addr>);

/// The addresses that must exist before a thing can be created: those its attributes refer to,
/// without the deferred ones, and those it is declared to come after.
pub fn dependencies(want: &Want, deferred: &[&str]) -> BTreeSet<Addr> {
    let mut needed = want.after.clone();
    if let crate::model::Value::Map(attributes) = &want.value {
        for (name, value) in attributes {
            if !deferred.contains(&name.as_str()) {
                needed.extend(value.refs().into_iter().map(|reference| reference.addr.clone()));
            }
        }
    }
    needed
}

/// Puts the wanted addresses in an order in which each comes after everything it needs.
///
/// # Errors
/// Names the addresses that need each other.
pub(super) fn in_order(
    wanted: &Wanted,
    deferred: &dyn Fn(&Addr) -> &'static [&'static str],
) -> Result<Vec<Addr>, Cycle> {
    let mut waiting: BTreeMap<&Addr, BTreeSet<Addr>> = wanted
        .things
        .iter()
        .map(|(addr, want)| {
            let needs = dependencies(want, deferred(addr));
            (
                addr,
                needs.into_iter().filter(|need| need != addr && wanted.things.contains_key(need)).collect(),
            )
        })
        .collect();
    let mut order: Vec<Addr> = Vec::new();
    while !waiting.is_empty() {
        let ready: Vec<Addr> =
            waiting.iter().filter(|(_, needs)| needs.is_empty()).map(|(addr, _)| (*addr).clone()).collect();
        if ready.is_empty() {
            return Err(Cycle(waiting.into_keys().cloned().collect()));
        }
        for addr in &ready {
            waiting.remove(addr);
        }
        for needs in waiting.values_mut() {
            for addr in &ready {
                needs.remove(addr);
            }
        }
        order.extend(ready);
    }
    Ok(order)
}
