//! `[network]`: the VPC and everything the tiers share.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value as Json, json};

use super::assertion::Assertion;
use super::bucket::Bucket;
use super::endpoint::{self, Endpoint};
use super::flows::{self, End, Flow};
use super::ipv6::{self, Ipv6};
use super::names::Names;
use super::reader::Reader;
use super::route::{self, Route};
use super::section::section;
use super::tier::{self, Tier};
use super::types::{
    Cidr, Declared, Entry, Ipv4Cidr, Ipv6PoolId, KeyType, List, Named, OrOff, Ports, VpcId, Whole, ZoneName,
    choice,
};
use super::{Diagnostic, Span, Spanned, network_acl, network_things, security_group, subnets, tier_subnet};
use crate::kinds::ec2_route_table::RouteTable;
use crate::model::{Addr, DecodeError, ResourceSpec as _, Wanted};

/// The most zones a tier has room for.
const MAX_ZONES: i64 = 8;

choice! {
    /// What becomes of routes that the file does not declare.
    OtherRoutes {
        /// They stay, and are told.
        Keep = "keep",
        /// They are removed, but for those that AWS writes.
        Remove = "remove",
    }
}

choice! {
    /// What becomes of the rules of the VPC's default security group.
    DefaultGroup {
        /// They are removed.
        Sealed = "sealed",
        /// They stay.
        Keep = "keep",
    }
}

choice! {
    /// How many NAT gateways there are.
    Nat {
        /// None: private tiers only answer.
        None = "none",
        /// One, which every zone depends on.
        Single = "single",
        /// One in each zone.
        PerZone = "per-zone",
    }
}

/// The zones a network spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zones {
    /// The first so many of the account's zones.
    Count(usize),
    /// These.
    Names(List<ZoneName>),
}

impl KeyType for Zones {
    fn read(value: &toml::de::DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        if !value.is_array() {
            let count = Whole::<1, MAX_ZONES>::read(value, span, reader)?;
            return usize::try_from(count.0).ok().map(Self::Count);
        }
        let names = List::<ZoneName>::read(value, span, reader)?;
        if names.iter().next().is_none() {
            reader.bad_value(span, "name at least one zone");
            return None;
        }
        Some(Self::Names(names))
    }

    fn describe() -> String {
        format!("whole number, 1 to {MAX_ZONES}, or list of zones")
    }

    fn schema() -> Json {
        json!({ "anyOf": [Whole::<1, MAX_ZONES>::schema(), List::<ZoneName>::schema()] })
    }
}

section! {
    /// One VPC. Its default security group is emptied; every subnet has a route table and a network ACL of its tier.
    ///
    /// The addresses of subnets follow from the order of the tiers: each tier has a block of eight subnets, zone
    /// `a` takes the first of them, `b` the second, and so on. A tier added below the others, or another zone,
    /// moves nothing; `block` keeps a tier in its place when one above it goes.
    #[practices(11, 12)]
    Network {
        /// A VPC that is there already, by its id: it is taken over with the subnets that the tiers name, with its internet gateway
        /// and with what serves those subnets alone, instead of being made. Once that is done, the line can be taken out.
        id: VpcId, absent "it is made";
        /// The IPv4 range of the VPC, from /16 to /28. Of one that is there already, the one that it has.
        cidr: Ipv4Cidr, required;
        /// Where its IPv6 range comes from, a /56 that tiers have the same blocks of: Amazon chooses one, or it is one's own. Without
        /// it the network has IPv4 alone, and a range that the VPC has by now stays as it is.
        ipv6: Ipv6, absent "none: IPv4 alone";
        /// The pool that an IPv6 range of one's own is of.
        ipv6_pool: Ipv6PoolId, absent "none, with a range of Amazon's";
        /// How many zones it spans, or which. A number takes the first zones of the account and keeps them.
        zones: Zones, default "2";
        /// The prefix of every subnet.
        subnet_prefix: Whole<17, 28>, default "24";
        /// Where administration comes from.
        admin_from: List<Cidr>, default "[]";
        /// The ports administration uses, in public tiers.
        admin_ports: List<Ports>, default "[22]";
        /// Ranges that are denied first, in both directions and in every tier.
        deny: List<Cidr>, default "[]";
        /// How private tiers reach the internet, where their `egress` says that they do.
        nat: Nat, default "\"none\"";
        /// How many entries of a family AWS lets a network ACL of this account have in one direction, AWS's own last one
        /// included. AWS raises it on request.
        acl_quota: Whole<20, 40>, default "20";
        /// How many entries of each network ACL of a public tier, in each direction, stay free for `baseline block`.
        block_slots: Whole<0, 30>, default "4";
        /// Whoever `baseline admit` lets in is shut out at its end by EventBridge Scheduler, also where nobody runs anything. Makes
        /// a role for it.
        end_admissions: bool, default "false";
        /// Instances get DNS names.
        dns_hostnames: bool, default "true";
        /// Whether the VPC's default security group is emptied, or keeps its rules. The group of a VPC that is taken over is never
        /// emptied while something uses it: it is shown with what does.
        default_group: DefaultGroup, default "\"sealed\"";
        /// The bucket that receives flow logs; `false` for none.
        flow_logs: OrOff<Declared<Bucket>>, absent "false, with a warning";
        /// The tiers.
        tier: Named<Tier>, default "{}";
        /// Ways to other networks.
        route: Named<Route>, default "{}";
        /// Ways to services of AWS that do not lead over the internet.
        endpoint: Named<Endpoint>, default "{}";
        /// What becomes of routes in the tables of its tiers that the file does not declare. One to everywhere always goes.
        other_routes: OtherRoutes, default "\"keep\"";
        /// What must hold of who reaches whom.
        assert: List<Assertion>, default "[]";
    }
}

