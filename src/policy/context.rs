//! What is known of a request beyond who asks for what.

use std::collections::{BTreeMap, BTreeSet};

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It does not.
    No,
    /// It depends on something that is not known.
    Perhaps,
    /// It does.
    Yes,
}

impl Truth {
    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// One of them holds.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// It could hold.
    pub fn is_possible(self) -> bool {
        self != Self::No
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Perhaps => Self::Perhaps,
            Self::Yes => Self::No,
        }
    }
}

/// The condition keys of a request and their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// By key in lower case, since keys ignore case (POL-2). A key without values is known to be absent.
    values: BTreeMap<String, Vec<String>>,
    /// Whether a key that is not here may still be in the request.
    open: bool,
    /// Keys, or what they begin with up to a `/` or `:`, of which nobody knows whether the request carries them.
    unknown: BTreeSet<String>,
}

/// What is known of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known<'a> {
    /// It has these values.
    Values(&'a [String]),
    /// The request does not carry it.
    Absent,
    /// Nobody knows.
    Unknown,
}

impl Context {
    /// A request of which everything is known: what is not put in is absent.
    pub fn complete() -> Self {
        Self { values: BTreeMap::new(), open: false, unknown: BTreeSet::new() }
    }

    /// A request of which only what is put in is known.
    pub fn open() -> Self {
        Self { values: BTreeMap::new(), open: true, unknown: BTreeSet::new() }
    }

    /// With a key that has one value.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_all(key, [value.into()])
    }

    /// With a key that has these values; none at all says that the request does not carry it.
    #[must_use]
    pub fn with_all(mut self, key: &str, values: impl IntoIterator<Item = String>) -> Self {
        self.values.entry(key.to_ascii_lowercase()).or_default().extend(values);
        self
    }

    /// With a key of which nobody knows whether the request carries it; one that ends in `/` or `:` stands for all that begin so.
    #[must_use]
    pub fn with_unknown(mut self, key: &str) -> Self {
        self.unknown.insert(key.to_ascii_lowercase());
        self
    }

    fn is_unknown(&self, key: &str) -> bool {
        let begins = |known: &String| known.ends_with(['/', ':']) && key.starts_with(known.as_str());
        self.unknown.contains(key) || self.unknown.iter().any(begins)
    }

    pub(super) fn get(&self, key: &str) -> Known<'_> {
        let key = key.to_ascii_lowercase();
        match self.values.get(&key) {
            Some(values) if values.is_empty() => Known::Absent,
            Some(values) => Known::Values(values),
            None if self.open || self.is_unknown(&key) => Known::Unknown,
            None => Known::Absent,
        }
    }
}
