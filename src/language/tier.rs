//! `[network.tier.NAME]`: subnets that do one job, and who may reach them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value as Json, json};

use super::carried::Carried;
use super::egress::{self, Egress};
use super::endpoint;
use super::load_balancer::GROUP_PREFIX;
use super::network::Network;
use super::protocol::Protocol;
use super::reader::Reader;
use super::section::section;
use super::tier_subnet::TierSubnet;
use super::traffic::{IcmpMessage, Traffic};
use super::types::{Cidr, Declared, Entry, KeyType, List, Named, Ports, Sectioned, SecurityGroupName, Whole};
use super::{Diagnostic, Span};

/// Names that mean something else: in `accept` and `egress`, or as the route table of all public tiers.
pub(super) const RESERVED: [&str; 4] = ["internet", "admin", "self", "public"];
/// The ports that administration uses: SSH and RDP.
const ADMIN_PORTS: [u16; 2] = [22, 3389];
/// The ports the world may reach (practice 11).
const WORLD_PORTS: [u16; 2] = [80, 443];

/// Who may open connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Everybody.
    Internet,
    /// The ranges of `admin_from`.
    Admin,
    /// The tier itself.
    Itself,
    /// Another tier.
    Tier(Declared<Tier>),
    /// A range.
    Range(Cidr),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internet => f.write_str("internet"),
            Self::Admin => f.write_str("admin"),
            Self::Itself => f.write_str("self"),
            Self::Tier(tier) => f.write_str(&tier.name),
            Self::Range(range) => range.fmt(f),
        }
    }
}

impl KeyType for Peer {
    fn read(value: &toml::de::DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(text) = value.as_str() else {
            reader.wrong_type(span, &Self::describe(), value);
            return None;
        };
        match text {
            "internet" => Some(Self::Internet),
            "admin" => Some(Self::Admin),
            "self" => Some(Self::Itself),
            range if range.contains(['/', '.', ':']) => Cidr::from_text(range, span, reader).map(Self::Range),
            _ => Declared::read(value, span, reader).map(Self::Tier),
        }
    }

    fn describe() -> String {
        "\"internet\", \"admin\", \"self\", name of a tier, or range".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "string" })
    }
}

section! {
    /// One kind of connection that is let in. The way back is derived.
    #[practices(11, 12)]
    Accept {
        /// Who may open it.
        from: Peer, required;
        /// The port, or the first and the last of a range. TCP and UDP need it; other protocols have none.
        port: Ports, absent "none, with ICMP and other protocols";
        /// The protocol. Of any protocol but TCP, UDP and ICMP everything is let in, and answers come back in the same protocol.
        protocol: Protocol, default "\"tcp\"";
        /// Which messages of ICMP are let in. What path MTU discovery needs is always let through where a tier
        /// talks to the outside of the VPC.
        icmp: IcmpMessage, absent "`\"echo-request\"`, with ICMP";
        /// Whether what comes from the internet reaches the instances themselves too, past the load balancer that stands in the
        /// tier.
        direct: bool, default "false";
    }
}

impl Accept {
    /// Whether everybody may open it.
    pub(super) fn is_from_the_world(&self) -> bool {
        match &self.from.value {
            Peer::Internet => true,
            Peer::Range(range) => range.is_everything(),
            Peer::Admin | Peer::Itself | Peer::Tier(_) => false,
        }
    }

    /// What is let in; nothing where the port is missing, which the check has reported.
    pub(super) fn traffic(&self) -> Option<Traffic> {
        self.carried().traffic()
    }

    fn carried(&self) -> Carried<'_> {
        let (header, protocol) = (&self.header, self.protocol.value);
        Carried { header, port: self.port.as_ref(), protocol, icmp: self.icmp.as_ref() }
    }
}

