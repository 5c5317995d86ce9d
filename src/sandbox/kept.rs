//! Settings that are kept and shown as they were sent: trees of parameters as plain data.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::wire::{Fields, Node, Param, Params};

/// Keeps a part of a request.
pub fn keep<'a>(part: impl Into<Part<'a>>) -> Value {
    match part.into() {
        Part::Structure(params) => {
            Value::Object(params.iter().map(|(name, param)| (name.to_owned(), keep(param))).collect())
        }
        Part::Member(Param::Text(text)) => Value::String(text.clone()),
        Part::Member(Param::Number(number)) => Value::Number(number.clone()),
        Part::Member(Param::Flag(flag)) => Value::Bool(*flag),
        Part::Member(Param::List(items)) => Value::Array(items.iter().map(keep).collect()),
        Part::Member(Param::Map(params)) => keep(params),
    }
}

/// What can be kept.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// A structure, or the whole request.
    Structure(&'a Params),
    /// A member of one.
    Member(&'a Param),
}

impl<'a> From<&'a Params> for Part<'a> {
    fn from(params: &'a Params) -> Self {
        Self::Structure(params)
    }
}

impl<'a> From<&'a Param> for Part<'a> {
    fn from(param: &'a Param) -> Self {
        Self::Member(param)
    }
}

/// A structure without members.
pub fn structure() -> Value {
    Value::Object(Map::new())
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

/// What was kept, read and edited as a request is.
pub trait Members: Sized {
    /// The text of a member of a structure.
    fn text(&self, name: &str) -> Option<&str>;
    /// The items of a list that is a member of a structure.
    fn list(&self, name: &str) -> &[Value];
    /// The texts of a list that is a member of a structure.
    fn texts(&self, name: &str) -> Vec<&str>;
    /// Sets a member of a structure.
    fn set(&mut self, name: &str, value: impl Into<Value>);
    /// Sets a member of a structure where it has none of that name.
    fn default_to(&mut self, name: &str, value: impl Into<Value>);
    /// Takes a member out of a structure.
    fn remove(&mut self, name: &str) -> Option<Value>;
    /// The members of this structure, with those of another put over them.
    #[must_use]
    fn overlaid(&self, over: &Self) -> Self;
    /// The same as an answer, its members renamed: `name(parent, member, is it a list)`.
    fn node(&self, name: &impl Fn(&str, &str, bool) -> Cow<'static, str>) -> Node;
}

impl Members for Value {
    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Self::as_array).map_or(&[], Vec::as_slice)
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        self.list(name).iter().filter_map(Self::as_str).collect()
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        if let Self::Object(members) = self {
            members.insert(name.to_owned(), value.into());
        }
    }

    fn default_to(&mut self, name: &str, value: impl Into<Value>) {
        if self.get(name).is_none() {
            self.set(name, value);
        }
    }

    fn remove(&mut self, name: &str) -> Option<Value> {
        self.as_object_mut()?.remove(name)
    }

    fn overlaid(&self, over: &Self) -> Self {
        let (Self::Object(below), Self::Object(above)) = (self, over) else { return over.clone() };
        let mut members = below.clone();
        members.extend(above.clone());
        Self::Object(members)
    }

    fn node(&self, name: &impl Fn(&str, &str, bool) -> Cow<'static, str>) -> Node {
        renamed(self, "", name)
    }
}

fn renamed(value: &Value, parent: &str, name: &impl Fn(&str, &str, bool) -> Cow<'static, str>) -> Node {
    match value {
        Value::Array(items) => Node::List(items.iter().map(|item| renamed(item, parent, name)).collect()),
        Value::Object(members) => {
            Node::Fields(members.iter().fold(Fields::new(), |fields, (member, value)| {
                match (member.as_str(), renamed(value, member, name)) {
                    // The entries of a map stand side by side.
                    ("entry", Node::List(entries)) => fields.with("entry", Node::Flat(entries)),
                    (_, below) => fields.with(name(parent, member, value.is_array()), below),
                }
            }))
        }
        leaf => show(leaf),
    }
}

/// As an answer of the query protocols, whose lists are wrapped, unlike those of [`show`].
impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        value.node(&|_, name, _| Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::wire::{Fields, Style};
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

    #[test]
    fn what_was_sent_survives_storage_and_is_answered_again() {
        let mut params = Params::new(Style::Query);
        params.set("A", Param::Text("x".into()));
        params.set("B", Param::List(vec![Param::Text("1".into()), Param::Text("2".into())]));
        let kept = keep(&params);
        let stored: Value = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!(stored, kept);
        assert_eq!(Node::from(&kept), Fields::new().with("A", "x").list("B", ["1", "2"]).into());
        assert_eq!(kept.texts("B"), ["1", "2"]);
    }

    #[test]
    fn a_map_is_answered_as_a_map() {
        let kept = json!({"entry": [{"key": "prompt", "value": "login"}]});
        let shown = Fields::new().with("key", "prompt").with("value", "login");
        assert_eq!(Node::from(&kept), Fields::new().with("entry", Node::flat([shown])).into());
    }
}
