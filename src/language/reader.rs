//! Reads a table of the file into a section, going on after every problem.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::diagnostic::SHOWN;
use super::source::Lines;
use super::spelling::{listed, nearest, plain};
use super::{Diagnostic, Files, Header, KeyType, Span, Spanned};

/// A key that names a section, to be looked up once all sections are known.
struct Mention {
    section: &'static str,
    name: String,
    span: Span,
}

/// What has been read so far: where we are, what was declared and mentioned, what is wrong.
pub(super) struct Reader {
    lines: Lines,
    path: Vec<String>,
    default_for: Option<Span>,
    declared: BTreeMap<&'static str, BTreeMap<String, Span>>,
    mentions: Vec<Mention>,
    /// Everything found wrong, in the order it was met.
    pub(super) problems: Vec<Diagnostic>,
}

impl Reader {
    pub(super) fn new(files: &dyn Files) -> Self {
        Self {
            lines: Lines::of(files),
            path: Vec::new(),
            default_for: None,
            declared: BTreeMap::new(),
            mentions: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The range in the file; what stands in a default is said to stand at the section's head.
    pub(super) fn span(&self, span: Span) -> Span {
        self.default_for.clone().unwrap_or(span)
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }

    /// Says that a value has the wrong type.
    pub(super) fn wrong_type(&mut self, span: &Span, expected: &str, found: &DeValue<'_>) {
        let key = self.path.last().cloned().unwrap_or_default();
        let found = match found {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.report(
            Diagnostic::error("wrong-type", span, format!("`{key}` must be {expected}"))
                .label(format!("this is {found}")),
        );
    }

    /// Says that a value is not one that is allowed.
    pub(super) fn bad_value(&mut self, span: &Span, reason: impl Into<String>) {
        let key = self.path.last().cloned().unwrap_or_default();
        self.report(
            Diagnostic::error("bad-value", span, format!("`{key}` is not valid")).label(reason.into()),
        );
    }

    /// The head of the section we are in.
    pub(super) fn header(&self, span: &Span) -> Header {
        Header {
            section: self.path.join("."),
            span: span.clone(),
            line: self.lines.line(span.start),
            file: self.lines.file(span.start).map(str::to_owned),
        }
    }

    /// Reads one step deeper.
    pub(super) fn within<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(key.to_owned());
        let result = read(self);
        self.path.pop();
        result
    }

    pub(super) fn declare(&mut self, section: &'static str, name: &str, span: &Span) {
        self.declared.entry(section).or_default().insert(name.to_owned(), span.clone());
    }

    pub(super) fn mention(&mut self, section: &'static str, name: &str, span: &Span) {
        self.mentions.push(Mention { section, name: name.to_owned(), span: span.clone() });
    }

    /// Reports every name that points nowhere, and what may have been meant by as many as are shown in full: each is compared with
    /// every name there is.
    pub(super) fn check_mentions(&mut self) {
        let mut mentions = std::mem::take(&mut self.mentions);
        // In the order in which they are shown.
        mentions.sort_by_key(|mention| mention.span.start);
        let nothing = BTreeMap::new();
        let mut unknown = 0;
        for mention in mentions {
            let names = self.declared.get(mention.section).unwrap_or(&nothing);
            if names.contains_key(&mention.name) {
                continue;
            }
            let diagnostic = Diagnostic::error(
                "unknown-name",
                &mention.span,
                format!("there is no `[{}.{}]`", mention.section, plain(&mention.name)),
            )
            .label("this name points nowhere");
            unknown += 1;
            let near = (unknown <= SHOWN)
                .then(|| nearest(&mention.name, names.keys().map(String::as_str)))
                .flatten();
            self.problems.push(match near {
                Some(name) => diagnostic.hint(format!("did you mean \"{}\"?", plain(name))),
                None if names.is_empty() => {
                    diagnostic.hint(format!("add a section `[{}.{}]`", mention.section, plain(&mention.name)))
                }
                None if unknown <= SHOWN => {
                    diagnostic.hint(format!("there are: {}", listed(names.keys().map(String::as_str))))
                }
                None => diagnostic,
            });
        }
    }
}

/// The keys of one table.
pub(super) struct Keys<'t, 'i> {
    table: &'t DeTable<'i>,
    header: Header,
}

impl<'t, 'i> Keys<'t, 'i> {
    /// Opens a table and reports the keys nobody knows.
    pub(super) fn new(table: &'t DeTable<'i>, header: &Header, known: &[&str], reader: &mut Reader) -> Self {
        for key in table.keys() {
            let written = key.get_ref().as_ref();
            if known.contains(&written) {
                continue;
            }
            let place = if header.section.is_empty() {
                "the file".to_owned()
            } else {
                format!("`[{}]`", header.section)
            };
            let hint = match nearest(written, known.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("{place} knows: {}", known.join(", ")),
            };
            let span = reader.span(key.span());
            reader.report(
                Diagnostic::error("unknown-key", &span, format!("{place} has no key `{}`", plain(written)))
                    .hint(hint),
            );
        }
        Self { table, header: header.clone() }
    }

    /// The value the file gives, if it gives one; the outer nothing says it was wrong.
    fn given<T: KeyType>(&self, key: &str, reader: &mut Reader) -> Option<Option<Spanned<T>>> {
        let Some(value) = self.table.get(key) else { return Some(None) };
        let span = reader.span(value.span());
        let given = reader.default_for.is_none();
        let read = reader.within(key, |reader| T::read(value.get_ref(), &span, reader));
        read.map(|value| Some(Spanned { value, span, given }))
    }

    /// A key that must be there.
    pub(super) fn required<T: KeyType>(&self, key: &str, reader: &mut Reader) -> Option<Spanned<T>> {
        let span = self.header.span.clone();
        let stand_in = || T::stand_in().map(|value| Spanned { value, span: span.clone(), given: false });
        match self.given(key, reader) {
            Some(Some(value)) => Some(value),
            None => stand_in(),
            Some(None) => {
                let place = if self.header.section.is_empty() {
                    "the file".to_owned()
                } else {
                    format!("`[{}]`", self.header.section)
                };
                reader.report(
                    Diagnostic::error("missing-key", &self.header.span, format!("{place} must have `{key}`"))
                        .hint(format!("add `{key} = ...`: {}", T::describe())),
                );
                stand_in()
            }
        }
    }

    /// A key with a default, written as TOML.
    pub(super) fn or_default<T: KeyType>(
        &self,
        key: &str,
        default: &str,
        reader: &mut Reader,
    ) -> Option<Spanned<T>> {
        if let Some(Some(value)) = self.given(key, reader) {
            return Some(value);
        }
        let span = self.header.span.clone();
        let outer = reader.default_for.replace(span.clone());
        let value = match DeValue::parse(default) {
            Ok(value) => reader.within(key, |reader| T::read(value.get_ref(), &span, reader)),
            Err(error) => {
                reader.bad_value(&span, format!("the default of `{key}` is broken: {}", error.message()));
                None
            }
        };
        reader.default_for = outer;
        value.map(|value| Spanned { value, span, given: false })
    }

    /// A key that may be absent. One that is wrong is reported and taken for absent.
    pub(super) fn optional<T: KeyType>(&self, key: &str, reader: &mut Reader) -> Option<Option<Spanned<T>>> {
        Some(self.given(key, reader).flatten())
    }
}
