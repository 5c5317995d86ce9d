//! A day.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::KeyType;
use crate::language::Span;
use crate::language::reader::Reader;

/// A day of the calendar, such as `2027-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub jiff::civil::Date);

impl KeyType for Day {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let text = match value {
            DeValue::Datetime(day) => day.to_string(),
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                reader.wrong_type(span, &Self::describe(), value);
                return None;
            }
        };
        // A time of day would be dropped without a word.
        let day = Some(text).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
        if day.is_none() {
            reader.bad_value(span, "must be a day such as 2027-01-31");
        }
        day.map(Self)
    }

    fn describe() -> String {
        "day such as 2027-01-31".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "string", "format": "date" })
    }
}
