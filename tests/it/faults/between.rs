//! No moment of an apply is worse than both of its ends: after every single write, what passes a network ACL or a security group
//! passed before or will pass, and what does both passes all the time; and every address is reached the way it was or will be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;

use baseline::language::{Baseline, Place, Source};
use baseline::sandbox::Sandbox;
use ipnet::IpNet;

use super::account::{ACCOUNT, Declared, declared, empty, on_virtual_time, run};
use super::chance::Chance;
use super::layer::Layer;
use super::seeds;

/// Addresses in and out of the VPC, and in the ranges that the files speak of.
const ADDRESSES: [&str; 8] = [
    "10.20.0.10",
    "10.20.10.10",
    "10.99.0.10",
    "10.99.1.10",
    "192.0.2.10",
    "198.51.100.10",
    "203.0.113.10",
    "203.0.113.200",
];
const PORTS: [i64; 8] = [22, 80, 443, 3306, 6380, 7005, 8443, 40000];

/// A random network that validates.
fn network(chance: &mut Chance) -> String {
    loop {
        let text = tiers(chance);
        let source = Source { name: "test.toml".into(), text: text.clone() };
        let baseline = Baseline::parse(&source).0;
        let place = Place { account: ACCOUNT, partition: "aws" };
        if baseline.is_some_and(|baseline| baseline.expand(&place).is_ok()) {
            return text;
        }
    }
}

/// A random network with three tiers. What AWS fixes for ever stays.
fn tiers(chance: &mut Chance) -> String {
    let ranges = ["10.99.0.0/24", "10.99.0.0/16", "203.0.113.0/24", "203.0.113.0/28", "198.51.100.0/24"];
    let mut text = "name = \"any\"\nregion = \"us-east-1\"\n[network]\ncidr = \"10.20.0.0/16\"\n\
                    zones = 1\nflow_logs = false\n"
        .to_owned();
    let mut say = |line: String| writeln!(text, "{line}").expect("a string grows");
    let nat = *chance.of(&["none", "single"]);
    say(format!("nat = \"{nat}\""));
    let listed = |chance: &mut Chance, percent| {
        let some: Vec<_> = ranges.iter().filter(|_| chance.percent(percent)).collect();
        format!("{some:?}")
    };
    if chance.percent(60) {
        say(format!("deny = {}", listed(chance, 30)));
    }
    if chance.percent(50) {
        say(format!("admin_from = {}", listed(chance, 40)));
    }
    for (block, tier, others) in [
        (0, "web", &["internet", "self"][..]),
        (1, "app", &["web", "internet", "self"]),
        (2, "db", &["app", "web", "self"]),
    ] {
        say(format!("[network.tier.{tier}]\nblock = {block}"));
        // NAT stands in the first one.
        let public = block == 0 || (block == 1 && chance.percent(50));
        say(format!("public = {public}"));
        if chance.percent(60) {
            let somewhere =
                "[{ to = \"203.0.113.0/24\", port = 443 }, { to = \"internet\", port = \"7000-7010\" }]";
            let outward = ["\"none\"", "\"internet\"", somewhere];
            let possible = if public || nat == "single" { &outward[..] } else { &outward[..1] };
            say(format!("egress = {}", chance.of(possible)));
        }
        let mut accept = BTreeSet::new();
        for _ in 0..1 + chance.below(5) {
            let from = if chance.percent(50) { *chance.of(others) } else { *chance.of(&ranges) };
            let ports: &[&str] = if from == "internet" {
                &["443", "80"]
            } else {
                &["443", "3306", "\"7000-7010\"", "6380", "8443"]
            };
            let port = *chance.of(ports);
            let protocol = *chance.of(&["tcp", "tcp", "udp"]);
            accept.insert(format!("{{ from = \"{from}\", port = {port}, protocol = \"{protocol}\" }}"));
        }
        let accept: Vec<_> = accept.into_iter().collect();
        say(format!("accept = [{}]", accept.join(", ")));
    }
    text
}

/// What passes, by what guards it: security groups and network ACLs by the thing they guard, and the way to every address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    passing: BTreeMap<String, BTreeSet<String>>,
    ways: BTreeMap<(String, &'static str), String>,
}

fn holds(range: &str, address: &str) -> bool {
    let (range, address): (IpNet, IpAddr) = (range.parse().unwrap(), address.parse().unwrap());
    range.contains(&address)
}

fn fits(ports: Option<(i64, i64)>, port: i64) -> bool {
    ports.is_none_or(|(first, last)| (first..=last).contains(&port))
}

