//! Networks made by hand, and what holds of them.

mod brute_force;
mod endpoints;
mod semantics;
mod strangers;

use std::net::IpAddr;

use ipnet::IpNet;

use super::*;

/// A range, or one address.
pub(super) fn net(text: &str) -> IpNet {
    text.parse().unwrap_or_else(|_| text.parse::<IpAddr>().unwrap().into())
}

pub(super) fn allow(number: u16, range: &str, traffic: Traffic) -> AclEntry {
    AclEntry { number, action: Action::Allow, range: net(range), traffic }
}

pub(super) fn deny(number: u16, range: &str, traffic: Traffic) -> AclEntry {
    AclEntry { action: Action::Deny, ..allow(number, range, traffic) }
}

pub(super) fn rule(peer: &str, traffic: Traffic) -> Rule {
    let peer = match peer.split_once('-') {
        Some(("sg", _)) => Peer::Group(peer.into()),
        Some(("pl", _)) => Peer::PrefixList(peer.into()),
        _ => Peer::Range(net(peer)),
    };
    Rule { peer, traffic }
}

pub(super) fn route(to: &str, via: Via) -> Route {
    let to =
        if to.starts_with("pl-") { Destination::PrefixList(to.into()) } else { Destination::Range(net(to)) };
    Route { to, via, propagated: false }
}

/// A VPC with two subnets `a` and `b`, both with an open ACL and the same table to an internet gateway, and the open
/// group `sg-open`.
pub(super) fn open_network() -> Network {
    let mut network = Network::default();
    let vpc = Vpc { ranges: vec![net("10.0.0.0/16"), net("2600:1f18::/56")], ..Vpc::default() };
    network.vpcs.insert("vpc".into(), vpc);
    for (name, v4, v6) in
        [("a", "10.0.1.0/24", "2600:1f18:0:1::/64"), ("b", "10.0.2.0/24", "2600:1f18:0:2::/64")]
    {
        let subnet = Subnet {
            vpc: "vpc".into(),
            ranges: vec![net(v4), net(v6)],
            table: Some("rtb".into()),
            acl: format!("acl-{name}"),
            exclusion: None,
        };
        network.subnets.insert(name.into(), subnet);
        let both = || vec![allow(100, "0.0.0.0/0", Traffic::all()), allow(101, "::/0", Traffic::all())];
        network.acls.insert(format!("acl-{name}"), Acl { ingress: both(), egress: both() });
    }
    network.internet_gateways.insert("igw".into(), InternetGateway { vpc: Some("vpc".into()) });
    let routes = vec![
        route("0.0.0.0/0", Via::InternetGateway("igw".into())),
        route("::/0", Via::InternetGateway("igw".into())),
    ];
    network.tables.insert("rtb".into(), RouteTable { routes });
    let both = || vec![rule("0.0.0.0/0", Traffic::all()), rule("::/0", Traffic::all())];
    network.groups.insert("sg-open".into(), Group { ingress: both(), egress: both() });
    network
}

/// An interface with a public address.
pub(super) fn host(address: &str, subnet: &str, groups: &[&str]) -> Class {
    Class {
        name: address.into(),
        addresses: addresses::of(net(address)),
        place: Place::Interface(Interface {
            subnet: subnet.into(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            public: Public::Yes,
            role: Role::Instance,
        }),
    }
}

pub(super) fn outside(range: &str) -> Class {
    Class { name: range.into(), addresses: addresses::of(net(range)), place: Place::Outside }
}

pub(super) fn everything() -> Packets {
    carrying(&Traffic::all())
}

/// What one may open to the other, as people read it.
pub(super) fn opens(network: &Network, from: &Class, to: &Class) -> String {
    let reach = reach(network, from, to, &everything());
    match reach.answer() {
        Answer::Reachable => traffic_words(&reach.open),
        Answer::Unreachable => "nothing".into(),
        Answer::Unknown => format!("unknown: {}", reach.reasons.join(", ")),
    }
}

/// Everything that blocks a connection.
pub(super) fn blocks(network: &Network, from: &Class, to: &Class, traffic: &Traffic) -> Vec<String> {
    let trace = trace(network, from, to, &carrying(traffic)).unwrap();
    trace.blocks().map(|hop| format!("{}: {}", hop.thing, hop.words)).collect()
}
