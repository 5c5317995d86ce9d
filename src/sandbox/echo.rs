//! A part of a request, kept as it was sent and answered again: what is set is what is read back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::wire::{Fields, Node, Param, Params};

/// A part of a form request, as plain data. Forms know nothing but text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Echo {
    /// One value.
    Text(String),
    /// A list, in the order it was sent.
    List(Vec<Self>),
    /// A structure.
    Map(BTreeMap<String, Self>),
}

impl Default for Echo {
    fn default() -> Self {
        Self::Map(BTreeMap::new())
    }
}

impl From<&Params> for Echo {
    fn from(params: &Params) -> Self {
        Self::Map(params.iter().map(|(name, value)| (name.to_owned(), Self::from(value))).collect())
    }
}

impl From<&Param> for Echo {
    fn from(param: &Param) -> Self {
        match param {
            Param::Text(text) => Self::Text(text.clone()),
            Param::Number(number) => Self::Text(number.to_string()),
            Param::Flag(flag) => Self::Text(flag.to_string()),
            Param::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Param::Map(params) => Self::from(params),
        }
    }
}

impl From<&str> for Echo {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&Echo> for Node {
    fn from(echo: &Echo) -> Self {
        echo.node(&|_, name, _| Cow::Owned(name.to_owned()))
    }
}

impl Echo {
    /// A member of a structure.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.get(name),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The text of a member of a structure.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Self::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The items of a list that is a member of a structure.
    pub fn list(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    /// The texts of a list that is a member of a structure.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.list(name).iter().filter_map(Self::as_text).collect()
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Sets a member of a structure.
    pub fn set(&mut self, name: &str, value: impl Into<Self>) {
        if let Self::Map(members) = self {
            members.insert(name.to_owned(), value.into());
        }
    }

    /// Sets a member of a structure where it has none of that name.
    pub fn default_to(&mut self, name: &str, value: impl Into<Self>) {
        if self.get(name).is_none() {
            self.set(name, value);
        }
    }

    /// Takes a member out of a structure.
    pub fn remove(&mut self, name: &str) -> Option<Self> {
        match self {
            Self::Map(members) => members.remove(name),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The members of this structure, with those of another put over them.
    #[must_use]
    pub fn overlaid(&self, over: &Self) -> Self {
        match (self, over) {
            (Self::Map(below), Self::Map(above)) => {
                let mut members = below.clone();
                members.extend(above.clone());
                Self::Map(members)
            }
            _ => over.clone(),
        }
    }

    /// The same as an answer, its members renamed: `name(parent, member, is it a list)`.
    pub fn node(&self, name: &impl Fn(&str, &str, bool) -> Cow<'static, str>) -> Node {
        self.below("", name)
    }

    fn below(&self, parent: &str, name: &impl Fn(&str, &str, bool) -> Cow<'static, str>) -> Node {
        match self {
            Self::Text(text) => Node::Text(text.clone()),
            Self::List(items) => Node::List(items.iter().map(|item| item.below(parent, name)).collect()),
            Self::Map(members) => {
                Node::Fields(members.iter().fold(Fields::new(), |fields, (member, value)| {
                    let shown = name(parent, member, matches!(value, Self::List(_)));
                    match (member.as_str(), value.below(member, name)) {
                        // The entries of a map stand side by side.
                        ("entry", Node::List(entries)) => fields.with("entry", Node::Flat(entries)),
                        (_, below) => fields.with(shown, below),
                    }
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::wire::Style;

    #[test]
    fn what_was_sent_survives_storage_and_is_answered_again() {
        let mut params = Params::new(Style::Query);
        params.set("A", Param::Text("x".into()));
        params.set("B", Param::List(vec![Param::Text("1".into()), Param::Text("2".into())]));
        let kept = Echo::from(&params);
        let stored: Echo = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!(stored, kept);
        assert_eq!(Node::from(&kept), Fields::new().with("A", "x").list("B", ["1", "2"]).into());
        assert_eq!(kept.texts("B"), ["1", "2"]);
    }

    #[test]
    fn a_map_is_answered_as_a_map() {
        let mut entry = Params::new(Style::Query);
        entry.set("key", Param::Text("prompt".into()));
        entry.set("value", Param::Text("login".into()));
        let mut map = Params::new(Style::Query);
        map.set("entry", Param::List(vec![Param::Map(entry)]));
        let shown = Fields::new().with("key", "prompt").with("value", "login");
        assert_eq!(Node::from(&Echo::from(&map)), Fields::new().with("entry", Node::flat([shown])).into());
    }
}
