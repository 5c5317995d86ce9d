//! Sections by name, and names that point to them.

use std::collections::BTreeMap;

use std::marker::PhantomData;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::KeyType;
use super::plain::{NAME_PATTERN, check_name};
use crate::language::reader::Reader;
use crate::language::section::{Nesting, Section, SectionInfo};
use crate::language::{Diagnostic, Span, Spanned};

/// A section that is declared by name.
pub trait Sectioned {
    /// The section's path in the file, such as `bucket`.
    const SECTION: &'static str;
    /// The section in words, such as `bucket`.
    const WORDS: &'static str;
}

/// A named section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// The name.
    pub name: String,
    /// The section.
    pub section: T,
}

/// Sections by name, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T>(pub Vec<Entry<T>>, BTreeMap<String, usize>);

impl<T> Named<T> {
    /// The sections in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.0.iter()
    }

    /// The section of that name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.get(self.place(name)?).map(|entry| &entry.section)
    }

    /// The place of the section of that name in the file, counted from 0.
    pub(in crate::language) fn place(&self, name: &str) -> Option<usize> {
        self.1.get(name).copied()
    }
}

impl<T: Section + KeyType + Sectioned> KeyType for Named<T> {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(table) = value.as_table() else {
            reader.wrong_type(span, &format!("sections by name, `[{}.NAME]`", T::SECTION), value);
            return None;
        };
        let mut entries: Vec<_> = table.iter().collect();
        // The parser sorts by name; the order of the file decides which addresses a tier gets.
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut read = Vec::new();
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            let key_span = reader.span(key.span());
            reader.declare(T::SECTION, name, &key_span);
            if let Err(reason) = check_name(name) {
                reader.report(
                    Diagnostic::error(
                        "bad-name",
                        &key_span,
                        format!("this {} needs another name", T::WORDS),
                    )
                    .label(reason)
                    .hint(
                        "write up to 32 lowercase letters, digits and single dashes, starting with a letter",
                    ),
                );
                continue;
            }
            let span = reader.span(value.span());
            if !value.get_ref().is_table() {
                reader.report(
                    Diagnostic::error("missing-name", &key_span, format!("`[{}]` needs a name", T::SECTION))
                        .label("this would be the name of a section")
                        .hint(format!("write `[{}.NAME]` above the keys", T::SECTION)),
                );
                continue;
            }
            let section = reader.within(name, |reader| T::read(value.get_ref(), &span, reader));
            read.extend(section.map(|section| Entry { name: name.to_owned(), section }));
        }
        let places = read.iter().enumerate().map(|(place, entry)| (entry.name.clone(), place)).collect();
        Some(Self(read, places))
    }

    fn describe() -> String {
        "sections by name".to_owned()
    }

    fn schema() -> Json {
        json!({
            "type": "object",
            "propertyNames": { "pattern": NAME_PATTERN, "maxLength": 32 },
            "additionalProperties": T::schema(),
        })
    }

    fn nested() -> Option<(Nesting, SectionInfo)> {
        Some((Nesting::Named, T::info()))
    }
}

/// The name of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared<T> {
    /// The name.
    pub name: String,
    of: PhantomData<T>,
}

impl<T: Sectioned> KeyType for Declared<T> {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(name) = value.as_str() else {
            reader.wrong_type(span, &format!("the name of a `[{}.NAME]`", T::SECTION), value);
            return None;
        };
        reader.mention(T::SECTION, name, span);
        Some(Self { name: name.to_owned(), of: PhantomData })
    }

    fn describe() -> String {
        format!("name of a {}", T::WORDS)
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": NAME_PATTERN })
    }
}

/// The name of a section, or the ARN of something that lives outside the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclaredOrArn<T, A = super::Arn> {
    /// A name in the file.
    Declared(Declared<T>),
    /// An ARN.
    Arn(A),
}

impl<T: Sectioned, A: KeyType> KeyType for DeclaredOrArn<T, A> {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        if value.as_str().is_some_and(|text| text.contains(':')) {
            A::read(value, span, reader).map(Self::Arn)
        } else {
            Declared::read(value, span, reader).map(Self::Declared)
        }
    }

    fn describe() -> String {
        format!("name of a {}, or {}", T::WORDS, A::describe())
    }

    fn schema() -> Json {
        json!({ "type": "string" })
    }
}

impl<T> Spanned<Declared<T>> {
    /// The name.
    pub fn name(&self) -> &str {
        &self.value.name
    }
}
