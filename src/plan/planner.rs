//! From what is wanted and what is there to what is to be done.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::model::{
    Addr, Deletion, KindMeta, LiveResource, Observed, Origin, Ownership, Ref, Remark, Replace, Severity,
    State, Unread, Value, Want, Wanted,
};

use super::diff::{Change, TAGS, all_of, all_tags, diff, diff_tags};
use super::in_the_way::{Way, way};
use super::live::Live;
use super::order::{Cycle, dependencies, in_order};
use super::step::{Action, Finding, Plan, Step, Undeclared};
use super::translate::OutputIndex;

/// What the person at the keyboard agreed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Owned things that are no longer declared are deleted, except those that hold logs or keys.
    pub prune: bool,
    /// Things that hold logs or keys and may be deleted all the same, by address.
    pub destroy: BTreeSet<Addr>,
}

/// Compares what is wanted with what is there.
///
/// # Errors
/// Fails where wanted things depend on each other in a circle: a bug of the language's expansion.
pub fn plan(
    wanted: &Wanted,
    live: &Live,
    rules: &dyn Fn(&str) -> &'static KindMeta,
    choices: &Choices,
) -> Result<Plan, Cycle> {
    let order = in_order(wanted, &|addr| rules(addr.kind()).deferred)?;
    let index = index(wanted, live);
    let mut plan = Plan { unlisted: live.unlisted.clone(), ..Plan::default() };
    // Addresses that cannot be relied on in this run, and why.
    let mut unusable: BTreeMap<Addr, String> = BTreeMap::new();
    let mut moves = Moves { replaced: BTreeSet::new(), updated: BTreeSet::new(), rules };

    for (addr, observed) in &live.resources {
        let digest = match observed {
            Observed::Absent if live.obstacles.contains_key(addr) => "taken".to_owned(),
            observed => digest(observed, &index),
        };
        plan.fingerprints.insert(addr.clone(), digest);
    }
    let mut doomed = undeclared(wanted, live, rules, choices, &mut plan);
    for addr in order {
        let Some(want) = wanted.things.get(&addr) else { continue };
        let rules_of = rules;
        let rules = rules_of(addr.kind());
        let desired = index.to_references(want.value.clone());
        let verdict = match live.resources.get(&addr) {
            Some(Observed::Unreadable(unread)) => {
                plan.unreadable.insert(addr.clone(), unread.clone());
                unusable.insert(addr.clone(), format!("{addr} could not be read"));
                continue;
            }
            None => Verdict::Person("was not looked at".into(), "report this as a bug".into()),
            Some(Observed::Absent) if rules.lookup => Verdict::Person(
                "does not exist, and baseline never creates this kind".into(),
                "ask for what the account has, for example fewer zones".into(),
            ),
            Some(Observed::Absent) => {
                let obstacles = live.obstacles.get(&addr).map(Vec::as_slice).unwrap_or_default();
                let named = rules.named_by.and_then(|field| want.value.get(field));
                match (way(obstacles, wanted, live, rules_of, &mut doomed), named) {
                    (Way::Blocked(message, next), _) => Verdict::Person(message, next),
                    (Way::Free(_), Some(id)) => Verdict::Person(
                        format!("cannot be taken over: there is no {} in this account and region", words(id)),
                        "write the id of one that is there, or leave it out to have one made".to_owned(),
                    ),
                    (Way::Free(first), None) => {
                        if !first.is_empty() {
                            plan.freed_by.insert(addr.clone(), first);
                        }
                        let tags = all_tags(rules.tags.of(&wanted.tags));
                        Verdict::Step(Action::Create, all_of(&desired).into_iter().chain(tags).collect())
                    }
                }
            }
            Some(Observed::Found(thing)) => {
                let about = |remark: &Remark| Finding {
                    addr: addr.clone(),
                    severity: remark.severity,
                    message: remark.message.clone(),
                    next: remark.next.clone(),
                    origin: want.origin.clone(),
                };
                plan.findings.extend(thing.remarks.iter().map(about));
                let unknown = incomparable(&desired, &plan.unreadable);
                let tags = diff_tags(rules.tags.of(&wanted.tags), &thing.tags);
                judge(&desired, thing, tags, rules, &index, &moves, &unknown)
            }
        };
        match verdict {
            Verdict::Fine => plan.unchanged += usize::from(!rules.lookup),
            Verdict::Person(message, next) => {
                unusable.insert(addr.clone(), format!("{addr} {message}"));
                plan.findings.push(Finding {
                    addr,
                    severity: Severity::Error,
                    message,
                    next,
                    origin: want.origin.clone(),
                });
            }
            Verdict::Step(action, changes) => {
                let held = holder(want, &unusable);
                if let Some(reason) = &held {
                    unusable.insert(addr.clone(), reason.clone());
                }
                match action {
                    Action::Replace => drop(moves.replaced.insert(addr.clone())),
                    // Tags alone give nothing another value.
                    Action::Update | Action::Adopt
                        if changes.iter().any(|change| change.path.field() != Some(TAGS)) =>
                    {
                        moves.updated.insert(addr.clone());
                    }
                    Action::Create | Action::Update | Action::Adopt | Action::Delete => {}
                }
                plan.steps.push(Step { addr, action, changes, held, origin: want.origin.clone() });
            }
        }
    }
    plan.steps.extend(doomed);
    Ok(plan)
}

