//! `[vars]`: variables of a baseline, whose values are given where it is used.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::reader::Reader;
use super::section::{Nesting, Section, SectionInfo, section};
use super::types::{Entry, FreeText, KeyType, choice};
use super::{Diagnostic, Span};

/// What a reference begins with; it ends with `}`.
pub(super) const BEGINS: &str = "${var.";

/// The pattern of a variable's name.
pub(super) const NAME: &str = "[a-z][a-z0-9_-]*";

/// The longest name of a variable.
const LONGEST: usize = 32;

choice! {
    /// What the values of a variable are.
    VariableType {
        /// Text.
        Text = "string",
        /// A whole number.
        Number = "number",
        /// `true` or `false`.
        Truth = "boolean",
        /// A list of text.
        Texts = "strings",
    }
}

impl VariableType {
    /// The type in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a whole number",
            Self::Truth => "true or false",
            Self::Texts => "a list of text",
        }
    }
}

section! {
    /// A variable. Its value stands wherever a value of the file is `"${var.NAME}"`: such text takes the value with its type, so a list
    /// or a number, too. Inside of longer text, text and numbers can stand. A value is given by `vars` of a fleet file or by
    /// `--var NAME=VALUE`. `$${var.` stands for `${var.` itself.
    #[practices()]
    Variable {
        /// What its values are.
        r#type: VariableType, required;
        /// The value where none is given.
        default: VariableValue, absent "a value must be given";
        /// What it is for.
        about: FreeText, absent "nothing";
    }
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableValue {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Truth(bool),
    /// A list of text.
    Texts(Vec<String>),
}

impl VariableValue {
    /// Its type.
    pub fn kind(&self) -> VariableType {
        match self {
            Self::Text(_) => VariableType::Text,
            Self::Number(_) => VariableType::Number,
            Self::Truth(_) => VariableType::Truth,
            Self::Texts(_) => VariableType::Texts,
        }
    }

    /// The value as it is typed: text as it is, a list in JSON.
    pub fn typed(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::Texts(texts) => json!(texts).to_string(),
        }
    }

    /// What somebody typed as a value of this type.
    pub(super) fn parse(text: &str, kind: VariableType) -> Option<Self> {
        match kind {
            VariableType::Text => Some(Self::Text(text.to_owned())),
            VariableType::Number => text.parse().ok().map(Self::Number),
            VariableType::Truth => text.parse().ok().map(Self::Truth),
            VariableType::Texts => serde_json::from_str(text).ok().map(Self::Texts),
        }
    }

    /// The value for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => json!(text).to_string(),
            other => other.typed(),
        }
    }
}

impl KeyType for VariableValue {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let text = |value: &DeValue<'_>, span: &Span, reader: &mut Reader| {
            let text = value.as_str()?;
            if text.contains(BEGINS) {
                reader.bad_value(span, "a value cannot refer to a variable");
                return None;
            }
            Some(text.to_owned())
        };
        match value {
            DeValue::String(_) => text(value, span, reader).map(Self::Text),
            DeValue::Boolean(truth) => Some(Self::Truth(*truth)),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Some(Self::Number(number)),
                Err(_) => {
                    reader.bad_value(span, "this number is too large");
                    None
                }
            },
            DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_str()) => {
                let texts: Vec<Option<String>> = items
                    .iter()
                    .map(|item| {
                        let span = reader.span(item.span());
                        text(item.get_ref(), &span, reader)
                    })
                    .collect();
                texts.into_iter().collect::<Option<Vec<_>>>().map(Self::Texts)
            }
            DeValue::Array(_) | DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
                reader.wrong_type(span, &Self::describe(), value);
                None
            }
        }
    }

    fn describe() -> String {
        "text, a whole number, true or false, or a list of text".to_owned()
    }

    fn schema() -> Json {
        json!({ "anyOf": [
            { "type": ["string", "integer", "boolean"] },
            { "type": "array", "items": { "type": "string" } },
        ] })
    }
}

/// Values or variables by name, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByName<T>(pub Vec<Entry<T>>);

impl<T> ByName<T> {
    /// Each with its name.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.0.iter()
    }
}

/// The variables of a baseline.
pub type Variables = ByName<Variable>;

/// Values for variables, each with its place.
pub type Values = ByName<super::Spanned<VariableValue>>;

/// Reads a table whose keys are names of variables.
fn by_name<T>(
    value: &DeValue<'_>,
    span: &Span,
    reader: &mut Reader,
    read: impl Fn(&DeValue<'_>, &Span, &mut Reader) -> Option<T>,
) -> Option<ByName<T>> {
    let Some(table) = value.as_table() else {
        reader.wrong_type(span, "a table of variables", value);
        return None;
    };
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut all = Vec::new();
    for (key, value) in entries {
        let name = key.get_ref().as_ref();
        if let Err(reason) = check_name(name) {
            let span = reader.span(key.span());
            reader.report(
                Diagnostic::error("bad-name", &span, "this variable needs another name")
                    .label(reason)
                    .hint("write up to 32 of a-z, 0-9, _ and -, starting with a letter"),
            );
            continue;
        }
        let span = reader.span(value.span());
        let section = reader.within(name, |reader| read(value.get_ref(), &span, reader));
        all.extend(section.map(|section| Entry { name: name.to_owned(), section }));
    }
    Some(ByName(all))
}

fn check_name(name: &str) -> Result<(), String> {
    if name.len() > LONGEST {
        return Err(format!("{} characters, {LONGEST} at most", name.len()));
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err("a name starts with a letter".to_owned());
    }
    match name.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(*c))) {
        Some(odd) => Err(format!("`{}` cannot stand in a name", odd.escape_debug())),
        None => Ok(()),
    }
}

fn names() -> Json {
    json!({ "pattern": format!("^{NAME}$"), "maxLength": LONGEST })
}

impl KeyType for Variables {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        by_name(value, span, reader, |value, span, reader| {
            let variable = <Variable as KeyType>::read(value, span, reader)?;
            let kind = &variable.r#type;
            if let Some(default) = variable.default.as_ref().filter(|default| default.kind() != kind.value) {
                let message = format!("`default` must be {}", kind.words());
                reader.report(
                    Diagnostic::error("wrong-type", &default.span, message)
                        .label(format!("this is {}", default.kind().words()))
                        .related(&kind.span, "its type"),
                );
                return None;
            }
            Some(variable)
        })
    }

    fn describe() -> String {
        "variables by name".to_owned()
    }

    fn schema() -> Json {
        json!({
            "type": "object",
            "propertyNames": names(),
            "additionalProperties": <Variable as KeyType>::schema(),
        })
    }

    fn nested() -> Option<(Nesting, SectionInfo)> {
        Some((Nesting::Named, <Variable as Section>::info()))
    }
}

impl KeyType for Values {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        by_name(value, span, reader, |value, span, reader| {
            let value = VariableValue::read(value, span, reader)?;
            Some(super::Spanned { value, span: span.clone(), given: true })
        })
    }

    fn describe() -> String {
        "values by the name of the variable".to_owned()
    }

    fn schema() -> Json {
        json!({
            "type": "object",
            "propertyNames": names(),
            "additionalProperties": VariableValue::schema(),
        })
    }
}
