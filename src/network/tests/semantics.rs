//! What AWS says of its filters and gateways, one test a sentence.

use super::*;

fn closed() -> Network {
    let mut network = open_network();
    network.groups.insert("sg-closed".into(), Group::default());
    network.groups.insert(
        "sg-web".into(),
        Group {
            ingress: vec![rule("0.0.0.0/0", Traffic::tcp(443, 443))],
            egress: vec![rule("0.0.0.0/0", Traffic::all())],
        },
    );
    network
}

const A: &str = "10.0.1.10";
const B: &str = "10.0.2.20";

fn a(groups: &[&str]) -> Class {
    host(A, "a", groups)
}

fn b(groups: &[&str]) -> Class {
    host(B, "b", groups)
}

#[test]
fn groups_only_allow_and_those_of_one_interface_are_united() {
    let mut network = closed();
    network.groups.insert(
        "sg-ssh".into(),
        Group { ingress: vec![rule("0.0.0.0/0", Traffic::tcp(22, 22))], egress: vec![] },
    );
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-closed"])), "nothing");
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-web", "sg-ssh"])), "tcp 22, 443");
    // A new group lets everything out.
    assert_eq!(opens(&network, &b(&["sg-web"]), &a(&["sg-open"])), "everything");
}

#[test]
fn a_reference_means_private_addresses_of_interfaces_with_that_group_itself_included() {
    let mut network = closed();
    let from_itself = Group {
        ingress: vec![rule("sg-db", Traffic::tcp(5432, 5432))],
        egress: vec![rule("0.0.0.0/0", Traffic::all())],
    };
    network.groups.insert("sg-db".into(), from_itself);
    assert_eq!(opens(&network, &a(&["sg-db"]), &b(&["sg-db"])), "tcp 5432");
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-db"])), "nothing");
    assert_eq!(opens(&network, &outside("198.51.100.7"), &b(&["sg-db"])), "nothing");
}

fn peered() -> Network {
    let mut network = closed();
    network.vpcs.insert("other".into(), Vpc { ranges: vec![net("10.9.0.0/16")], ..Vpc::default() });
    let subnet = Subnet {
        vpc: "other".into(),
        ranges: vec![net("10.9.0.0/24")],
        table: Some("rtb-other".into()),
        acl: "acl-a".into(),
        exclusion: None,
    };
    network.subnets.insert("c".into(), subnet);
    let peering = || Via::Peering("pcx".into());
    network.tables.insert("rtb-other".into(), RouteTable { routes: vec![route("10.0.0.0/16", peering())] });
    network.tables.get_mut("rtb").unwrap().routes.push(route("10.9.0.0/16", peering()));
    let both = Peering { vpcs: ["vpc".into(), "other".into()], active: true, references: true };
    network.peerings.insert("pcx".into(), both);
    network.groups.insert(
        "sg-db".into(),
        Group { ingress: vec![rule("sg-open", Traffic::tcp(5432, 5432))], egress: vec![] },
    );
    network
}

fn c(groups: &[&str]) -> Class {
    host("10.9.0.5", "c", groups)
}

#[test]
fn references_work_over_active_peering_in_one_region_and_stale_ones_match_nobody() {
    let mut network = peered();
    assert_eq!(opens(&network, &a(&["sg-open"]), &c(&["sg-db"])), "tcp 5432");
    network.peerings.get_mut("pcx").unwrap().references = false;
    assert_eq!(opens(&network, &a(&["sg-open"]), &c(&["sg-db"])), "nothing");
    network.groups.get_mut("sg-db").unwrap().ingress = vec![rule("sg-gone", Traffic::all())];
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-db"])), "nothing");
}

#[test]
fn a_reference_across_a_transit_gateway_is_not_known() {
    let mut network = peered();
    for table in network.tables.values_mut() {
        for route in table.routes.iter_mut().filter(|route| route.via == Via::Peering("pcx".into())) {
            route.via = Via::Unknown("tgw-1".into());
        }
    }
    assert!(opens(&network, &a(&["sg-open"]), &c(&["sg-db"])).starts_with("unknown: "));
    assert_eq!(opens(&network, &a(&["sg-open"]), &c(&["sg-closed"])), "nothing");
}

