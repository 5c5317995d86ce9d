//! What a plan's steps are made of, and what waits for what.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::KINDS;
use crate::model::{Addr, Wanted};
use crate::plan::{Action, Live, Plan, Step, dependencies, early};

/// A part of a step. A thing whose attributes may name each other is made first and finished later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Make(Addr),
    Finish(Addr),
    Remove(Addr),
}

impl Part {
    /// The resource.
    pub(super) fn addr(&self) -> &Addr {
        match self {
            Self::Make(addr) | Self::Finish(addr) | Self::Remove(addr) => addr,
        }
    }
}

/// Every part to be done, and the parts that must be done before it.
pub(super) fn parts(wanted: &Wanted, live: &Live, plan: &Plan) -> BTreeMap<Part, BTreeSet<Part>> {
    let steps: BTreeMap<&Addr, &Step> =
        plan.steps.iter().filter(|step| step.held.is_none()).map(|step| (&step.addr, step)).collect();
    let deferred = |addr: &Addr| super::rules(addr.kind()).deferred;
    // One that is there already has nothing to be made, so that two of them that are both updated
    // and name each other do not wait for each other.
    let two_parts = |addr: &Addr| {
        !deferred(addr).is_empty() && steps.get(addr).is_some_and(|step| step.action != Action::Delete)
    };
    let provider = |addr: &Addr| {
        if two_parts(addr) { Part::Make(addr.clone()) } else { Part::Finish(addr.clone()) }
    };
    let mut parts: BTreeMap<Part, BTreeSet<Part>> = BTreeMap::new();
    for (addr, step) in &steps {
        let Some(want) = wanted.things.get(*addr).filter(|_| step.action != Action::Delete) else { continue };
        let exists =
            |need: &&Addr| steps.get(*need).is_some_and(|step| step.action != Action::Delete) && need != addr;
        let first = dependencies(want, deferred(addr));
        let first = first
            .iter()
            .filter(exists)
            .map(|need| if want.after.contains(need) { Part::Finish(need.clone()) } else { provider(need) });
        let second = dependencies(want, &[]);
        let second = second.iter().filter(exists).filter(|need| !want.after.contains(*need)).map(provider);
        if two_parts(addr) {
            parts.insert(Part::Make((*addr).clone()), first.collect());
            let finish = second.chain([Part::Make((*addr).clone())]).collect();
            parts.insert(Part::Finish((*addr).clone()), finish);
        } else {
            parts.insert(Part::Finish((*addr).clone()), first.chain(second).collect());
        }
    }
    for (addr, first) in &plan.freed_by {
        if let Some(needs) = parts.get_mut(&provider(addr)) {
            needs.extend(first.iter().cloned().map(Part::Remove));
        }
    }
    // Nothing is deleted before everything else is done, but what frees something for the rest; and what was
    // created last goes first.
    let early = early(plan, live);
    let written: BTreeSet<Part> = parts.keys().cloned().collect();
    let rank = |addr: &Addr| KINDS.iter().position(|kind| kind.name() == addr.kind());
    let request: Vec<&Addr> =
        steps.iter().filter(|(_, step)| step.action == Action::Delete).map(|(addr, _)| *addr).collect();
    for addr in &request {
        let later = request
            .iter()
            .filter(|other| rank(other) > rank(addr))
            .filter(|other| !early.contains(*addr) || early.contains(**other))
            .map(|other| Part::Remove((*other).clone()));
        let written = written.iter().filter(|_| !early.contains(*addr)).cloned();
        parts.insert(Part::Remove((*addr).clone()), written.chain(later).collect());
    }
    narrow_last(&mut parts, &plan.last);
    parts
}

/// Whether two kinds are of one service, so that one of them may be in use of the other.
fn share_a_service(one: &Addr, other: &Addr) -> bool {
    let service = |addr: &Addr| addr.kind().split('.').next().map(str::to_owned);
    service(one) == service(other)
}