impl Network {
    /// The bucket that receives flow logs.
    pub fn flow_log_bucket(&self) -> Option<&str> {
        self.flow_logs.as_ref().and_then(|bucket| bucket.on()).map(|bucket| bucket.name.as_str())
    }

    /// How many entries a network ACL may have in one direction: AWS counts its own last one (ACL-6).
    pub(super) fn acl_entries(&self) -> usize {
        usize::try_from(self.acl_quota.0).unwrap_or_default().saturating_sub(1)
    }

    /// The route tables of a tier.
    pub(super) fn route_tables(&self, tier: &str) -> Vec<Addr> {
        let Some(entry) = self.tier.iter().find(|entry| entry.name == tier) else { return Vec::new() };
        if entry.section.public.value {
            return vec![RouteTable::addr("public")];
        }
        if self.nat.value == Nat::PerZone && flows::uses_nat(self, entry) {
            let zones = subnets::zones_of(self, tier);
            return zones.iter().map(|zone| RouteTable::addr(format!("{tier}-{}", zone.letter))).collect();
        }
        vec![RouteTable::addr(tier)]
    }
}

/// How many Elastic IP addresses a new account may have in a region (Amazon VPC quotas); AWS raises it.
const ELASTIC_ADDRESSES: usize = 5;

/// More tiers than any network has room for: the largest is a /16, and the smallest tier has eight /28.
const MOST_TIERS: usize = 512;

fn too_many_tiers(network: &Network) -> Diagnostic {
    let many = network.tier.0.len();
    Diagnostic::error("no-room", &network.header.span, format!("{many} tiers fit into no network"))
        .hint(format!("declare {MOST_TIERS} at most"))
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(network) = &names.file.network else { return };
    if network.cidr.0.prefix_len() < 16 || network.cidr.0.prefix_len() > 28 {
        problems.push(
            Diagnostic::error("bad-value", &network.cidr.span, "AWS makes VPCs from /16 to /28")
                .hint("write a range such as 10.20.0.0/16"),
        );
    }
    if network.flow_logs.is_none() {
        problems.push(
            Diagnostic::warning(
                "no-flow-logs",
                &network.header.span,
                "nobody records the traffic of this network",
            )
            .hint("add `flow_logs = \"BUCKET\"`, or say `flow_logs = false`"),
        );
    }
    check_zones(names, network, problems);
    ipv6::check(network, problems);
    check_ranges(network, problems);
    if network.tier.0.len() > MOST_TIERS {
        // Each of them would be reported, with all the others.
        return problems.push(too_many_tiers(network));
    }
    check_room(network, problems);
    tier_subnet::check(network, problems);
    route::check(network, problems);
    endpoint::check(names, network, problems);
    check_nat(network, problems);
    let flows = flows::flows(names, network);
    let reported: BTreeSet<usize> = problems.iter().map(|problem| problem.span.start).collect();
    for entry in network.tier.iter() {
        let here = End::Tier(entry.name.clone());
        let is_here = |end: &End| end.tier() == Some(entry.name.as_str());
        let reached = flows.iter().any(|flow| {
            flow.instances && !flow.traffic.is_path_mtu() && is_here(&flow.to) && flow.from != here
        });
        tier::check(network, entry, reached, &reported, problems);
        check_quotas(network, entry, &flows, problems);
    }
}