enum Verdict {
    Fine,
    Step(Action, Vec<Change>),
    Person(String, String),
}

fn judge(
    desired: &Value,
    thing: &LiveResource,
    tags: Vec<Change>,
    rules: &KindMeta,
    index: &OutputIndex,
    moves: &Moves<'_>,
    unknown: &BTreeSet<&str>,
) -> Verdict {
    if let Ownership::Foreign(other) = &thing.ownership {
        return Verdict::Person(
            format!("belongs to the baseline {other:?} by its tag"),
            "give it another name here, or remove its baseline:name and baseline:addr tags".into(),
        );
    }
    if rules.lookup {
        return Verdict::Fine;
    }
    let mut changes = diff(desired, &index.to_references(thing.attributes.clone()));
    changes.extend(moved(desired, &thing.attributes, moves, &changes));
    changes.retain(|change| !change.path.field().is_some_and(|field| unknown.contains(field)));
    let fixed = |change: &&Change| {
        change
            .path
            .field()
            .is_some_and(|field| rules.immutable.contains(&field) || rules.named_by == Some(field))
    };
    let broken = match &thing.state {
        State::Broken(reason) => Some(reason),
        // What one that is short lacks is among its remarks.
        State::Ready | State::Short { .. } | State::Pending(_) | State::Enforced(_) | State::InUse(_) => None,
    };
    if let (State::Enforced(by), false) = (&thing.state, changes.is_empty()) {
        let paths: Vec<String> = changes.iter().map(|change| change.path.to_string()).collect();
        return Verdict::Person(
            format!("is not as declared in {}, and {by} keeps it so", paths.join(", ")),
            format!("change it in {by}, or declare the value that is there"),
        );
    }
    if let (State::InUse(by), false) = (&thing.state, changes.is_empty()) {
        let fields: BTreeSet<&str> = changes.iter().filter_map(|change| change.path.field()).collect();
        let fields: Vec<&str> = fields.into_iter().collect();
        return Verdict::Person(
            format!("is not as declared in {}, and is in use: {by}", fields.join(", ")),
            "let what uses it use something else, then plan again".to_owned(),
        );
    }
    let fixed = changes.iter().find(fixed).cloned();
    // What is replaced gets all its tags anew.
    changes.extend(tags);
    match (rules.replace, &fixed, broken) {
        (Replace::DeleteFirst, Some(_), _) | (Replace::DeleteFirst, None, Some(_)) => {
            Verdict::Step(Action::Replace, changes)
        }
        (Replace::Never(_), _, Some(reason)) => {
            Verdict::Person(format!("cannot be used: {reason}"), "resolve that, then plan again".into())
        }
        (Replace::Never(reason), Some(change), None) => Verdict::Person(
            format!(
                "has another {} than declared, which AWS cannot change in place: {}, not {}",
                change.path,
                words(
                    change
                        .path
                        .field()
                        .and_then(|field| thing.attributes.get(field))
                        .unwrap_or(&change.before)
                ),
                words(&change.after)
            ),
            reason.to_owned(),
        ),
        (_, None, None) if thing.ownership == Ownership::Unmanaged => Verdict::Step(Action::Adopt, changes),
        // A thing that could be compared only in part is not called in sync.
        (_, None, None) if changes.is_empty() && unknown.is_empty() => Verdict::Fine,
        (_, None, None) => Verdict::Step(Action::Update, changes),
    }
}

