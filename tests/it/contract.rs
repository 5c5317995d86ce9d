//! What every kind in the registry has to keep, run over the registry itself.

use std::collections::{BTreeMap, BTreeSet};

use baseline::aws::{Account, Mode, is_read};
use baseline::engine::{Stop, apply, observe, rules};
use baseline::kinds::{Asked, KINDS, Kind, Reading, kind};
use baseline::model::{Addr, Deletion, Origin, Value, Want, Wanted};
use baseline::plan::{Choices, Live, Plan, diff, plan};

use crate::gaps;
use crate::moto::Moto;

/// A thing of the kind, with everything its references need.
fn closure(kind: &dyn Kind, value: Value) -> Wanted {
    let mut wanted = Wanted::default();
    let subject = Addr::new(kind.name(), "subject");
    let mut waiting = vec![(subject, value)];
    while let Some((addr, value)) = waiting.pop() {
        for reference in value.refs() {
            if !wanted.things.contains_key(&reference.addr) {
                let other = baseline::kinds::kind(reference.addr.kind())
                    .expect("an example refers to an unknown kind");
                waiting.push((reference.addr.clone(), other.example(0).unwrap()));
            }
        }
        wanted.things.insert(addr, Want { value, after: BTreeSet::new(), origin: Origin::default() });
    }
    wanted
}

struct Bench {
    account: Account,
}

impl Bench {
    async fn look(&self, wanted: &Wanted, choices: &Choices) -> (Live, Plan) {
        let live = observe(&self.account, wanted).await;
        let plan = plan(wanted, &live, &rules, choices).unwrap();
        (live, plan)
    }

    async fn converge(&self, wanted: &Wanted, choices: &Choices) {
        let (live, plan) = self.look(wanted, choices).await;
        let outcome = apply(&self.account, wanted, &live, &plan, &|_| {}, &Stop::default()).await;
        assert!(outcome.is_success(), "{outcome:#?}");
    }

    async fn assert_converged(&self, wanted: &Wanted, what: &str) {
        let (_, plan) = self.look(wanted, &Choices::default()).await;
        assert!(plan.is_complete(), "{what}: {:#?}", plan.unreadable);
        assert!(plan.is_converged(), "{what}: {:#?} {:#?}", plan.steps, plan.findings);
    }

    /// IAM actions of the requests made while `work` ran.
    async fn actions<T>(&self, work: impl Future<Output = T>) -> (BTreeSet<String>, T) {
        let before = self.account.trace.counts().calls;
        let output = work.await;
        let after = self.account.trace.counts().calls;
        let made = after.iter().filter(|(call, count)| before.get(*call) != Some(count));
        (
            made.map(|((service, operation), _)| crate::iam_actions::action(service, operation)).collect(),
            output,
        )
    }
}

/// Top-level attributes in which two examples differ.
fn differing(one: &Value, other: &Value) -> Vec<String> {
    let mut fields: Vec<String> =
        diff(other, one).iter().filter_map(|change| change.path.field().map(str::to_owned)).collect();
    fields.dedup();
    fields
}

