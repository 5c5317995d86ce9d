//! A port or a range of ports.

use std::fmt;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::KeyType;
use crate::language::Span;
use crate::language::reader::Reader;

/// Ports from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// The first.
    pub from: u16,
    /// The last.
    pub to: u16,
}

impl Ports {
    /// One port.
    pub const fn one(port: u16) -> Self {
        Self { from: port, to: port }
    }

    /// Whether every port of `other` is among these.
    pub const fn covers(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to { write!(f, "{}", self.from) } else { write!(f, "{}-{}", self.from, self.to) }
    }
}

impl KeyType for Ports {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let read = match value {
            DeValue::Integer(number) => {
                u16::from_str_radix(number.as_str(), number.radix()).ok().map(Self::one)
            }
            DeValue::String(text) => text.split_once('-').and_then(|(from, to)| {
                Some(Self { from: from.trim().parse().ok()?, to: to.trim().parse().ok()? })
            }),
            DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                reader.wrong_type(span, &Self::describe(), value);
                return None;
            }
        };
        let valid = read.filter(|ports| ports.from >= 1 && ports.from <= ports.to);
        if valid.is_none() {
            reader.bad_value(span, "must be a port from 1 to 65535, or a range such as \"8000-8100\"");
        }
        valid
    }

    fn describe() -> String {
        "port, or \"FIRST-LAST\"".to_owned()
    }

    fn schema() -> Json {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 65535 },
            { "type": "string", "pattern": r"^\d{1,5}\s*-\s*\d{1,5}$" },
        ] })
    }
}