#[test]
fn a_prefix_list_is_its_entries_and_one_that_cannot_be_read_proves_nothing() {
    let mut network = closed();
    let from_list = Group { ingress: vec![rule("pl-1", Traffic::tcp(443, 443))], egress: vec![] };
    network.groups.insert("sg-list".into(), from_list);
    network.prefix_lists.insert("pl-1".into(), Some(vec![net("203.0.113.0/24")]));
    assert_eq!(opens(&network, &outside("203.0.113.7"), &b(&["sg-list"])), "tcp 443");
    assert_eq!(opens(&network, &outside("198.51.100.7"), &b(&["sg-list"])), "nothing");
    network.prefix_lists.insert("pl-1".into(), None);
    assert_eq!(
        opens(&network, &outside("198.51.100.7"), &b(&["sg-list"])),
        "unknown: what the prefix list pl-1 holds is not known"
    );
    let ssh = reach(&network, &outside("198.51.100.7"), &b(&["sg-list"]), &carrying(&Traffic::tcp(22, 22)));
    assert_eq!(ssh.answer(), Answer::Unreachable);
}

#[test]
fn an_acl_that_one_makes_denies_all_until_it_has_entries() {
    let mut network = open_network();
    network.acls.insert("acl-b".into(), Acl::default());
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-open"])), "nothing");
}

#[test]
fn groups_let_answers_through_whatever_their_rules() {
    let mut network = closed();
    network
        .groups
        .insert("sg-in".into(), Group { ingress: vec![rule("0.0.0.0/0", Traffic::all())], egress: vec![] });
    network
        .groups
        .insert("sg-out".into(), Group { ingress: vec![], egress: vec![rule("0.0.0.0/0", Traffic::all())] });
    assert_eq!(opens(&network, &a(&["sg-out"]), &b(&["sg-in"])), "everything");
    assert_eq!(opens(&network, &b(&["sg-in"]), &a(&["sg-out"])), "nothing");
}

#[test]
fn whether_a_connection_is_tracked_does_not_change_who_reaches_whom() {
    // 0.0.0.0/0 in both directions is not tracked; a narrower rule is.
    let mut network = closed();
    for (name, peer) in [("sg-untracked", "0.0.0.0/0"), ("sg-tracked", "10.0.0.0/16")] {
        let both = || vec![rule(peer, Traffic::tcp(80, 80))];
        network.groups.insert(name.into(), Group { ingress: both(), egress: both() });
    }
    for group in ["sg-untracked", "sg-tracked"] {
        assert_eq!(opens(&network, &a(&["sg-open"]), &b(&[group])), "tcp 80", "{group}");
    }
}

#[test]
fn a_denial_of_an_acl_in_either_direction_cuts_a_connection() {
    for direction in [Direction::In, Direction::Out] {
        let mut network = open_network();
        let acl = network.acls.get_mut("acl-b").unwrap();
        let entry = deny(50, "10.0.1.0/24", Traffic::tcp(0, 65535));
        match direction {
            Direction::In => acl.ingress.push(entry),
            Direction::Out => acl.egress.push(entry),
        }
        let reach = reach(&network, &a(&["sg-open"]), &b(&["sg-open"]), &carrying(&Traffic::tcp(80, 80)));
        assert_eq!(reach.answer(), Answer::Unreachable, "{direction:?}");
    }
}

