//! `ipv6` of `[network]`: where the IPv6 range comes from, and which part of it a tier has.
//!
//! A range of Amazon's is known once the VPC has it. Until then what is said of it is said of outputs of the VPC, and the proof takes a
//! range for it that nobody has.

use ipnet::{IpNet, Ipv6Net};
use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::network::Network;
use super::network_things::MAIN;
use super::reader::Reader;
use super::subnets;
use super::types::{Cidr, Family, KeyType};
use super::{Diagnostic, Span, tier};
use crate::kinds::ec2::ipv6_blocks::{self, BLOCKS, OF_BLOCK, OF_VPC};
use crate::kinds::ec2_vpc::{AMAZON, Vpc};
use crate::model::{Link, ResourceSpec as _};

/// Where the IPv6 range of a network comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ipv6 {
    /// Amazon chooses one of its own.
    Amazon,
    /// One's own, of a pool that was brought to AWS.
    Own(Ipv6Net),
}

impl Ipv6 {
    /// As the VPC has it.
    pub(super) fn source(self) -> String {
        match self {
            Self::Amazon => AMAZON.to_owned(),
            Self::Own(range) => range.to_string(),
        }
    }
}

impl KeyType for Ipv6 {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(text) = value.as_str() else {
            reader.wrong_type(span, &Self::describe(), value);
            return None;
        };
        if text == AMAZON {
            return Some(Self::Amazon);
        }
        match Cidr::from_text(text, span, reader)?.0 {
            IpNet::V6(range) if range.prefix_len() == OF_VPC => Some(Self::Own(range)),
            _ => {
                reader.bad_value(
                    span,
                    format!("must be \"{AMAZON}\", or an IPv6 range of one's own, a /{OF_VPC}"),
                );
                None
            }
        }
    }

    fn describe() -> String {
        format!("\"{AMAZON}\", or IPv6 range, a /{OF_VPC}")
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": AMAZON }, { "type": "string", "pattern": r"^[0-9A-Fa-f:]+/56$" }] })
    }
}

/// A range that stands for one of Amazon's: the last part of those that are kept for documentation, so that it is nobody's and no range
/// that a file names holds it but the one of everywhere (RFC 9637).
fn stand_in() -> Ipv6Net {
    let network = std::net::Ipv6Addr::new(0x3fff, 0xfff, 0xffff, 0xff00, 0, 0, 0, 0);
    Ipv6Net::new_assert(network, OF_VPC)
}

/// A range that lies in the one that stands for the VPC's, at the same place of the VPC's own; any other as it is.
pub(super) fn at_its_place(range: IpNet, own: Ipv6Net) -> IpNet {
    let whole = stand_in();
    match range {
        IpNet::V6(range) if whole.contains(&range) && own.prefix_len() == OF_VPC => {
            let place = range.network().to_bits() - whole.network().to_bits();
            let network = std::net::Ipv6Addr::from_bits(own.network().to_bits() + place);
            IpNet::V6(Ipv6Net::new_assert(network, range.prefix_len()))
        }
        other => other,
    }
}

/// The IPv6 range of a VPC, as its attribute says where it comes from.
pub(super) fn range_of(source: &str) -> Option<Ipv6Net> {
    if source == AMAZON { Some(stand_in()) } else { source.parse().ok() }
}

impl Network {
    /// The families of its addresses.
    pub(super) fn families(&self) -> &'static [Family] {
        if self.ipv6.is_some() { &[Family::V4, Family::V6] } else { &[Family::V4] }
    }

    /// Whether it has IPv6.
    pub(super) fn has_ipv6(&self) -> bool {
        self.ipv6.is_some()
    }

    /// Its IPv6 range, or the one that stands for it.
    pub(super) fn ipv6_range(&self) -> Option<Ipv6Net> {
        range_of(&self.ipv6.as_ref()?.value.source())
    }

    /// Every address, a range a family.
    pub(super) fn everywhere(&self) -> impl Iterator<Item = Cidr> {
        self.families().iter().map(|family| family.everywhere())
    }

    fn own(&self) -> impl Iterator<Item = IpNet> {
        std::iter::once(IpNet::V4(self.cidr.0)).chain(self.ipv6_range().map(IpNet::V6))
    }

    /// Whether all of a range is of the network itself.
    pub(super) fn holds(&self, range: Cidr) -> bool {
        self.own().any(|own| own.contains(&range.0))
    }

    /// Whether a part of a range is.
    pub(super) fn overlaps(&self, range: Cidr) -> bool {
        self.own().any(|own| range.overlaps(own))
    }
}

