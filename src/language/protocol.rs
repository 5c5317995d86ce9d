//! A protocol, by name or by number.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::Span;
use super::reader::Reader;
use super::types::KeyType;
use crate::network::{WITHOUT_PORTS, protocol_word};

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, of the family of the addresses.
    Icmp,
    /// One that AWS knows no ports of, by its number at IANA.
    Other(u8),
}

/// Names of those with messages or ports, and their numbers.
const WITH_PORTS: [(&str, u8, Protocol); 3] =
    [("tcp", 6, Protocol::Tcp), ("udp", 17, Protocol::Udp), ("icmp", 1, Protocol::Icmp)];

/// ICMP of IPv6, which goes by the same name: what it carries follows from the addresses.
const ICMPV6: u8 = 58;

impl Protocol {
    /// The protocol in words.
    pub fn word(self) -> String {
        match self {
            Self::Tcp => "tcp".to_owned(),
            Self::Udp => "udp".to_owned(),
            Self::Icmp => "icmp".to_owned(),
            Self::Other(number) => protocol_word(number.into()),
        }
    }

    pub(super) fn of_name(text: &str) -> Option<Self> {
        let with_ports = WITH_PORTS.iter().find(|(name, ..)| *name == text).map(|(.., protocol)| *protocol);
        with_ports.or_else(|| {
            WITHOUT_PORTS.iter().find(|(name, _)| *name == text).map(|(_, number)| Self::Other(*number))
        })
    }

    fn of_number(number: i64) -> Result<Self, String> {
        let number = u8::try_from(number).map_err(|_| "a protocol has a number of 0 to 255".to_owned())?;
        if let Some((name, ..)) = WITH_PORTS.iter().find(|(_, other, _)| *other == number) {
            return Err(format!("write \"{name}\""));
        }
        if number == ICMPV6 {
            return Err("write \"icmp\", which is ICMP of both families".to_owned());
        }
        Ok(Self::Other(number))
    }
}

impl KeyType for Protocol {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        match value {
            DeValue::String(text) => {
                let known = Self::of_name(text);
                if known.is_none() {
                    reader.bad_value(span, format!("must be {}", Self::describe()));
                }
                known
            }
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).unwrap_or(i64::MAX);
                Self::of_number(number).map_err(|reason| reader.bad_value(span, reason)).ok()
            }
            _ => {
                reader.wrong_type(span, &Self::describe(), value);
                None
            }
        }
    }

    fn describe() -> String {
        let names =
            WITH_PORTS.iter().map(|(name, ..)| *name).chain(WITHOUT_PORTS.iter().map(|(name, _)| *name));
        let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
        format!("{}, or the number of another one", names.join(", "))
    }

    fn schema() -> Json {
        let names: Vec<&str> = WITH_PORTS
            .iter()
            .map(|(name, ..)| *name)
            .chain(WITHOUT_PORTS.iter().map(|(name, _)| *name))
            .collect();
        let mut no: Vec<u8> = WITH_PORTS.iter().map(|(_, number, _)| *number).collect();
        no.push(ICMPV6);
        json!({ "anyOf": [
            { "enum": names },
            { "type": "integer", "minimum": 0, "maximum": 255, "not": { "enum": no } },
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_known_by_its_name_and_by_its_number() {
        for (name, number) in WITHOUT_PORTS {
            let known = Protocol::of_name(name).unwrap();
            assert_eq!(Ok(known), Protocol::of_number(number.into()));
            assert_eq!(known.word(), name);
        }
        assert_eq!(Protocol::of_number(254), Ok(Protocol::Other(254)));
        assert_eq!(Protocol::Other(254).word(), "protocol 254");
        assert_eq!(Protocol::of_name("icmpv6"), None);
        for (number, says) in
            [(6, "\"tcp\""), (17, "\"udp\""), (1, "\"icmp\""), (58, "\"icmp\""), (256, "255"), (-1, "255")]
        {
            assert!(Protocol::of_number(number).unwrap_err().contains(says), "{number}");
        }
    }
}