#[test]
fn the_lowest_number_decides_and_what_fits_no_entry_is_denied() {
    let mut network = open_network();
    let ingress = vec![
        allow(300, "0.0.0.0/0", Traffic::tcp(0, 1000)),
        deny(200, "0.0.0.0/0", Traffic::tcp(80, 90)),
        allow(100, "10.0.1.10/32", Traffic::tcp(85, 85)),
    ];
    network.acls.get_mut("acl-b").unwrap().ingress = ingress;
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-open"])), "tcp 0-79, 85, 91-1000");
    assert_eq!(
        blocks(&network, &a(&["sg-open"]), &b(&["sg-open"]), &Traffic::tcp(81, 81)),
        ["acl-b: entry 200 denies tcp 80-90 from 0.0.0.0/0"]
    );
    assert_eq!(
        blocks(&network, &a(&["sg-open"]), &b(&["sg-open"]), &Traffic::tcp(2000, 2000)),
        ["acl-b: no entry allows tcp 2000 from 10.0.1.10"]
    );
}

#[test]
fn entries_of_one_family_say_nothing_of_the_other() {
    let mut network = open_network();
    network.acls.get_mut("acl-b").unwrap().ingress = vec![allow(100, "0.0.0.0/0", Traffic::all())];
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-open"])), "everything");
    let from = host("2600:1f18:0:1::10", "a", &["sg-open"]);
    let to = host("2600:1f18:0:2::20", "b", &["sg-open"]);
    assert_eq!(opens(&network, &from, &to), "nothing");
}

#[test]
fn acls_are_looked_at_between_subnets_and_never_within_one() {
    let mut network = open_network();
    network.acls.insert("acl-a".into(), Acl::default());
    let neighbour = host("10.0.1.11", "a", &["sg-open"]);
    assert_eq!(opens(&network, &a(&["sg-open"]), &neighbour), "everything");
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-open"])), "nothing");
}

#[test]
fn answers_go_to_the_port_a_client_chose_and_some_clients_choose_others() {
    let mut network = open_network();
    network.acls.get_mut("acl-b").unwrap().egress = vec![allow(100, "0.0.0.0/0", Traffic::tcp(49152, 65535))];
    let from = |first, last| {
        let set =
            reach(&network, &outside("203.0.113.0/24"), &b(&["sg-open"]), &carrying(&Traffic::tcp(443, 443)));
        let ports = set.open.along(3);
        ports.covers(&Intervals::range(first, last))
    };
    assert!(from(49152, 65535), "Windows");
    assert!(!from(32768, 60999), "Linux");
    assert!(!from(1024, 65535), "a load balancer, NAT");
}

#[test]
fn icmp_has_types_and_codes_and_icmp_of_ipv6_has_its_own() {
    let mut network = open_network();
    let ping = Traffic::icmp(Protocol::ICMP, Some(8), None);
    let answer = Traffic::icmp(Protocol::ICMP, Some(0), Some(0));
    let too_large = Traffic::icmp(Protocol::ICMP, Some(3), Some(4));
    let acl = network.acls.get_mut("acl-b").unwrap();
    acl.ingress = vec![allow(100, "0.0.0.0/0", ping), allow(110, "0.0.0.0/0", too_large)];
    acl.egress = vec![];
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-open"])), "icmp type 3 code 4");
    network.acls.get_mut("acl-b").unwrap().egress = vec![allow(100, "0.0.0.0/0", answer)];
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-open"])), "icmp type 3 code 4, type 8");
    network.acls.get_mut("acl-b").unwrap().ingress =
        vec![allow(100, "::/0", Traffic::icmp(Protocol::Number(58), Some(128), None))];
    network.acls.get_mut("acl-b").unwrap().egress =
        vec![allow(100, "::/0", Traffic::icmp(Protocol::Number(58), Some(129), None))];
    let from = host("2600:1f18:0:1::10", "a", &["sg-open"]);
    assert_eq!(opens(&network, &from, &host("2600:1f18:0:2::20", "b", &["sg-open"])), "icmpv6 type 128");
}

#[test]
fn protocols_without_ports_ignore_them() {
    let mut network = closed();
    let gre = Traffic { protocol: Protocol::Number(47), ports: Intervals::one(80) };
    network.groups.insert("sg-gre".into(), Group { ingress: vec![rule("0.0.0.0/0", gre)], egress: vec![] });
    let all_protocols = Traffic { protocol: Protocol::All, ports: Intervals::one(80) };
    network
        .groups
        .insert("sg-all".into(), Group { ingress: vec![rule("0.0.0.0/0", all_protocols)], egress: vec![] });
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-gre"])), "gre");
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-all"])), "everything");
}

