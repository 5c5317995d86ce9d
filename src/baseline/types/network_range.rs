//! IPv4 ranges.

use std::fmt;

use ipnet::Ipv4Net;
use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::KeyType;
use crate::baseline::reader::Reader;
use crate::baseline::{Diagnostic, Span};

/// An IPv4 range in canonical form.
///
/// Host bits are refused: AWS stores the masked range, so the next run would see another one (SG-8, NET-17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr(pub Ipv4Net);

impl Cidr {
    /// Every address.
    pub const fn is_everything(self) -> bool {
        self.0.prefix_len() == 0
    }

    /// Whether two ranges share an address.
    pub fn overlaps(self, other: Self) -> bool {
        self.0.contains(&other.0) || other.0.contains(&self.0)
    }

    /// Reads a range from text.
    pub(in crate::baseline) fn from_text(text: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Ok(range) = text.parse::<Ipv4Net>() else {
            let reason = if text.contains(':') {
                "IPv6 is not supported yet"
            } else if text.parse::<std::net::Ipv4Addr>().is_ok() {
                "an address alone; add a prefix, such as /32"
            } else {
                "not an IPv4 range such as 203.0.113.0/24"
            };
            reader.bad_value(span, reason);
            return None;
        };
        if range.trunc() != range {
            reader.report(
                Diagnostic::error("host-bits", span, format!("{range} has bits beyond its prefix"))
                    .label("AWS would store another range")
                    .hint(format!("write \"{}\"", range.trunc())),
            );
            return None;
        }
        Some(Self(range))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl KeyType for Cidr {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(text) = value.as_str() else {
            reader.wrong_type(span, &Self::describe(), value);
            return None;
        };
        Self::from_text(text, span, reader)
    }

    fn describe() -> String {
        "IPv4 range".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/\d{1,2}$" })
    }
}
