//! One value, or a list of them.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{KeyType, List};
use crate::language::reader::Reader;
use crate::language::{Span, Spanned};

/// At least one value: it alone, or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMore<T>(Vec<Spanned<T>>);

impl<T> OneOrMore<T> {
    /// The values in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Spanned<T>> {
        self.0.iter()
    }
}

impl<T: KeyType> KeyType for OneOrMore<T> {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        if !value.is_array() {
            let value = T::read(value, span, reader)?;
            return Some(Self(vec![Spanned { value, span: span.clone(), given: true }]));
        }
        let List(values) = List::read(value, span, reader)?;
        if values.is_empty() {
            reader.bad_value(span, "an empty list says nothing; write at least one");
            return None;
        }
        Some(Self(values))
    }

    fn describe() -> String {
        format!("{}, or a list of them", T::describe())
    }

    fn schema() -> Json {
        json!({ "anyOf": [T::schema(), { "type": "array", "items": T::schema(), "minItems": 1 }] })
    }
}
