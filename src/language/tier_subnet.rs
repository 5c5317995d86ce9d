//! `[network.tier.NAME.subnets]`: subnets with ranges of their own, made or taken over.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::network::{Nat, Network};
use super::section::section;
use super::tier::Tier;
use super::types::{Entry, Ipv4Cidr, Sectioned, SubnetId};
use super::{Diagnostic, Span, flows, subnets};

section! {
    /// A subnet of a tier with a range of its own, by the last letter of its zone: `[network.tier.web.subnets.a]`, or
    /// `subnets = { a = { cidr = "10.0.3.0/24" } }` in the tier.
    ///
    /// With an `id` a subnet that somebody made is taken over: it is tagged, and stays what it is. The range stands in the file, so that
    /// the network can be proven without the account; one that differs from the account's is an error.
    #[practices(12)]
    TierSubnet {
        /// The subnet that is taken over, by its id. Once that is done, the line can be taken out.
        id: SubnetId, absent "it is made";
        /// Its IPv4 range, inside of the network's.
        cidr: Ipv4Cidr, required;
    }
}

impl Sectioned for TierSubnet {
    const SECTION: &'static str = "network.tier.TIER.subnets";
    const WORDS: &'static str = "subnet";
}

impl TierSubnet {
    /// The range.
    pub(super) fn range(&self) -> Ipv4Net {
        self.cidr.0
    }
}

/// Prefixes of subnets (EC2, `CreateSubnet`).
const PREFIXES: std::ops::RangeInclusive<u8> = 16..=28;

/// Checks the subnets that have ranges of their own, against each other and against the blocks of other tiers.
pub(super) fn check(network: &Network, problems: &mut Vec<Diagnostic>) {
    let mut ids: BTreeMap<&str, &Span> = BTreeMap::new();
    let mut ranges: Vec<Taken<'_>> = Vec::new();
    for entry in network.tier.iter() {
        if !entry.section.has_own_subnets() {
            let block = subnets::block(network, &entry.name);
            ranges.extend(block.map(|range| Taken { range, span: &entry.section.header.span, own: false }));
            continue;
        }
        for subnet in entry.section.subnets.iter() {
            check_one(network, subnet, problems);
            let (range, span) = (subnet.section.range(), &subnet.section.cidr.span);
            ranges.push(Taken { range, span, own: true });
            let Some(id) = &subnet.section.id else { continue };
            check_id(network, id.written(), &id.span, problems);
            if let Some(first) = ids.get(id.written()) {
                problems.push(
                    Diagnostic::error("duplicate", &id.span, format!("{} is in two tiers", id.written()))
                        .related(first, "here")
                        .hint("a subnet is in one tier: write the id of another one"),
                );
            }
            ids.entry(id.written()).or_insert(&id.span);
        }
        check_block(network, entry, problems);
        check_zones(network, entry, problems);
    }
    check_overlaps(ranges, problems);
}

fn check_one(network: &Network, subnet: &Entry<TierSubnet>, problems: &mut Vec<Diagnostic>) {
    let (cidr, header) = (&subnet.section.cidr, &subnet.section.header.span);
    if !matches!(subnet.name.as_str(), "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h") {
        problems.push(
            Diagnostic::error("bad-name", header, format!("`{}` is no zone", subnet.name))
                .hint("call a subnet by the last letter of its zone, a to h"),
        );
    }
    if !network.cidr.0.contains(&cidr.0) {
        problems.push(
            Diagnostic::error(
                "no-room",
                &cidr.span,
                format!("{} is not in {}", cidr.value, network.cidr.value),
            )
            .related(&network.cidr.span, "the network")
            .hint(
                "write the range that the subnet has; subnets in further ranges of a VPC cannot be in a tier",
            ),
        );
    } else if !PREFIXES.contains(&cidr.0.prefix_len()) {
        problems.push(
            Diagnostic::error("bad-value", &cidr.span, "AWS makes subnets from /16 to /28")
                .hint("write a range such as 10.0.3.0/24"),
        );
    }
}

/// What is taken over lies in a VPC that is taken over.
fn check_id(network: &Network, id: &str, span: &Span, problems: &mut Vec<Diagnostic>) {
    if network.id.is_none() {
        problems.push(
            Diagnostic::error("bad-combination", span, format!("{id} is in no VPC of this file"))
                .related(&network.header.span, "this VPC is made")
                .hint("write the VPC that it is in, `id = \"vpc-...\"`, in `[network]`"),
        );
    }
}

/// Of IPv6 a tier has a block whatever ranges its subnets have.
fn check_block(network: &Network, entry: &Entry<Tier>, problems: &mut Vec<Diagnostic>) {
    let Some(block) = entry.section.block.as_ref().filter(|_| !network.has_ipv6()) else { return };
    problems.push(
        Diagnostic::error("bad-combination", &block.span, "a tier with `subnets` has no block")
            .related(&entry.section.header.span, "the tier")
            .hint("leave `block` out"),
    );
}

/// Each zone of a private tier leads out through the NAT gateway of that zone.
fn check_zones(network: &Network, entry: &Entry<Tier>, problems: &mut Vec<Diagnostic>) {
    let Some(host) = flows::nat_tier(network) else { return };
    if network.nat.value != Nat::PerZone || !flows::uses_nat(network, entry) {
        return;
    }
    let of_host = subnets::zones_of(network, host);
    for zone in subnets::zones_of(network, &entry.name) {
        if of_host.iter().all(|other| other.letter != zone.letter) {
            problems.push(
                Diagnostic::error(
                    "no-way-out",
                    &entry.section.header.span,
                    format!(
                        "there is no NAT gateway in zone {}, because tier {host} is not there",
                        zone.letter
                    ),
                )
                .related(&network.nat.span, "one in each zone")
                .hint("give that tier a subnet there, or set `nat = \"single\"`"),
            );
        }
    }
}

