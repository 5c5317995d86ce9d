//! A request's parameters: one tree for form, JSON and XML bodies, with getters that refuse as AWS does.

use std::collections::BTreeMap;

use super::fault::Fault;
use crate::sandbox::world::Milliseconds;

/// How a service words its refusal of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// EC2: `MissingParameter`, `InvalidParameterValue`.
    #[default]
    Ec2,
    /// IAM, STS, ELB, Auto Scaling: `ValidationError`.
    Query,
    /// KMS, CloudTrail and the other JSON services: `ValidationException`.
    Json,
    /// S3 and S3 Control: `InvalidArgument`, `MalformedXML`.
    Rest,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// Text; forms and XML know nothing else.
    Text(String),
    /// A JSON number.
    Number(serde_json::Number),
    /// A JSON flag.
    Flag(bool),
    /// A list.
    List(Vec<Self>),
    /// A structure or a map.
    Map(Params),
}

/// A structure of parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Params {
    pub(super) style: Style,
    pub(super) fields: BTreeMap<String, Param>,
}

impl Params {
    /// An empty structure whose faults are worded in the given style.
    pub const fn new(style: Style) -> Self {
        Self { style, fields: BTreeMap::new() }
    }

    /// Sets one parameter.
    pub fn set(&mut self, name: impl Into<String>, value: Param) {
        self.fields.insert(name.into(), value);
    }

    /// Whether the parameter was sent, even if empty.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The parameter as it was sent.
    pub fn get(&self, name: &str) -> Option<&Param> {
        self.fields.get(name)
    }