fn with_field(value: &Value, field: &str, from: &Value) -> Value {
    let (Value::Map(mut map), Some(part)) = (value.clone(), from.get(field)) else {
        panic!("{field} is no attribute")
    };
    map.insert(field.to_owned(), part.clone());
    Value::Map(map)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_keeps_the_contract() {
    let moto = Moto::start();
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for kind in KINDS.iter().copied().filter(|kind| !kind.rules().lookup) {
        if let Some(reason) = gaps::kind(kind.name()) {
            eprintln!("left out: {}: {reason}", kind.name());
            continue;
        }
        moto.reset();
        let bench = Bench { account: moto.account("contract", Mode::ReadWrite).await };
        let made = keeps_the_contract(&bench, kind).await;
        seen.insert(kind.name(), made);
    }
    assert_declared_actions_are_made(&seen);
}

async fn keeps_the_contract(bench: &Bench, kind: &'static dyn Kind) -> BTreeSet<String> {
    let name = kind.name();
    let nothing = Choices::default();
    let first = kind.example(0).unwrap();
    let second = kind.example(1).unwrap();
    let wanted = closure(kind, first.clone());
    let subject = Addr::new(name, "subject");
    let mut made = BTreeSet::new();

    // Parents first, so that what follows is this kind's own doing.
    let mut parents = wanted.clone();
    parents.things.remove(&subject);
    bench.converge(&parents, &nothing).await;

    let asked = vec![Asked { addr: subject.clone(), wanted: first.clone() }];
    let (read, sightings) = bench.actions(kind.read(&bench.account, asked.clone())).await;
    assert_reads(kind, &read);
    made.extend(read);
    let is_setting = kind.rules().deletion == Deletion::Never;
    let there =
        sightings.iter().any(|(addr, reading)| *addr == subject && matches!(reading, Reading::Found(_)));
    assert_eq!(there, is_setting, "{name}: only a setting exists from the start");

    let (actions, ()) = bench.actions(bench.converge(&wanted, &nothing)).await;
    made.extend(own(actions, kind));
    bench.assert_converged(&wanted, &format!("{name} after its creation")).await;
    let writes = bench.account.trace.counts().writes;
    bench.converge(&wanted, &nothing).await;
    assert_eq!(bench.account.trace.counts().writes, writes, "{name}: a second apply wrote");

    for field in differing(&first, &second) {
        if gaps::attribute(name, &field).is_some() || kind.rules().immutable.contains(&field.as_str()) {
            continue;
        }
        let changed = closure(kind, with_field(&first, &field, &second));
        bench.converge(&Wanted { things: without(&changed, &subject) }, &nothing).await;
        let (_, plan) = bench.look(&changed, &nothing).await;
        let step = plan.steps.iter().find(|step| step.addr == subject);
        let step = step.unwrap_or_else(|| panic!("{name}: a changed {field} is not seen"));
        assert_eq!(plan.steps.len(), 1, "{name}: a changed {field} touches other things: {:#?}", plan.steps);
        for change in &step.changes {
            assert_eq!(
                change.path.field(),
                Some(field.as_str()),
                "{name}: a changed {field} is seen elsewhere"
            );
        }
        let (actions, ()) = bench.actions(bench.converge(&changed, &nothing)).await;
        made.extend(own(actions, kind));
        bench.assert_converged(&changed, &format!("{name} after a change of {field}")).await;
        let (actions, ()) = bench.actions(bench.converge(&wanted, &nothing)).await;
        made.extend(own(actions, kind));
        bench.assert_converged(&wanted, &format!("{name} after {field} was changed back")).await;
    }

    if kind.rules().deletion == Deletion::Prunable {
        let prune = Choices { prune: true, ..Choices::default() };
        let live = observe(&bench.account, &wanted).await;
        let without = Wanted { things: without(&wanted, &subject) };
        let plan = plan(&without, &live, &rules, &prune).unwrap();
        assert_eq!(plan.steps.iter().map(|step| &step.addr).collect::<Vec<_>>(), [&subject], "{name}: prune");
        let stop = Stop::default();
        let (actions, outcome) =
            bench.actions(apply(&bench.account, &without, &live, &plan, &|_| {}, &stop)).await;
        assert!(outcome.is_success(), "{name}: {outcome:#?}");
        made.extend(own(actions, kind));
        let sightings = kind.read(&bench.account, asked).await;
        let gone =
            sightings.iter().any(|(addr, reading)| *addr == subject && matches!(reading, Reading::Absent));
        assert!(gone, "{name}: still there after its deletion: {sightings:?}");
    }
    made
}

fn without(wanted: &Wanted, subject: &Addr) -> BTreeMap<Addr, Want> {
    let mut things = wanted.things.clone();
    things.remove(subject);
    things
}

fn assert_reads(kind: &dyn Kind, actions: &BTreeSet<String>) {
    for action in actions {
        let declared = kind.rules().read_actions.contains(&action.as_str());
        assert!(declared, "{} reads with {action} and does not declare it", kind.name());
    }
}

/// The actions of a run that are this kind's own: what other kinds and the census read is left out.
fn own(actions: BTreeSet<String>, subject: &dyn Kind) -> BTreeSet<String> {
    let foreign: BTreeSet<&str> = KINDS
        .iter()
        .filter(|kind| kind.name() != subject.name())
        .flat_map(|kind| kind.rules().read_actions)
        .copied()
        .chain(["tag:GetResources", "iam:GetAccountAuthorizationDetails"])
        .collect();
    let declared = |action: &String| {
        let rules = subject.rules();
        rules.read_actions.contains(&action.as_str()) || rules.write_actions.contains(&action.as_str())
    };
    let actions: BTreeSet<String> =
        actions.into_iter().filter(|action| declared(action) || !foreign.contains(action.as_str())).collect();
    for action in &actions {
        assert!(declared(action), "{} makes {action} and does not declare it", subject.name());
    }
    actions
}

/// Every declared action was made, or is one that no call of ours shows.
fn assert_declared_actions_are_made(seen: &BTreeMap<&str, BTreeSet<String>>) {
    let mut never = Vec::new();
    for (name, made) in seen {
        let rules = kind(name).unwrap().rules();
        for action in rules.read_actions.iter().chain(rules.write_actions) {
            if !made.contains(*action) && !gaps::action_is_not_seen(name, action) {
                never.push(format!("{name}: {action}"));
            }
        }
    }
    assert_eq!(never, Vec::<String>::new(), "declared and never made");
}

#[test]
fn what_a_kind_declares_to_read_are_reads() {
    for kind in KINDS {
        for action in kind.rules().read_actions {
            let operation = action.split_once(':').unwrap().1;
            assert!(is_read(operation), "{}: {action} is not a read", kind.name());
        }
    }
}

#[test]
fn every_example_is_valid_and_its_rules_name_real_attributes() {
    for kind in KINDS {
        let value = kind.example(0).unwrap();
        kind.check(&value).unwrap();
        kind.check(&kind.example(1).unwrap()).unwrap();
        for field in kind
            .rules()
            .immutable
            .iter()
            .chain(kind.rules().deferred)
            .chain(kind.rules().located_by.as_slice())
        {
            assert!(value.get(field).is_some(), "{} has no attribute {field}", kind.name());
        }
    }
}
