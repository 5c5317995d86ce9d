//! Proving who reaches whom: of a large account that is held in memory, and of the network that a file plans.

use std::fmt::Write as _;
use std::time::Instant;

use baseline::language::{Baseline, Place, Source};
use baseline::model::Wanted;
use baseline::network::{
    Acl, AclEntry, Action, Destination, Group, InternetGateway, LiveInterface, LiveNetwork, NatGateway, Peer,
    Public, Role, Route, RouteTable, Rule, Subnet, Traffic, Via, Vpc,
};
use baseline::report::reach::Map;

use crate::goal;
use crate::process::peak_mib;
use crate::world;

const VPCS: usize = 10;
const SUBNETS: usize = 20;
const GROUPS: usize = 10_000;
const INTERFACES: usize = 2_000;
/// How many groups interfaces carry among them; the others are left over, as they are in accounts that have grown.
const USED: usize = 300;

/// Seconds that the matrix of the account may take, and MiB.
const MOST_SECONDS: f64 = 5.0;
const MOST_MEMORY: f64 = 512.0;
/// Milliseconds that the matrix of a planned landing zone may take.
const MOST_PLANNED: f64 = 10.0;

fn entry(number: u16, traffic: Traffic, range: &str) -> AclEntry {
    AclEntry { number, action: Action::Allow, range: range.parse().unwrap(), traffic }
}

/// Services that call each other in a row, behind a few that listen to the internet.
fn large() -> LiveNetwork {
    let mut live = LiveNetwork::default();
    let network = &mut live.network;
    for vpc in 0..VPCS {
        let name = format!("vpc-{vpc}");
        network.vpcs.insert(
            name.clone(),
            Vpc { ranges: vec![format!("10.{vpc}.0.0/16").parse().unwrap()], ..Vpc::default() },
        );
        network.internet_gateways.insert(format!("igw-{vpc}"), InternetGateway { vpc: Some(name.clone()) });
        network
            .nat_gateways
            .insert(format!("nat-{vpc}"), NatGateway { subnet: format!("subnet-{vpc}-0"), public: true });
        for (table, via) in [
            (format!("public-{vpc}"), Via::InternetGateway(format!("igw-{vpc}"))),
            (format!("private-{vpc}"), Via::NatGateway(format!("nat-{vpc}"))),
        ] {
            let to = Destination::Range("0.0.0.0/0".parse().unwrap());
            network.tables.insert(table, RouteTable { routes: vec![Route { to, via, propagated: false }] });
        }
        let all = vec![
            entry(100, Traffic::tcp(443, 443), "0.0.0.0/0"),
            entry(110, Traffic::tcp(1024, 65535), "0.0.0.0/0"),
            entry(120, Traffic::all(), &format!("10.{vpc}.0.0/16")),
        ];
        network.acls.insert(format!("acl-{vpc}"), Acl { ingress: all.clone(), egress: all });
        for subnet in 0..SUBNETS {
            let kind = if subnet < SUBNETS / 4 { "public" } else { "private" };
            network.subnets.insert(
                format!("subnet-{vpc}-{subnet}"),
                Subnet {
                    vpc: name.clone(),
                    ranges: vec![format!("10.{vpc}.{subnet}.0/24").parse().unwrap()],
                    table: Some(format!("{kind}-{vpc}")),
                    acl: format!("acl-{vpc}"),
                    exclusion: None,
                },
            );
        }
    }
    for number in 0..GROUPS {
        let port = u16::try_from(8000 + number % 50).unwrap();
        let from = match number % 10 {
            0 => Peer::Range("0.0.0.0/0".parse().unwrap()),
            _ => Peer::Group(format!("sg-{}", number - 1)),
        };
        let everywhere = Peer::Range("0.0.0.0/0".parse().unwrap());
        let group = Group {
            ingress: vec![
                Rule { peer: from, traffic: Traffic::tcp(port, port) },
                Rule { peer: Peer::Group(format!("sg-{number}")), traffic: Traffic::tcp(7946, 7946) },
            ],
            egress: vec![Rule { peer: everywhere, traffic: Traffic::all() }],
        };
        network.groups.insert(format!("sg-{number}"), group);
    }
    live.interfaces = (0..INTERFACES)
        .map(|number| {
            let (group, host) = (number % USED, number / (VPCS * SUBNETS));
            let (vpc, subnet) = (group % VPCS, (number / VPCS) % SUBNETS);
            LiveInterface {
                id: format!("eni-{number}"),
                instance: Some(format!("i-{number}")),
                subnet: format!("subnet-{vpc}-{subnet}"),
                groups: vec![format!("sg-{group}")],
                addresses: vec![format!("10.{vpc}.{subnet}.{}/32", 10 + host % 240).parse().unwrap()],
                public: if subnet < SUBNETS / 4 { Public::Yes } else { Public::No },
                role: Role::Instance,
                name: None,
            }
        })
        .collect();
    live
}

fn baseline(text: &str) -> (Baseline, Source) {
    let source = Source { name: "network.toml".into(), text: text.into() };
    (Baseline::parse_unproven(&source).0.unwrap(), source)
}

/// The matrix of a large account, and of the landing zone as it is planned.
pub fn report() -> String {
    let live = large();
    let (nothing, source) = baseline("name = \"network\"\nregion = \"us-east-1\"\n");
    let began = Instant::now();
    let topology = nothing.live_network(&Wanted::default(), &live).unwrap();
    let map = Map::of(&topology, nothing.judge_live_network(&topology), Vec::new());
    let lines = map.text(&source).to_string().lines().count();
    let seconds = began.elapsed().as_secs_f64();
    let memory = peak_mib() as f64;

    let (zone, source) = baseline(&world::shipped("landing-zone.toml"));
    let wanted = zone.expand(&Place { account: "123456789012", partition: "aws" }).unwrap();
    let mut times: Vec<f64> = (0..21)
        .map(|_| {
            let began = Instant::now();
            let planned = zone.planned_network(&wanted).unwrap().unwrap();
            let map = Map::of(&planned, Vec::new(), Vec::new());
            assert!(map.text(&source).to_string().contains("to web"));
            began.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let planned = times[times.len() / 2];

    let mut out = String::from("| network | figure |\n|---|---:|\n");
    writeln!(
        out,
        "| {GROUPS} groups, {INTERFACES} interfaces in {VPCS} VPCs: the matrix, s | {seconds:.2} |\n\
         | the same, lines of text | {lines} |\n| the same, peak MiB | {memory:.0} |\n\
         | landing zone as planned: the matrix, median of 21, ms | {planned:.1} |"
    )
    .unwrap();
    out.push_str(&goal::at_most("the matrix of the large account, s", MOST_SECONDS, seconds));
    out.push_str(&goal::at_most("its memory, MiB", MOST_MEMORY, memory));
    out.push_str(&goal::at_most("the matrix of the planned landing zone, ms", MOST_PLANNED, planned));
    out
}
