//! Typed building blocks of a kind's attributes, and the one adapter between typed and erased form.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Addr, DecodeError, Ref, Value};

/// The typed attributes of one kind: at once what is wanted and the vocabulary of what is found.
pub trait ResourceSpec: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The kind's name, such as `ec2.subnet`.
    const KIND: &'static str;

    /// The address of the thing of this kind with that name.
    fn addr(name: impl Into<String>) -> Addr {
        Addr::new(Self::KIND, name)
    }

    /// A reference to an output of the thing of this kind with that name.
    fn output(name: impl Into<String>, output: &str) -> Link {
        Link::Ref(Ref { addr: Self::addr(name), output: output.to_owned() })
    }
}

/// Turns typed attributes into a value tree.
///
/// # Errors
/// Fails only where a kind's attributes hold something a tree cannot, such as a fraction.
pub fn erase<S: Serialize>(attributes: &S) -> Result<Value, DecodeError> {
    let json = serde_json::to_value(attributes).map_err(|e| DecodeError::from(e.to_string()))?;
    Value::decode(json)
}

/// Turns a value tree back into typed attributes.
///
/// # Errors
/// Names the attribute that is unknown, missing or of the wrong type.
pub fn restore<S: DeserializeOwned>(value: &Value) -> Result<S, DecodeError> {
    serde_json::from_value(value.encode()).map_err(|e| DecodeError::from(e.to_string()))
}

/// The id of another thing: known, or a reference that is resolved when that thing exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// An output of another wanted thing.
    Ref(Ref),
    /// An id, name or ARN as AWS spells it.
    Id(String),
}

/// A link whose target does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {0} is not known yet")]
pub struct UnresolvedLink(Ref);

impl Link {
    /// The id, once it is known.
    ///
    /// # Errors
    /// Fails on a reference that was not resolved; the executor resolves them before it writes.
    pub fn id(&self) -> Result<&str, UnresolvedLink> {
        match self {
            Self::Id(id) => Ok(id),
            Self::Ref(reference) => Err(UnresolvedLink(reference.clone())),
        }
    }
}

impl From<&str> for Link {
    fn from(id: &str) -> Self {
        Self::Id(id.to_owned())
    }
}

impl From<String> for Link {
    fn from(id: String) -> Self {
        Self::Id(id)
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => id.serialize(serializer),
            Self::Ref(reference) => Value::Ref(reference.clone()).encode().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::decode(serde_json::Value::deserialize(deserializer)?) {
            Ok(Value::Str(id)) => Ok(Self::Id(id)),
            Ok(Value::Ref(reference)) => Ok(Self::Ref(reference)),
            Ok(_) => Err(D::Error::custom("expected an id or a reference")),
            Err(error) => Err(D::Error::custom(error)),
        }
    }
}

/// Members in no order, owned as a whole: one that nobody wanted is a difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set<T: Ord>(#[serde(with = "set_form")] pub BTreeSet<T>)
where
    T: Serialize + DeserializeOwned;

/// Keyed entries, owned as a whole: one that nobody wanted is a difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dict<T>(#[serde(with = "dict_form")] pub BTreeMap<String, T>)
where
    T: Serialize + DeserializeOwned;

mod set_form {
    use super::*;

    pub(super) fn serialize<T: Ord + Serialize, S: Serializer>(
        set: &BTreeSet<T>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        BTreeMap::from([("$set", set)]).serialize(s)
    }

    pub(super) fn deserialize<'de, T, D>(d: D) -> Result<BTreeSet<T>, D::Error>
    where
        T: Ord + DeserializeOwned,
        D: Deserializer<'de>,
    {
        BTreeMap::<String, BTreeSet<T>>::deserialize(d)?
            .remove("$set")
            .ok_or_else(|| D::Error::custom("expected a set"))
    }
}

mod dict_form {
    use super::*;

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        map: &BTreeMap<String, T>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        BTreeMap::from([("$dict", map)]).serialize(s)
    }

    pub(super) fn deserialize<'de, T, D>(d: D) -> Result<BTreeMap<String, T>, D::Error>
    where
        T: DeserializeOwned,
        D: Deserializer<'de>,
    {
        BTreeMap::<String, BTreeMap<String, T>>::deserialize(d)?
            .remove("$dict")
            .ok_or_else(|| D::Error::custom("expected a dictionary"))
    }
}

impl<T: Ord + Serialize + DeserializeOwned> Default for Set<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: Serialize + DeserializeOwned> Default for Dict<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord + Serialize + DeserializeOwned> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T: Serialize + DeserializeOwned> FromIterator<(String, T)> for Dict<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

/// An attribute that is kept, or one that is only chosen when the thing is created.
///
/// What `read` answers is always [`Owned::Always`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owned<T> {
    /// Compared and converged on every run.
    Always(T),
    /// Used by the create call and never compared afterwards.
    AtCreation(T),
}

impl<T> Owned<T> {
    /// The value itself, however it is owned.
    pub fn value(&self) -> &T {
        match self {
            Self::Always(value) | Self::AtCreation(value) => value,
        }
    }
}

impl<T: Serialize> Serialize for Owned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Always(value) => value.serialize(serializer),
            Self::AtCreation(value) => BTreeMap::from([("$at_creation", value)]).serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Owned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut json = serde_json::Value::deserialize(deserializer)?;
        match json.as_object_mut().and_then(|object| object.remove("$at_creation")) {
            Some(inner) => serde_json::from_value(inner).map(Self::AtCreation).map_err(D::Error::custom),
            None => serde_json::from_value(json).map(Self::Always).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        vpc: Link,
        ports: Set<u16>,
        entries: Dict<bool>,
        size: Owned<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unmanaged: Option<String>,
        demanded_absent: Option<String>,
    }

    #[test]
    fn typed_attributes_survive_the_way_through_the_tree() {
        let reference = Ref { addr: Addr::new("ec2.vpc", "main"), output: "id".into() };
        let example = Example {
            vpc: Link::Ref(reference.clone()),
            ports: [443, 80].into_iter().collect(),
            entries: [("$set".to_owned(), true)].into_iter().collect(),
            size: Owned::AtCreation(2),
            unmanaged: None,
            demanded_absent: None,
        };
        let value = erase(&example).unwrap();
        assert_eq!(value.get("vpc"), Some(&Value::Ref(reference)));
        assert_eq!(value.get("ports"), Some(&Value::Set([Value::Int(80), Value::Int(443)].into())));
        assert_eq!(value.get("size"), Some(&Value::AtCreation(Box::new(Value::Int(2)))));
        assert_eq!(value.get("unmanaged"), None);
        assert_eq!(value.get("demanded_absent"), Some(&Value::Null));
        assert_eq!(restore::<Example>(&value).unwrap(), example);
    }

    #[test]
    fn an_unknown_attribute_is_named() {
        let value = Value::Map([("vpcc".to_owned(), Value::from("x"))].into());
        assert!(restore::<Example>(&value).unwrap_err().to_string().contains("vpcc"));
    }
}
