//! What other programs say of networks of theirs. Facts of np-guard and of Batfish, both under Apache-2.0, told again as
//! data.

use super::*;

/// The first and the last of ports written `1-5,7`.
fn ports(text: &str) -> Intervals {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        (first.parse().unwrap(), last.parse().unwrap())
    };
    text.split(',').map(range).collect()
}

fn traffic(protocol: &str, range: &str) -> Traffic {
    let protocol = match protocol {
        "-1" => Protocol::All,
        number => Protocol::Number(number.parse().unwrap()),
    };
    Traffic { protocol, ports: ports(range) }
}

#[derive(Default)]
struct Example {
    network: Network,
    hosts: Vec<Class>,
    /// Who opens TCP to whom: the names, and the ports from and to.
    opens: Vec<[String; 4]>,
}

fn examples() -> Vec<(String, Example)> {
    let mut all: Vec<(String, Example)> = Vec::new();
    for line in include_str!("np_guard/examples.txt").lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["example", name] = words[..] {
            let mut example = Example::default();
            let gateway = InternetGateway { vpc: Some("vpc".into()) };
            example.network.internet_gateways.insert("igw".into(), gateway);
            let routes = vec![route("0.0.0.0/0", Via::InternetGateway("igw".into()))];
            example.network.tables.insert("rtb".into(), RouteTable { routes });
            all.push((name.into(), example));
            continue;
        }
        let Example { network, hosts, opens } = &mut all.last_mut().unwrap().1;
        match words[..] {
            ["vpc", range] => {
                network.vpcs.insert("vpc".into(), Vpc { ranges: vec![net(range)], ..Vpc::default() });
            }
            ["subnet", name, range, acl] => {
                let (table, ranges) = (Some("rtb".into()), vec![net(range)]);
                let subnet = Subnet { vpc: "vpc".into(), ranges, table, acl: acl.into(), exclusion: None };
                network.subnets.insert(name.into(), subnet);
                network.acls.entry(acl.into()).or_default();
            }
            ["acl", name, way, number, action, protocol, range, peer] => {
                let acl = network.acls.entry(name.into()).or_default();
                let action = if action == "allow" { Action::Allow } else { Action::Deny };
                let (number, range) = (number.parse().unwrap(), (net(peer), traffic(protocol, range)));
                let entry = AclEntry { number, action, range: range.0, traffic: range.1 };
                if way == "in" { acl.ingress.push(entry) } else { acl.egress.push(entry) }
            }
            ["group", name, way, protocol, range, peer] => {
                let group = network.groups.entry(name.into()).or_default();
                let rule = rule(peer, traffic(protocol, range));
                if way == "in" { group.ingress.push(rule) } else { group.egress.push(rule) }
            }
            ["host", name, address, subnet, groups, public] => {
                let mut class = host(address, subnet, &groups.split(',').collect::<Vec<_>>());
                class.name = name.into();
                let Place::Interface(interface) = &mut class.place else { unreachable!() };
                interface.public = if public == "public" { Public::Yes } else { Public::No };
                for group in &interface.groups {
                    network.groups.entry(group.clone()).or_default();
                }
                hosts.push(class);
            }
            ["opens", from, to, "tcp" | "all", source, destination] => {
                opens.push([from.into(), to.into(), source.into(), destination.into()]);
            }
            ["opens", _, _, "udp" | "icmp", ..] | ["asks", ..] => {}
            _ => panic!("{line}"),
        }
    }
    all
}

