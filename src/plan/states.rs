//! The account as a plan finds it and as it leaves it, as trees of the same shape.

use std::collections::BTreeMap;

use crate::model::{Addr, LiveResource, Observed, Origin, Ownership, Want, Wanted};

use super::live::Live;
use super::step::{Action, Plan};
use super::translate::OutputIndex;

fn own(live: &Live) -> impl Iterator<Item = (&Addr, &LiveResource)> {
    live.resources.iter().filter_map(|(addr, observed)| match observed {
        Observed::Found(thing) if !matches!(thing.ownership, Ownership::Foreign(_)) => Some((addr, thing)),
        Observed::Found(_) | Observed::Absent | Observed::Unreadable(_) => None,
    })
}

/// What is there at every address that was looked at and is no other baseline's; ids of what is there are references.
pub fn as_found(wanted: &Wanted, live: &Live) -> Wanted {
    let mut index = OutputIndex::default();
    own(live).for_each(|(addr, thing)| index.add(addr, &thing.outputs));
    let want = |addr: &Addr, thing: &LiveResource| Want {
        value: index.to_references(thing.attributes.clone()),
        after: [].into(),
        origin: wanted.things.get(addr).map_or_else(Origin::default, |want| want.origin.clone()),
    };
    let things: BTreeMap<Addr, Want> =
        own(live).map(|(addr, thing)| (addr.clone(), want(addr, thing))).collect();
    Wanted { things, ..Wanted::default() }
}

/// What is there once the plan is carried out: what is found, without what is deleted, and with what is wanted where a
/// step settles it. What is skipped stays as it is found.
pub fn as_left(wanted: &Wanted, found: &Wanted, plan: &Plan) -> Wanted {
    let mut left = found.clone();
    for step in plan.steps.iter().filter(|step| step.held.is_none()) {
        match (step.action, wanted.things.get(&step.addr)) {
            (Action::Delete, _) | (_, None) => drop(left.things.remove(&step.addr)),
            (_, Some(want)) => drop(left.things.insert(step.addr.clone(), want.clone())),
        }
    }
    left
}
