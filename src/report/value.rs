//! Attributes as text: on one line where they fit, else as a block of lines.

use serde_json::Value as Json;

use super::clean;
use crate::model::{Value, policy};

/// A value on one line, cleaned: maps as `key=value`, references as `(id of ec2.vpc.main)`.
pub(super) fn line(value: &Value) -> String {
    match value {
        Value::Map(map) | Value::Dict(map) if map.values().any(|value| *value != Value::Null) => pairs(map),
        other => nested(other),
    }
}

/// A value as lines: a policy document in reading order, other trees as JSON, text as it is.
pub(super) fn block(value: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    match value {
        Value::Null => {}
        Value::Str(text) => lines.extend(text.split('\n').map(|line| clean::cut(line, clean::LONGEST))),
        Value::Document(inner) => outline(&policy::plain(inner), 0, "", "", &mut lines),
        other => outline(&other.plain_json(), 0, "", "", &mut lines),
    }
    lines
}

/// Whether a value reads better as a block of lines, however short it is.
pub(super) fn is_block(value: &Value) -> bool {
    match value {
        Value::Document(_) => true,
        Value::Str(text) => text.trim_end().contains('\n'),
        Value::AtCreation(inner) => is_block(inner),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::List(_)
        | Value::Set(_)
        | Value::Map(_)
        | Value::Dict(_)
        | Value::Ref(_) => false,
    }
}

fn nested(value: &Value) -> String {
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    match value {
        Value::Null => "(none)".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Str(text) => quoted(text),
        Value::Ref(reference) => format!("({})", clean::line(&reference.to_string())),
        Value::List(items) => list(items.iter().map(nested).collect()),
        Value::Set(items) => list(items.iter().map(nested).collect()),
        Value::Map(map) | Value::Dict(map) => format!("{{{}}}", pairs(map)),
        Value::Document(inner) => clean::line(&policy::plain(inner).to_string()),
        Value::AtCreation(inner) => nested(inner),
    }
}

/// Attributes that are set, and a range of ports as one of them, as people write it.
fn pairs(map: &std::collections::BTreeMap<String, Value>) -> String {
    let has_ports = matches!(map.get("protocol"), Some(Value::Str(name)) if name == "tcp" || name == "udp");
    let ports = match (map.get("from_port"), map.get("to_port")) {
        (Some(Value::Int(from)), Some(Value::Int(to))) if has_ports && from == to => {
            Some(format!("port={from}"))
        }
        (Some(Value::Int(from)), Some(Value::Int(to))) if has_ports => Some(format!("ports={from}-{to}")),
        _ => None,
    };
    let mut parts = Vec::new();
    for (name, value) in map {
        match (name.as_str(), &ports) {
            ("from_port", Some(ports)) => parts.push(ports.clone()),
            ("to_port", Some(_)) => {}
            _ if *value == Value::Null => {}
            _ => parts.push(format!("{}={}", clean::line(name), nested(value))),
        }
    }
    parts.join(" ")
}

/// Text bare where nothing in it could be taken for our own signs, else in quotes.
fn quoted(text: &str) -> String {
    let bare = !text.is_empty()
        && !text.starts_with('(')
        && !text.contains(|c: char| c.is_whitespace() || "\"\\[]{},".contains(c));
    if bare { clean::line(text) } else { clean::line(&Json::from(text).to_string()) }
}

/// JSON over several lines, a policy's keys in the order in which people read them.
fn outline(json: &Json, depth: usize, key: &str, comma: &str, lines: &mut Vec<String>) {
    let mut push =
        |text: &str| lines.push(clean::cut(&format!("{}{text}", "  ".repeat(depth)), clean::LONGEST));
    match json {
        Json::Object(map) => {
            if let Some(reference) = reference(map) {
                push(&format!("{key}{reference}{comma}"));
            } else if map.is_empty() {
                push(&format!("{key}{{}}{comma}"));
            } else {
                push(&format!("{key}{{"));
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(name, _)| (reading_order(name), name.as_str()));
                let last = entries.len() - 1;
                for (index, (name, value)) in entries.into_iter().enumerate() {
                    let comma = if index == last { "" } else { "," };
                    outline(value, depth + 1, &format!("{}: ", Json::from(name.as_str())), comma, lines);
                }
                lines.push(format!("{}}}{comma}", "  ".repeat(depth)));
            }
        }
        Json::Array(items) if items.is_empty() => push(&format!("{key}[]{comma}")),
        Json::Array(items) => {
            push(&format!("{key}["));
            for (index, item) in items.iter().enumerate() {
                let comma = if index + 1 == items.len() { "" } else { "," };
                outline(item, depth + 1, "", comma, lines);
            }
            lines.push(format!("{}]{comma}", "  ".repeat(depth)));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            push(&format!("{key}{json}{comma}"))
        }
    }
}

fn reference(map: &serde_json::Map<String, Json>) -> Option<String> {
    let addr = map.get("$ref")?.as_str()?;
    Some(format!("({} of {addr})", map.get("output")?.as_str()?))
}

fn reading_order(key: &str) -> usize {
    const ORDER: [&str; 11] = [
        "Version",
        "Id",
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(json: Json) -> Value {
        Value::decode(json).unwrap()
    }

    #[test]
    fn a_rule_reads_as_one_line_without_what_is_not_set() {
        let rule = value(json!({
            "protocol": "tcp", "from_port": 80, "to_port": 443, "cidr": "0.0.0.0/0", "group": null,
            "description": "web traffic",
        }));
        assert_eq!(line(&rule), r#"cidr=0.0.0.0/0 description="web traffic" ports=80-443 protocol=tcp"#);
        let ping = value(json!({ "protocol": "icmp", "from_port": 8, "to_port": 0 }));
        assert_eq!(line(&ping), "from_port=8 protocol=icmp to_port=0");
    }

    #[test]
    fn text_cannot_pass_for_a_reference_or_for_nothing() {
        assert_eq!(line(&value(json!({ "$ref": "ec2.vpc.main", "output": "id" }))), "(id of ec2.vpc.main)");
        assert_eq!(line(&Value::from("(id of ec2.vpc.main)")), "\"(id of ec2.vpc.main)\"");
        assert_eq!(line(&Value::from("")), "\"\"");
        assert_eq!(line(&Value::from("a -> b")), "\"a -> b\"");
    }

    #[test]
    fn lists_and_nested_maps_stay_on_the_line() {
        let tree = value(json!({ "$set": [{ "days": 30, "class": "GLACIER" }, 1] }));
        assert_eq!(line(&tree), "[1, {class=GLACIER days=30}]");
    }

    #[test]
    fn a_policy_reads_from_its_effect_to_its_condition() {
        let policy = value(json!({ "$document": { "$dict": { "Statement": { "$set": [{ "$dict": {
            "Action": { "$set": ["s3:*"] }, "Effect": "Deny", "Sid": "Tls",
            "Resource": { "$set": [{ "$ref": "kms.key.trail", "output": "arn" }] },
        } }] } } } }));
        assert_eq!(
            block(&policy).join("\n"),
            r#"{
  "Statement": [
    {
      "Sid": "Tls",
      "Effect": "Deny",
      "Action": "s3:*",
      "Resource": (arn of kms.key.trail)
    }
  ]
}"#
        );
    }
}
