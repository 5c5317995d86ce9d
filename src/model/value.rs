//! The attribute tree that every layer exchanges.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map as JsonMap, Value as Json, json};

use super::Addr;

/// A reference to an output of another wanted thing, such as the id of `ec2.vpc.main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref {
    /// Whose output it is.
    pub addr: Addr,
    /// Which output: `id`, `arn` or another one that the kind declares.
    pub output: String,
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.output, self.addr)
    }
}

/// A normalised attribute tree. Order never means a difference unless it is a [`Value::List`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing: wanted, it demands absence; found, it is absent.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Str(String),
    /// Values in an order that matters.
    List(Vec<Value>),
    /// Values in no order, each once; the whole set is owned.
    Set(BTreeSet<Value>),
    /// Named attributes; those that are not wanted are not compared.
    Map(BTreeMap<String, Value>),
    /// Keyed entries; the whole dictionary is owned, so an entry nobody wanted is a difference.
    Dict(BTreeMap<String, Value>),
    /// An output of another wanted thing.
    Ref(Ref),
    /// A policy document in normal form, compared as a whole and shown as a line diff.
    Document(Box<Value>),
    /// Used when the thing is created and never compared afterwards.
    AtCreation(Box<Value>),
}

/// A JSON tree that is not the encoding of a [`Value`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an attribute tree: {0}")]
pub struct DecodeError(String);