section! {
    /// A tier: one subnet in each zone, a route table, a security group and a network ACL.
    ///
    /// A tier opens connections to the tiers that accept from it. A public tier also reaches ports 80 and 443
    /// of the internet; a private one opens nothing else unless `egress` says so. Security groups name each other;
    /// network ACLs let in what the tier accepts, let out what it opens, and let the answers back on ports 1024 to
    /// 65535 from exactly those peers. Where a tier talks to the outside of the VPC, ICMP type 3 code 4 passes too, and in IPv6
    /// type 2, so that path MTU discovery works.
    #[practices(10, 11, 12)]
    Tier {
        /// Whether it has a route to and from the internet.
        public: bool, default "false";
        /// Who may open connections to it.
        accept: List<Accept>, default "[]";
        /// Where it may open connections to, besides other tiers. `"internet"` is ports 80 and 443 of it. A private tier gets
        /// there through NAT, by IPv6 through an egress-only gateway, and to other networks by a route. A list may name an endpoint, which says itself on which ports it is
        /// reached.
        egress: Egress, absent "`\"internet\"` for public tiers, else `\"none\"`";
        /// Whether `admin_from` reaches its `admin_ports`.
        admin: bool, absent "true for public tiers";
        /// Whether new instances get a public address. Without one, and without NAT, they cannot reach the internet.
        public_ips: bool, default "false";
        /// Which block of eight subnets it takes, counted from 0. Write it down to remove or reorder tiers above
        /// this one without moving its subnets.
        block: Whole<0, 255>, absent "its place in the file";
        /// Its subnets, by the last letter of their zone, where they have ranges of their own: subnets that are there already, or
        /// such as fit between them.
        subnets: Named<TierSubnet>, default "{}";
        /// The name of its security group. One of that name that is in the VPC already is taken over: it gets the rules of the tier,
        /// and whatever carries it has them.
        security_group: SecurityGroupName, absent "`BASELINE-NAME`";
    }
}

impl Sectioned for Tier {
    const SECTION: &'static str = "network.tier";
    const WORDS: &'static str = "tier";
}

impl Tier {
    /// Whether its subnets have ranges of their own, in place of the block.
    pub(super) fn has_own_subnets(&self) -> bool {
        self.subnets.iter().next().is_some()
    }

    /// Whether administration reaches it.
    pub fn administered(&self) -> bool {
        self.admin.as_ref().map_or(self.public.value, |admin| admin.value)
    }
}

/// Every place of a tier that names a range, with the range.
pub(super) fn ranges(tier: &Tier) -> Vec<(&Span, Cidr)> {
    let accepted = tier.accept.iter().filter_map(|accept| match &accept.from.value {
        Peer::Range(range) => Some((&accept.from.span, *range)),
        Peer::Internet | Peer::Admin | Peer::Itself | Peer::Tier(_) => None,
    });
    accepted.chain(egress::ranges(tier)).collect()
}

/// What the names of security groups of other things begin with.
const OF_GROUPS: [&str; 2] = [GROUP_PREFIX, endpoint::GROUP_PREFIX];

/// Whether a name ends like the name of a subnet, `web-a`.
fn ends_like_a_zone(name: &str) -> bool {
    name.rsplit_once('-')
        .is_some_and(|(_, end)| end.len() == 1 && ('a'..='h').any(|zone| end.starts_with(zone)))
}