#[test]
fn host_bits_of_a_rule_are_cleared() {
    let mut network = closed();
    let bits = Group { ingress: vec![rule("10.0.1.77/24", Traffic::tcp(80, 80))], egress: vec![] };
    network.groups.insert("sg-bits".into(), bits);
    assert_eq!(opens(&network, &a(&["sg-open"]), &b(&["sg-bits"])), "tcp 80");
}

#[test]
fn nothing_filters_amazons_own_dns_metadata_and_time() {
    let mut network = closed();
    network.acls.insert("acl-a".into(), Acl::default());
    for address in [
        "10.0.0.2",
        "169.254.169.253",
        "169.254.169.254",
        "169.254.169.123",
        "169.254.170.2",
        "fd00:ec2::253",
    ] {
        let from = if address.contains(':') {
            host("2600:1f18:0:1::10", "a", &["sg-closed"])
        } else {
            a(&["sg-closed"])
        };
        assert_eq!(opens(&network, &from, &outside(address)), "everything", "{address}");
    }
}

#[test]
fn mail_to_public_addresses_is_reachable_as_far_as_configuration_goes() {
    let network = open_network();
    let mail = reach(&network, &a(&["sg-open"]), &outside("198.51.100.7"), &carrying(&Traffic::tcp(25, 25)));
    assert_eq!(mail.answer(), Answer::Reachable);
}

#[test]
fn the_longest_prefix_decides_and_of_equals_the_static_route() {
    let mut network = open_network();
    let table = network.tables.get_mut("rtb").unwrap();
    table.routes.push(route("198.51.100.0/24", Via::Blackhole("vgw-1".into())));
    let propagated = Route { propagated: true, ..route("0.0.0.0/0", Via::Blackhole("vgw-2".into())) };
    table.routes.insert(0, propagated);
    assert_eq!(opens(&network, &a(&["sg-open"]), &outside("198.51.100.7")), "nothing");
    assert_eq!(opens(&network, &a(&["sg-open"]), &outside("198.51.101.7")), "everything");
    assert_eq!(
        blocks(&network, &a(&["sg-open"]), &outside("198.51.100.7"), &Traffic::tcp(443, 443)),
        ["rtb: 198.51.100.0/24 -> vgw-1 (blackhole), which is gone"]
    );
}

#[test]
fn a_subnet_without_a_table_of_its_own_uses_the_main_one() {
    let mut network = open_network();
    network.subnets.get_mut("a").unwrap().table = None;
    assert!(opens(&network, &a(&["sg-open"]), &outside("198.51.100.7")).starts_with("unknown: "));
    network.vpcs.get_mut("vpc").unwrap().main_table = Some("rtb".into());
    assert_eq!(opens(&network, &a(&["sg-open"]), &outside("198.51.100.7")), "everything");
}

#[test]
fn no_route_is_looked_up_within_a_subnet() {
    let mut network = open_network();
    let firewall = route("10.0.1.0/24", Via::Unknown("vpce-firewall".into()));
    network.tables.get_mut("rtb").unwrap().routes.push(firewall);
    let neighbour = host("10.0.1.11", "a", &["sg-open"]);
    assert_eq!(opens(&network, &a(&["sg-open"]), &neighbour), "everything");
    assert!(opens(&network, &b(&["sg-open"]), &a(&["sg-open"])).starts_with("unknown: "));
}

