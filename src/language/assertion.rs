//! `[[network.assert]]`: what must hold of the network, proven of every plan.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::Span;
use super::protocol::Protocol;
use super::reader::Reader;
use super::section::section;
use super::types::{FreeText, KeyType, List, Ports, choice};

choice! {
    /// What must hold.
    Expect {
        /// Nobody of `from` opens such a connection.
        None = "none",
        /// Everybody of `from` can.
        Reachable = "reachable",
        /// Of `from`, those in `only` may, and nobody else can.
        Only = "only",
    }
}

/// What connections are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssertedProtocol {
    /// Every protocol; with a port, TCP and UDP.
    All,
    /// One.
    One(Protocol),
}

const ALL: &str = "all";

impl AssertedProtocol {
    /// Whether connections of it are made to ports, as far as AWS knows.
    pub(super) const fn has_ports(self) -> bool {
        matches!(self, Self::All | Self::One(Protocol::Tcp | Protocol::Udp))
    }
}

impl KeyType for AssertedProtocol {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        match value {
            DeValue::String(text) if text == ALL => Some(Self::All),
            DeValue::String(text) if Protocol::of_name(text).is_none() => {
                reader.bad_value(span, format!("must be {}", Self::describe()));
                None
            }
            _ => Protocol::read(value, span, reader).map(Self::One),
        }
    }

    fn describe() -> String {
        format!("\"{ALL}\", {}", Protocol::describe())
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": ALL }, Protocol::schema()] })
    }
}

section! {
    /// What must hold of the network. Write `[[network.assert]]` for each one.
    ///
    /// It is proven of the planned network, without AWS, whenever the file is read: by `validate`, `plan`, `apply`
    /// and `drift`. One that does not hold is an error with a packet that shows it; one that cannot be proven is a
    /// warning, and `baseline network` then exits with 3.
    ///
    /// An end is `"internet"`, `"admin"`, a tier, a load balancer, an endpoint, an address, a range, or `"*"` for everybody.
    /// Messages of ICMP that path MTU discovery needs open nothing and do not count.
    #[practices(11, 12)]
    Assertion {
        /// What it is called in messages.
        name: FreeText, absent "what it says";
        /// Who opens connections.
        from: FreeText, default "\"*\"";
        /// Who they are opened to.
        to: FreeText, required;
        /// The port, or the first and the last of a range.
        port: Ports, absent "every port";
        /// What they are made with. `"icmp"` is a ping where `reachable` is expected, and else every message that opens something.
        protocol: AssertedProtocol, absent "`\"tcp\"` where `reachable` is expected on a port, else `\"all\"`";
        /// What must hold.
        expect: Expect, required;
        /// Who may, where `only` is expected.
        only: List<FreeText>, default "[]";
        /// Why, for those who read the message.
        reason: FreeText, absent "none";
    }
}
