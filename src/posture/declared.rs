//! What declared things say, in the words of [`super::kind_controls`].

use crate::model::{Value, Wanted};

pub(super) fn is(thing: &Value, attribute: &str, wanted: bool) -> bool {
    thing.get(attribute) == Some(&Value::Bool(wanted))
}

pub(super) fn is_set(thing: &Value, attribute: &str) -> bool {
    thing.get(attribute).is_some_and(|value| *value != Value::Null)
}

pub(super) fn is_empty(thing: &Value, attribute: &str) -> bool {
    matches!(thing.get(attribute), Some(Value::Set(items)) if items.is_empty())
}

pub(super) fn at_least_two(thing: &Value, attribute: &str) -> bool {
    matches!(thing.get(attribute), Some(Value::Set(items)) if items.len() > 1)
}

pub(super) fn text<'a>(thing: &'a Value, attribute: &str) -> &'a str {
    match thing.get(attribute) {
        Some(Value::Str(text)) => text,
        _ => "",
    }
}

pub(super) fn number(thing: &Value, attribute: &str) -> i64 {
    match thing.get(attribute) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    }
}

pub(super) fn never(_: &Value, _: &Wanted) -> bool {
    false
}

pub(super) fn always(_: &Value, _: &Wanted) -> bool {
    true
}

/// The listeners of a load balancer.
pub(super) fn listeners(balancer: &Value) -> impl Iterator<Item = &Value> {
    let listeners = match balancer.get("listeners") {
        Some(Value::Dict(listeners)) => Some(listeners.values()),
        _ => None,
    };
    listeners.into_iter().flatten()
}

/// Whether a flow log records at least what is refused.
pub(super) fn records_refusals(log: &Value) -> bool {
    ["ALL", "REJECT"].contains(&text(log, "traffic"))
}

/// Whether every flag of a map is set.
pub(super) fn all_true(flags: &Value) -> bool {
    matches!(flags, Value::Map(flags) if flags.values().all(|flag| *flag == Value::Bool(true)))
}

/// Whether a trail of the file writes into the bucket.
pub(super) fn is_trails(bucket: &Value, wanted: &Wanted) -> bool {
    let trails = wanted.things.iter().filter(|(addr, _)| addr.kind() == "cloudtrail.trail");
    let name = text(bucket, "bucket");
    trails.into_iter().any(|(_, trail)| text(&trail.value, "bucket") == name)
}

/// The ports of administration, SSH and RDP.
pub(super) const ADMINISTRATION: [i64; 2] = [22, 3389];

/// Everybody, in IPv4 and in IPv6.
pub(super) const WORLD: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// Whether a rule lets the world in to a port of administration.
pub(super) fn opens_administration(rule: &Value) -> bool {
    ADMINISTRATION.iter().any(|port| lets_the_world_at(rule, *port))
}

/// Whether a rule is about the whole world and a TCP port.
pub(super) fn lets_the_world_at(rule: &Value, port: i64) -> bool {
    let world = WORLD.contains(&text(rule, "cidr"));
    let tcp = ["tcp", "-1", "all"].contains(&text(rule, "protocol"));
    let (from, to) = match (rule.get("from_port"), rule.get("to_port")) {
        (Some(Value::Int(from)), Some(Value::Int(to))) => (*from, *to),
        _ => (0, 65_535),
    };
    world && tcp && (from..=to).contains(&port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_opens_ssh_to_the_world_serves_no_control() {
        let rule = |cidr: &str, from: i64, to: i64| {
            Value::Map(
                [
                    ("protocol".to_owned(), Value::from("tcp")),
                    ("cidr".to_owned(), Value::from(cidr)),
                    ("from_port".to_owned(), Value::Int(from)),
                    ("to_port".to_owned(), Value::Int(to)),
                ]
                .into(),
            )
        };
        assert!(
            opens_administration(&rule("0.0.0.0/0", 20, 25))
                && opens_administration(&rule("::/0", 3389, 3389))
        );
        assert!(!opens_administration(&rule("203.0.113.10/32", 22, 22)));
        assert!(!opens_administration(&rule("0.0.0.0/0", 443, 443)));
    }
}