#[test]
fn an_internet_gateway_needs_to_be_attached_a_route_and_a_public_address() {
    let world = outside("198.51.100.7");
    let mut network = open_network();
    assert_eq!(opens(&network, &world, &a(&["sg-open"])), "everything");
    let mut private = a(&["sg-open"]);
    let Place::Interface(interface) = &mut private.place else { unreachable!() };
    interface.public = Public::No;
    assert_eq!(opens(&network, &world, &private), "nothing");
    assert_eq!(opens(&network, &private, &world), "nothing");
    network.internet_gateways.get_mut("igw").unwrap().vpc = None;
    assert_eq!(opens(&network, &world, &a(&["sg-open"])), "nothing");
    let mut network = open_network();
    network.tables.get_mut("rtb").unwrap().routes.clear();
    assert_eq!(blocks(&network, &world, &a(&["sg-open"]), &Traffic::tcp(80, 80)), ["rtb: no route"]);
}

#[test]
fn an_internet_gateway_carries_no_private_and_no_shared_address() {
    let network = open_network();
    for address in ["192.168.7.7", "172.16.0.9", "100.64.3.3"] {
        assert_eq!(opens(&network, &outside(address), &a(&["sg-open"])), "nothing", "{address}");
        assert_eq!(opens(&network, &a(&["sg-open"]), &outside(address)), "nothing", "{address}");
    }
}

#[test]
fn ipv6_is_public_by_itself_and_an_egress_only_gateway_lets_out_only() {
    let mut network = open_network();
    let mut inside = host("2600:1f18:0:1::10", "a", &["sg-open"]);
    let Place::Interface(interface) = &mut inside.place else { unreachable!() };
    interface.public = Public::No;
    let world = outside("2001:db8::7");
    assert_eq!(opens(&network, &world, &inside), "everything");
    network.tables.get_mut("rtb").unwrap().routes = vec![route("::/0", Via::EgressOnly("eigw".into()))];
    assert_eq!(opens(&network, &world, &inside), "nothing");
    assert_eq!(opens(&network, &inside, &world), "everything");
}

fn with_nat() -> Network {
    let mut network = open_network();
    network.tables.insert(
        "rtb-b".into(),
        RouteTable { routes: vec![route("0.0.0.0/0", Via::NatGateway("nat".into()))] },
    );
    network.subnets.get_mut("b").unwrap().table = Some("rtb-b".into());
    network.nat_gateways.insert("nat".into(), NatGateway { subnet: "a".into(), public: true });
    network
}

#[test]
fn a_nat_gateway_carries_tcp_udp_and_icmp_out_and_nothing_in() {
    let network = with_nat();
    let world = outside("198.51.100.7");
    assert_eq!(opens(&network, &b(&["sg-open"]), &world), "tcp; udp; icmp");
    assert_eq!(opens(&network, &world, &b(&["sg-open"])), "nothing");
}

#[test]
fn the_acl_of_the_subnet_nat_stands_in_sees_both_ways() {
    let world = outside("198.51.100.7");
    let mut network = with_nat();
    network.acls.get_mut("acl-a").unwrap().egress = vec![
        allow(100, "0.0.0.0/0", Traffic::tcp(443, 443)),
        allow(110, "10.0.2.0/24", Traffic::tcp(1024, 65535)),
    ];
    assert_eq!(opens(&network, &b(&["sg-open"]), &world), "tcp 443");
    // NAT opens from ports of its own, and an answer to some of them only is no promise.
    network.acls.get_mut("acl-a").unwrap().ingress =
        vec![allow(100, "10.0.2.0/24", Traffic::all()), allow(110, "0.0.0.0/0", Traffic::tcp(32768, 60999))];
    assert_eq!(
        opens(&network, &b(&["sg-open"]), &world),
        "unknown: acl-a lets answers back to some of the ports that NAT uses only"
    );
}

#[test]
fn a_nat_gateway_serves_neither_its_own_subnet_nor_without_a_public_address() {
    let world = outside("198.51.100.7");
    let mut network = with_nat();
    network.nat_gateways.get_mut("nat").unwrap().subnet = "b".into();
    assert_eq!(opens(&network, &b(&["sg-open"]), &world), "nothing");
    let mut network = with_nat();
    network.nat_gateways.get_mut("nat").unwrap().public = false;
    assert_eq!(opens(&network, &b(&["sg-open"]), &world), "nothing");
}

