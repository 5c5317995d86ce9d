//! Parts of a policy statement, taken as they are.

use serde_json::{Map, Value as Json, json};
use toml::de::DeValue;

use super::KeyType;
use super::text::{PolicyText, TextRules};
use crate::language::reader::Reader;
use crate::language::{Place, Span};

/// Text, truth values, whole numbers, lists and tables, with `${account}` and `${region}` in text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw(Json);

impl Raw {
    /// The value with the places filled in.
    pub fn fill(&self, place: &Place<'_>, region: &str) -> Json {
        fill(&self.0, place, region)
    }

    /// The value as written.
    pub fn written(&self) -> &Json {
        &self.0
    }
}

fn fill(json: &Json, place: &Place<'_>, region: &str) -> Json {
    match json {
        Json::String(text) => Json::String(super::text::fill(text, place.account, region)),
        Json::Array(items) => items.iter().map(|item| fill(item, place, region)).collect(),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.clone(), fill(value, place, region))).collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => json.clone(),
    }
}

impl KeyType for Raw {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        json_of(value, span, reader).map(Self)
    }

    fn describe() -> String {
        "text or table as in a policy".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": ["string", "object"] })
    }
}

fn json_of(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Json> {
    match value {
        DeValue::String(text) => {
            if let Err(reason) = PolicyText::check_raw(text) {
                reader.bad_value(span, reason);
                return None;
            }
            Some(Json::from(text.as_ref()))
        }
        DeValue::Boolean(value) => Some(Json::from(*value)),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Some(Json::from(number)),
            Err(_) => {
                reader.bad_value(span, "this number is too large");
                None
            }
        },
        DeValue::Float(_) | DeValue::Datetime(_) => {
            reader.wrong_type(span, "text, true or false, a whole number, a list or a table", value);
            None
        }
        DeValue::Array(items) => items
            .iter()
            .map(|item| {
                let span = reader.span(item.span());
                json_of(item.get_ref(), &span, reader)
            })
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| {
                let span = reader.span(value.span());
                Some((key.get_ref().to_string(), json_of(value.get_ref(), &span, reader)?))
            })
            .collect::<Option<Map<_, _>>>()
            .map(Json::Object),
    }
}
