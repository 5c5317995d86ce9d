//! Where what is there departs from what is wanted.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Path, Segment, Value};

/// One departure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it lies.
    pub path: Path,
    /// What is there; [`Value::Null`] for nothing.
    pub before: Value,
    /// What is wanted; [`Value::Null`] for nothing.
    pub after: Value,
}

/// Lists the departures of `live` from `wanted`, in path order.
///
/// Attributes of a map that are not wanted are not compared; members of sets and entries of
/// dictionaries that are not wanted are departures. What is wanted at creation only is never one.
pub fn diff(wanted: &Value, live: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&Path::default(), wanted, live, &mut changes);
    changes
}

fn compare(path: &Path, wanted: &Value, live: &Value, changes: &mut Vec<Change>) {
    match (wanted, live) {
        (Value::AtCreation(_), _) => {}
        (Value::Map(wanted), Value::Map(live)) => {
            for (name, value) in wanted {
                let before = live.get(name).unwrap_or(&Value::Null);
                compare(&path.join(Segment::Field(name.clone())), value, before, changes);
            }
        }
        (Value::Dict(wanted), Value::Dict(live)) => {
            for key in wanted.keys().chain(live.keys()).collect::<BTreeSet<_>>() {
                let after = wanted.get(key).unwrap_or(&Value::Null);
                let before = live.get(key).unwrap_or(&Value::Null);
                compare(&path.join(Segment::Key(key.clone())), after, before, changes);
            }
        }
        (Value::Set(wanted), Value::Set(live)) => {
            let member = || path.join(Segment::Member);
            for gone in live.difference(wanted) {
                changes.push(Change { path: member(), before: gone.clone(), after: Value::Null });
            }
            for missing in wanted.difference(live) {
                changes.push(Change { path: member(), before: Value::Null, after: missing.clone() });
            }
        }
        _ if wanted == live => {}
        _ => changes.push(Change { path: path.clone(), before: live.clone(), after: wanted.clone() }),
    }
}

/// The attribute under which departures of tags are shown.
pub const TAGS: &str = "tags";

/// Lists the declared tags that are missing or have another value. Tags that nobody declares are those of others, and stay.
pub fn diff_tags(wanted: &BTreeMap<String, String>, live: &BTreeMap<String, String>) -> Vec<Change> {
    let departs = wanted.iter().filter(|(key, value)| live.get(*key) != Some(*value));
    let change = |(key, value): (&String, &String)| Change {
        path: Path(vec![Segment::Field(TAGS.to_owned()), Segment::Key(key.clone())]),
        before: live.get(key).map_or(Value::Null, Value::text),
        after: Value::text(value),
    };
    departs.map(change).collect()
}

/// The tags of a thing that does not exist yet, as one change.
pub(super) fn all_tags(wanted: &BTreeMap<String, String>) -> Option<Change> {
    let after = wanted.iter().map(|(key, value)| (key.clone(), Value::text(value))).collect();
    let path = Path::default().join(Segment::Field(TAGS.to_owned()));
    (!wanted.is_empty()).then_some(Change { path, before: Value::Null, after: Value::Dict(after) })
}

/// Every attribute of a thing that does not exist yet, as one change each.
pub(super) fn all_of(wanted: &Value) -> Vec<Change> {
    let Value::Map(attributes) = wanted else { return diff(wanted, &Value::Null) };
    attributes
        .iter()
        .filter(|(_, value)| **value != Value::Null)
        .map(|(name, value)| {
            let after = match value {
                Value::AtCreation(inner) => (**inner).clone(),
                other => other.clone(),
            };
            let path = Path::default().join(Segment::Field(name.clone()));
            Change { path, before: Value::Null, after }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value::Map(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    }

    fn dict<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value::Dict(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    }

    fn paths(wanted: &Value, live: &Value) -> Vec<String> {
        diff(wanted, live).iter().map(|change| change.path.to_string()).collect()
    }

    #[test]
    fn attributes_nobody_wants_are_not_compared() {
        let wanted = map([("a", Value::Int(1))]);
        let live = map([("a", Value::Int(1)), ("b", Value::Int(2))]);
        assert_eq!(diff(&wanted, &live), []);
    }

    #[test]
    fn entries_and_members_nobody_wants_are_departures() {
        let wanted = map([("d", dict([])), ("s", Value::Set([Value::Int(1)].into()))]);
        let live = map([("d", dict([("x", Value::Int(9))])), ("s", Value::Set([Value::Int(2)].into()))]);
        assert_eq!(paths(&wanted, &live), ["d[\"x\"]", "s[]", "s[]"]);
    }

    #[test]
    fn what_is_wanted_at_creation_only_never_differs() {
        let wanted = map([("size", Value::AtCreation(Box::new(Value::Int(2))))]);
        assert_eq!(diff(&wanted, &map([("size", Value::Int(5))])), []);
    }

    #[test]
    fn a_demanded_absence_is_a_departure_where_something_is() {
        assert_eq!(paths(&map([("b", Value::Null)]), &map([("b", Value::from("x"))])), ["b"]);
        assert_eq!(diff(&map([("b", Value::Null)]), &map([])), []);
    }
}