fn load_balancer(public: Public) -> Class {
    let mut class = a(&["sg-open"]);
    let Place::Interface(interface) = &mut class.place else { unreachable!() };
    interface.public = public;
    interface.role = Role::LoadBalancer {
        listens: vec![Traffic::tcp(443, 443)],
        targets: vec![Target {
            addresses: addresses::of(net("10.0.2.20")),
            traffic: Traffic::tcp(8080, 8080),
        }],
    };
    class
}

#[test]
fn a_load_balancer_answers_on_its_listeners_and_opens_connections_to_its_targets() {
    let network = open_network();
    let world = outside("198.51.100.7");
    assert_eq!(opens(&network, &world, &load_balancer(Public::Yes)), "tcp 443");
    assert_eq!(opens(&network, &world, &load_balancer(Public::No)), "nothing");
    assert_eq!(opens(&network, &load_balancer(Public::Yes), &b(&["sg-open"])), "tcp 8080");
    assert_eq!(
        opens(&network, &load_balancer(Public::Yes), &host("10.0.2.21", "b", &["sg-open"])),
        "nothing"
    );
}

#[test]
fn a_load_balancer_without_groups_is_filtered_by_acls_alone() {
    let mut network = open_network();
    let mut balancer = load_balancer(Public::Yes);
    let Place::Interface(interface) = &mut balancer.place else { unreachable!() };
    interface.groups.clear();
    assert_eq!(opens(&network, &outside("198.51.100.7"), &balancer), "tcp 443");
    network.acls.get_mut("acl-a").unwrap().ingress.insert(0, deny(1, "198.51.100.0/24", Traffic::all()));
    assert_eq!(opens(&network, &outside("198.51.100.7"), &balancer), "nothing");
}

#[test]
fn a_gateway_endpoint_carries_tcp_and_pings_to_its_ranges_and_opens_nothing() {
    let mut network = open_network();
    network.prefix_lists.insert("pl-s3".into(), Some(vec![net("52.216.0.0/15")]));
    network.tables.get_mut("rtb").unwrap().routes = vec![route("pl-s3", Via::GatewayEndpoint("vpce".into()))];
    assert_eq!(opens(&network, &a(&["sg-open"]), &outside("52.216.7.7")), "tcp; icmp type 8");
    assert_eq!(opens(&network, &a(&["sg-open"]), &outside("52.220.7.7")), "nothing");
    assert_eq!(opens(&network, &outside("52.216.7.7"), &a(&["sg-open"])), "nothing");
}

#[test]
fn an_interface_endpoint_answers_and_opens_nothing() {
    let network = open_network();
    let mut endpoint = a(&["sg-open"]);
    let Place::Interface(interface) = &mut endpoint.place else { unreachable!() };
    interface.role = Role::Endpoint;
    assert_eq!(opens(&network, &b(&["sg-open"]), &endpoint), "everything");
    assert_eq!(opens(&network, &endpoint, &b(&["sg-open"])), "nothing");
}

#[test]
fn peering_carries_packets_of_its_two_vpcs_only_and_leads_no_further() {
    let mut network = peered();
    assert_eq!(opens(&network, &a(&["sg-open"]), &c(&["sg-open"])), "everything");
    // Not on to the internet of the other VPC, nor to a third one.
    network.tables.get_mut("rtb-other").unwrap().routes.push(route("0.0.0.0/0", Via::Peering("pcx".into())));
    assert_eq!(opens(&network, &c(&["sg-open"]), &outside("198.51.100.7")), "nothing");
    network.peerings.get_mut("pcx").unwrap().active = false;
    assert_eq!(opens(&network, &a(&["sg-open"]), &c(&["sg-open"])), "nothing");
}

#[test]
fn peering_needs_a_route_on_both_sides() {
    let mut network = peered();
    network.tables.get_mut("rtb-other").unwrap().routes.clear();
    assert_eq!(
        blocks(&network, &a(&["sg-open"]), &c(&["sg-open"]), &Traffic::tcp(80, 80)),
        ["rtb-other: no route"]
    );
}

