//! A baseline as its layers and variables come out: every key with its value and where that came from.

use toml::de::{DeTable, DeValue};

use super::references::{Known, Reference, SECTION};
use super::source::{Tables, tables};
use super::{Files, Span};

/// A key of a merged baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// Where it stands: of a table, where it first does.
    pub from: From,
    /// What it holds.
    pub holds: Holds,
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// A table.
    Table(Vec<Key>),
    /// A list of tables, each with its place.
    Tables(Vec<(From, Vec<Key>)>),
    /// Anything else.
    Value(Plain),
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plain {
    /// Text.
    Text(String),
    /// `true` or `false`.
    Truth(bool),
    /// A number or a date, as TOML writes it.
    Written(String),
    /// A list.
    List(Vec<Self>),
    /// A table in a list.
    Table(Vec<(String, Self)>),
}

/// Where something came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// The layer and its line.
    pub place: At,
    /// The variables that it refers to, each with where its value stands.
    pub variables: Vec<(String, At)>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct At {
    /// The name of the file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// The keys at the top, without the variables, whose values stand in their places. Nothing where a file is too large to be read.
pub fn merged(files: &dyn Files) -> Option<Vec<Key>> {
    let Tables { mut table, mentioned, .. } = tables(files).ok()?;
    let known = Known::of(&table, files, &mentioned);
    let references = known.fill(&mut table);
    let mut keys = Places { files, references: &references.all }.keys(&table);
    keys.retain(|key| key.name != SECTION);
    Some(keys)
}

struct Places<'a> {
    files: &'a dyn Files,
    references: &'a [Reference],
}

impl Places<'_> {
    fn at(&self, offset: usize) -> At {
        let spot = self.files.spot(offset);
        At { file: spot.file.to_owned(), line: spot.line }
    }

    fn from(&self, key: &Span, value: &Span) -> From {
        let within = self.references.iter();
        let within = within.filter(|one| value.start <= one.span.start && one.span.end <= value.end);
        let mut variables: Vec<(String, At)> = Vec::new();
        for reference in within {
            let found = (reference.name.clone(), self.at(reference.given.start));
            if !variables.contains(&found) {
                variables.push(found);
            }
        }
        From { place: self.at(key.start), variables }
    }

    fn keys(&self, table: &DeTable<'_>) -> Vec<Key> {
        let mut entries: Vec<_> = table.iter().collect();
        // The order of the files decides which addresses a tier gets.
        entries.sort_by_key(|(key, _)| key.span().start);
        let key = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            let holds = self.holds(value.get_ref());
            let of_values = if matches!(holds, Holds::Value(_)) { value.span() } else { 0..0 };
            Key { name: name.to_string(), from: self.from(&key.span(), &of_values), holds }
        };
        entries.into_iter().map(key).collect()
    }

    fn holds(&self, value: &DeValue<'_>) -> Holds {
        match value {
            DeValue::Table(table) => Holds::Table(self.keys(table)),
            DeValue::Array(items)
                if !items.is_empty() && items.iter().all(|item| item.get_ref().is_table()) =>
            {
                let item = |item: &toml::Spanned<DeValue<'_>>| {
                    let keys = item.get_ref().as_table().map(|table| self.keys(table));
                    (self.from(&item.span(), &(0..0)), keys.unwrap_or_default())
                };
                Holds::Tables(items.iter().map(item).collect())
            }
            other => Holds::Value(plain(other)),
        }
    }
}

fn plain(value: &DeValue<'_>) -> Plain {
    match value {
        DeValue::String(text) => Plain::Text(text.to_string()),
        DeValue::Boolean(truth) => Plain::Truth(*truth),
        DeValue::Integer(number) => Plain::Written(number.to_string()),
        DeValue::Float(number) => Plain::Written(number.to_string()),
        DeValue::Datetime(moment) => Plain::Written(moment.to_string()),
        DeValue::Array(items) => Plain::List(items.iter().map(|item| plain(item.get_ref())).collect()),
        DeValue::Table(table) => {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            Plain::Table(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref())))
                    .collect(),
            )
        }
    }
}
