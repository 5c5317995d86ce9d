//! OwnershipTags: the two tags that make every created thing findable again.

use std::collections::BTreeMap;

use crate::model::Addr;

/// The tag that names the baseline a thing belongs to.
pub const NAME_TAG: &str = "baseline:name";
/// The tag that carries the thing's address.
pub const ADDR_TAG: &str = "baseline:addr";

/// Tags of a thing, by key.
pub type Tags = BTreeMap<String, String>;

/// The tags that several parts of a thing have in common: with this value on each of them.
pub fn in_common(tags: impl IntoIterator<Item = Tags>) -> Tags {
    let both = |mut one: Tags, other: Tags| {
        one.retain(|key, value| other.get(key) == Some(value));
        one
    };
    tags.into_iter().reduce(both).unwrap_or_default()
}

/// What the ownership tags of a live thing say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The baseline's name.
    pub baseline: String,
    /// The thing's address within it, as the tag spells it.
    pub addr: String,
}

/// Whose a live thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnershipTags {
    /// It carries ownership tags.
    Tagged(Owner),
    /// It could carry tags and does not: it would be adopted.
    Untagged,
    /// It is a setting of the account and cannot carry tags.
    Setting,
}

impl Owner {
    /// Reads the ownership tags out of all tags of a thing; nothing if either is missing.
    pub fn from_tags<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let (mut baseline, mut addr) = (None, None);
        for (key, value) in tags {
            match key {
                NAME_TAG => baseline = Some(value.to_owned()),
                ADDR_TAG => addr = Some(value.to_owned()),
                _ => {}
            }
        }
        Some(Self { baseline: baseline?, addr: addr? })
    }

    /// Reads the owner out of the path of a thing that carries no tags: `/baseline/BASELINE/NAME/`.
    pub fn from_path(kind: &'static str, path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            ["", "baseline", baseline, name, ""] => {
                Some(Self { baseline: (*baseline).to_owned(), addr: Addr::new(kind, *name).to_string() })
            }
            _ => None,
        }
    }

    /// The address, where the tag holds one.
    pub fn addr(&self) -> Option<Addr> {
        self.addr.parse().ok()
    }
}

impl OwnershipTags {
    /// Reads ownership out of all tags of a thing.
    pub fn of(tags: &Tags) -> Self {
        Self::from_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
    }

    /// Reads ownership out of all tags of a thing.
    pub fn from_tags<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Owner::from_tags(tags).map_or(Self::Untagged, Self::Tagged)
    }
}
