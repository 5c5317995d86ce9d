//! The sets against every packet of a small world, each followed by hand: no set, no product, one question at a time.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use proptest::prelude::*;

use super::*;

/// A rule, or an entry in its order: its peer, its protocol (0 for all), its first and last port.
#[derive(Debug, Clone, Copy)]
struct Line {
    peer: Peer4,
    protocol: u8,
    first: u16,
    last: u16,
    allows: bool,
}

#[derive(Debug, Clone, Copy)]
enum Peer4 {
    Range(Ipv4Net),
    GroupOf(usize),
}

#[derive(Debug, Clone)]
struct World {
    /// Rules in and out of the groups of the hosts.
    groups: [[Vec<Line>; 2]; 3],
    /// Entries in and out of the ACLs of the subnets.
    acls: [[Vec<Line>; 2]; 2],
    /// Where the subnets send what is outside: 0 nowhere, 1 internet gateway, 2 NAT in the other subnet, 3 gone.
    ways: [usize; 2],
}

/// Three hosts: two in the first subnet, one in the second.
const HOSTS: [([u8; 4], usize); 3] = [([10, 0, 0, 1], 0), ([10, 0, 0, 2], 0), ([10, 0, 1, 1], 1)];
const OUTSIDE: [[u8; 4]; 3] = [[8, 8, 8, 1], [8, 8, 8, 6], [9, 9, 9, 9]];
const PORTS: [u16; 6] = [0, 1, 2, 3, 1024, 65535];
const RANGES: [&str; 8] = [
    "0.0.0.0/0",
    "10.0.0.0/16",
    "10.0.0.0/24",
    "10.0.0.1/32",
    "10.0.1.0/24",
    "8.8.8.0/30",
    "8.8.8.0/24",
    "9.0.0.0/8",
];

fn line(groups: bool) -> impl Strategy<Value = Line> {
    let peer = (0..if groups { 11_usize } else { 8 }).prop_map(|n| match n {
        0..8 => Peer4::Range(RANGES[n].parse().unwrap()),
        other => Peer4::GroupOf(other - 8),
    });
    let ports = prop_oneof![
        Just((0_u16, 65535_u16)),
        (0_u16..4, 0_u16..4).prop_map(|(a, b)| (a.min(b), a.max(b))),
        Just((1024, 65535)),
        Just((1, 1024))
    ];
    (peer, prop_oneof![Just(0_u8), Just(6), Just(17), Just(47)], ports, prop::bool::weighted(0.7))
        .prop_map(|(peer, protocol, (first, last), allows)| Line { peer, protocol, first, last, allows })
}

fn world() -> impl Strategy<Value = World> {
    let lines = |groups| prop::collection::vec(line(groups), 0..4);
    let group = move || [lines(true), lines(true)];
    let acl = move || {
        // Most ACLs let something through, or nothing would be tried but denial.
        let open =
            Line { peer: Peer4::Range(Ipv4Net::default()), protocol: 0, first: 0, last: 0, allows: true };
        let lines = || {
            (lines(false), prop::bool::weighted(0.6)).prop_map(move |(mut lines, ends)| {
                lines.extend(ends.then_some(open));
                lines
            })
        };
        [lines(), lines()]
    };
    ([group(), group(), group()], [acl(), acl()], [0..4_usize, 0..4_usize])
        .prop_map(|(groups, acls, ways)| World { groups, acls, ways })
}

fn fits(line: &Line, peer: Ipv4Addr, carries: Option<usize>, protocol: u8, port: u16) -> bool {
    let peer = match line.peer {
        Peer4::Range(range) => range.contains(&peer),
        Peer4::GroupOf(host) => carries == Some(host),
    };
    peer && match line.protocol {
        0 => true,
        47 => protocol == 47,
        number => protocol == number && (line.first..=line.last).contains(&port),
    }
}

fn group_allows(lines: &[Line], peer: Ipv4Addr, carries: Option<usize>, protocol: u8, port: u16) -> bool {
    lines.iter().any(|line| fits(line, peer, carries, protocol, port))
}