/// A value in an error.
fn words(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        Value::Ref(reference) => reference.addr.to_string(),
        other => other.plain_json().to_string(),
    }
}

/// What this plan does to things that others refer to, and so to their outputs.
struct Moves<'a> {
    replaced: BTreeSet<Addr>,
    updated: BTreeSet<Addr>,
    rules: &'a dyn Fn(&str) -> &'static KindMeta,
}

impl Moves<'_> {
    /// Whether a step of this plan gives that output another value.
    fn output(&self, reference: &Ref) -> bool {
        self.replaced.contains(&reference.addr) || self.in_place(reference)
    }

    /// The same, where the thing stays the same one.
    fn in_place(&self, reference: &Ref) -> bool {
        let moving = (self.rules)(reference.addr.kind()).moving_outputs;
        self.updated.contains(&reference.addr) && moving.contains(&reference.output.as_str())
    }
}

/// Top-level attributes that refer to an output about to have another value.
fn moved(desired: &Value, live: &Value, moves: &Moves<'_>, known: &[Change]) -> Vec<Change> {
    let Value::Map(attributes) = desired else { return Vec::new() };
    attributes
        .iter()
        .filter(|(name, value)| {
            value.refs().into_iter().any(|reference| moves.output(reference))
                && !known.iter().any(|change| change.path.field() == Some(name))
        })
        .map(|(name, value)| {
            let stays = value.refs().into_iter().any(|reference| moves.in_place(reference));
            let shown = live.get(name).filter(|live| stays && *live != value).cloned();
            let words = if stays { "(of the version before)" } else { "(of the replaced one)" };
            Change {
                path: crate::model::Path::default().join(crate::model::Segment::Field(name.clone())),
                before: shown.unwrap_or_else(|| Value::text(words)),
                after: value.clone(),
            }
        })
        .collect()
}

fn holder(want: &Want, unusable: &BTreeMap<Addr, String>) -> Option<String> {
    dependencies(want, &[]).iter().find_map(|need| unusable.get(need).cloned())
}

/// Top-level attributes that refer to something unreadable: its id is not known, so no difference is either.
fn incomparable<'a>(desired: &'a Value, unreadable: &BTreeMap<Addr, Unread>) -> BTreeSet<&'a str> {
    let Value::Map(attributes) = desired else { return BTreeSet::new() };
    let unknown =
        |value: &Value| value.refs().iter().any(|reference| unreadable.contains_key(&reference.addr));
    attributes.iter().filter(|(_, value)| unknown(value)).map(|(name, _)| name.as_str()).collect()
}

/// Wanted things only: an id of a thing nobody wants must stay an id.
fn index(wanted: &Wanted, live: &Live) -> OutputIndex {
    let mut index = OutputIndex::default();
    for addr in wanted.things.keys() {
        if let Some(Observed::Found(thing)) = live.resources.get(addr) {
            index.add(addr, &thing.outputs);
        }
    }
    index
}

