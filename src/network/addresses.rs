//! Addresses as numbers: IPv4 lies within IPv6 where RFC 4291 maps it, so that one dimension holds both.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::intervals::Intervals;

/// Where IPv4 begins: `::ffff:0.0.0.0`.
const V4: u128 = 0xffff_0000_0000;
const V4_LAST: u128 = V4 + 0xffff_ffff;

/// What the internet does not carry: private, shared, of one link, of one host, for many, reserved.
const NOT_PUBLIC: [(u32, u8); 10] = [
    (0x0000_0000, 8),
    (0x0a00_0000, 8),
    (0x6440_0000, 10),
    (0x7f00_0000, 8),
    (0xa9fe_0000, 16),
    (0xac10_0000, 12),
    (0xc000_0000, 24),
    (0xc0a8_0000, 16),
    (0xc612_0000, 15),
    (0xe000_0000, 3),
];

/// The number of an address.
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => V4 + u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The address of a number.
pub fn address(number: u128) -> IpAddr {
    match u32::try_from(number.wrapping_sub(V4)) {
        Ok(number) => Ipv4Addr::from(number).into(),
        Err(_) => Ipv6Addr::from(number).into(),
    }
}

/// The addresses of a range; host bits do not count, as AWS clears them. A range of IPv6 has none of IPv4, also where it lies around
/// them, as the one of everywhere does.
pub fn of(range: IpNet) -> Intervals {
    let (first, last) = (number(range.network()), number(range.broadcast()));
    let all = Intervals::range(first, last);
    if is_around_v4(range) { all.minus(&v4()) } else { all }
}

fn is_around_v4(range: IpNet) -> bool {
    matches!(range, IpNet::V6(_)) && number(range.network()) <= V4 && V4_LAST <= number(range.broadcast())
}

/// Whether a range and a set share an address.
pub(super) fn meets(range: IpNet, set: &Intervals) -> bool {
    if is_around_v4(range) {
        return !of(range).intersect(set).is_empty();
    }
    let (first, last) = (number(range.network()), number(range.broadcast()));
    set.ranges().iter().any(|(begin, end)| *begin <= last && first <= *end)
}

/// The addresses of several ranges.
pub fn of_all(ranges: &[IpNet]) -> Intervals {
    ranges.iter().flat_map(|range| of(*range).ranges().to_vec()).collect()
}

/// Everywhere, as one range of each family.
pub fn everywhere() -> [IpNet; 2] {
    [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())]
}

/// Every IPv4 address.
pub fn v4() -> Intervals {
    Intervals::range(V4, V4_LAST)
}

/// Every IPv6 address.
pub fn v6() -> Intervals {
    Intervals::range(0, u128::MAX).minus(&v4())
}

/// Every address of the internet.
pub fn public() -> Intervals {
    let not =
        NOT_PUBLIC.iter().filter_map(|(start, prefix)| Ipv4Net::new(Ipv4Addr::from(*start), *prefix).ok());
    let not: Vec<IpNet> = not.map(IpNet::V4).collect();
    let global = Ipv6Net::new(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3).map(|range| of(range.into()));
    v4().minus(&of_all(&not)).union(&global.unwrap_or_default())
}

/// What no group and no network ACL filters: DNS, metadata, time, DHCP and licences of Amazon, on addresses of the link.
pub fn link_local() -> Intervals {
    let v4 =
        Ipv4Net::new(Ipv4Addr::new(169, 254, 0, 0), 16).map(|range| of(range.into())).unwrap_or_default();
    let v6 = Ipv6Net::new(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32).map(|range| of(range.into()));
    v4.union(&v6.unwrap_or_default())
}

/// Amazon's resolver of a VPC: the third address of its range.
pub fn resolver(range: IpNet) -> Intervals {
    match range {
        IpNet::V4(_) => Intervals::one(number(range.network()) + 2),
        IpNet::V6(_) => Intervals::none(),
    }
}

/// The addresses as people write them: ranges where they are, else the first and the last.
pub fn words(addresses: &Intervals) -> String {
    if *addresses == v4() {
        return "0.0.0.0/0".to_owned();
    }
    if *addresses == v6() {
        return "::/0".to_owned();
    }
    let ranges: Vec<String> =
        addresses.ranges().iter().map(|(first, last)| range_words(*first, *last)).collect();
    match ranges.as_slice() {
        all if all.len() <= 4 => all.join(", "),
        [a, b, c, rest @ ..] => format!("{a}, {b}, {c} and {} more ranges", rest.len()),
        _ => String::new(),
    }
}

fn range_words(first: u128, last: u128) -> String {
    let (from, to) = (address(first), address(last));
    let net = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            Ipv4Net::aggregate(&ipnet::Ipv4Subnets::new(from, to, 0).collect())
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            ipnet::Ipv6Subnets::new(from, to, 0).take(3).map(|net| net.to_string()).collect()
        }
        _ => Vec::new(),
    };
    match net.as_slice() {
        [one] if first == last => one.split('/').next().unwrap_or(one).to_owned(),
        [one] => one.clone(),
        _ => format!("{from}-{to}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    #[test]
    fn host_bits_of_a_range_do_not_count() {
        assert_eq!(of(net("10.0.0.77/24")), of(net("10.0.0.0/24")));
    }

    #[test]
    fn the_two_families_share_no_address_and_keep_their_names() {
        assert!(v4().intersect(&v6()).is_empty());
        let [of_v4, of_v6] = everywhere();
        assert_eq!((of(of_v4), of(of_v6)), (v4(), v6()));
        assert!(meets(of_v6, &v6()) && !meets(of_v6, &v4()) && !meets(net("::/8"), &v4()));
        for text in ["10.1.2.3", "255.255.255.255", "::1", "2001:db8::7"] {
            assert_eq!(address(number(text.parse().unwrap())).to_string(), text);
        }
    }

    #[test]
    fn the_internet_has_no_private_address() {
        for text in ["10.0.0.1", "172.31.255.255", "192.168.3.4", "100.64.0.1", "169.254.169.254", "fd00::1"]
        {
            assert!(!public().contains(number(text.parse().unwrap())), "{text} is taken for public");
        }
        for text in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2600::1"] {
            assert!(public().contains(number(text.parse().unwrap())), "{text} is not taken for public");
        }
    }

    #[test]
    fn addresses_read_as_people_write_them() {
        let set =
            of_all(&[net("10.0.0.0/24"), net("10.0.1.0/24"), net("203.0.113.7/32"), net("2001:db8::/32")]);
        assert_eq!(words(&set), "10.0.0.0/23, 203.0.113.7, 2001:db8::/32");
        assert_eq!(
            words(&Intervals::range(
                number("10.0.0.1".parse().unwrap()),
                number("10.0.0.4".parse().unwrap())
            )),
            "10.0.0.1-10.0.0.4"
        );
    }
}