fn check_zones(names: &Names<'_>, network: &Network, problems: &mut Vec<Diagnostic>) {
    let Zones::Names(zones) = &network.zones.value else { return };
    let mut seen: BTreeMap<&str, &Span> = BTreeMap::new();
    for zone in zones.iter() {
        let name = zone.written();
        let letter = name.chars().last().unwrap_or('a');
        if !name.starts_with(names.region()) {
            problems.push(
                Diagnostic::error("wrong-region", &zone.span, format!("{name} is not in {}", names.region()))
                    .hint(format!("write {}a", names.region())),
            );
        } else if !('a'..='h').contains(&letter) {
            problems.push(Diagnostic::error("bad-value", &zone.span, "zones go from a to h"));
        }
        if let Some(first) = seen.get(name) {
            problems.push(
                Diagnostic::error("duplicate", &zone.span, format!("{name} is named twice"))
                    .related(first, "here"),
            );
        }
        seen.entry(name).or_insert(&zone.span);
    }
}

/// Ranges that are denied and ranges that administer must leave the network, and each other, alone.
fn check_ranges(network: &Network, problems: &mut Vec<Diagnostic>) {
    let mut denied = Ranges::default();
    for range in network.deny.iter() {
        if network.overlaps(range.value) {
            // It would also break health checks (ACL-3).
            problems.push(
                Diagnostic::error(
                    "overlap",
                    &range.span,
                    format!("{} holds addresses of the network itself", range.value),
                )
                .related(&network.cidr.span, "the network")
                .hint("deny what lies outside; what is not accepted is denied anyway"),
            );
        }
        twice(&mut denied, range, problems);
    }
    let mut admins = Ranges::default();
    for range in network.admin_from.iter() {
        if range.is_everything() {
            problems.push(
                Diagnostic::error("open-admin-port", &range.span, "this opens administration to the world")
                    .hint("name the addresses you administer from, such as 203.0.113.10/32 (practice 11)"),
            );
        }
        if let Some(denied) = denied.overlapping(range.value) {
            problems.push(
                Diagnostic::error(
                    "overlap",
                    &range.span,
                    format!("{} is denied too, and denials come first", range.value),
                )
                .related(&denied.span, "denied here")
                .hint("narrow one of the two"),
            );
        }
        twice(&mut admins, range, problems);
    }
}

/// Ranges by where they begin and how long their prefix is: two of them overlap only where one holds the other.
#[derive(Default)]
struct Ranges<'a>(BTreeMap<(IpAddr, u8), &'a Spanned<Cidr>>);

impl<'a> Ranges<'a> {
    fn add(&mut self, range: &'a Spanned<Cidr>) {
        self.0.entry((range.0.network(), range.0.prefix_len())).or_insert(range);
    }

    /// One that shares an address with that range; the first of the file where several hold it.
    fn overlapping(&self, range: Cidr) -> Option<&'a Spanned<Cidr>> {
        let wider = (0..=range.0.prefix_len()).filter_map(|prefix| {
            let wide = IpNet::new(range.0.network(), prefix).ok()?.network();
            self.0.get(&(wide, prefix)).copied()
        });
        let inside = self.0.range((range.0.network(), range.0.prefix_len())..=(range.0.broadcast(), u8::MAX));
        wider.chain(inside.map(|(_, inside)| *inside).next()).min_by_key(|other| other.span.start)
    }
}

fn twice<'a>(before: &mut Ranges<'a>, range: &'a Spanned<Cidr>, problems: &mut Vec<Diagnostic>) {
    if let Some(first) = before.overlapping(range.value) {
        problems.push(
            Diagnostic::error("overlap", &range.span, format!("{} and {} overlap", range.value, first.value))
                .related(&first.span, "this one")
                .hint("keep the wider one"),
        );
    }
    before.add(range);
}

fn check_room(network: &Network, problems: &mut Vec<Diagnostic>) {
    let tiers = &network.tier.0;
    let mut taken: BTreeMap<u32, &Entry<Tier>> = BTreeMap::new();
    for entry in tiers.iter().filter(|entry| network.has_ipv6() || !entry.section.has_own_subnets()) {
        let tier = &entry.section;
        let span = tier.block.as_ref().map_or(&tier.header.span, |block| &block.span);
        if !tier.has_own_subnets() && subnets::block(network, &entry.name).is_none() {
            let problem = Diagnostic::error(
                "no-room",
                span,
                format!(
                    "{} has no room for the eight /{} subnets of this tier",
                    network.cidr.value, network.subnet_prefix.0
                ),
            )
            .related(&network.cidr.span, "the network");
            problems.push(match subnets::fitting_prefix(network, tiers) {
                Some(prefix) => {
                    problem.hint(format!("set `subnet_prefix = {prefix}`, or take a larger `cidr`"))
                }
                None => problem.hint("take a larger `cidr`"),
            });
        }
        let Some(number) = subnets::block_number(network, &entry.name) else { continue };
        if let Some(first) = taken.get(&number) {
            problems.push(
                Diagnostic::error(
                    "overlap",
                    span,
                    format!("this tier takes the addresses of tier {}", first.name),
                )
                .related(&first.section.header.span, "block taken here")
                .hint("give the tiers different numbers in `block`"),
            );
        }
        taken.entry(number).or_insert(entry);
    }
}