/// What takes rights from whoever carries the plan out waits for everything that does not build upon it: what it would stop
/// has been done by then, and what widens their rights too.
fn narrow_last(parts: &mut BTreeMap<Part, BTreeSet<Part>>, last: &BTreeSet<Addr>) {
    let narrow: BTreeSet<Part> = parts.keys().filter(|part| last.contains(part.addr())).cloned().collect();
    for (part, needs) in parts.iter_mut().filter(|(part, _)| matches!(part, Part::Remove(_))) {
        needs.retain(|need| !narrow.contains(need) || share_a_service(need.addr(), part.addr()));
    }
    let mut later = narrow.clone();
    loop {
        let builds = |(part, needs): &(&Part, &BTreeSet<Part>)| {
            !later.contains(*part) && needs.iter().any(|need| later.contains(need))
        };
        let more: Vec<Part> = parts.iter().filter(builds).map(|(part, _)| part.clone()).collect();
        if more.is_empty() {
            break;
        }
        later.extend(more);
    }
    let earlier: Vec<Part> = parts.keys().filter(|part| !later.contains(*part)).cloned().collect();
    for (_, needs) in parts.iter_mut().filter(|(part, _)| narrow.contains(*part)) {
        needs.extend(earlier.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Origin, Ref, Value, Want};

    fn group(name: &str) -> Addr {
        Addr::new("ec2.security-group", name)
    }

    /// A group with a rule for another one.
    fn naming(other: &str) -> Want {
        let reference = Value::Ref(Ref { addr: group(other), output: "id".into() });
        let value = Value::Map([("ingress".to_owned(), reference)].into());
        Want { value, after: BTreeSet::new(), origin: Origin::default() }
    }

    fn step(addr: Addr, action: Action) -> Step {
        Step { addr, action, changes: Vec::new(), held: None, origin: Origin::default() }
    }

    /// The order in which parts are done, one at a time.
    fn order(plan: &Plan, wanted: &Wanted) -> Vec<String> {
        let mut waiting = parts(wanted, &Live::default(), plan);
        let mut order = Vec::new();
        while let Some(ready) = waiting.iter().find(|(_, needs)| needs.is_empty()) {
            let ready = ready.0.clone();
            waiting.remove(&ready);
            waiting.values_mut().for_each(|needs| {
                needs.remove(&ready);
            });
            order.push(ready.addr().to_string());
        }
        assert!(waiting.is_empty(), "{waiting:?}");
        order
    }

    fn standing(addrs: &[&Addr]) -> Wanted {
        let want =
            || Want { value: Value::Map([].into()), after: BTreeSet::new(), origin: Origin::default() };
        let things = addrs.iter().map(|addr| ((*addr).clone(), want())).collect();
        Wanted { things, ..Wanted::default() }
    }

    #[test]
    fn what_narrows_the_caller_comes_after_all_that_does_not_build_upon_it() {
        let [role, bucket, trail, key, policy] = [
            ("iam.role", "deploy"),
            ("s3.bucket", "a"),
            ("cloudtrail.trail", "z"),
            ("kms.key", "old"),
            ("iam.policy", "old"),
        ]
        .map(|(kind, name)| Addr::new(kind, name));
        let mut wanted = standing(&[&role, &bucket, &trail]);
        let mut plan = Plan {
            steps: vec![
                step(role.clone(), Action::Update),
                step(bucket.clone(), Action::Update),
                step(trail.clone(), Action::Update),
                step(key, Action::Delete),
                step(policy, Action::Delete),
            ],
            last: [role.clone()].into(),
            ..Plan::default()
        };
        // A policy may be attached to the role: it goes after the role has let go of it.
        let done = order(&plan, &wanted);
        assert_eq!(done[3..], ["iam.role.deploy", "iam.policy.old"], "{done:?}");
        // What builds upon the role still comes after it.
        wanted.things.get_mut(&trail).unwrap().after = [role].into();
        let done = order(&plan, &wanted);
        let place = |name: &str| done.iter().position(|it| it == name).unwrap();
        assert!(place("iam.role.deploy") < place("cloudtrail.trail.z"), "{done:?}");
        assert!(place("s3.bucket.a") < place("iam.role.deploy"), "{done:?}");
        // Two that narrow do not wait for each other.
        plan.last.insert(bucket);
        assert_eq!(order(&plan, &wanted).len(), 5);
    }

    #[test]
    fn groups_that_name_each_other_never_wait_for_each_other() {
        let things = [(group("web"), naming("db")), (group("db"), naming("web"))].into();
        let wanted = Wanted { things, ..Wanted::default() };
        for (web, db) in [
            (Action::Create, Action::Create),
            (Action::Create, Action::Update),
            (Action::Update, Action::Update),
        ] {
            let steps = vec![step(group("web"), web), step(group("db"), db)];
            assert!(order(&Plan { steps, ..Plan::default() }, &wanted).len() > 1, "{web:?} {db:?}");
        }
    }
}