#[test]
fn block_public_access_blocks_both_ways_or_leaves_nat_and_egress_only_gateways() {
    let world = outside("198.51.100.7");
    for (block, in_to_a, out_of_a, out_of_b) in [
        (BlockPublicAccess::Off, "everything", "everything", "tcp; udp; icmp"),
        (BlockPublicAccess::Ingress, "nothing", "nothing", "tcp; udp; icmp"),
        (BlockPublicAccess::Bidirectional, "nothing", "nothing", "nothing"),
    ] {
        let mut network = with_nat();
        network.vpcs.get_mut("vpc").unwrap().block_public_access = block;
        let got = [
            opens(&network, &world, &a(&["sg-open"])),
            opens(&network, &a(&["sg-open"]), &world),
            opens(&network, &b(&["sg-open"]), &world),
        ];
        assert_eq!(got, [in_to_a, out_of_a, out_of_b], "{block:?}");
        network.subnets.get_mut("a").unwrap().exclusion = Some(BlockPublicAccess::Off);
        assert_eq!(opens(&network, &world, &a(&["sg-open"])), "everything", "an exclusion, {block:?}");
    }
}

#[test]
fn what_could_not_be_read_is_never_taken_for_what_is_not_there() {
    type Forget = fn(&mut Network);
    let (world, inside) = (outside("198.51.100.7"), a(&["sg-open"]));
    let unread: [(&str, Forget); 5] = [
        ("Block Public Access", |network| {
            network.vpcs.get_mut("vpc").unwrap().block_public_access = BlockPublicAccess::Unread;
        }),
        ("internet gateway", |network| network.internet_gateways.clear()),
        ("route table", |network| network.tables.clear()),
        ("network ACL", |network| network.acls.clear()),
        ("security group", |network| network.groups.clear()),
    ];
    for (what, forget) in unread {
        let mut network = open_network();
        forget(&mut network);
        for got in [opens(&network, &world, &inside), opens(&network, &inside, &world)] {
            assert!(got.starts_with("unknown: ") && got.contains(what), "{what}: {got}");
        }
    }
}

#[test]
fn what_turns_back_at_the_internet_gateway_is_not_known() {
    let mut network = open_network();
    network.public_addresses.insert("54.1.2.3".parse().unwrap(), "eni-b".into());
    assert!(opens(&network, &a(&["sg-open"]), &outside("54.1.2.3")).starts_with("unknown: "));
    assert_eq!(opens(&network, &a(&["sg-open"]), &outside("54.1.2.4")), "everything");
}

#[test]
fn what_is_behind_an_appliance_is_not_known() {
    let mut network = open_network();
    let appliance = vec![route("0.0.0.0/0", Via::Unknown("eni-appliance".into()))];
    network.tables.get_mut("rtb").unwrap().routes = appliance;
    assert!(opens(&network, &a(&["sg-open"]), &outside("198.51.100.7")).starts_with("unknown: "));
    // What its own group does not let out does not reach the appliance either.
    network.groups.insert("sg-closed".into(), Group::default());
    assert_eq!(opens(&network, &a(&["sg-closed"]), &outside("198.51.100.7")), "nothing");
}

#[test]
fn all_blocks_are_told_and_not_the_first_alone() {
    let mut network = closed();
    network.acls.insert("acl-b".into(), Acl::default());
    network.tables.insert("rtb-none".into(), RouteTable::default());
    network.subnets.get_mut("b").unwrap().table = Some("rtb-none".into());
    let found = blocks(&network, &outside("203.0.113.0/24"), &b(&["sg-closed"]), &Traffic::tcp(22, 22));
    assert_eq!(
        found,
        [
            "acl-b: no entry allows tcp 22 from 203.0.113.7",
            "sg-closed: no rule allows tcp 22 from 203.0.113.7",
            "acl-b: no entry allows tcp 49152 to 203.0.113.7",
            "rtb-none: no route",
        ]
    );
}