fn check_nat(network: &Network, problems: &mut Vec<Diagnostic>) {
    if network.nat.value == Nat::None {
        return;
    }
    if flows::nat_tier(network).is_none() {
        problems.push(
            Diagnostic::error(
                "no-way-out",
                &network.nat.span,
                "NAT stands in a public tier, and there is none",
            )
            .hint("add `public = true` to a tier"),
        );
    }
    let host = flows::nat_tier(network).unwrap_or_default();
    let gateways = if network.nat.value == Nat::PerZone { subnets::zones_of(network, host).len() } else { 1 };
    if gateways > ELASTIC_ADDRESSES {
        problems.push(
            Diagnostic::warning(
                "quota",
                &network.nat.span,
                format!(
                    "{gateways} NAT gateways need as many Elastic IP addresses, and a new account may have \
                     {ELASTIC_ADDRESSES} in a region"
                ),
            )
            .hint("name fewer zones, set `nat = \"single\"`, or have AWS raise the quota first"),
        );
    }
    if !network.tier.iter().any(|entry| flows::uses_nat(network, entry)) {
        problems.push(
            Diagnostic::warning(
                "unused",
                &network.nat.span,
                "no private tier uses NAT, and AWS charges for it",
            )
            .hint("leave `nat` out, or let a private tier out with `egress = \"internet\"`"),
        );
    }
}

/// Entries that nobody can add at night: an error where the file asks for them, else a warning.
fn too_few_slots(network: &Network, entry: &Entry<Tier>, left: usize) -> Diagnostic {
    let slots = &network.block_slots;
    let text = format!(
        "the network ACL of tier {} has room for {left} of the {} entries that `baseline block` is to find free",
        entry.name, slots.value.0
    );
    let hint = format!(
        "merge ranges in `deny`, `admin_from` and `accept`, have AWS raise the quota and set `acl_quota`, or say `block_slots = {left}`"
    );
    if slots.given {
        return Diagnostic::error("too-many", &slots.span, text)
            .related(&entry.section.header.span, "the tier")
            .hint(hint);
    }
    Diagnostic::warning("too-many", &entry.section.header.span, text).hint(hint)
}

fn check_quotas(network: &Network, entry: &Entry<Tier>, flows: &[Flow], problems: &mut Vec<Diagnostic>) {
    let acl = network_acl::entries(network, &entry.name, flows);
    let here = End::Tier(entry.name.clone());
    let rules = [security_group::ingress(&here, flows), security_group::egress(&here, flows)];
    let counts = [&acl.ingress, &acl.egress].into_iter().flat_map(|entries| {
        let v6 = entries.0.iter().filter(|entry| entry.is_v6()).count();
        [entries.0.len() - v6, v6]
    });
    let most = counts.max().unwrap_or_default();
    let header = &entry.section.header.span;
    let quota = network.acl_entries();
    let slots = usize::try_from(network.block_slots.0).unwrap_or_default();
    if most <= quota && most + slots > quota && entry.section.public.value {
        problems.push(too_few_slots(network, entry, quota - most));
    }
    if most > quota {
        problems.push(
            Diagnostic::error(
                "too-many",
                header,
                format!(
                    "the network ACL of this tier would need {most} entries in one direction, AWS lets it have {quota}"
                ),
            )
            .hint(
                "merge ranges in `deny`, `admin_from` and `accept`, divide the tier, or have AWS raise the quota \
                 to 40 and set `acl_quota`",
            ),
        );
    }
    if rules.iter().any(|rules| security_group::most(rules) > security_group::MAX_RULES) {
        problems.push(
            Diagnostic::error(
                "too-many",
                header,
                format!(
                    "the security group of this tier would need more than {} rules",
                    security_group::MAX_RULES
                ),
            )
            .hint("merge ranges and ports"),
        );
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let Some(network) = &names.file.network else { return Ok(()) };
    network_things::expand(names, network, wanted)
}
