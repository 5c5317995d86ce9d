//! What an expanded baseline asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Addr, DecodeError, ResourceSpec, Value, erase};

/// Where in the TOML file something was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The section, such as `bucket.trail-logs`.
    pub section: String,
    /// The line of the section's header, counted from 1; 0 where no file stands behind it.
    pub line: usize,
    /// The file, where the baseline has several.
    pub file: Option<String>,
}

impl Origin {
    /// The file that it stands in, where that is the only one or has this name.
    pub fn file<'a>(&'a self, only: &'a str) -> &'a str {
        self.file.as_deref().unwrap_or(only)
    }
}

/// One wanted thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// Its attributes, an erased [`ResourceSpec`].
    pub value: Value,
    /// Things that must have converged before this one is written, beyond those it refers to.
    pub after: BTreeSet<Addr>,
    /// The section that asked for it.
    pub origin: Origin,
}

/// The expansion of a baseline: every wanted thing by address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The wanted things.
    pub things: BTreeMap<Addr, Want>,
    /// The addresses a thing had before, the latest first, by the address it has now.
    pub moved: BTreeMap<Addr, Vec<Addr>>,
    /// The tags that everything carries that can carry tags, beside those of ownership.
    pub tags: BTreeMap<String, String>,
    /// Whether what AWS keeps by region is wanted in every region that is enabled, as AWS lists them.
    pub in_every_region: bool,
}

impl Wanted {
    /// Adds one thing, to be written after the things in `after`, and returns its address.
    ///
    /// # Errors
    /// Fails only where the attributes hold something a tree cannot.
    pub fn add<S: ResourceSpec>(
        &mut self,
        name: impl Into<String>,
        attributes: &S,
        after: impl IntoIterator<Item = Addr>,
        origin: &Origin,
    ) -> Result<Addr, DecodeError> {
        self.add_within(None, name, attributes, after, origin)
    }

    /// The same in a region that is not the home region; nothing is in the home region.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_within<S: ResourceSpec>(
        &mut self,
        region: Option<&str>,
        name: impl Into<String>,
        attributes: &S,
        after: impl IntoIterator<Item = Addr>,
        origin: &Origin,
    ) -> Result<Addr, DecodeError> {
        let addr = S::addr(name).within(region);
        let after = after.into_iter().collect();
        let want = Want { value: erase(attributes)?, after, origin: origin.clone() };
        self.things.insert(addr.clone(), want);
        Ok(addr)
    }

    /// The attributes of one thing.
    pub fn value(&self, addr: &Addr) -> Option<&Value> {
        self.things.get(addr).map(|want| &want.value)
    }

    /// What differs in another tree, in the order of addresses: the attributes here, and there.
    pub fn changes<'t>(
        &'t self,
        other: &'t Self,
    ) -> impl Iterator<Item = (&'t Addr, Option<&'t Value>, Option<&'t Value>)> {
        let addrs: BTreeSet<&Addr> = self.things.keys().chain(other.things.keys()).collect();
        let both = addrs.into_iter().map(|addr| (addr, self.value(addr), other.value(addr)));
        both.filter(|(_, before, after)| before != after)
    }
}
