//! Settings that are kept and shown as they were sent: trees of parameters as plain data.

use serde_json::{Map, Value};

use super::wire::{Fields, Node, Param, Params};

/// Keeps a structure of a request.
pub fn keep(params: &Params) -> Value {
    Value::Object(params.iter().map(|(name, param)| (name.to_owned(), kept(param))).collect::<Map<_, _>>())
}

fn kept(param: &Param) -> Value {
    match param {
        Param::Text(text) => Value::String(text.clone()),
        Param::Number(number) => Value::Number(number.clone()),
        Param::Flag(flag) => Value::Bool(*flag),
        Param::List(items) => Value::Array(items.iter().map(kept).collect()),
        Param::Map(params) => keep(params),
    }
}

/// Shows what was kept; a list repeats its own element in XML, which is how it came.
pub fn show(value: &Value) -> Node {
    match value {
        Value::Null => Node::Text(String::new()),
        Value::Bool(flag) => Node::Flag(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Node::Number(whole),
            None => Node::Real(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Node::Text(text.clone()),
        Value::Array(items) => Node::Flat(items.iter().map(show).collect()),
        Value::Object(_) => Node::Fields(show_fields(value)),
    }
}

/// The members of a kept structure; nothing for anything else.
pub fn show_fields(value: &Value) -> Fields {
    let members = value.as_object().into_iter().flatten();
    Fields(members.map(|(name, value)| (name.clone().into(), show(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::wire::Fields;
    use serde_json::json;

    #[test]
    fn what_was_kept_is_shown_as_it_came() {
        let kept = json!({"Rule": [{"ID": "a", "Days": 3}, {"ID": "b", "On": true}]});
        let expected = Fields::new().with(
            "Rule",
            Node::flat([
                Fields::new().with("Days", 3).with("ID", "a"),
                Fields::new().with("ID", "b").with("On", true),
            ]),
        );
        assert_eq!(show_fields(&kept), expected);
    }
}
