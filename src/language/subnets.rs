//! Which addresses the subnets of a tier get.
//!
//! Every tier owns a block of eight subnets, and zone `a` takes the first of them, `b` the second. So a tier
//! that is added at the end, or a zone, never moves a subnet that is there, and a tier is one range in the
//! network ACLs of others. A tier whose subnets have ranges of their own is those. Its IPv6 ranges follow from the same block and
//! places (`ipv6.rs`).

use ipnet::Ipv4Net;

use super::network::{Network, Zones};
use super::tier::Tier;
use super::tier_subnet::TierSubnet;
use super::types::Entry;

/// How many subnets a tier has room for, as a power of two.
const BLOCK_BITS: u8 = 3;

/// One zone the network spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Zone {
    /// The letter in addresses, and the place in a tier's block.
    pub(super) letter: char,
    /// Its name, where the file gives one; otherwise it is looked up.
    pub(super) name: Option<String>,
}

impl Zone {
    /// Its place, counted from 0.
    pub(super) fn slot(&self) -> u32 {
        u32::from(self.letter).saturating_sub(u32::from('a'))
    }
}

/// The zones of a network, in order.
pub(super) fn zones(network: &Network) -> Vec<Zone> {
    match &network.zones.value {
        Zones::Count(count) => ('a'..='h').take(*count).map(|letter| Zone { letter, name: None }).collect(),
        Zones::Names(names) => {
            let mut zones: Vec<Zone> = names
                .iter()
                .filter_map(|name| {
                    let letter = name.written().chars().last()?;
                    Some(Zone { letter, name: Some(name.written().to_owned()) })
                })
                .collect();
            zones.sort_by_key(|zone| zone.letter);
            zones
        }
    }
}

/// The zones of a tier: those of its own subnets, where it has some, else the network's.
pub(super) fn zones_of(network: &Network, tier: &str) -> Vec<Zone> {
    let own = network.tier.get(tier).into_iter().flat_map(|tier| tier.subnets.iter());
    let letters = own.filter_map(|entry| entry.name.chars().next());
    let mut own: Vec<Zone> = letters.map(|letter| Zone { letter, name: None }).collect();
    if own.is_empty() {
        return zones(network);
    }
    own.sort_by_key(|zone| zone.letter);
    own
}

/// The subnet of a tier with a range of its own.
pub(super) fn own<'a>(network: &'a Network, tier: &str, zone: &Zone) -> Option<&'a TierSubnet> {
    network.tier.get(tier)?.subnets.get(zone.letter.encode_utf8(&mut [0; 4]))
}

/// The ranges that a tier may have addresses in, as few as there can be: its block, or those of its own subnets.
pub(super) fn ranges(network: &Network, tier: &str) -> Vec<Ipv4Net> {
    let own = network.tier.get(tier).into_iter().flat_map(|tier| tier.subnets.iter());
    let own: Vec<Ipv4Net> = own.map(|entry| entry.section.range()).collect();
    if own.is_empty() {
        return block(network, tier).into_iter().collect();
    }
    Ipv4Net::aggregate(&own)
}

/// The longest prefix of a tier's subnets.
pub(super) fn longest_prefix(network: &Network, tier: &str) -> u8 {
    let own = network.tier.get(tier).into_iter().flat_map(|tier| tier.subnets.iter());
    own.map(|entry| entry.section.range().prefix_len()).max().unwrap_or_else(|| subnet_prefix(network))
}

/// The number of a tier's block.
pub(super) fn block_number(network: &Network, name: &str) -> Option<u32> {
    let place = network.tier.place(name)?;
    let chosen = network.tier.get(name).and_then(|tier| tier.block.as_ref());
    u32::try_from(chosen.map_or(i64::try_from(place).ok()?, |block| block.0)).ok()
}

/// The IPv4 range of a tier's block; nothing if the network has no room for it.
pub(super) fn block(network: &Network, name: &str) -> Option<Ipv4Net> {
    part(network.cidr.0, subnet_prefix(network).checked_sub(BLOCK_BITS)?, block_number(network, name)?)
}

/// The range of a tier's subnet in a zone; nothing if the network has no room for it.
pub(super) fn subnet(network: &Network, name: &str, zone: &Zone) -> Option<Ipv4Net> {
    if let Some(own) = own(network, name, zone) {
        return Some(own.range());
    }
    part(block(network, name)?, subnet_prefix(network), zone.slot())
}

/// The prefix of every subnet of a block.
pub(super) fn subnet_prefix(network: &Network) -> u8 {
    u8::try_from(network.subnet_prefix.0).unwrap_or(24)
}

/// The smallest prefix with which every tier has room, if there is one AWS allows.
pub(super) fn fitting_prefix(network: &Network, tiers: &[Entry<Tier>]) -> Option<u8> {
    let tiers = tiers.iter().filter(|entry| !entry.section.has_own_subnets());
    let blocks = tiers.filter_map(|entry| block_number(network, &entry.name)).max()? + 1;
    let bits = u8::try_from(blocks.next_power_of_two().trailing_zeros()).ok()?;
    Some(network.cidr.0.prefix_len() + BLOCK_BITS + bits).filter(|prefix| *prefix <= 28)
}

/// The part of a range with that prefix and number.
fn part(range: Ipv4Net, prefix: u8, number: u32) -> Option<Ipv4Net> {
    let parts = 1_u64 << prefix.checked_sub(range.prefix_len())?;
    if u64::from(number) >= parts {
        return None;
    }
    let size = 1_u64 << (32 - u32::from(prefix));
    let start = u64::from(u32::from(range.network())) + u64::from(number) * size;
    Ipv4Net::new(u32::try_from(start).ok()?.into(), prefix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_inside_their_range_one_after_the_other() {
        let range: Ipv4Net = "10.20.0.0/16".parse().unwrap();
        assert_eq!(part(range, 21, 0).unwrap().to_string(), "10.20.0.0/21");
        assert_eq!(part(range, 21, 31).unwrap().to_string(), "10.20.248.0/21");
        assert_eq!(part(range, 21, 32), None);
        assert_eq!(part(range, 15, 0), None);
        assert_eq!(
            part("255.255.255.0/24".parse().unwrap(), 28, 15).unwrap().to_string(),
            "255.255.255.240/28"
        );
    }
}
