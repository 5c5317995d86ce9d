//! How many accounts may fail: a number, or a part of them.

use std::str::FromStr;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::KeyType;
use crate::language::Span;
use crate::language::reader::Reader;

/// The most accounts that an organization has.
const MOST: usize = 10_000;

/// How many accounts may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// So many.
    Count(usize),
    /// So many in a hundred.
    Percent(usize),
}

impl Tolerance {
    /// So many of those. A part is rounded down, as AWS does for StackSets (`FailureTolerancePercentage`,
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperationPreferences.html>).
    pub const fn of(self, accounts: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(part) => accounts * part / 100,
        }
    }
}

impl FromStr for Tolerance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let told = || "write a number of accounts, or a part of them such as 5%".to_owned();
        match text.strip_suffix('%') {
            Some(part) => match part.parse() {
                Ok(part) if part <= 100 => Ok(Self::Percent(part)),
                Ok(_) => Err("100% is the most".to_owned()),
                Err(_) => Err(told()),
            },
            None => text.parse().map(Self::Count).map_err(|_| told()),
        }
    }
}

impl KeyType for Tolerance {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let read = match value {
            DeValue::String(text) if text.ends_with('%') => text.parse(),
            DeValue::Integer(integer) => match usize::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(count) if count <= MOST => Ok(Self::Count(count)),
                Ok(_) | Err(_) => Err(format!("must be from 0 to {MOST}")),
            },
            _ => {
                reader.wrong_type(span, &Self::describe(), value);
                return None;
            }
        };
        read.map_err(|reason| reader.bad_value(span, reason)).ok()
    }

    fn describe() -> String {
        format!("whole number, 0 to {MOST}, or a part such as \"5%\"")
    }

    fn schema() -> Json {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": MOST },
            { "type": "string", "pattern": "^([0-9]|[1-9][0-9]|100)%$" },
        ] })
    }
}