impl From<String> for DecodeError {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl Value {
    /// Text as a value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// The attribute of that name, if this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Map(map) | Self::Dict(map) => map.get(name),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Str(_)
            | Self::List(_)
            | Self::Set(_)
            | Self::Ref(_)
            | Self::Document(_)
            | Self::AtCreation(_) => None,
        }
    }

    /// Rebuilds the tree with every leaf replaced by what `change` answers for it.
    ///
    /// Sets are put in order again, so a changed leaf cannot leave them unsorted.
    pub fn map_leaves(self, change: &mut impl FnMut(Value) -> Value) -> Value {
        match self {
            Self::List(items) => Self::List(items.into_iter().map(|v| v.map_leaves(change)).collect()),
            Self::Set(items) => Self::Set(items.into_iter().map(|v| v.map_leaves(change)).collect()),
            Self::Map(map) => Self::Map(map.into_iter().map(|(k, v)| (k, v.map_leaves(change))).collect()),
            Self::Dict(map) => Self::Dict(map.into_iter().map(|(k, v)| (k, v.map_leaves(change))).collect()),
            Self::Document(inner) => Self::Document(Box::new(inner.map_leaves(change))),
            Self::AtCreation(inner) => Self::AtCreation(Box::new(inner.map_leaves(change))),
            leaf @ (Self::Null | Self::Bool(_) | Self::Int(_) | Self::Str(_) | Self::Ref(_)) => change(leaf),
        }
    }

    /// Every text of the tree that is no reference, keys included.
    pub fn texts(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.gather_texts(&mut found);
        found
    }

    fn gather_texts<'a>(&'a self, found: &mut BTreeSet<&'a str>) {
        match self {
            Self::Str(text) => {
                found.insert(text);
            }
            Self::List(items) => items.iter().for_each(|item| item.gather_texts(found)),
            Self::Set(items) => items.iter().for_each(|item| item.gather_texts(found)),
            Self::Map(map) | Self::Dict(map) => {
                found.extend(map.keys().map(String::as_str));
                map.values().for_each(|item| item.gather_texts(found));
            }
            Self::Document(inner) | Self::AtCreation(inner) => inner.gather_texts(found),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Ref(_) => {}
        }
    }

    /// Every reference in the tree, in order, with repetitions.
    pub fn refs(&self) -> Vec<&Ref> {
        match self {
            Self::Ref(reference) => vec![reference],
            Self::List(items) => items.iter().flat_map(Self::refs).collect(),
            Self::Set(items) => items.iter().flat_map(Self::refs).collect(),
            Self::Map(map) | Self::Dict(map) => map.values().flat_map(Self::refs).collect(),
            Self::Document(inner) | Self::AtCreation(inner) => inner.refs(),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Str(_) => Vec::new(),
        }
    }

    /// The tree as JSON from which [`Value::decode`] rebuilds exactly this value.
    pub fn encode(&self) -> Json {
        let object = |map: &BTreeMap<String, Value>| {
            Json::Object(map.iter().map(|(k, v)| (k.clone(), v.encode())).collect())
        };
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => json!(value),
            Self::Int(value) => json!(value),
            Self::Str(value) => json!(value),
            Self::List(items) => Json::Array(items.iter().map(Self::encode).collect()),
            Self::Set(items) => json!({ "$set": items.iter().map(Self::encode).collect::<Vec<_>>() }),
            Self::Map(map) => object(map),
            Self::Dict(map) => json!({ "$dict": object(map) }),
            Self::Ref(r) => json!({ "$ref": r.addr.to_string(), "output": r.output }),
            Self::Document(inner) => json!({ "$document": inner.encode() }),
            Self::AtCreation(inner) => json!({ "$at_creation": inner.encode() }),
        }
    }

    /// Rebuilds a value from its [encoding](Value::encode).
    ///
    /// # Errors
    /// Fails on fractions and on malformed references; nothing else is refused.
    pub fn decode(json: Json) -> Result<Self, DecodeError> {
        let entries = |map: JsonMap<String, Json>| {
            map.into_iter()
                .map(|(k, v)| Ok((k, Self::decode(v)?)))
                .collect::<Result<BTreeMap<_, _>, DecodeError>>()
        };
        Ok(match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => Self::Int(
                number.as_i64().ok_or_else(|| DecodeError(format!("{number} is not a whole number")))?,
            ),
            Json::String(text) => Self::Str(text),
            Json::Array(items) => Self::List(items.into_iter().map(Self::decode).collect::<Result<_, _>>()?),
            Json::Object(mut map) => match map.keys().next().map(String::as_str) {
                Some("$set") => match map.remove("$set") {
                    Some(Json::Array(items)) => {
                        Self::Set(items.into_iter().map(Self::decode).collect::<Result<_, _>>()?)
                    }
                    _ => return Err(DecodeError("$set holds no list".into())),
                },
                Some("$dict") => match map.remove("$dict") {
                    Some(Json::Object(inner)) => Self::Dict(entries(inner)?),
                    _ => return Err(DecodeError("$dict holds no object".into())),
                },
                Some("$document") => {
                    Self::Document(Box::new(Self::decode(map.remove("$document").unwrap_or_default())?))
                }
                Some("$at_creation") => {
                    Self::AtCreation(Box::new(Self::decode(map.remove("$at_creation").unwrap_or_default())?))
                }
                Some("$ref") => {
                    let field = |name: &str| map.get(name).and_then(Json::as_str).unwrap_or_default();
                    let addr = field("$ref").parse().map_err(|e| DecodeError(format!("{e}")))?;
                    Self::Ref(Ref { addr, output: field("output").to_owned() })
                }
                _ => Self::Map(entries(map)?),
            },
        })
    }

    /// The tree as JSON for people and programs to read: sets are arrays, dictionaries objects.
    ///
    /// A reference is `{"$ref": ADDR, "output": NAME}`. Not reversible.
    pub fn plain_json(&self) -> Json {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Str(_) | Self::Ref(_) => self.encode(),
            Self::List(items) => Json::Array(items.iter().map(Self::plain_json).collect()),
            Self::Set(items) => Json::Array(items.iter().map(Self::plain_json).collect()),
            Self::Map(map) | Self::Dict(map) => {
                Json::Object(map.iter().map(|(k, v)| (k.clone(), v.plain_json())).collect())
            }
            Self::Document(inner) | Self::AtCreation(inner) => inner.plain_json(),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Str(value.to_owned())
    }
}

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// An attribute of a map.
    Field(String),
    /// An entry of a dictionary.
    Key(String),
    /// A member of a set; the change itself carries the member.
    Member,
}

/// Where in a value a difference lies, printed as `lifecycle.expire["days"]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// This path, one step deeper.
    pub fn join(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// The top-level attribute the path lies in, or nothing for the root.
    pub fn field(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Field(name) | Segment::Key(name)) => Some(name),
            Some(Segment::Member) | None => None,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Field(name) if index == 0 => write!(f, "{name}")?,
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Key(key) => write!(f, "[{key:?}]")?,
                Segment::Member => write!(f, "[]")?,
            }
        }
        Ok(())
    }
}
