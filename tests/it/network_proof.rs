//! z3 on random networks of full width: what it makes of the filters is what our sets say, packet for packet.
//!
//! 60 networks in a plain run; `BASELINE_NETWORKS=10000` for more.

use baseline::network::{
    Acl, AclEntry, Action, Class, Destination, Group, Interface, InternetGateway, Intervals, NatGateway,
    Network, Peer, Place, Protocol, Public, Role, Route, RouteTable, Rule, Subnet, Traffic, Via, Vpc,
    addresses, carrying, reach,
};
use serde_json::{Value as Json, json};

use crate::python_environment;

const Z3: &str = "z3-solver==5.4.1.0";

/// Numbers without order, the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    /// An address of one of a few neighbourhoods, so that ranges meet.
    fn range(&mut self) -> (u32, u8) {
        let start = [0x0a00_0000_u32, 0x0a00_0100, 0x0808_0000, 0xcb00_7100][self.roll(4) as usize];
        let prefix = [0, 8, 15, 16, 22, 24, 25, 28, 31, 32][self.roll(10) as usize];
        let address = start + self.roll(512) as u32;
        (if prefix == 0 { 0 } else { address & (u32::MAX << (32 - prefix)) }, prefix as u8)
    }

    fn line(&mut self) -> Json {
        let (start, prefix) = self.range();
        let protocol = [0, 0, 6, 6, 6, 17, 1, 47][self.roll(8) as usize];
        let (a, b) = match self.roll(5) {
            0 => (0, 65535),
            1 => (1024, 65535),
            2 => (0, 0),
            _ => (self.roll(65536), self.roll(65536)),
        };
        let (first, last) = match protocol {
            // Messages of ICMP: all, of one type, or one code.
            1 => [(0, 65535), (2048, 2303), (0, 255), (772, 772), (0, 0)][self.roll(5) as usize],
            _ => (a.min(b), a.max(b)),
        };
        json!({
            "start": start, "prefix": prefix, "protocol": protocol, "first": first, "last": last,
            "allow": self.roll(10) < 7, "group": self.roll(8) == 0,
        })
    }

    fn lines(&mut self, most: u64) -> Vec<Json> {
        let mut lines: Vec<Json> = (0..self.roll(most + 1)).map(|_| self.line()).collect();
        if self.roll(8) > 0 {
            let open = json!({
                "start": 0, "prefix": 0, "protocol": 0, "first": 0, "last": 65535, "allow": true, "group": false,
            });
            lines.push(open);
        }
        lines
    }
}

fn number(line: &Json, key: &str) -> u64 {
    line[key].as_u64().unwrap()
}

fn range(line: &Json) -> ipnet::IpNet {
    let start = std::net::Ipv4Addr::from(number(line, "start") as u32);
    ipnet::Ipv4Net::new(start, number(line, "prefix") as u8).unwrap().into()
}

fn traffic(line: &Json) -> Traffic {
    let ports = Intervals::range(number(line, "first").into(), number(line, "last").into());
    let protocol = match number(line, "protocol") {
        0 => Protocol::All,
        number => Protocol::Number(number as u8),
    };
    Traffic { protocol, ports }
}

/// The rules of a group; one with `group` set names the group of the other end.
fn rules(lines: &[Json], other: &str) -> Vec<Rule> {
    let peer = |line: &Json| {
        if line["group"] == true { Peer::Group(other.to_owned()) } else { Peer::Range(range(line)) }
    };
    lines.iter().map(|line| Rule { peer: peer(line), traffic: traffic(line) }).collect()
}

fn entries(lines: &[Json]) -> Vec<AclEntry> {
    let entry = |(place, line): (usize, &Json)| AclEntry {
        number: 100 + place as u16,
        action: if line["allow"] == true { Action::Allow } else { Action::Deny },
        range: range(line),
        traffic: traffic(line),
    };
    lines.iter().enumerate().map(entry).collect()
}

fn lines<'a>(world: &'a Json, key: &str) -> &'a [Json] {
    world[key].as_array().unwrap()
}