/// Tells what is owned and undeclared, and returns the steps that delete what may be deleted.
fn undeclared(
    wanted: &Wanted,
    live: &Live,
    rules: &dyn Fn(&str) -> &'static KindMeta,
    choices: &Choices,
    plan: &mut Plan,
) -> Vec<Step> {
    let mut doomed = Vec::new();
    // What nobody declares and nobody could read may use any of the others.
    let mut unread = None;
    for (addr, observed) in live.resources.iter().filter(|(addr, _)| !wanted.things.contains_key(*addr)) {
        if let Observed::Unreadable(why) = observed {
            plan.unreadable.insert(addr.clone(), why.clone());
            unread = unread.or(Some(addr));
        }
    }
    let held = unread.map(|addr| format!("{addr} could not be read, and may use it"));
    for (addr, observed) in &live.resources {
        let Observed::Found(thing) = observed else { continue };
        if wanted.things.contains_key(addr) || thing.ownership != Ownership::Managed {
            continue;
        }
        let duplicate = addr.name().contains(".duplicate-");
        let next = match rules(addr.kind()).deletion {
            Deletion::Named if choices.destroy.contains(addr) => None,
            _ if duplicate => {
                Some("a second resource with this address; look at both and delete one by hand".into())
            }
            Deletion::Prunable if choices.prune => None,
            Deletion::Prunable => Some(rules(addr.kind()).undeclared_next.into()),
            Deletion::Named => Some(format!("declare it, or delete it with apply --destroy {addr}")),
            Deletion::Never => Some("it stays as it is".into()),
        };
        match next {
            Some(next) => plan.undeclared.push(Undeclared { addr: addr.clone(), id: name_of(thing), next }),
            None => doomed.push(Step {
                addr: addr.clone(),
                action: Action::Delete,
                changes: Vec::new(),
                held: held.clone(),
                origin: Origin::default(),
            }),
        }
    }
    let of_another_home = live.elsewhere.iter().filter(|(addr, _)| !wanted.things.contains_key(addr));
    plan.undeclared.extend(of_another_home.map(|(addr, arn)| {
        Undeclared {
            addr: addr.clone(),
            id: arn.clone(),
            next: "delete it by hand, or with apply --prune and a file of the same `name` whose `region` is that one"
                .to_owned(),
        }
    }));
    doomed
}

fn name_of(thing: &LiveResource) -> String {
    let of = |name: &str| thing.outputs.get(name).cloned();
    of("id").or_else(|| of("arn")).or_else(|| of("name")).unwrap_or_default()
}

