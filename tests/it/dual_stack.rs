//! A network of both families, from the file to the account and back: made so, made so later, changed by hand, and left.
//!
//! On the built-in account alone: moto lets a VPC without IPv6 associate any range. The contract tries the kinds on both.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, IpPermission, Ipv6Range, Subnet};
use baseline::sandbox::Profile;
use ipnet::Ipv4Net;

use crate::desk::{Desk, TWO_TIERS};
use crate::emulator::Emulator;
use crate::source_code::root;

const HEAD: &str = "name = 'dual'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n\
                    [network]\ncidr = '10.60.0.0/16'\nflow_logs = false\n";

/// The example, as a user has it.
fn example() -> Desk {
    let path = root().join("examples/networks/dual-stack.toml");
    Desk::on(Emulator::built_in(Profile::Instant), "", &std::fs::read_to_string(path).unwrap())
}

fn at(addr: &str) -> Filter {
    Filter::builder().name("tag:baseline:addr").values(addr).build()
}

async fn subnets(ec2: &Client) -> Vec<Subnet> {
    let ours = Filter::builder().name("tag:baseline:name").values("dual").build();
    let found = ec2.describe_subnets().filters(ours).send().await.unwrap();
    let mut subnets = found.subnets().to_vec();
    subnets.sort_by_key(|subnet| subnet.cidr_block().unwrap().parse::<Ipv4Net>().unwrap());
    subnets
}

/// The ids of the subnets, and their IPv6 ranges without the part that the VPC has.
fn places(desk: &Desk) -> Vec<(String, Option<String>)> {
    desk.by_hand("us-east-1", async |ec2| {
        let place = |subnet: &Subnet| {
            let association = subnet.ipv6_cidr_block_association_set().first();
            let range = association.and_then(|range| range.ipv6_cidr_block()).map(str::to_owned);
            (subnet.subnet_id().unwrap().to_owned(), range.map(|range| last_part(&range)))
        };
        subnets(&ec2).await.iter().map(place).collect()
    })
}

/// The last two digits before the `::` of a range.
fn last_part(range: &str) -> String {
    let (network, prefix) = range.split_once("::").unwrap();
    format!("{}{prefix}", &network[network.len() - 2..])
}

#[test]
fn what_is_proven_of_both_families_holds_as_planned_and_as_applied() {
    let desk = example();
    desk.proven(&[]);
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.proven(&["--live"]);
    desk.reaches(&[
        (["2400::1", "web", "80"], "reachable"),
        (["2400::1", "web", "8080"], "proven unreachable"),
        (["2400::1", "edge", "80"], "proven unreachable"),
        (["2400::1", "edge", "22"], "proven unreachable"),
        (["2001:db8:a::1", "edge", "22"], "reachable"),
        (["2400::1", "app", "8080"], "proven unreachable"),
        (["app", "2400::1", "443"], "reachable"),
        (["app", "8.8.8.8", "443"], "reachable"),
        (["crawler", "2400::1", "443"], "reachable"),
        (["crawler", "8.8.8.8", "443"], "proven unreachable"),
        (["db", "2400::1", "443"], "proven unreachable"),
    ]);
}

#[test]
fn each_subnet_has_the_place_in_the_ipv6_range_that_its_tier_has_in_the_other() {
    let desk = example();
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    let ranges: Vec<String> = places(&desk).into_iter().filter_map(|(_, range)| range).collect();
    assert_eq!(ranges, ["00/64", "01/64", "08/64", "09/64", "10/64", "11/64", "18/64", "19/64"]);
    desk.by_hand("us-east-1", async |ec2| {
        let instances = ec2.describe_instances().send().await.unwrap();
        let instances = instances.reservations().iter().flat_map(|reservation| reservation.instances());
        let running: Vec<_> = instances.filter(|it| it.ipv6_address().is_some()).collect();
        assert_eq!(running.len(), 2, "new instances have an address of each family");
        let tables = ec2.describe_route_tables().filters(at("ec2.route-table.app")).send().await.unwrap();
        let routes = tables.route_tables()[0].routes();
        let out = routes.iter().find(|route| route.destination_ipv6_cidr_block() == Some("::/0")).unwrap();
        assert!(out.egress_only_internet_gateway_id().is_some() && out.gateway_id().is_none(), "{out:?}");
    });
    desk.ends(0, &["drift", "file.toml"]);
}