fn acl_allows(lines: &[Line], peer: Ipv4Addr, protocol: u8, port: u16) -> bool {
    lines.iter().find(|line| fits(line, peer, None, protocol, port)).is_some_and(|line| line.allows)
}

const IN: usize = 0;
const OUT: usize = 1;

#[derive(Clone, Copy)]
struct Opening {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    protocol: u8,
    source_port: u16,
    port: u16,
}

/// Whether a connection between two hosts comes about.
fn between_hosts(world: &World, from: usize, to: usize, packet: Opening) -> bool {
    let Opening { source, destination, protocol, source_port, port } = packet;
    let (here, there) = (HOSTS[from].1, HOSTS[to].1);
    group_allows(&world.groups[from][OUT], destination, Some(to), protocol, port)
        && group_allows(&world.groups[to][IN], source, Some(from), protocol, port)
        && (here == there
            || (acl_allows(&world.acls[here][OUT], destination, protocol, port)
                && acl_allows(&world.acls[there][IN], source, protocol, port)
                && acl_allows(&world.acls[there][OUT], source, protocol, source_port)
                && acl_allows(&world.acls[here][IN], destination, protocol, source_port)))
}

fn from_outside(world: &World, to: usize, packet: Opening) -> bool {
    let Opening { source, protocol, source_port, port, .. } = packet;
    let subnet = HOSTS[to].1;
    world.ways[subnet] == 1
        && acl_allows(&world.acls[subnet][IN], source, protocol, port)
        && group_allows(&world.groups[to][IN], source, None, protocol, port)
        && acl_allows(&world.acls[subnet][OUT], source, protocol, source_port)
}

fn to_outside(world: &World, from: usize, packet: Opening) -> bool {
    let Opening { source, destination, protocol, source_port, port } = packet;
    let subnet = HOSTS[from].1;
    let leaves = group_allows(&world.groups[from][OUT], destination, None, protocol, port)
        && acl_allows(&world.acls[subnet][OUT], destination, protocol, port)
        && acl_allows(&world.acls[subnet][IN], destination, protocol, source_port);
    leaves
        && match world.ways[subnet] {
            1 => true,
            2 => {
                let nat = 1 - subnet;
                protocol != 47
                    && world.ways[nat] == 1
                    && acl_allows(&world.acls[nat][IN], source, protocol, port)
                    && acl_allows(&world.acls[nat][OUT], destination, protocol, port)
                    && (1024..=65535)
                        .all(|chosen| acl_allows(&world.acls[nat][IN], destination, protocol, chosen))
                    && acl_allows(&world.acls[nat][OUT], source, protocol, source_port)
            }
            _ => false,
        }
}

fn traffic(line: &Line) -> Traffic {
    let ports = Intervals::range(line.first.into(), line.last.into());
    match line.protocol {
        0 => Traffic { protocol: Protocol::All, ports },
        number => Traffic { protocol: Protocol::Number(number), ports },
    }
}