/// Two subnets, `here` with the end that opens connections and `there` with the one that answers or with NAT.
fn network(world: &Json) -> (Network, Class, Class) {
    let mut network = Network::default();
    let ranges: Vec<ipnet::IpNet> = vec!["10.0.0.0/16".parse().unwrap()];
    network.vpcs.insert("vpc".into(), Vpc { ranges, ..Vpc::default() });
    network.internet_gateways.insert("igw".into(), InternetGateway { vpc: Some("vpc".into()) });
    network.nat_gateways.insert("nat".into(), NatGateway { subnet: "there".into(), public: true });
    let kind = world["kind"].as_str().unwrap();
    let out = match kind {
        "nat" => Via::NatGateway("nat".into()),
        _ => Via::InternetGateway("igw".into()),
    };
    for (subnet, range, via) in
        [("here", "10.0.0.0/24", out), ("there", "10.0.1.0/24", Via::InternetGateway("igw".into()))]
    {
        let to = Destination::Range("0.0.0.0/0".parse().unwrap());
        let routes = vec![Route { to, via, propagated: false }];
        network.tables.insert(subnet.into(), RouteTable { routes });
        let ranges = vec![range.parse().unwrap()];
        let place = Subnet {
            vpc: "vpc".into(),
            ranges,
            table: Some(subnet.into()),
            acl: subnet.into(),
            exclusion: None,
        };
        network.subnets.insert(subnet.into(), place);
        let acl = Acl {
            ingress: entries(lines(world, &format!("acl-{subnet}-in"))),
            egress: entries(lines(world, &format!("acl-{subnet}-out"))),
        };
        network.acls.insert(subnet.into(), acl);
    }
    let group_here = Group { ingress: vec![], egress: rules(lines(world, "group-here"), "there") };
    let group_there = Group { ingress: rules(lines(world, "group-there"), "here"), egress: vec![] };
    network.groups.insert("here".into(), group_here);
    network.groups.insert("there".into(), group_there);
    let inside = |name: &str, range: &str| Class {
        name: name.into(),
        addresses: addresses::of(range.parse().unwrap()),
        place: Place::Interface(Interface {
            subnet: name.into(),
            groups: vec![name.into()],
            public: Public::Yes,
            role: Role::Instance,
        }),
    };
    let world_outside = Class {
        name: "outside".into(),
        addresses: addresses::of("8.0.0.0/6".parse().unwrap()),
        place: Place::Outside,
    };
    let world_outside = Class {
        addresses: world_outside.addresses.minus(&addresses::of("10.0.0.0/8".parse().unwrap())),
        ..world_outside
    };
    let (here, there) = (inside("here", "10.0.0.0/24"), inside("there", "10.0.1.0/24"));
    match kind {
        "between" => (network, here, there),
        "inbound" => (network, world_outside, there),
        _ => (network, here, world_outside),
    }
}

#[test]
fn z3_finds_no_packet_that_the_sets_judge_otherwise() {
    let environment = match python_environment::with(&[Z3]) {
        Ok(environment) => environment,
        Err(error) => panic!("{error}"),
    };
    let many = std::env::var("BASELINE_NETWORKS").ok().and_then(|many| many.parse().ok()).unwrap_or(60);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let worlds = (0..many).map(|place: usize| {
        let kind = ["between", "inbound", "outbound", "nat"][place % 4];
        let mut world = json!({ "kind": kind });
        for (key, most) in [
            ("group-here", 4),
            ("group-there", 4),
            ("acl-here-in", 5),
            ("acl-here-out", 5),
            ("acl-there-in", 5),
            ("acl-there-out", 5),
        ] {
            world[key] = dice.lines(most).into();
        }
        let (network, from, to) = network(&world);
        let open = reach(&network, &from, &to, &carrying(&Traffic::all())).open;
        let v4 = addresses::number("0.0.0.0".parse().unwrap());
        let products = open.parts().iter().map(|product| {
            let dimensions = product.0.iter().enumerate().map(|(dimension, set)| {
                let base = if dimension < 2 { v4 } else { 0 };
                let ranges = set.ranges().iter();
                json!(
                    ranges
                        .map(|(first, last)| [(first - base) as u64, (last - base) as u64])
                        .collect::<Vec<_>>()
                )
            });
            json!(dimensions.collect::<Vec<_>>())
        });
        world["open"] = products.collect::<Vec<_>>().into();
        world
    });
    let worlds: Vec<Json> = worlds.collect();
    let open = worlds.iter().filter(|world| !world["open"].as_array().unwrap().is_empty()).count();
    assert!(open * 3 > many, "only {open} of {many} networks let anything through");
    let said = python_environment::judged(&environment, "network_proof.py", &worlds);
    assert_eq!(said.trim(), format!("{many} networks, no disagreement"));
}
