//! The blocks of eight /64 that the IPv6 range of a VPC has room for. They are outputs of the VPC, because nobody knows a range of Amazon's
//! before the VPC has it, and subnets and network ACLs name parts of it.

use ipnet::Ipv6Net;

/// The prefix of the range of a VPC, and how many blocks it has.
pub const OF_VPC: u8 = 56;
/// The prefix of a block.
pub const OF_BLOCK: u8 = 61;
/// The prefix of the range of a subnet.
const OF_SUBNET: u8 = 64;
/// How many blocks the range of a VPC has.
pub const BLOCKS: u32 = 1 << (OF_BLOCK - OF_VPC);

macro_rules! outputs {
    ($($number:literal)+) => {
        /// The outputs of a VPC: its id, and its blocks in their order.
        pub const OUTPUTS: &[&str] = &["id", $(concat!("ipv6-block-", $number)),+];
    };
}

outputs!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);

/// The output that a block is.
pub fn output(number: u32) -> Option<&'static str> {
    OUTPUTS.get(usize::try_from(number).ok()?.checked_add(1)?).copied()
}

/// The number of the block that an output is.
pub fn number(output: &str) -> Option<u32> {
    output.strip_prefix("ipv6-block-")?.parse().ok().filter(|number| *number < BLOCKS)
}

/// A block of the range of a VPC; nothing of a range that has not so many.
pub fn block(range: Ipv6Net, block_number: u32) -> Option<Ipv6Net> {
    range.subnets(OF_BLOCK).ok()?.nth(usize::try_from(block_number).ok()?)
}

/// A range of a block, by its place among the eight.
pub fn slot(block: Ipv6Net, place: i64) -> Option<Ipv6Net> {
    block.subnets(OF_SUBNET).ok()?.nth(usize::try_from(place).ok()?)
}

/// The blocks of the range of a VPC, by output.
pub(in crate::kinds) fn blocks_of(range: Ipv6Net) -> impl Iterator<Item = (&'static str, String)> {
    (0..BLOCKS).filter_map(move |number| Some((output(number)?, block(range, number)?.to_string())))
}

/// The range of a subnet, of a block as text.
pub(in crate::kinds) fn part_of(block: &str, place: i64) -> Option<Ipv6Net> {
    slot(block.parse().ok().filter(|block: &Ipv6Net| block.prefix_len() == OF_BLOCK)?, place)
}

/// The block that the range of a subnet is of, and its place there. A range of another size is taken for a block of its own.
pub(in crate::kinds) fn block_and_slot(range: Ipv6Net) -> (Ipv6Net, i64) {
    if range.prefix_len() != OF_SUBNET {
        return (range, 0);
    }
    let block = Ipv6Net::new(range.network(), OF_BLOCK).map_or(range, |block| block.trunc());
    let place = (range.network().to_bits() - block.network().to_bits()) >> (128 - u32::from(OF_SUBNET));
    (block, i64::try_from(place).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_of_a_subnet_is_found_again_by_its_block_and_its_place() {
        let range: Ipv6Net = "2600:1f18:1234:ab00::/56".parse().unwrap();
        let blocks: Vec<_> = blocks_of(range).collect();
        assert_eq!((blocks.len(), blocks[1].1.as_str()), (32, "2600:1f18:1234:ab08::/61"));
        for (place, subnet) in range.subnets(OF_SUBNET).unwrap().enumerate() {
            let (block, slot) = block_and_slot(subnet);
            let (name, text) = &blocks[place / 8];
            assert_eq!((block.to_string(), usize::try_from(slot).unwrap()), (text.clone(), place % 8));
            assert_eq!(part_of(text, slot), Some(subnet));
            assert_eq!(number(name), u32::try_from(place / 8).ok());
        }
        assert_eq!(
            (part_of("2600::/64", 0), part_of(&blocks[0].1, 8), number("ipv6-block-32")),
            (None, None, None)
        );
    }
}
