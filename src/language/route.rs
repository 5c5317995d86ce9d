//! `[network.route.NAME]`: ways to other networks, through something that is there already.

use std::collections::{BTreeMap, BTreeSet};

use super::network::{Nat, Network};
use super::section::section;
use super::tier::Tier;
use super::types::{Cidr, Declared, Entry, Family, List, RouteTarget, Sectioned};
use super::{Diagnostic, Span, egress};

section! {
    /// A way to other networks: an office behind a VPN, another VPC, a firewall. What leads there is not made: the file names it
    /// by its id.
    ///
    /// What a route table holds beyond the routes of the file stays, and is told, unless `other_routes` says that it goes.
    #[practices(12)]
    Route {
        /// The ranges that it leads to.
        to: List<Cidr>, required;
        /// What leads there: a peering connection, a transit gateway that the VPC is attached to, a virtual private gateway, an
        /// endpoint of a firewall or a Gateway Load Balancer, or the interface of an appliance.
        through: RouteTarget, required;
        /// The tiers that it is for. Public tiers share a route table, so it is for all of them or for none.
        tiers: List<Declared<Tier>>, absent "all";
    }
}

impl Sectioned for Route {
    const SECTION: &'static str = "network.route";
    const WORDS: &'static str = "route";
}

impl Route {
    /// Whether it is for a tier.
    fn is_for(&self, tier: &str) -> bool {
        self.tiers.as_ref().is_none_or(|tiers| tiers.iter().any(|named| named.name == tier))
    }
}

/// The routes of a tier: to which range, and through what.
pub(super) fn of_tier<'a>(network: &'a Network, tier: &'a str) -> impl Iterator<Item = (Cidr, &'a str)> {
    let routes = network.route.iter().map(|entry| &entry.section).filter(|route| route.is_for(tier));
    routes.flat_map(|route| route.to.iter().map(|range| (range.value, route.through.written())))
}

/// Whether a route of the file leads a tier to all of a range.
pub(super) fn leads_to(network: &Network, tier: &str, range: Cidr) -> bool {
    of_tier(network, tier).any(|(to, _)| to.0.contains(&range.0))
}

pub(super) fn check(network: &Network, problems: &mut Vec<Diagnostic>) {
    let public: Vec<&str> = names(network, true);
    for entry in network.route.iter() {
        let route = &entry.section;
        for range in route.to.iter().filter(|range| network.holds(range.value)) {
            problems.push(
                Diagnostic::error(
                    "overlap",
                    &range.span,
                    format!("{} is in the network itself", range.value),
                )
                .related(&network.cidr.span, "the network")
                .hint("addresses of the network are reached without a route"),
            );
        }
        if let Some(tiers) = &route.tiers {
            let left_out: Vec<&str> = public.iter().copied().filter(|tier| !route.is_for(tier)).collect();
            if !left_out.is_empty() && left_out.len() < public.len() {
                problems.push(
                    Diagnostic::error(
                        "bad-combination",
                        &tiers.span,
                        format!("public tiers share a route table, and {} is left out", left_out.join(", ")),
                    )
                    .hint("name all public tiers, or none of them"),
                );
            }
        }
    }
    for entry in network.tier.iter() {
        check_tier(network, entry, problems);
    }
}

fn names(network: &Network, public: bool) -> Vec<&str> {
    let tiers = network.tier.iter().filter(|entry| entry.section.public.value == public);
    tiers.map(|entry| entry.name.as_str()).collect()
}

/// One range goes one way, and what leads everywhere stands alone.
fn check_tier(network: &Network, entry: &Entry<Tier>, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, &Span> = BTreeMap::new();
    let reported: BTreeSet<usize> = problems.iter().map(|problem| problem.span.start).collect();
    let routes = network.route.iter().filter(|route| route.section.is_for(&entry.name));
    for range in routes.flat_map(|route| route.section.to.iter()) {
        let first = *seen.entry(range.value.to_string()).or_insert(&range.span);
        if *first != range.span && !reported.contains(&range.span.start) {
            problems.push(
                Diagnostic::error("duplicate", &range.span, format!("{} is routed twice", range.value))
                    .related(first, "here")
                    .hint("a range goes one way: keep one, or give each `tiers` of its own"),
            );
        }
        if !range.is_everything() || reported.contains(&range.span.start) {
            continue;
        }
        let is_v4 = range.family() == Family::V4;
        let by_nat =
            is_v4
                && network.nat.value != Nat::None
                && entry.section.outward(network).iter().any(|outward| {
                    !matches!(egress::leaving(network, entry, outward.to), egress::Leaving::Not)
                });
        if entry.section.public.value || by_nat {
            let way = if entry.section.public.value { "the internet gateway" } else { "NAT" };
            let text = format!("tier {} reaches {} through {way} already", entry.name, range.value);
            problems.push(
                Diagnostic::error("contradiction", &range.span, text)
                    .related(&entry.section.header.span, "the tier")
                    .hint("name private tiers in `tiers`, and leave `nat` out"),
            );
        }
    }
}
