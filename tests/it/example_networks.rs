//! The networks of `examples/networks`, each applied as its first lines say, proven, and planned again.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, GatewayType};
use baseline::sandbox::Profile;
use serde_json::Value as Json;

use crate::desk::Desk;
use crate::emulator::Emulator;
use crate::source_code::root;

/// The files, by what they are called.
fn examples() -> BTreeMap<String, String> {
    let folder = std::fs::read_dir(root().join("examples/networks")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The file as it is applied first: without ways to what is not there yet, and what leaves by them.
fn before_its_routes(text: &str) -> String {
    let mut kept = String::new();
    let (mut is_left_out, mut open) = (false, 0_i32);
    for line in text.lines() {
        if line.starts_with('[') {
            is_left_out = line.starts_with("[network.route.") || line == "[[network.assert]]";
        }
        let begins = line.starts_with("egress") && open == 0;
        if begins || open > 0 {
            open += i32::try_from(line.matches('[').count()).unwrap();
            open -= i32::try_from(line.matches(']').count()).unwrap();
        } else if !is_left_out {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// What stands for each kind of way in the files: its id there.
const WAYS: [&str; 4] =
    ["vgw-0a1b2c3d4e5f67890", "pcx-0a1b2c3d4e5f67890", "tgw-0a1b2c3d4e5f67890", "eni-0a1b2c3d4e5f67890"];

/// Starts an instance, and says which network interface it has.
async fn start(ec2: &Client, subnet: &str) -> String {
    let started = ec2.run_instances().image_id("ami-12c6146b").instance_type("t3.micro".into());
    let started = started.min_count(1).max_count(1).subnet_id(subnet).send().await.unwrap();
    started.instances()[0].network_interfaces()[0].network_interface_id().unwrap().to_owned()
}

/// Makes what leads away from the VPC, as its owners would.
async fn make_way(ec2: &Client, way: &str) -> String {
    let ours = || Filter::builder().name("tag-key").values("baseline:addr").build();
    let vpcs = ec2.describe_vpcs().filters(ours()).send().await.unwrap();
    let vpc = vpcs.vpcs()[0].vpc_id().unwrap();
    let subnets = ec2.describe_subnets().filters(ours()).send().await.unwrap();
    let subnet = subnets.subnets()[0].subnet_id().unwrap();
    match &way[..4] {
        "vgw-" => {
            let made = ec2.create_vpn_gateway().r#type(GatewayType::Ipsec1).send().await.unwrap();
            let id = made.vpn_gateway().unwrap().vpn_gateway_id().unwrap().to_owned();
            ec2.attach_vpn_gateway().vpn_gateway_id(&id).vpc_id(vpc).send().await.unwrap();
            id
        }
        "pcx-" => {
            let other = ec2.create_vpc().cidr_block("10.51.0.0/16").send().await.unwrap();
            let other = other.vpc().unwrap().vpc_id().unwrap();
            let made =
                ec2.create_vpc_peering_connection().vpc_id(vpc).peer_vpc_id(other).send().await.unwrap();
            let id = made.vpc_peering_connection().unwrap().vpc_peering_connection_id().unwrap().to_owned();
            ec2.accept_vpc_peering_connection().vpc_peering_connection_id(&id).send().await.unwrap();
            // The database in it.
            let there = ec2.create_subnet().vpc_id(other).cidr_block("10.51.0.0/24").send().await.unwrap();
            start(ec2, there.subnet().unwrap().subnet_id().unwrap()).await;
            id
        }
        "tgw-" => {
            let made = ec2.create_transit_gateway().send().await.unwrap();
            let id = made.transit_gateway().unwrap().transit_gateway_id().unwrap().to_owned();
            let attached = ec2.create_transit_gateway_vpc_attachment().transit_gateway_id(&id).vpc_id(vpc);
            attached.subnet_ids(subnet).send().await.unwrap();
            id
        }
        _ => start(ec2, subnet).await,
    }
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn each_example_is_applied_proven_and_planned_empty_again() {
    let examples = examples();
    assert_eq!(examples.len(), 13, "{:?}", examples.keys());
    let mut led = Vec::new();
    for (name, text) in examples {
        let desk = Desk::on(Emulator::built_in(Profile::Instant), "", &text);
        let mut whole = text.clone();
        for way in WAYS.into_iter().filter(|way| text.contains(*way)) {
            desk.write(&before_its_routes(&text));
            desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
            let id = desk.by_hand("us-east-1", async |ec2| make_way(&ec2, way).await);
            whole = whole.replace(way, &id);
            led.push(&way[..3]);
        }
        desk.write(&whole);
        let valid = desk.ends(0, &["validate", "file.toml"]);
        assert!(!valid.stderr.contains("not-proven"), "{name}: {}", valid.stderr);
        desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
        for options in [&[][..], &["--live"][..]] {
            let arguments = [&["network", "file.toml", "--format", "json"], options].concat();
            let map = desk.run_any(&arguments);
            let map: Json = serde_json::from_str(&map.stdout).unwrap_or_else(|_| panic!("{name}: {map:?}"));
            let checks = map["checks"].as_array().unwrap();
            let open: Vec<&Json> = checks.iter().filter(|check| check["answer"] != "proven").collect();
            assert!(open.is_empty(), "{name} {options:?}: {open:#?}");
            let asserted = checks.iter().filter(|check| !check["line"].is_null()).count();
            assert!(asserted > 0, "{name} {options:?} asserts nothing");
            assert_eq!(asserted, text.matches("[[network.assert]]").count(), "{name} {options:?}");
        }
        desk.ends(0, &["drift", "file.toml"]);
        let again = desk.ends(0, &["apply", "file.toml", "--auto-approve"]).stdout;
        assert!(again.contains("in sync"), "{name}: {again}");
    }
    led.sort_unstable();
    led.dedup();
    assert_eq!(led, ["eni", "pcx", "tgw", "vgw"], "a kind of way that no example leads through");
}
