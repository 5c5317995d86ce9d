//! Protocols without ports: in groups, in network ACLs both ways, and in an account.

use baseline::model::Wanted;
use serde_json::{Value as Json, json};

use crate::desk::Desk;
use crate::emulator::Which;
use crate::world::{World, expand};

const VPN: &str = "name = \"shop\"\nregion = 'us-east-1'\n[network]\ncidr = '10.0.0.0/16'\nflow_logs = false\n\
    [network.route.office]\nto = ['10.99.0.0/16']\nthrough = 'tgw-0a1b2c3d4e5f67890'\n\
    [network.tier.vpn]\npublic = true\negress = [{ to = '10.99.0.0/16', protocol = 'gre' }]\n\
    accept = [{ from = '203.0.113.7/32', protocol = 'esp' }, { from = '203.0.113.7/32', protocol = 50 }]\n";

fn json(wanted: &Wanted, addr: &str) -> Json {
    wanted.things[&addr.parse().unwrap()].value.plain_json()
}

#[test]
fn a_protocol_without_ports_is_let_through_whole_and_its_way_back_is_itself() {
    let wanted = expand(Which::BuiltIn, VPN);
    let is = |entry: &&Json, protocol: &str, cidr: &str| {
        (&entry["protocol"], &entry["cidr"]) == (&json!(protocol), &json!(cidr))
    };
    let group = json(&wanted, "ec2.security-group.vpn");
    let acl = json(&wanted, "ec2.network-acl.vpn");
    // A group remembers what it let through; an ACL has to let it back.
    for (direction, protocol, cidr, in_group) in [
        ("ingress", "50", "203.0.113.7/32", 1),
        ("egress", "50", "203.0.113.7/32", 0),
        ("egress", "47", "10.99.0.0/16", 1),
        ("ingress", "47", "10.99.0.0/16", 0),
    ] {
        let count = |thing: &Json| {
            thing[direction].as_array().unwrap().iter().filter(|entry| is(entry, protocol, cidr)).count()
        };
        assert_eq!((count(&group), count(&acl)), (in_group, 1), "{direction} {protocol}: {group} {acl}");
    }
    for rule in group["ingress"].as_array().unwrap().iter().filter(|rule| is(rule, "50", "203.0.113.7/32")) {
        assert_eq!((&rule["from_port"], &rule["to_port"]), (&Json::Null, &Json::Null));
    }
    // What a router says of packets that are too large passes there, too: the tier talks to the outside.
    let too_large = |entry: &&Json| (&entry["protocol"], &entry["from_port"]) == (&json!("icmp"), &json!(3));
    for direction in ["ingress", "egress"] {
        assert_eq!(acl[direction].as_array().unwrap().iter().filter(too_large).count(), 1, "{acl}");
    }
}

#[test]
fn a_way_of_a_protocol_without_ports_is_asked_for_by_its_name_or_number() {
    let desk = Desk::with("", VPN);
    for (asked, says) in [
        (["203.0.113.7", "vpn", "esp"], "203.0.113.7 -> vpn, esp: reachable"),
        (["203.0.113.7", "vpn", "protocol 50"], "203.0.113.7 -> vpn, esp: reachable"),
        (["203.0.113.7", "vpn", "ah"], "203.0.113.7 -> vpn, ah: proven unreachable"),
        (["203.0.113.7", "vpn", "icmp"], "icmp type 8 code 0: proven unreachable"),
        (["203.0.113.7", "vpn", "protocol 51"], "proven unreachable"),
    ] {
        let told = desk.ends(0, &[&["reach"], &asked[..], &["file.toml"]].concat()).stdout;
        assert!(told.contains(says), "{asked:?}: {told}");
    }
    for wrong in ["protocol 6", "protocol 256", "sctp/3", "icmp/8", "esps"] {
        let told = desk.ends(1, &["reach", "internet", "vpn", wrong, "file.toml"]).stderr;
        assert!(
            told.contains(&format!("{wrong:?} is neither a port nor a protocol"))
                && told.contains("53/udp")
                && told.contains("gre"),
            "{told}"
        );
    }
}

/// On the built-in account only: moto answers 500 to a rule of such a protocol.
#[tokio::test(start_paused = true)]
async fn rules_and_entries_of_other_protocols_are_written_and_read_back_alike() {
    // Without the route, whose gateway is not there.
    let text =
        VPN.replace("[network.route.office]\nto = ['10.99.0.0/16']\nthrough = 'tgw-0a1b2c3d4e5f67890'\n", "");
    let text = text.replace("10.99.0.0/16", "198.51.100.0/24");
    let mut world = World::new(Which::BuiltIn, &text).await;
    world.apply().await;
    world.assert_converged("with ESP and GRE").await;
    world.declare(&text.replace("'gre'", "112"));
    world.apply().await;
    world.assert_converged("with VRRP in its place").await;
}