/// A digest of everything the plan leaned on at one address; absence and ignorance are spelled out, so
/// that a saved plan can say what appeared and what vanished.
fn digest(observed: &Observed, index: &OutputIndex) -> String {
    let text = match observed {
        Observed::Absent => return "absent".to_owned(),
        Observed::Unreadable(_) => return "unreadable".to_owned(),
        Observed::Found(thing) => {
            let attributes = index.to_references(thing.attributes.clone()).encode();
            // Its outputs too: a thing made again just as it was has moved.
            let tags = if thing.tags.is_empty() { String::new() } else { format!(" {:?}", thing.tags) };
            format!("{:?} {:?} {attributes}{tags}", thing.ownership, thing.outputs)
        }
    };
    Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Why;

    static PLAIN: KindMeta = KindMeta {
        immutable: &["fixed", "vpc"],
        outputs: &["id", "version"],
        moving_outputs: &["version"],
        ..KindMeta::DEFAULT
    };
    static LOGS: KindMeta = KindMeta { deletion: Deletion::Named, ..KindMeta::DEFAULT };

    fn rules(kind: &str) -> &'static KindMeta {
        if kind == "s3.bucket" { &LOGS } else { &PLAIN }
    }

    fn addr(text: &str) -> Addr {
        text.parse().unwrap()
    }

    fn attributes<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value::Map(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    }

    fn wanted(things: &[(&str, Value)]) -> Wanted {
        let want = |value: &Value| Want { value: value.clone(), after: [].into(), origin: Origin::default() };
        let things = things.iter().map(|(name, value)| (addr(name), want(value))).collect();
        Wanted { things, ..Wanted::default() }
    }

    fn found(attributes: Value, id: &str, ownership: Ownership) -> Observed {
        let outputs = [("id".to_owned(), id.to_owned())].into();
        Observed::Found(LiveResource {
            attributes,
            outputs,
            tags: BTreeMap::new(),
            ownership,
            state: State::Ready,
            remarks: Vec::new(),
        })
    }

    fn live<const N: usize>(resources: [(&str, Observed); N]) -> Live {
        Live {
            resources: resources.into_iter().map(|(name, observed)| (addr(name), observed)).collect(),
            ..Live::default()
        }
    }

    fn run(wanted: &Wanted, live: &Live, choices: &Choices) -> Plan {
        plan(wanted, live, &rules, choices).unwrap()
    }

    fn parent_and_child() -> Wanted {
        let parent = Value::Ref(Ref { addr: addr("ec2.vpc.main"), output: "id".into() });
        wanted(&[
            ("ec2.subnet.a", attributes([("vpc", parent)])),
            ("ec2.vpc.main", attributes([("size", Value::Int(1))])),
        ])
    }

    #[test]
    fn a_live_id_of_a_wanted_thing_is_no_difference() {
        let live = live([
            ("ec2.vpc.main", found(attributes([("size", Value::Int(1))]), "vpc-1", Ownership::Managed)),
            (
                "ec2.subnet.a",
                found(attributes([("vpc", Value::from("vpc-1"))]), "subnet-1", Ownership::Managed),
            ),
        ]);
        let plan = run(&parent_and_child(), &live, &Choices::default());
        assert!(plan.is_converged() && plan.is_complete());
        assert_eq!(plan.unchanged, 2);
    }

    #[test]
    fn what_names_a_version_is_written_where_its_template_is_changed_in_place() {
        let version = Value::Ref(Ref { addr: addr("ec2.vpc.main"), output: "version".into() });
        let id = Value::Ref(Ref { addr: addr("ec2.vpc.main"), output: "id".into() });
        let wanted = wanted(&[
            ("ec2.subnet.a", attributes([("runs", version)])),
            ("ec2.subnet.b", attributes([("vpc", id)])),
            ("ec2.vpc.main", attributes([("size", Value::Int(2))])),
        ]);
        for (size, steps) in [(2, &[][..]), (1, &["ec2.vpc.main", "ec2.subnet.a"])] {
            let mut parent = found(attributes([("size", Value::Int(size))]), "vpc-1", Ownership::Managed);
            if let Observed::Found(thing) = &mut parent {
                thing.outputs.insert("version".into(), "vpc-1 version 1".into());
            }
            let runs = attributes([("runs", Value::from("vpc-1 version 1"))]);
            let live = live([
                ("ec2.vpc.main", parent),
                ("ec2.subnet.a", found(runs, "subnet-1", Ownership::Managed)),
                (
                    "ec2.subnet.b",
                    found(attributes([("vpc", Value::from("vpc-1"))]), "subnet-2", Ownership::Managed),
                ),
            ]);
            let plan = run(&wanted, &live, &Choices::default());
            let order: Vec<_> = plan.steps.iter().map(|step| step.addr.to_string()).collect();
            assert_eq!(order, steps);
            if let Some(step) = plan.steps.get(1) {
                assert_eq!(step.changes[0].before, Value::from("vpc-1 version 1"));
            }
        }
    }

    #[test]
    fn parents_are_created_before_their_children() {
        let live = live([("ec2.vpc.main", Observed::Absent), ("ec2.subnet.a", Observed::Absent)]);
        let plan = run(&parent_and_child(), &live, &Choices::default());
        let order: Vec<_> = plan.steps.iter().map(|step| step.addr.to_string()).collect();
        assert_eq!(order, ["ec2.vpc.main", "ec2.subnet.a"]);
    }

    #[test]
    fn an_unreadable_thing_is_not_created_and_holds_its_children() {
        let unread = Unread {
            call: "ec2:DescribeVpcs".into(),
            why: Why::Denied,
            lacking: "ec2:DescribeVpcs on *".into(),
            regions: Vec::new(),
            next: String::new(),
            message: "no".into(),
        };
        let live = live([("ec2.vpc.main", Observed::Unreadable(unread)), ("ec2.subnet.a", Observed::Absent)]);
        let plan = run(&parent_and_child(), &live, &Choices::default());
        assert!(!plan.is_complete());
        assert_eq!(plan.steps.len(), 1);
        assert_eq!(plan.steps[0].held.as_deref(), Some("ec2.vpc.main could not be read"));
    }

    #[test]
    fn the_id_of_an_unreadable_thing_is_no_difference() {
        let unread = Unread {
            call: "ec2:DescribeVpcs".into(),
            why: Why::Denied,
            lacking: "ec2:DescribeVpcs on *".into(),
            regions: Vec::new(),
            next: String::new(),
            message: "no".into(),
        };
        let live = live([
            ("ec2.vpc.main", Observed::Unreadable(unread)),
            (
                "ec2.subnet.a",
                found(attributes([("vpc", Value::from("vpc-1"))]), "subnet-1", Ownership::Managed),
            ),
        ]);
        let plan = run(&parent_and_child(), &live, &Choices::default());
        assert_eq!(plan.steps[0].changes, []);
        assert!(plan.steps[0].held.is_some() && plan.unchanged == 0);
    }

    #[test]
    fn what_cannot_change_in_place_is_left_to_a_person() {
        let wanted = wanted(&[("ec2.vpc.main", attributes([("fixed", Value::Int(1))]))]);
        let live = live([(
            "ec2.vpc.main",
            found(attributes([("fixed", Value::Int(2))]), "vpc-1", Ownership::Managed),
        )]);
        let plan = run(&wanted, &live, &Choices::default());
        assert!(plan.steps.is_empty() && !plan.is_converged());
    }

    #[test]
    fn a_thing_of_another_baseline_is_never_touched() {
        let wanted = wanted(&[("ec2.vpc.main", attributes([("size", Value::Int(1))]))]);
        let other = Ownership::Foreign("other".into());
        let live = live([("ec2.vpc.main", found(attributes([("size", Value::Int(2))]), "vpc-1", other))]);
        let plan = run(&wanted, &live, &Choices { prune: true, ..Choices::default() });
        assert!(plan.steps.is_empty());
        assert!(plan.findings[0].message.contains("other"));
    }

    #[test]
    fn what_the_organization_keeps_as_declared_is_in_sync_and_anything_else_is_for_a_person() {
        let wanted = wanted(&[("ec2.vpc.main", attributes([("size", Value::Int(1))]))]);
        for (size, in_sync) in [(1, true), (2, false)] {
            let kept = Observed::Found(LiveResource {
                attributes: attributes([("size", Value::Int(size))]),
                outputs: BTreeMap::new(),
                tags: BTreeMap::new(),
                ownership: Ownership::Setting,
                state: State::Enforced("a policy of the organization".into()),
                remarks: Vec::new(),
            });
            let plan = run(&wanted, &live([("ec2.vpc.main", kept)]), &Choices::default());
            assert!(plan.steps.is_empty());
            assert_eq!(plan.is_converged(), in_sync, "{:?}", plan.findings);
            assert_eq!(plan.findings.len(), usize::from(!in_sync));
        }
    }

    #[test]
    fn pruning_deletes_what_is_no_longer_declared_but_never_logs() {
        let live = live([
            ("ec2.vpc.old", found(attributes([]), "vpc-1", Ownership::Managed)),
            ("s3.bucket.logs", found(attributes([]), "logs", Ownership::Managed)),
        ]);
        let shown = run(&Wanted::default(), &live, &Choices::default());
        assert_eq!((shown.steps.len(), shown.undeclared.len()), (0, 2));
        let pruned = run(&Wanted::default(), &live, &Choices { prune: true, ..Choices::default() });
        assert_eq!(pruned.steps.len(), 1);
        assert_eq!(pruned.steps[0].addr, addr("ec2.vpc.old"));
        let named = Choices { prune: true, destroy: [addr("s3.bucket.logs")].into() };
        assert_eq!(run(&Wanted::default(), &live, &named).steps.len(), 2);
    }
}
