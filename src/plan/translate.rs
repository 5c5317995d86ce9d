//! Between ids as AWS spells them and references as the baseline does.

use std::collections::BTreeMap;

use crate::model::{Addr, Ref, Value};

/// Which output of which address every known id is.
#[derive(Debug, Clone, Default)]
pub struct OutputIndex(BTreeMap<String, Ref>);

impl OutputIndex {
    /// Adds the outputs of one live thing.
    pub fn add<'a>(&mut self, addr: &Addr, outputs: impl IntoIterator<Item = (&'a String, &'a String)>) {
        for (output, id) in outputs {
            let reference = Ref { addr: addr.clone(), output: output.clone() };
            self.0.entry(id.clone()).or_insert(reference);
        }
    }

    /// Replaces every known id in the tree by the reference to it.
    ///
    /// A foreign id stays as it is, and so shows up as the difference it is.
    pub fn to_references(&self, value: Value) -> Value {
        value.map_leaves(&mut |leaf| match &leaf {
            Value::Str(id) => self.0.get(id).map_or(leaf.clone(), |reference| Value::Ref(reference.clone())),
            _ => leaf,
        })
    }
}

/// Replaces every reference whose target is known by the id.
pub fn resolve(value: Value, known: &BTreeMap<Addr, BTreeMap<String, String>>) -> Value {
    value.map_leaves(&mut |leaf| match &leaf {
        Value::Ref(reference) => known
            .get(&reference.addr)
            .and_then(|outputs| outputs.get(&reference.output))
            .map_or(leaf.clone(), |id| Value::Str(id.clone())),
        _ => leaf,
    })
}