#[test]
fn a_network_that_is_there_gets_ipv6_in_place_and_keeps_it_when_the_file_says_no_more() {
    let desk = Desk::applied(HEAD, TWO_TIERS);
    let before = places(&desk);
    assert!(before.iter().all(|(_, range)| range.is_none()));
    desk.write(&format!("ipv6 = 'amazon'\n{TWO_TIERS}"));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plan = words(&desk.ends(2, &["plan", "file.toml", "--detailed-exitcode"]).stdout);
    assert!(plan.contains("opens internet (IPv6) -> web (IPv6) tcp 443"), "{plan}");
    assert!(!plan.contains("internet -> db"), "{plan}");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.ends(0, &["drift", "file.toml"]);
    let after = places(&desk);
    let ids =
        |places: &[(String, Option<String>)]| places.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&before), ids(&after), "a subnet was made anew");
    assert!(after.iter().all(|(_, range)| range.is_some()), "{after:?}");
    desk.write(TWO_TIERS);
    let plan = words(&desk.ends(0, &["plan", "file.toml"]).stdout);
    assert!(plan.contains("closes internet (IPv6) -> web (IPv6) tcp 443"), "{plan}");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.ends(0, &["drift", "file.toml"]);
    assert_eq!(places(&desk), after, "a range was taken away without a word");
}

#[test]
fn what_a_hand_opens_or_takes_of_ipv6_is_drift_and_is_put_back() {
    let desk = Desk::applied(HEAD, &format!("ipv6 = 'amazon'\n{TWO_TIERS}"));
    desk.by_hand("us-east-1", async |ec2| {
        let off = AttributeBooleanValue::builder().value(false).build();
        let subnet = subnets(&ec2).await[0].subnet_id().unwrap().to_owned();
        let modify = ec2.modify_subnet_attribute().subnet_id(subnet).assign_ipv6_address_on_creation(off);
        modify.send().await.unwrap();
        let groups =
            ec2.describe_security_groups().filters(at("ec2.security-group.db")).send().await.unwrap();
        let everybody = Ipv6Range::builder().cidr_ipv6("::/0").build();
        let database = IpPermission::builder().ip_protocol("tcp").from_port(5432).to_port(5432);
        let open = ec2.authorize_security_group_ingress();
        let open = open.group_id(groups.security_groups()[0].group_id().unwrap());
        open.ip_permissions(database.ipv6_ranges(everybody).build()).send().await.unwrap();
    });
    let drift = desk.ends(2, &["drift", "file.toml"]).stdout;
    for told in ["ec2.subnet.web-a", "on_launch", "ec2.security-group.db", "::/0"] {
        assert!(drift.contains(told), "{told}: {drift}");
    }
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.ends(0, &["drift", "file.toml"]);
}

#[test]
fn a_range_of_ones_own_is_taken_of_its_pool() {
    let desk = Desk::with(HEAD, "");
    let pool = desk.by_hand("us-east-1", async |ec2| {
        ec2.provision_byoip_cidr().cidr("2001:db8:1000::/48").send().await.unwrap();
        let pools = ec2.describe_ipv6_pools().send().await.unwrap();
        pools.ipv6_pools()[0].pool_id().unwrap().to_owned()
    });
    let own = "ipv6 = '2001:db8:1000:ab00::/56'\n";
    desk.write(&format!("{own}{TWO_TIERS}"));
    assert!(desk.ends(1, &["validate", "file.toml"]).stderr.contains("ipv6_pool"));
    desk.write(&format!("{own}ipv6_pool = '{pool}'\n{TWO_TIERS}"));
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.ends(0, &["drift", "file.toml"]);
    let ranges: Vec<String> = places(&desk).into_iter().filter_map(|(_, range)| range).collect();
    assert_eq!(ranges, ["00/64", "01/64", "08/64", "09/64"]);
    let live = desk.ends(0, &["network", "file.toml", "--live"]).stdout;
    assert!(!live.contains("not proven"), "{live}");
}

#[test]
fn a_subnet_with_another_range_is_left_alone_and_told() {
    let desk = Desk::applied(HEAD, TWO_TIERS);
    desk.by_hand("us-east-1", async |ec2| {
        let all = subnets(&ec2).await;
        let vpc = all[0].vpc_id().unwrap();
        let associate = ec2.associate_vpc_cidr_block().vpc_id(vpc).amazon_provided_ipv6_cidr_block(true);
        associate.send().await.unwrap();
        let found = ec2.describe_vpcs().vpc_ids(vpc).send().await.unwrap();
        let range =
            found.vpcs()[0].ipv6_cidr_block_association_set()[0].ipv6_cidr_block().unwrap().to_owned();
        let elsewhere = range.replace("00::/56", "77::/64");
        let id = all[0].subnet_id().unwrap();
        ec2.associate_subnet_cidr_block().subnet_id(id).ipv6_cidr_block(elsewhere).send().await.unwrap();
    });
    desk.write(&format!("ipv6 = 'amazon'\n{TWO_TIERS}"));
    let said = desk.ends(1, &["apply", "file.toml", "--auto-approve"]);
    let said = format!("{}{}", said.stdout, said.stderr);
    assert!(said.contains("has the IPv6 range") && said.contains("77::/64"), "{said}");
    let held = places(&desk).into_iter().filter(|(_, range)| range.as_deref() == Some("77/64")).count();
    assert_eq!(held, 1, "its range was taken away");
}
