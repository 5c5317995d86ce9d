//! Sorts what was read to the addresses asked for, by the names AWS keeps unique.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, ReadRequest, ReadResult, Reading};
use crate::aws::{Account, Error, Owner, OwnershipTags};
use crate::model::{Addr, ResourceSpec};

/// A live thing, or the error that kept part of it from being read.
pub(super) struct Named<S> {
    /// The name AWS knows it by.
    pub(super) name: String,
    /// What was read of it.
    pub(super) found: Result<Found<S>, Error>,
}

/// Answers every question by name, then reports the owned things that nobody asked for.
///
/// The list must be complete: a name that is not in it is absent. An owned thing whose address
/// was asked for under another name is reported beside it as `ADDR.superseded-N`, so that it can
/// be pruned and is never taken for the wanted one.
pub(super) fn by_name<S: ResourceSpec>(
    account: &Account,
    asked: Vec<ReadRequest<S>>,
    name_of: impl Fn(&S) -> &str,
    live: Vec<Named<S>>,
) -> Vec<ReadResult<S>> {
    sort(&account.baseline, asked, name_of, live)
}

fn sort<S: ResourceSpec>(
    baseline: &str,
    asked: Vec<ReadRequest<S>>,
    name_of: impl Fn(&S) -> &str,
    live: Vec<Named<S>>,
) -> Vec<ReadResult<S>> {
    let wanted: BTreeSet<String> =
        asked.iter().map(|question| name_of(&question.wanted).to_owned()).collect();
    let (answers, mut rest): (Vec<_>, Vec<_>) =
        live.into_iter().partition(|thing| wanted.contains(&thing.name));
    let answers: BTreeMap<String, Result<Found<S>, Error>> =
        answers.into_iter().map(|thing| (thing.name, thing.found)).collect();
    let mut results: BTreeMap<Addr, Reading<S>> = asked
        .into_iter()
        .map(|question| {
            let answer = answers.get(name_of(&question.wanted)).cloned();
            (question.addr, answer.transpose().into())
        })
        .collect();
    // AWS keeps no order between two answers.
    rest.sort_by(|one, other| one.name.cmp(&other.name));
    for found in rest.into_iter().filter_map(|thing| thing.found.ok()) {
        let Some(addr) = owned_addr::<S>(baseline, &found.ownership) else { continue };
        let mut place = addr.clone();
        let mut copies = 0;
        while results.contains_key(&place) {
            copies += 1;
            place = Addr::new(addr.kind(), format!("{}.superseded-{copies}", addr.name()));
        }
        results.insert(place, Reading::Found(Box::new(found)));
    }
    results.into_iter().collect()
}

/// The address a thing of this baseline carries in its tags; nothing for anything else.
fn owned_addr<S: ResourceSpec>(baseline: &str, ownership: &OwnershipTags) -> Option<Addr> {
    let OwnershipTags::Tagged(owner) = ownership else { return None };
    owner.addr().filter(|addr| owner.baseline == baseline && addr.kind() == S::KIND)
}

/// Whether those tags say that the thing belongs to this baseline.
pub(super) fn is_ours(account: &Account, owner: Option<&Owner>) -> bool {
    owner.is_some_and(|owner| owner.baseline == account.baseline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Tags;
    use crate::kinds::State;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Serialize, Deserialize)]
    struct Thing {
        name: String,
    }

    impl ResourceSpec for Thing {
        const KIND: &'static str = "test.thing";
    }

    fn asked(addr: &str, name: &str) -> ReadRequest<Thing> {
        ReadRequest { addr: Thing::addr(addr), wanted: Thing { name: name.into() } }
    }

    fn live(name: &str, baseline: &str, addr: &str) -> Named<Thing> {
        let owner = Owner { baseline: baseline.into(), addr: addr.into() };
        let found = Found {
            attributes: Thing { name: name.into() },
            outputs: BTreeMap::new(),
            ownership: OwnershipTags::Tagged(owner),
            tags: Tags::new(),
            state: State::Ready,
            remarks: Vec::new(),
        };
        Named { name: name.into(), found: Ok(found) }
    }

    fn sorted(asked: Vec<ReadRequest<Thing>>, live: Vec<Named<Thing>>) -> Vec<(String, String)> {
        sort("mine", asked, |thing| &thing.name, live)
            .into_iter()
            .map(|(addr, reading)| {
                let answer = match reading {
                    Reading::Found(found) => found.attributes.name,
                    Reading::Absent => "absent".into(),
                    Reading::Unreadable(error) => error.to_string(),
                };
                (addr.to_string(), answer)
            })
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(addr, answer)| ((*addr).into(), (*answer).into())).collect()
    }

    #[test]
    fn a_name_answers_whoever_owns_it() {
        let answers =
            sorted(vec![asked("web", "w"), asked("db", "d")], vec![live("w", "other", "test.thing.x")]);
        assert_eq!(answers, pairs(&[("test.thing.db", "absent"), ("test.thing.web", "w")]));
    }

    #[test]
    fn an_owned_thing_nobody_asked_for_is_reported_and_a_foreign_one_is_not() {
        let things = vec![
            live("old", "mine", "test.thing.gone"),
            live("alien", "other", "test.thing.gone"),
            live("copied tag", "mine", "ec2.subnet.gone"),
        ];
        assert_eq!(sorted(Vec::new(), things), pairs(&[("test.thing.gone", "old")]));
    }

    #[test]
    fn an_address_answered_by_another_name_leaves_the_old_one_beside_it() {
        let things = || vec![live("w-1", "mine", "test.thing.web"), live("w-2", "mine", "test.thing.web")];
        assert_eq!(
            sorted(vec![asked("web", "w-2")], things()),
            pairs(&[("test.thing.web", "w-2"), ("test.thing.web.superseded-1", "w-1")])
        );
        assert_eq!(
            sorted(vec![asked("web", "w-3")], things()),
            pairs(&[
                ("test.thing.web", "absent"),
                ("test.thing.web.superseded-1", "w-1"),
                ("test.thing.web.superseded-2", "w-2"),
            ])
        );
    }

    #[test]
    fn a_thing_that_could_not_be_read_is_not_absent() {
        let broken = Named { name: "w".into(), found: Err(Error::internal("denied")) };
        assert_eq!(sorted(vec![asked("web", "w")], vec![broken]), pairs(&[("test.thing.web", "denied")]));
    }
}