#[test]
fn np_guard_finds_the_same_connections_in_its_examples() {
    let mut compared = 0;
    for (name, Example { network, hosts, opens }) in examples() {
        let internet = Class {
            name: "internet".into(),
            addresses: addresses::public().intersect(&addresses::v4()),
            place: Place::Outside,
        };
        let ends: Vec<&Class> = hosts.iter().chain([&internet]).collect();
        let numbered = carrying(&Traffic::tcp(1, 65535));
        for from in &ends {
            for to in ends.iter().filter(|to| to.name != from.name) {
                let open = reach(&network, from, to, &numbered).open;
                // They count ports from 1.
                let from_one = Product([
                    Intervals::range(0, u128::MAX),
                    Intervals::range(0, u128::MAX),
                    Intervals::range(0, 255),
                    Intervals::range(1, 65535),
                    Intervals::range(1, 65535),
                ]);
                let open = open.intersect(&from_one.into());
                let is = |end: &Class, said: &str| {
                    end.name == said || (end.place == Place::Outside && said.contains('/'))
                };
                let addresses = |end: &Class, said: &str| {
                    let said =
                        if said.contains('/') { addresses::of(net(said)) } else { end.addresses.clone() };
                    end.addresses.intersect(&said)
                };
                let theirs: Packets = opens
                    .iter()
                    .filter(|[source, destination, ..]| is(from, source) && is(to, destination))
                    .map(|[source, destination, sources, destinations]| {
                        Product([
                            addresses(from, source),
                            addresses(to, destination),
                            Intervals::one(6),
                            ports(sources),
                            ports(destinations),
                        ])
                    })
                    .collect();
                let (words, their_words) = (traffic_words(&open), traffic_words(&theirs));
                assert!(
                    open.same(&theirs),
                    "{name}: {} to {}: {words:?}, they say {their_words:?}",
                    from.name,
                    to.name
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

/// The default group of a VPC: everything from itself, everything out.
fn default_group() -> Group {
    Group {
        ingress: vec![rule("sg-default", Traffic::all())],
        egress: vec![rule("0.0.0.0/0", Traffic::all())],
    }
}

/// Batfish at cba1873, `AwsConfiguration*Test`: the situation, and what its test asserts of it.
#[test]
fn batfish_says_the_same_of_its_situations() {
    let world = outside("8.8.8.8");
    let web = Traffic::tcp(80, 80);
    let answer = |network: &Network, from: &Class, to: &Class, traffic: &Traffic| {
        reach(network, from, to, &carrying(traffic)).answer()
    };
    let mut network = open_network();
    network.groups.insert("sg-default".into(), default_group());
    let instance = host("10.0.1.91", "a", &["sg-default"]);
    let other = host("10.0.2.91", "b", &["sg-open"]);

    // PublicSubnet: denied by the default group, and by nothing else.
    assert_eq!(
        blocks(&network, &world, &instance, &web),
        ["sg-default: no rule allows tcp 80 from 8.8.8.8"],
        "testFromInternetToValidPublicIp"
    );
    assert_eq!(answer(&network, &instance, &world, &web), Answer::Reachable, "testToInternet");
    let mut nobody = host("10.0.1.92", "a", &["sg-default"]);
    let Place::Interface(interface) = &mut nobody.place else { unreachable!() };
    interface.public = Public::No;
    assert_eq!(
        blocks(&network, &nobody, &world, &web),
        ["igw: there is no public address"],
        "testToInternetInvalidPrivateIp"
    );

    // PublicPrivateSubnet: denied by the default group in both directions between tiers.
    assert_eq!(
        blocks(&network, &other, &instance, &web),
        ["sg-default: no rule allows tcp 80 from 10.0.2.91"],
        "testFromPrivateToPublicSubnet"
    );

    // Subnet: within one, the groups alone decide; on the way out its ACL does.
    network.acls.insert("acl-a".into(), Acl::default());
    let neighbour = host("10.0.1.93", "a", &["sg-open"]);
    assert_eq!(
        blocks(&network, &neighbour, &instance, &web),
        ["sg-default: no rule allows tcp 80 from 10.0.1.93"],
        "testInstanceToInstance"
    );
    assert_eq!(
        blocks(&network, &instance, &other, &web),
        ["acl-a: no entry allows tcp 80 to 10.0.2.91", "acl-a: no entry allows tcp 49152 from 10.0.2.91"],
        "testInstanceToOutsideSubnet"
    );

    // NatGateway: out and back, no other protocol, nothing that nobody asked for.
    let mut network = open_network();
    let routes = vec![route("0.0.0.0/0", Via::NatGateway("nat".into()))];
    network.tables.insert("rtb-b".into(), RouteTable { routes });
    network.subnets.get_mut("b").unwrap().table = Some("rtb-b".into());
    network.nat_gateways.insert("nat".into(), NatGateway { subnet: "a".into(), public: true });
    assert_eq!(
        answer(&network, &other, &world, &web),
        Answer::Reachable,
        "testInstanceToInternet_bidirectional"
    );
    let argus = Traffic { protocol: Protocol::Number(107), ports: Intervals::none() };
    assert_eq!(
        blocks(&network, &other, &world, &argus),
        ["nat: a NAT gateway carries TCP, UDP and ICMP only"],
        "testUnsupportedIpProtocol"
    );
    assert_eq!(
        blocks(&network, &world, &other, &web),
        ["nat: nothing comes in through a NAT gateway"],
        "testNonSessionPacket"
    );
}
