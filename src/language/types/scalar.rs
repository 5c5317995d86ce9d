//! Truth values, whole numbers, lists, and values that can be switched off.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::KeyType;
use crate::language::reader::Reader;
use crate::language::section::{Nesting, SectionInfo};
use crate::language::{Span, Spanned};

impl KeyType for bool {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let read = value.as_bool();
        if read.is_none() {
            reader.wrong_type(span, "true or false", value);
        }
        read
    }

    fn describe() -> String {
        "true or false".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "boolean" })
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> KeyType for Whole<MIN, MAX> {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(integer) = value.as_integer() else {
            reader.wrong_type(span, &format!("a {}", Self::describe()), value);
            return None;
        };
        match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if (MIN..=MAX).contains(&number) => Some(Self(number)),
            Ok(_) | Err(_) => {
                reader.bad_value(span, format!("must be from {MIN} to {MAX}"));
                None
            }
        }
    }

    fn describe() -> String {
        format!("whole number, {MIN} to {MAX}")
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// A value, or `false` for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrOff<T> {
    /// `false`.
    Off,
    /// The value.
    On(T),
}

impl<T> OrOff<T> {
    /// The value, unless it is switched off.
    pub fn on(&self) -> Option<&T> {
        match self {
            Self::Off => None,
            Self::On(value) => Some(value),
        }
    }
}

impl<T: KeyType> KeyType for OrOff<T> {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        match value.as_bool() {
            Some(false) => Some(Self::Off),
            Some(true) => {
                reader.bad_value(span, format!("true says nothing here; write {}", Self::describe()));
                None
            }
            None => T::read(value, span, reader).map(Self::On),
        }
    }

    fn describe() -> String {
        format!("{}, or false", T::describe())
    }

    fn schema() -> Json {
        json!({ "anyOf": [T::schema(), { "const": false }] })
    }

    fn nested() -> Option<(Nesting, SectionInfo)> {
        T::nested()
    }
}

/// A table of choices, `true` for all of its defaults, or `false` for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch<T> {
    /// `false`.
    Off,
    /// `true`, or the table.
    On(T),
}

impl<T> Switch<T> {
    /// The choices, unless it is switched off.
    pub fn on(&self) -> Option<&T> {
        match self {
            Self::Off => None,
            Self::On(value) => Some(value),
        }
    }
}

impl<T: KeyType> KeyType for Switch<T> {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        match value.as_bool() {
            Some(false) => Some(Self::Off),
            Some(true) => {
                let defaults = DeValue::parse("{}").ok()?;
                T::read(defaults.get_ref(), span, reader).map(Self::On)
            }
            None if value.as_table().is_some() => T::read(value, span, reader).map(Self::On),
            None => {
                reader.wrong_type(span, "true, false or a table", value);
                None
            }
        }
    }

    fn describe() -> String {
        format!("true, false or {}", T::describe())
    }

    fn schema() -> Json {
        json!({ "anyOf": [T::schema(), { "type": "boolean" }] })
    }

    fn nested() -> Option<(Nesting, SectionInfo)> {
        T::nested()
    }
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<Spanned<T>>);

impl<T> List<T> {
    /// Its members in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Spanned<T>> {
        self.0.iter()
    }
}

impl<T: KeyType> KeyType for List<T> {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(items) = value.as_array() else {
            reader.wrong_type(span, &format!("a {}", Self::describe()), value);
            return None;
        };
        // Every member is read, so that all that are wrong are named.
        let read: Vec<Option<Spanned<T>>> = items
            .iter()
            .map(|item| {
                let span = reader.span(item.span());
                let value = T::read(item.get_ref(), &span, reader)?;
                Some(Spanned { value, span, given: true })
            })
            .collect();
        read.into_iter().collect::<Option<Vec<_>>>().map(Self)
    }

    fn describe() -> String {
        format!("list: {}", T::describe())
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": T::schema() })
    }

    fn nested() -> Option<(Nesting, SectionInfo)> {
        T::nested().map(|(_, info)| (Nesting::List, info))
    }
}
