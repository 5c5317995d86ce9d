//! Regions as `[account]` names them: every enabled one, or some by name or pattern.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::text::RegionPattern;
use super::{KeyType, List};
use crate::language::Span;
use crate::language::reader::Reader;

impl RegionPattern {
    /// Whether AWS has to list the regions before it is known which ones are meant.
    pub fn is_open(&self) -> bool {
        self.written().contains('*')
    }

    /// Whether a region is meant.
    pub fn matches(&self, region: &str) -> bool {
        let mut rest = region;
        let mut parts = self.written().split('*').peekable();
        let Some(start) = parts.next().and_then(|start| rest.strip_prefix(start)) else { return false };
        rest = start;
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.is_empty()
    }
}

/// Every enabled region, or those of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnabledOr<T> {
    /// `"enabled"`.
    Enabled,
    /// The list.
    Listed(List<T>),
}

impl<T: KeyType> KeyType for EnabledOr<T> {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        match value.as_str() {
            Some("enabled") => Some(Self::Enabled),
            Some(_) => {
                reader.bad_value(span, format!("must be {}", Self::describe()));
                None
            }
            None => List::read(value, span, reader).map(Self::Listed),
        }
    }

    fn describe() -> String {
        format!("\"enabled\", or {}", List::<T>::describe())
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": "enabled" }, List::<T>::schema()] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_a_name_for_itself() {
        let pattern = |text: &str| {
            let text = format!("name = 'x'\nregion = 'us-east-1'\n[account]\nregions = ['{text}']");
            let file =
                crate::language::Baseline::parse(&crate::language::Source { name: "x.toml".into(), text }).0;
            match &file.unwrap().file.account.as_ref().unwrap().regions.value {
                EnabledOr::Listed(listed) => listed.0[0].value.clone(),
                EnabledOr::Enabled => unreachable!("a list stands there"),
            }
        };
        for (text, region, is_meant) in [
            ("eu-west-1", "eu-west-1", true),
            ("eu-west-1", "eu-west-2", false),
            ("eu-*", "eu-west-1", true),
            ("eu-*", "us-east-1", false),
            ("*", "ap-southeast-2", true),
            ("*-1", "eu-west-1", true),
            ("*-1", "eu-west-2", false),
            ("ap-*east-*", "ap-southeast-2", true),
            ("ap-*east-*", "ap-south-1", false),
            ("eu-west-*1", "eu-west-1", true),
            ("eu-west-1*1", "eu-west-1", false),
        ] {
            assert_eq!(pattern(text).matches(region), is_meant, "{text} {region}");
        }
    }
}