/// Addresses that are taken, by a subnet of its own or by the block of a tier.
#[derive(Clone, Copy)]
struct Taken<'a> {
    range: Ipv4Net,
    span: &'a Span,
    own: bool,
}

/// Of those that begin in order, one that overlaps any before it overlaps the one of them that reaches furthest.
fn check_overlaps(mut ranges: Vec<Taken<'_>>, problems: &mut Vec<Diagnostic>) {
    ranges.sort_by_key(|taken| (taken.range.network(), taken.range.prefix_len(), taken.span.start));
    let mut furthest: Option<Taken<'_>> = None;
    for taken in ranges {
        let Some(before) = furthest.filter(|before| before.range.broadcast() >= taken.range.network()) else {
            furthest = Some(taken);
            continue;
        };
        // Blocks are held against each other by their numbers.
        if taken.own || before.own {
            let (later, first) =
                if taken.span.start > before.span.start { (taken, before) } else { (before, taken) };
            problems.push(
                Diagnostic::error("overlap", later.span, format!("{} overlaps {}", later.range, first.range))
                    .related(first.span, "taken here")
                    .hint("give each a range of its own; a tier without `subnets` takes a block of eight, which `block` moves"),
            );
        }
        if before.range.broadcast() < taken.range.broadcast() {
            furthest = Some(taken);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::kinds::ec2_network_acl::NetworkAcl;
    use crate::kinds::ec2_route_table::RouteTable;
    use crate::kinds::ec2_subnet::Subnet;
    use crate::language::{Baseline, Place, Source};
    use crate::model::{Link, Owned, ResourceSpec, Wanted, restore};

    const FILE: &str = "
name = 'x'
region = 'eu-west-1'
[network]
cidr = '10.0.0.0/16'
zones = 3
nat = 'per-zone'
flow_logs = false
[network.tier.web]
public = true
accept = [{ from = 'internet', port = 443 }]
subnets = { b = { cidr = '10.0.9.0/24' }, a = { cidr = '10.0.8.0/24' } }
[network.tier.app]
egress = 'internet'
accept = [{ from = 'web', port = 8080 }]
subnets = { b = { cidr = '10.0.200.0/26' } }
[network.tier.db]
block = 2
accept = [{ from = 'app', port = 5432 }, { from = 'web', port = 3306 }]
";

    fn wanted() -> Wanted {
        let (baseline, problems) = Baseline::parse(&Source { name: "x.toml".into(), text: FILE.into() });
        let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}"));
        baseline.expand(&Place { account: "111122223333", partition: "aws" }).unwrap()
    }

    fn all<S: ResourceSpec>(wanted: &Wanted) -> Vec<(String, S)> {
        let of_kind = wanted.things.iter().filter(|(addr, _)| addr.kind() == S::KIND);
        of_kind.map(|(addr, want)| (addr.name().to_owned(), restore::<S>(&want.value).unwrap())).collect()
    }

    #[test]
    fn a_tier_is_in_the_zones_of_its_own_subnets_and_the_others_in_those_of_the_network() {
        let subnets = all::<Subnet>(&wanted());
        let told: Vec<(&str, &str)> =
            subnets.iter().map(|(name, subnet)| (name.as_str(), subnet.cidr.as_str())).collect();
        assert_eq!(
            told,
            [
                ("app-b", "10.0.200.0/26"),
                ("db-a", "10.0.16.0/24"),
                ("db-b", "10.0.17.0/24"),
                ("db-c", "10.0.18.0/24"),
                ("web-a", "10.0.8.0/24"),
                ("web-b", "10.0.9.0/24"),
            ]
        );
        let zone = |subnet: &Subnet| subnet.zone.clone();
        assert_eq!(zone(&subnets[0].1), Owned::Always(Link::from("eu-west-1b")));
        assert!(matches!(zone(&subnets[1].1), Owned::AtCreation(Link::Ref(_))));
    }

    #[test]
    fn a_tier_is_its_own_ranges_to_others_and_each_zone_leads_to_its_own_gateway() {
        let wanted = wanted();
        let acls = all::<NetworkAcl>(&wanted);
        let from = |acl: &str, port: i64| -> Vec<String> {
            let (_, acl) = acls.iter().find(|(name, _)| name == acl).unwrap();
            let of_port = acl.ingress.0.iter().filter(|entry| entry.from_port == Some(port));
            of_port.map(|entry| entry.cidr.id().unwrap().to_owned()).collect()
        };
        // Two neighbours are one range.
        assert_eq!(from("db", 3306), ["10.0.8.0/23"]);
        assert_eq!(from("db", 5432), ["10.0.200.0/26"]);
        let tables: Vec<String> = all::<RouteTable>(&wanted).into_iter().map(|(name, _)| name).collect();
        assert_eq!(tables, ["app-b", "db", "public"]);
        let gateways = wanted.things.keys().filter(|addr| addr.kind() == "ec2.nat-gateway");
        assert_eq!(
            gateways.map(ToString::to_string).collect::<Vec<_>>(),
            ["ec2.nat-gateway.nat-a", "ec2.nat-gateway.nat-b"]
        );
    }
}
