//! What an entry of `accept` or `egress` carries: a protocol with its ports, messages of ICMP, or all of another protocol.

use std::collections::BTreeSet;

use super::protocol::Protocol;
use super::traffic::{IcmpMessage, Traffic};
use super::types::Ports;
use super::{Diagnostic, Header, Spanned};

/// The keys of an entry that say it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried<'a> {
    pub(super) header: &'a Header,
    pub(super) port: Option<&'a Spanned<Ports>>,
    pub(super) protocol: Protocol,
    pub(super) icmp: Option<&'a Spanned<IcmpMessage>>,
}

impl Carried<'_> {
    /// What is let through; nothing where the port is missing, which the check has reported.
    pub(super) fn traffic(self) -> Option<Traffic> {
        let port = self.port.map(|port| port.value);
        match self.protocol {
            Protocol::Tcp => port.map(Traffic::Tcp),
            Protocol::Udp => port.map(Traffic::Udp),
            Protocol::Icmp => {
                Some(self.icmp.map_or(IcmpMessage::EchoRequest, |message| message.value).into())
            }
            Protocol::Other(number) => Some(Traffic::Other(number)),
        }
    }

    /// TCP and UDP have ports, ICMP has messages, and others have neither. `reported` are the places of what was found wrong while the file was read.
    pub(super) fn check(self, reported: &BTreeSet<usize>, problems: &mut Vec<Diagnostic>) {
        let word = self.protocol.word();
        match (self.protocol, self.port, self.icmp) {
            (Protocol::Icmp, Some(port), _) => problems.push(
                Diagnostic::error("bad-combination", &port.span, "ICMP has no ports")
                    .hint("write `icmp = \"echo-request\"` instead of `port`"),
            ),
            (Protocol::Other(_), Some(port), _) => problems.push(
                Diagnostic::error("bad-combination", &port.span, format!("AWS knows no ports of {word}"))
                    .hint("leave `port` out: all of the protocol is let through"),
            ),
            (Protocol::Tcp | Protocol::Udp | Protocol::Other(_), _, Some(icmp)) => problems.push(
                Diagnostic::error("bad-combination", &icmp.span, format!("`icmp` says nothing about {word}"))
                    .hint("set `protocol = \"icmp\"`, or leave `icmp` out"),
            ),
            // A port that is no port was reported as such, and is missing here.
            (Protocol::Tcp | Protocol::Udp, None, None) if self.is_reported(reported) => {}
            (Protocol::Tcp | Protocol::Udp, None, None) => problems.push(
                Diagnostic::error("missing-key", &self.header.span, format!("{word} needs a `port`"))
                    .hint("add `port = 443`"),
            ),
            (Protocol::Icmp, None, _)
            | (Protocol::Other(_), None, None)
            | (Protocol::Tcp | Protocol::Udp, Some(_), None) => {}
        }
    }

    fn is_reported(self, reported: &BTreeSet<usize>) -> bool {
        let whole = &self.header.span;
        reported.range(whole.start + 1..whole.end).next().is_some()
    }
}