/// The IPv6 range of a tier's block.
pub(super) fn block(network: &Network, tier: &str) -> Option<Ipv6Net> {
    ipv6_blocks::block(network.ipv6_range()?, subnets::block_number(network, tier)?)
}

/// The block of a tier as the VPC tells it.
pub(super) fn block_link(network: &Network, tier: &str) -> Option<Link> {
    network.ipv6.as_ref()?;
    let output = ipv6_blocks::output(subnets::block_number(network, tier)?)?;
    Some(Vpc::output(MAIN, output))
}

/// A range as it is written: of the network's own blocks, whatever the VPC tells.
pub(super) fn link(network: &Network, range: IpNet) -> Link {
    let own = || {
        let (whole, IpNet::V6(block)) = (network.ipv6_range()?, range) else { return None };
        if block.prefix_len() != OF_BLOCK || !whole.contains(&block) {
            return None;
        }
        let number = (block.network().to_bits() - whole.network().to_bits()) >> (128 - u32::from(OF_BLOCK));
        Some(Vpc::output(MAIN, ipv6_blocks::output(u32::try_from(number).ok()?)?))
    };
    own().unwrap_or_else(|| range.to_string().into())
}

/// Every place of the file that names a range, with the range.
fn named(network: &Network) -> Vec<(&Span, Cidr)> {
    let mut named: Vec<(&Span, Cidr)> = network
        .admin_from
        .iter()
        .chain(network.deny.iter())
        .chain(network.route.iter().flat_map(|route| route.section.to.iter()))
        .map(|range| (&range.span, range.value))
        .collect();
    for entry in network.tier.iter() {
        named.extend(tier::ranges(&entry.section));
    }
    named
}

pub(super) fn check(network: &Network, problems: &mut Vec<Diagnostic>) {
    let Some(ipv6) = &network.ipv6 else {
        if let Some(pool) = &network.ipv6_pool {
            problems.push(
                Diagnostic::error(
                    "bad-combination",
                    &pool.span,
                    "a pool is where a range of one's own is from",
                )
                .hint("add `ipv6` with a range of the pool, or leave `ipv6_pool` out"),
            );
        }
        let of_v6 = named(network).into_iter().filter(|(_, range)| range.family() == Family::V6);
        problems.extend(of_v6.map(|(span, _)| {
            Diagnostic::error("no-ipv6", span, "this network has no IPv6")
                .hint("add `ipv6 = \"amazon\"` to `[network]`, or name an IPv4 range")
        }));
        return;
    };
    match (ipv6.value, &network.ipv6_pool) {
        (Ipv6::Amazon, Some(pool)) => problems.push(
            Diagnostic::error(
                "bad-combination",
                &pool.span,
                "a range of Amazon's is of no pool of one's own",
            )
            .related(&ipv6.span, "Amazon chooses the range")
            .hint("leave `ipv6_pool` out, or write a range of the pool in `ipv6`"),
        ),
        (Ipv6::Own(_), None) => problems.push(
            Diagnostic::error("missing-key", &ipv6.span, "a range of one's own is of a pool")
                .hint("add `ipv6_pool = \"ipv6pool-ec2-...\"`: `aws ec2 describe-ipv6-pools` lists them"),
        ),
        (Ipv6::Amazon, None) | (Ipv6::Own(_), Some(_)) => {}
    }
    for entry in network.tier.iter() {
        let beyond = subnets::block_number(network, &entry.name).is_some_and(|number| number >= BLOCKS);
        if beyond {
            let tier = &entry.section;
            let span = tier.block.as_ref().map_or(&tier.header.span, |block| &block.span);
            problems.push(
                Diagnostic::error("no-room", span, format!("the IPv6 range has room for {BLOCKS} tiers"))
                    .related(&ipv6.span, "a /56")
                    .hint(format!("give the tier a `block` from 0 to {}", BLOCKS - 1)),
            );
        }
    }
}
