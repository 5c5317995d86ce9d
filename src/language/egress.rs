//! `egress` of a tier: where it opens connections to, besides the tiers that accept from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::carried::Carried;
use super::network::{Nat, Network};
use super::protocol::Protocol;
use super::reader::Reader;
use super::route;
use super::section::{Nesting, SectionInfo, section};
use super::tier::Tier;
use super::traffic::{IcmpMessage, Traffic};
use super::types::{Cidr, Entry, Family, KeyType, List, Ports, choice};
use super::{Diagnostic, Span};

choice! {
    /// Where a tier may open connections to, in a word.
    EgressWord {
        /// Ports 80 and 443 of the internet.
        Internet = "internet",
        /// Nowhere.
        None = "none",
    }
}

/// Where connections lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The internet.
    Internet,
    /// A range.
    Range(Cidr),
    /// An endpoint, by its name in the file.
    Endpoint(String),
}

impl Destination {
    /// Its addresses, of both families where the network has them; nothing for an endpoint, which is not reached by them.
    pub(super) fn ranges(&self, network: &Network) -> Vec<Cidr> {
        match self {
            Self::Internet => network.everywhere().collect(),
            Self::Range(range) => vec![*range],
            Self::Endpoint(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internet => f.write_str("internet"),
            Self::Range(range) => range.fmt(f),
            Self::Endpoint(name) => f.write_str(name),
        }
    }
}

impl KeyType for Destination {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        match value.as_str() {
            Some("internet") => Some(Self::Internet),
            Some(range) if range.contains(['/', '.', ':']) => {
                Cidr::from_text(range, span, reader).map(Self::Range)
            }
            // What is called so is looked for once all sections are read: it may be a tier, which is reached in another way.
            Some(name) => Some(Self::Endpoint(name.to_owned())),
            None => {
                reader.wrong_type(span, &Self::describe(), value);
                None
            }
        }
    }

    fn describe() -> String {
        "\"internet\", name of an endpoint, or range".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "string" })
    }
}

section! {
    /// One kind of connection that a tier opens. The way back is derived.
    #[practices(11, 12)]
    Opening {
        /// Where to. A range outside of the VPC needs a way there: the internet, or a route.
        to: Destination, required;
        /// The port, or the first and the last of a range. TCP and UDP need it; other protocols and endpoints have none.
        port: Ports, absent "none, with ICMP and other protocols, and to an endpoint";
        /// The protocol. Of any protocol but TCP, UDP and ICMP everything is let out, and answers come back in the same protocol.
        /// NAT gateways carry only TCP, UDP and ICMP.
        protocol: Protocol, default "\"tcp\"";
        /// Which messages of ICMP are let out.
        icmp: IcmpMessage, absent "`\"echo-request\"`, with ICMP";
    }
}

impl Opening {
    fn carried(&self) -> Carried<'_> {
        let (header, protocol) = (&self.header, self.protocol.value);
        Carried { header, port: self.port.as_ref(), protocol, icmp: self.icmp.as_ref() }
    }
}

/// Where a tier may open connections to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Egress {
    /// In a word.
    Word(EgressWord),
    /// These.
    To(List<Opening>),
}

impl KeyType for Egress {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        if value.is_array() {
            return List::read(value, span, reader).map(Self::To);
        }
        EgressWord::read(value, span, reader).map(Self::Word)
    }

    fn describe() -> String {
        format!("{}, or {}", EgressWord::describe(), List::<Opening>::describe())
    }

    fn schema() -> Json {
        json!({ "anyOf": [EgressWord::schema(), List::<Opening>::schema()] })
    }

    fn nested() -> Option<(Nesting, SectionInfo)> {
        List::<Opening>::nested()
    }
}

/// A connection that a tier may open to addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outward {
    /// The addresses.
    pub(super) to: Cidr,
    /// What it carries.
    pub(super) traffic: Traffic,
}

impl Tier {
    /// Every connection that it may open to addresses, in the order of the file.
    pub(super) fn outward(&self, network: &Network) -> Vec<Outward> {
        let to_web = |port| network.everywhere().map(move |to| Outward { to, traffic: Traffic::tcp(port) });
        let web = || [443, 80].into_iter().flat_map(to_web).collect();
        match self.egress.as_ref().map(|egress| &egress.value) {
            None if self.public.value => web(),
            None | Some(Egress::Word(EgressWord::None)) => Vec::new(),
            Some(Egress::Word(EgressWord::Internet)) => web(),
            Some(Egress::To(openings)) => {
                let outward = |opening: &Opening| {
                    let traffic = opening.carried().traffic();
                    let ranges = opening.to.ranges(network).into_iter();
                    ranges.filter_map(move |to| Some(Outward { to, traffic: traffic?.of(to.family())? }))
                };
                openings.iter().flat_map(|opening| outward(opening)).collect()
            }
        }
    }
}

/// Every place of `egress` that names a range, with the range.
pub(super) fn ranges(tier: &Tier) -> impl Iterator<Item = (&Span, Cidr)> {
    let openings = tier.egress.as_ref().and_then(|egress| match &egress.value {
        Egress::To(openings) => Some(openings),
        Egress::Word(_) => None,
    });
    openings.into_iter().flat_map(|openings| openings.iter()).filter_map(|opening| match &opening.to.value {
        Destination::Range(range) => Some((&opening.to.span, *range)),
        Destination::Internet | Destination::Endpoint(_) => None,
    })
}