/// What the account lets through.
pub fn network_of(sandbox: &Sandbox) -> Network {
    sandbox.with_world(|world| {
        let ec2 = &world.region(ACCOUNT, "us-east-1").ec2;
        let mut network = Network::default();
        for id in ec2.subnets.keys() {
            let acl =
                ec2.network_acls.values().find(|acl| acl.truth().guards(id)).expect("a subnet has an ACL");
            let mut entries = acl.truth().entries.clone();
            entries.sort_by_key(|entry| entry.number);
            let passing = network.passing.entry(id.clone()).or_default();
            for (protocol, number) in [("tcp", "6"), ("udp", "17")] {
                for address in ADDRESSES {
                    let mut applying = entries.clone();
                    applying.retain(|entry| {
                        (entry.protocol == "-1" || entry.protocol == number) && holds(&entry.cidr, address)
                    });
                    for port in PORTS {
                        for egress in [false, true] {
                            let first = applying
                                .iter()
                                .find(|entry| entry.egress == egress && fits(entry.ports, port));
                            if first.is_some_and(|entry| entry.allow) {
                                passing.insert(format!("{protocol} {port} {address} out={egress}"));
                            }
                        }
                    }
                }
            }
            let tables = || ec2.route_tables.values();
            let uses = |subnet: Option<&String>| {
                tables().find(|table| {
                    table
                        .truth()
                        .associations
                        .values()
                        .any(|association| association.subnet.as_ref() == subnet)
                })
            };
            let table = uses(Some(id)).or_else(|| uses(None)).expect("a subnet has a route table").truth();
            for address in ADDRESSES {
                let range = |text: &str| text.parse::<IpNet>().unwrap();
                let fitting = table.routes.iter().filter(|route| holds(&route.destination, address));
                let best = fitting.max_by_key(|route| range(&route.destination).prefix_len());
                let way = best.map_or("nowhere", |route| &route.target.id);
                network.ways.insert((id.clone(), address), way.to_owned());
            }
        }
        for id in ec2.security_groups.keys() {
            let passing = network.passing.entry(id.clone()).or_default();
            for rule in
                ec2.security_group_rules.values().map(|rule| rule.truth()).filter(|rule| rule.group == *id)
            {
                let peer = format!("{:?}", rule.peer);
                let range = peer.split('"').nth(1).unwrap_or_default();
                let peers: Vec<&str> = match range.parse::<IpNet>() {
                    Ok(_) => ADDRESSES.into_iter().filter(|address| holds(range, address)).collect(),
                    Err(_) => vec![range],
                };
                for protocol in
                    ["tcp", "udp"].into_iter().filter(|name| rule.protocol == "-1" || rule.protocol == *name)
                {
                    for port in PORTS.into_iter().filter(|port| fits(rule.ports, *port)) {
                        passing.extend(
                            peers.iter().map(|peer| format!("{protocol} {port} {peer} out={}", rule.egress)),
                        );
                    }
                }
            }
        }
        network
    })
}

/// What is wrong with a moment between two ends: of the things that are there at both.
pub fn worse(before: &Network, now: &Network, after: &Network) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, old) in &before.passing {
        let (Some(now), Some(new)) = (now.passing.get(id), after.passing.get(id)) else { continue };
        wrong.extend(
            now.iter()
                .filter(|packet| !old.contains(*packet) && !new.contains(*packet))
                .map(|packet| format!("{id} lets {packet} through, as neither end does")),
        );
        wrong.extend(
            old.intersection(new)
                .filter(|packet| !now.contains(*packet))
                .map(|packet| format!("{id} stops {packet}, as neither end does")),
        );
    }
    for (place, old) in &before.ways {
        let (Some(now), Some(new)) = (now.ways.get(place), after.ways.get(place)) else { continue };
        if now != old && now != new {
            wrong.push(format!("{place:?} goes through {now}, neither {old} nor {new}"));
        }
    }
    wrong
}

/// How many writes lead from one file to the other.
async fn go(sandbox: &Sandbox, to: &Declared) -> Result<usize, String> {
    let layer = Layer::remembering(sandbox, |_| None);
    let ran = run(layer.client(), to).await;
    if !ran.outcome.is_success() {
        return Err(format!("{:#?} {:#?}", ran.outcome.failed, ran.outcome.held));
    }
    let moments = layer.moments();
    let networks: Vec<Network> = moments.iter().map(|moment| network_of(&moment.world)).collect();
    let (before, after) = (&networks[0], networks.last().expect("the beginning"));
    for (moment, now) in moments.iter().zip(&networks) {
        let wrong = worse(before, now, after);
        if !wrong.is_empty() {
            return Err(format!("after {:?}: {wrong:#?}", moment.after.as_ref().map(|call| call.operation)));
        }
    }
    Ok(moments.len() - 1)
}

fn from_one_to_the_other(seed: u64) -> usize {
    let mut chance = Chance::new(seed);
    let (first, second) = (network(&mut chance), network(&mut chance));
    let (one, other) = (declared(&first), declared(&second));
    let went = on_virtual_time(async {
        let sandbox = empty();
        go(&sandbox, &one).await?;
        go(&sandbox, &other).await
    });
    went.unwrap_or_else(|wrong| panic!("pair {seed}:\n{first}\nand\n{second}: {wrong}"))
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn after_every_write_what_passes_is_what_passed_or_will() {
    let pairs = 60;
    let writes: usize = seeds::all(pairs, from_one_to_the_other).into_iter().sum();
    assert!(writes > 300, "{writes} writes are too few to mean anything");
}