/// Checks a tier. `reported` are the places of what was found wrong while the file was read.
pub(super) fn check(
    network: &Network,
    entry: &Entry<Tier>,
    reached: bool,
    reported: &BTreeSet<usize>,
    problems: &mut Vec<Diagnostic>,
) {
    let (name, tier) = (entry.name.as_str(), &entry.section);
    let header = &tier.header.span;
    if RESERVED.contains(&name)
        || ends_like_a_zone(name)
        || OF_GROUPS.iter().any(|prefix| name.starts_with(prefix))
    {
        problems.push(
            Diagnostic::error("bad-name", header, format!("a tier cannot be called \"{name}\""))
                .label("it would be taken for something else")
                .hint("call the tier something else: not internet, admin, self or public, not ending in -a to -h, and not beginning with load-balancer- or endpoint-"),
        );
    }
    let mut said = BTreeMap::new();
    for accept in tier.accept.iter() {
        check_accept(network, entry, accept, reported, problems);
        let Some(traffic) = accept.traffic() else { continue };
        let first = *said.entry((accept.from.value.to_string(), traffic)).or_insert(&accept.span);
        if *first != accept.span {
            problems.push(
                Diagnostic::warning("duplicate", &accept.span, "this is said twice").related(first, "here"),
            );
        }
    }
    egress::check(network, entry, reported, problems);
    if tier.public_ips.value && !tier.public.value {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                &tier.public_ips.span,
                "a private tier has no public addresses",
            )
            .hint("leave `public_ips` out, or set `public = true`"),
        );
    }
    if tier.admin.as_ref().is_some_and(|admin| admin.value) && !tier.public.value {
        problems.push(
            Diagnostic::error(
                "unreachable",
                header,
                "`admin_from` cannot reach a private tier over the internet",
            )
            .hint("leave `admin` out, or accept from a public tier"),
        );
    }
    // One that nobody reaches may fetch its work by itself.
    let fetches = || !tier.outward(network).is_empty() || endpoint::of_tier(network, entry).next().is_some();
    if !reached && !fetches() {
        let talks_to_itself = tier.accept.iter().any(|accept| accept.from.value == Peer::Itself);
        let problem = if talks_to_itself {
            Diagnostic::warning("unreachable", header, "nobody can reach this tier")
        } else {
            Diagnostic::error("unreachable", header, "nobody can reach this tier, and it can reach nobody")
        };
        problems.push(problem.hint("add `accept = [{ from = \"TIER\", port = 443 }]`"));
    }
}

fn check_accept(
    network: &Network,
    entry: &Entry<Tier>,
    accept: &Accept,
    reported: &BTreeSet<usize>,
    problems: &mut Vec<Diagnostic>,
) {
    let tier = &entry.section;
    accept.carried().check(reported, problems);
    let world = accept.is_from_the_world();
    let outside = world
        || match &accept.from.value {
            Peer::Range(range) => !network.holds(*range),
            Peer::Admin => true,
            Peer::Internet | Peer::Itself | Peer::Tier(_) => false,
        };
    if outside && !tier.public.value && matches!(accept.from.value, Peer::Internet | Peer::Admin) {
        problems.push(
            Diagnostic::error(
                "unreachable",
                &accept.from.span,
                "a private tier cannot be reached from the internet",
            )
            .hint("set `public = true`, or accept from a public tier"),
        );
    }
    if matches!(accept.from.value, Peer::Admin) && network.admin_from.iter().next().is_none() {
        problems.push(
            Diagnostic::error("unknown-name", &accept.from.span, "`admin_from` names nobody")
                .hint("add `admin_from = [\"203.0.113.10/32\"]` to `[network]`"),
        );
    }
    if let (Protocol::Other(_), true) = (accept.protocol.value, world) {
        let word = accept.protocol.value.word();
        problems.push(
            Diagnostic::warning(
                "open-port",
                &accept.protocol.span,
                format!("this opens {word} to the world"),
            )
            .hint("accept it from the ranges at the other end of the tunnel"),
        );
    }
    let Some(port) = accept.port.as_ref().filter(|_| world) else { return };
    let ports = port.value;
    if ADMIN_PORTS.iter().any(|port| ports.covers(Ports::one(*port))) {
        problems.push(
            Diagnostic::error("open-admin-port", &port.span, "this opens administration to the world")
                .hint("use `admin_from` with the ranges you administer from (practice 11)"),
        );
    } else if !WORLD_PORTS.iter().any(|port| Ports::one(*port) == ports) {
        problems.push(
            Diagnostic::warning("open-port", &port.span, format!("this opens {ports} to the world"))
                .hint("the world needs ports 443 and 80 only (practice 11)"),
        );
    }
}