fn network(world: &World) -> (Network, Vec<Class>) {
    let mut network = open_network();
    for (host, [ingress, egress]) in world.groups.iter().enumerate() {
        let rules = |lines: &[Line]| {
            let peer = |line: &Line| match line.peer {
                Peer4::Range(range) => Peer::Range(range.into()),
                Peer4::GroupOf(host) => Peer::Group(format!("sg-{host}")),
            };
            lines.iter().map(|line| Rule { peer: peer(line), traffic: traffic(line) }).collect()
        };
        network.groups.insert(format!("sg-{host}"), Group { ingress: rules(ingress), egress: rules(egress) });
    }
    for (subnet, name) in ["a", "b"].into_iter().enumerate() {
        let entries = |lines: &[Line]| {
            let entry = |(place, line): (usize, &Line)| AclEntry {
                number: 100 + u16::try_from(place).unwrap(),
                action: if line.allows { Action::Allow } else { Action::Deny },
                range: match line.peer {
                    Peer4::Range(range) => range.into(),
                    Peer4::GroupOf(_) => unreachable!(),
                },
                traffic: traffic(line),
            };
            // AWS gives them in no order.
            lines.iter().enumerate().map(entry).rev().collect()
        };
        let [ingress, egress] = &world.acls[subnet];
        network
            .acls
            .insert(format!("acl-{name}"), Acl { ingress: entries(ingress), egress: entries(egress) });
        network.subnets.get_mut(name).unwrap().ranges = vec![net(&format!("10.0.{subnet}.0/24"))];
        network.subnets.get_mut(name).unwrap().table = Some(format!("rtb-{name}"));
        let other = ["b", "a"][subnet];
        network
            .nat_gateways
            .insert(format!("nat-{other}"), NatGateway { subnet: other.into(), public: true });
        let routes = match world.ways[subnet] {
            0 => vec![],
            1 => vec![route("0.0.0.0/0", Via::InternetGateway("igw".into()))],
            2 => vec![route("0.0.0.0/0", Via::NatGateway(format!("nat-{other}")))],
            _ => vec![route("0.0.0.0/0", Via::Blackhole("gone".into()))],
        };
        network.tables.insert(format!("rtb-{name}"), RouteTable { routes });
    }
    let hosts = HOSTS.iter().enumerate().map(|(number, (address, subnet))| {
        host(&Ipv4Addr::from(*address).to_string(), ["a", "b"][*subnet], &[&format!("sg-{number}")])
    });
    (network, hosts.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_packet_of_a_small_world_goes_where_its_filters_let_it(world in world()) {
        let (network, hosts) = network(&world);
        let world_outside = outside("8.0.0.0/7");
        let openings = |source: [u8; 4], destination: [u8; 4]| {
            let (source, destination) = (Ipv4Addr::from(source), Ipv4Addr::from(destination));
            [6_u8, 17, 47].into_iter().flat_map(move |protocol| PORTS.into_iter().flat_map(move |source_port| {
                PORTS.into_iter().map(move |port| Opening { source, destination, protocol, source_port, port })
            }))
        };
        let open = |from: &Class, to: &Class| reach(&network, from, to, &everything()).open;
        let contains = |set: &Packets, opening: Opening| {
            let Opening { source, destination, protocol, source_port, port } = opening;
            let packet = Packet { source: source.into(), destination: destination.into(), protocol, source_port, port };
            set.contains(&packet.point())
        };
        for (from, source) in HOSTS.iter().enumerate() {
            for (to, destination) in HOSTS.iter().enumerate().filter(|(to, _)| *to != from) {
                let set = open(&hosts[from], &hosts[to]);
                for opening in openings(source.0, destination.0) {
                    prop_assert_eq!(contains(&set, opening), between_hosts(&world, from, to, opening));
                }
            }
            let (inward, outward) = (open(&world_outside, &hosts[from]), open(&hosts[from], &world_outside));
            for other in OUTSIDE {
                for opening in openings(other, source.0) {
                    prop_assert_eq!(contains(&inward, opening), from_outside(&world, from, opening));
                }
                for opening in openings(source.0, other) {
                    prop_assert_eq!(contains(&outward, opening), to_outside(&world, from, opening));
                }
            }
        }
    }

    #[test]
    fn a_packet_that_is_followed_meets_what_the_set_says(world in world()) {
        let (network, hosts) = network(&world);
        let world_outside = outside("8.0.0.0/7");
        for (from, to) in [(&hosts[0], &hosts[2]), (&world_outside, &hosts[1]), (&hosts[2], &world_outside)] {
            for port in PORTS {
                let asked = carrying(&Traffic::tcp(port, port));
                let answer = reach(&network, from, to, &asked).answer();
                let trace = trace(&network, from, to, &asked).unwrap();
                let expected = match answer {
                    Answer::Reachable => Verdict::Passes,
                    Answer::Unreachable => Verdict::Blocked,
                    Answer::Unknown => Verdict::Unknown,
                };
                prop_assert_eq!(trace.verdict(), expected, "{:#?}", trace);
                prop_assert_eq!(trace.blocks().count() > 0, answer == Answer::Unreachable);
            }
        }
    }
}