    /// Every name and value, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Param)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Text, where it was sent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Param::as_text)
    }

    /// Text that must be there.
    ///
    /// # Errors
    /// The service's refusal of a missing parameter.
    pub fn required(&self, name: &str) -> Result<&str, Fault> {
        match self.text(name) {
            Some("") if matches!(self.style, Style::Query | Style::Json) => {
                Err(self.invalid(name, "must have length greater than or equal to 1"))
            }
            text => text.filter(|text| !text.is_empty()).ok_or_else(|| self.missing(name)),
        }
    }

    /// A whole number, where one was sent.
    ///
    /// # Errors
    /// The service's refusal of a bad value.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Fault> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Param::Number(number)) => number.as_i64(),
            Some(Param::Text(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        number.map(Some).ok_or_else(|| self.invalid(name, "must be a whole number"))
    }

    /// A whole number within limits, where one was sent.
    ///
    /// # Errors
    /// The service's refusal of a bad value.
    pub fn number_in(&self, name: &str, limits: std::ops::RangeInclusive<i64>) -> Result<Option<i64>, Fault> {
        match self.number(name)? {
            Some(number) if !limits.contains(&number) => {
                let (least, most) = (limits.start(), limits.end());
                Err(match self.style {
                    Style::Ec2 | Style::Rest => {
                        self.invalid(name, &format!("must be between {least} and {most}"))
                    }
                    Style::Query | Style::Json if number > *most => {
                        self.invalid(name, &format!("must have value less than or equal to {most}"))
                    }
                    Style::Query | Style::Json => {
                        self.invalid(name, &format!("must have value greater than or equal to {least}"))
                    }
                })
            }
            number => Ok(number),
        }
    }

    /// A number that may have a fraction, where one was sent.
    ///
    /// # Errors
    /// The service's refusal of a bad value.
    pub fn real(&self, name: &str) -> Result<Option<f64>, Fault> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Param::Number(number)) => number.as_f64(),
            Some(Param::Text(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        number
            .filter(|number| number.is_finite())
            .map(Some)
            .ok_or_else(|| self.invalid(name, "must be a number"))
    }

    /// A flag, where one was sent.
    ///
    /// # Errors
    /// The service's refusal of a bad value.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Param::Flag(flag)) => Ok(Some(*flag)),
            Some(Param::Text(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Param::Text(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(self.invalid(name, "must be true or false")),
        }
    }

    /// Text that must be one of a few words, where it was sent.
    ///
    /// # Errors
    /// The service's refusal of a bad value.
    pub fn choice(&self, name: &str, words: &[&str]) -> Result<Option<&str>, Fault> {
        match self.text(name) {
            Some(text) if !words.contains(&text) => {
                let words = words.join(", ");
                Err(match self.style {
                    Style::Ec2 | Style::Rest => self.invalid(name, &format!("must be one of [{words}]")),
                    Style::Query | Style::Json => {
                        self.invalid(name, &format!("must satisfy enum value set: [{words}]"))
                    }
                })
            }
            text => Ok(text),
        }
    }

    /// A structure, where one was sent.
    pub fn map(&self, name: &str) -> Option<&Self> {
        self.get(name).and_then(Param::as_map)
    }

    /// The elements of a list; one value on its own is a list of one, and nothing or `""` a list of none.
    pub fn list(&self, name: &str) -> Vec<&Param> {
        match self.get(name) {
            None => Vec::new(),
            Some(Param::List(items)) => items.iter().collect(),
            Some(Param::Text(text)) if text.is_empty() => Vec::new(),
            Some(one) => vec![one],
        }
    }

    /// The texts of a list.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.list(name).into_iter().filter_map(Param::as_text).collect()
    }

    /// The structures of a list.
    pub fn maps(&self, name: &str) -> Vec<&Self> {
        self.list(name).into_iter().filter_map(Param::as_map).collect()
    }

    /// Tags from a list of structures with the given names for key and value; a value left out is empty.
    ///
    /// # Errors
    /// The service's refusal of a tag without a key.
    pub fn tags(&self, name: &str, key: &str, value: &str) -> Result<BTreeMap<String, String>, Fault> {
        self.maps(name)
            .into_iter()
            .map(|tag| Ok((tag.required(key)?.to_owned(), tag.text(value).unwrap_or_default().to_owned())))
            .collect()
    }

    /// A time, where one was sent: ISO 8601 text or seconds since 1970.
    ///
    /// # Errors
    /// The service's refusal of a bad value.
    pub fn time(&self, name: &str) -> Result<Option<Milliseconds>, Fault> {
        let bad = || self.invalid(name, "must be a time");
        match self.get(name) {
            None => Ok(None),
            Some(Param::Text(text)) => {
                let time: jiff::Timestamp = text.parse().map_err(|_| bad())?;
                Ok(Some(time.as_millisecond()))
            }
            Some(Param::Number(seconds)) => {
                let seconds = seconds.as_f64().map(std::time::Duration::try_from_secs_f64);
                let millis = seconds.and_then(Result::ok).ok_or_else(bad)?.as_millis();
                Ok(Some(Milliseconds::try_from(millis).map_err(|_| bad())?))
            }
            Some(_) => Err(bad()),
        }
    }

    /// Bytes sent as base64, where they were sent.
    ///
    /// # Errors
    /// The service's refusal of a bad value.
    pub fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.text(name)
            .map(|text| {
                aws_smithy_types::base64::decode(text).map_err(|_| self.invalid(name, "must be base64"))
            })
            .transpose()
    }

    /// The service's refusal of a missing parameter.
    pub fn missing(&self, name: &str) -> Fault {
        let null = || {
            format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: \
                 Member must not be null",
                lower_first(name)
            )
        };
        match self.style {
            Style::Ec2 => Fault::client(
                "MissingParameter",
                format!("The request must contain the parameter {}", lower_first(name)),
            ),
            Style::Query => Fault::client("ValidationError", null()),
            Style::Json => Fault::client("ValidationException", null()),
            Style::Rest => Fault::client(
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema",
            ),
        }
    }

    /// The service's refusal of a bad value.
    pub fn invalid(&self, name: &str, why: &str) -> Fault {
        let shown = self.get(name).map(Param::shown).unwrap_or_default();
        let constraint = || {
            format!(
                "1 validation error detected: Value '{shown}' at '{}' failed to satisfy constraint: \
                 Member {why}",
                lower_first(name)
            )
        };
        match self.style {
            Style::Ec2 => Fault::client(
                "InvalidParameterValue",
                format!("Value ({shown}) for parameter {} is invalid. It {why}", lower_first(name)),
            ),
            Style::Query => Fault::client("ValidationError", constraint()),
            Style::Json => Fault::client("ValidationException", constraint()),
            Style::Rest => Fault::client("InvalidArgument", format!("{name} {why}"))
                .detail("ArgumentName", name)
                .detail("ArgumentValue", shown),
        }
    }
}

impl Param {
    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A value as refusals show it.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::shown).collect::<Vec<_>>().join(", "))
            }
            Self::Map(_) => String::new(),
        }
    }

    /// The structure, where it is one.
    pub const fn as_map(&self) -> Option<&Params> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(style: Style) -> Params {
        let mut params = Params::new(style);
        params.set("MaxResults", Param::Text("many".into()));
        params
    }

    #[test]
    fn each_protocol_words_a_missing_parameter_in_its_own_way() {
        let codes = [Style::Ec2, Style::Query, Style::Json, Style::Rest]
            .map(|style| params(style).missing("VpcId").code.into_owned());
        assert_eq!(codes, ["MissingParameter", "ValidationError", "ValidationException", "MalformedXML"]);
        assert_eq!(
            params(Style::Ec2).missing("VpcId").message,
            "The request must contain the parameter vpcId"
        );
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        assert_eq!(params(Style::Ec2).number("MaxResults").unwrap_err().code, "InvalidParameterValue");
        assert_eq!(params(Style::Ec2).number("Other"), Ok(None));
    }
}
