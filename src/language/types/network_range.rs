//! Ranges of addresses.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::KeyType;
use crate::language::reader::Reader;
use crate::language::{Diagnostic, Span};

/// A family of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Every address of it.
    pub fn everywhere(self) -> Cidr {
        match self {
            Self::V4 => Cidr(IpNet::V4(Ipv4Net::default())),
            Self::V6 => Cidr(IpNet::V6(ipnet::Ipv6Net::default())),
        }
    }
}

/// An IPv4 or IPv6 range in canonical form.
///
/// Host bits are refused: AWS stores the masked range, so the next run would see another one (SG-8, NET-17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr(pub IpNet);

impl Cidr {
    /// Every address of its family.
    pub fn is_everything(self) -> bool {
        self.0.prefix_len() == 0
    }

    /// The family of its addresses.
    pub fn family(self) -> Family {
        if self.0.addr().is_ipv4() { Family::V4 } else { Family::V6 }
    }

    /// Whether two ranges share an address.
    pub fn overlaps(self, other: IpNet) -> bool {
        self.0.contains(&other) || other.contains(&self.0)
    }

    /// Reads a range from text.
    pub(in crate::language) fn from_text(text: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Ok(range) = text.parse::<IpNet>() else {
            let reason = match text.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => "an address alone; add a prefix, such as /32",
                Ok(IpAddr::V6(_)) => "an address alone; add a prefix, such as /128",
                Err(_) => "not a range such as 203.0.113.0/24 or 2001:db8::/32",
            };
            reader.bad_value(span, reason);
            return None;
        };
        canonical(range, span, reader)?;
        Some(Self(range))
    }
}

/// Refuses a range that AWS would keep in another form.
fn canonical(range: IpNet, span: &Span, reader: &mut Reader) -> Option<()> {
    if range.trunc() != range {
        reader.report(
            Diagnostic::error("host-bits", span, format!("{range} has bits beyond its prefix"))
                .label("AWS would store another range")
                .hint(format!("write \"{}\"", range.trunc())),
        );
        return None;
    }
    if let IpNet::V6(mapped) = range
        && mapped.prefix_len() >= 96
        && let Some(address) = mapped.addr().to_ipv4_mapped()
    {
        reader.bad_value(
            span,
            format!("these are IPv4 addresses: write {address}/{}", mapped.prefix_len() - 96),
        );
        return None;
    }
    Some(())
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
        "IPv4 or IPv6 range".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"^(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)/\d{1,3}$" })
    }
}

/// An IPv4 range in canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ipv4Cidr(pub Ipv4Net);

impl fmt::Display for Ipv4Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl KeyType for Ipv4Cidr {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(text) = value.as_str() else {
            reader.wrong_type(span, &Self::describe(), value);
            return None;
        };
        let Ok(range) = text.parse::<Ipv4Net>() else {
            let reason = match text.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => "an address alone; add a prefix, such as /32",
                _ if text.contains(':') => "this range is of IPv4, and `ipv6` gives the network one of IPv6",
                _ => "not an IPv4 range such as 203.0.113.0/24",
            };
            reader.bad_value(span, reason);
            return None;
        };
        canonical(range.into(), span, reader)?;
        Some(Self(range))
    }

    fn describe() -> String {
        "IPv4 range".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/\d{1,2}$" })
    }
}