/// How connections of a tier to a range leave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// They stay in the VPC.
    Not,
    /// By a route of the file.
    ByRoute,
    /// Through the internet gateway.
    ByGateway,
    /// Through NAT.
    ByNat,
    /// Through the egress-only gateway, which carries IPv6.
    ByEgressOnly,
    /// Nothing leads there.
    Nowhere,
}

/// How connections of a tier to a range leave it.
pub(super) fn leaving(network: &Network, entry: &Entry<Tier>, to: Cidr) -> Leaving {
    if network.holds(to) {
        Leaving::Not
    } else if route::leads_to(network, &entry.name, to) {
        Leaving::ByRoute
    } else if entry.section.public.value {
        Leaving::ByGateway
    } else if to.family() == Family::V6 {
        if network.has_ipv6() { Leaving::ByEgressOnly } else { Leaving::Nowhere }
    } else if network.nat.value != Nat::None {
        Leaving::ByNat
    } else {
        Leaving::Nowhere
    }
}

pub(super) fn check(
    network: &Network,
    entry: &Entry<Tier>,
    reported: &BTreeSet<usize>,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(egress) = &entry.section.egress else { return };
    let no_way = |span: &Span, to: &Destination| {
        // That a network has no IPv6 is told where the range is named.
        let mut known = to.ranges(network).into_iter().filter(|to| network.families().contains(&to.family()));
        known.any(|to| leaving(network, entry, to) == Leaving::Nowhere).then(|| match to {
            Destination::Range(range) => {
                Diagnostic::error("no-way-out", span, format!("no route leads from this tier to {range}"))
                    .hint(format!("add `[network.route.NAME]` with `to = [\"{range}\"]` and `through`"))
            }
            Destination::Internet | Destination::Endpoint(_) => Diagnostic::error(
                "no-way-out",
                span,
                "a private tier reaches the internet only through NAT, or by a route",
            )
            .hint(match network.has_ipv6() {
                false => "set `nat = \"single\"` or `nat = \"per-zone\"` in `[network]`",
                true => {
                    "set `nat = \"single\"` or `nat = \"per-zone\"` in `[network]`, or let it out by IPv6 alone: \
                     `egress = [{ to = \"::/0\", port = 443 }]`"
                }
            }),
        })
    };
    let openings = match &egress.value {
        Egress::Word(EgressWord::None) => return,
        Egress::Word(EgressWord::Internet) => {
            return problems.extend(no_way(&egress.span, &Destination::Internet));
        }
        Egress::To(openings) => openings,
    };
    let mut said = BTreeMap::new();
    for opening in openings.iter() {
        let what = if let Destination::Endpoint(name) = &opening.to.value {
            check_endpoint(network, opening, name, problems);
            None
        } else {
            opening.carried().check(reported, problems);
            problems.extend(no_way(&opening.to.span, &opening.to.value));
            let Some(traffic) = opening.carried().traffic() else { continue };
            problems.extend(not_through_nat(network, entry, opening, traffic));
            Some(traffic)
        };
        let to = match &opening.to.value {
            Destination::Internet => Family::V4.everywhere().to_string(),
            to => to.to_string(),
        };
        let first = *said.entry((to, what)).or_insert(&opening.span);
        if *first != opening.span {
            problems.push(
                Diagnostic::warning("duplicate", &opening.span, "this is said twice").related(first, "here"),
            );
        }
    }
}

/// A NAT gateway carries TCP, UDP and ICMP ("NAT gateway basics", Amazon VPC User Guide).
fn not_through_nat(
    network: &Network,
    entry: &Entry<Tier>,
    opening: &Opening,
    traffic: Traffic,
) -> Option<Diagnostic> {
    let Traffic::Other(_) = traffic else { return None };
    let mut ranges = opening.to.ranges(network).into_iter();
    let by_nat = ranges.any(|to| leaving(network, entry, to) == Leaving::ByNat);
    by_nat.then(|| {
        let word = opening.protocol.value.word();
        Diagnostic::error("no-way-out", &opening.protocol.span, format!("NAT does not carry {word}"))
            .label("a NAT gateway carries TCP, UDP and ICMP")
            .hint("open it from a public tier, or add a `[network.route.NAME]` that leads there")
    })
}

/// An endpoint says itself what it carries.
fn check_endpoint(network: &Network, opening: &Opening, name: &str, problems: &mut Vec<Diagnostic>) {
    let Some(endpoint) = network.endpoint.get(name) else {
        let problem =
            Diagnostic::error("unknown-name", &opening.to.span, format!("no endpoint is called \"{name}\""));
        problems.push(match network.tier.get(name) {
            Some(tier) => problem
                .related(&tier.header.span, "this is a tier")
                .hint("a tier is reached where it accepts: say so in its `accept`"),
            None => {
                problem.hint(format!("add `[network.endpoint.{name}]`, or write \"internet\" or a range"))
            }
        });
        return;
    };
    let carried = [
        opening.port.as_ref().map(|port| &port.span),
        opening.protocol.given.then_some(&opening.protocol.span),
        opening.icmp.as_ref().map(|icmp| &icmp.span),
    ];
    if let Some(span) = carried.into_iter().flatten().next() {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                span,
                "an endpoint says itself on which ports it is reached",
            )
            .related(&endpoint.header.span, "the endpoint")
            .hint(format!("write `{{ to = \"{name}\" }}`, and `ports` in `[network.endpoint.{name}]`")),
        );
    }
}
