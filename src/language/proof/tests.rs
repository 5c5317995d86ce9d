use proptest::prelude::*;

use super::*;
use crate::language::Source;
use crate::network::{Answer, Traffic, carrying};

const HEAD: &str = "name = 'x'\nregion = 'us-east-1'\n";

fn parse(text: &str) -> (Option<Baseline>, Vec<Diagnostic>) {
    let (baseline, problems) =
        Baseline::parse(&Source { name: "x.toml".into(), text: format!("{HEAD}{text}") });
    (baseline, problems.into_iter().filter(|problem| problem.code != "no-flow-logs").collect())
}

fn planned(text: &str) -> (Baseline, Topology) {
    let (baseline, problems) = parse(text);
    let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}\n{text}"));
    let wanted = baseline.expand(&Place { account: "111122223333", partition: "aws" }).unwrap();
    let planned = baseline.planned_network(&wanted).unwrap().unwrap();
    (baseline, planned)
}

const THREE_TIERS: &str = "
[network]
cidr = '10.20.0.0/16'
admin_from = ['203.0.113.0/28']
deny = ['198.51.100.0/24']
nat = 'single'
[network.tier.front]
public = true
accept = [{ from = 'internet', port = 443 }]
[network.tier.app]
egress = 'internet'
accept = [{ from = 'front', port = 8080 }, { from = 'self', port = 7946, protocol = 'udp' }]
[network.tier.db]
egress = 'none'
accept = [{ from = 'app', port = 5432 }]
";

#[test]
fn a_plan_lets_through_what_the_file_says_and_nothing_else() {
    let (baseline, planned) = planned(THREE_TIERS);
    let answer = |from: &str, to: &str, traffic: Traffic| {
        let (from, to) = (planned.ends.find(from).unwrap(), planned.ends.find(to).unwrap());
        planned.reach(&from, &to, &carrying(&traffic)).answer()
    };
    use Answer::{Reachable, Unreachable};
    for (from, to, traffic, expected) in [
        ("internet", "front", Traffic::tcp(443, 443), Reachable),
        ("internet", "front", Traffic::tcp(22, 22), Reachable),
        ("203.0.113.7", "front", Traffic::tcp(22, 22), Reachable),
        ("203.0.113.77", "front", Traffic::tcp(22, 22), Unreachable),
        ("198.51.100.7", "front", Traffic::tcp(443, 443), Unreachable),
        ("internet", "app", Traffic::all(), Unreachable),
        ("internet", "db", Traffic::all(), Unreachable),
        ("front", "app", Traffic::tcp(8080, 8080), Reachable),
        ("front", "db", Traffic::all(), Unreachable),
        ("app", "app", Traffic::udp(7946, 7946), Reachable),
        ("app", "db", Traffic::tcp(5432, 5432), Reachable),
        ("app", "db", Traffic::tcp(5433, 5433), Unreachable),
        ("db", "app", Traffic::all(), Unreachable),
        ("app", "internet", Traffic::tcp(443, 443), Reachable),
        ("app", "internet", Traffic::tcp(25, 25), Unreachable),
        ("db", "internet", Traffic::all(), Unreachable),
        ("10.20.8.9", "10.20.16.9", Traffic::tcp(5432, 5432), Reachable),
    ] {
        assert_eq!(answer(from, to, traffic.clone()), expected, "{from} to {to}: {traffic:?}");
    }
    for judged in baseline.judge_network(&planned) {
        assert_eq!(judged.kept, Kept::Yes, "{}", judged.name);
    }
}

#[test]
fn assertions_are_proven_or_refused_with_a_packet() {
    for (assertion, expected) in [
        ("to = 'db'\nexpect = 'only'\nonly = ['app']", None),
        ("to = 'db'\nport = 5432\nexpect = 'only'\nonly = ['app']", None),
        ("from = 'internet'\nto = 'db'\nexpect = 'none'", None),
        ("from = 'app'\nto = 'db'\nport = 5432\nexpect = 'reachable'", None),
        ("from = 'internet'\nto = 'front'\nport = 443\nexpect = 'reachable'", None),
        ("from = 'internet'\nto = 'front'\nport = 443\nexpect = 'only'\nonly = ['0.0.0.0/0']", None),
        ("to = 'app'\nport = 8080\nexpect = 'only'\nonly = ['10.20.0.0/21']", None),
        (
            "to = 'db'\nport = 5432\nexpect = 'only'\nonly = ['front']",
            Some("app reaches db on tcp 5432, for instance 10.20.8.4:49152 -> 10.20.16.4:5432 tcp"),
        ),
        (
            "from = 'internet'\nto = 'front'\nport = 443\nexpect = 'none'",
            Some("internet reaches front on tcp 443, for instance 203.0.113.7:49152 -> 10.20.0.4:443 tcp"),
        ),
        (
            "from = 'front'\nto = 'db'\nport = 5432\nexpect = 'reachable'",
            Some("front does not reach db on tcp 5432, for instance 10.20.0.4:49152 -> 10.20.16.4:5432 tcp"),
        ),
        ("from = 'db'\nto = 'app'\nexpect = 'reachable'", Some("db does not reach app at all")),
        (
            "from = 'app'\nto = 'db'\nport = 5432\nprotocol = 'udp'\nexpect = 'reachable'",
            Some("app does not reach db on udp 5432, for instance 10.20.8.4:49152 -> 10.20.16.4:5432 udp"),
        ),
    ] {
        let (baseline, problems) = parse(&format!("{THREE_TIERS}[[network.assert]]\n{assertion}\n"));
        let labels: Vec<&str> = problems.iter().map(|problem| problem.label.as_str()).collect();
        assert_eq!(labels, expected.into_iter().collect::<Vec<_>>(), "{assertion}");
        assert_eq!(baseline.is_none(), expected.is_some(), "{assertion}");
    }
}

const WITHOUT_PORTS: &str = "
[network]
cidr = '10.20.0.0/16'
[network.tier.vpn]
public = true
accept = [
  { from = '203.0.113.7/32', protocol = 'udp', port = 500 },
  { from = '203.0.113.7/32', protocol = 'esp' },
  { from = 'app', protocol = 'icmp', icmp = 'echo-request' },
]
[network.tier.app]
accept = [{ from = 'vpn', protocol = 254 }, { from = 'vpn', protocol = 'icmp', icmp = 'time-exceeded' }]
";

#[test]
fn what_has_no_ports_is_asserted_by_its_name_or_number() {
    for (assertion, expected) in [
        ("from = '203.0.113.7'\nto = 'vpn'\nprotocol = 'esp'\nexpect = 'reachable'", None),
        ("to = 'vpn'\nprotocol = 'esp'\nexpect = 'only'\nonly = ['203.0.113.7']", None),
        ("to = 'vpn'\nprotocol = 'ah'\nexpect = 'none'", None),
        ("from = 'app'\nto = 'vpn'\nprotocol = 'icmp'\nexpect = 'reachable'", None),
        ("from = 'vpn'\nto = 'app'\nprotocol = 254\nexpect = 'reachable'", None),
        ("from = 'internet'\nto = 'vpn'\nprotocol = 'icmp'\nexpect = 'none'", None),
        ("to = 'app'\nprotocol = 'icmp'\nexpect = 'only'\nonly = ['vpn']", None),
        (
            "to = 'vpn'\nprotocol = 50\nexpect = 'none'",
            Some("anybody outside reaches vpn on esp, for instance 203.0.113.7 -> 10.20.0.4 esp"),
        ),
        (
            "from = 'vpn'\nto = 'app'\nprotocol = 'icmp'\nexpect = 'none'",
            Some("vpn reaches app on icmp type 11, for instance 10.20.0.4 -> 10.20.8.4 icmp type 11 code 0"),
        ),
        (
            "from = 'vpn'\nto = 'app'\nprotocol = 'icmp'\nexpect = 'reachable'",
            Some(
                "vpn does not reach app on icmp type 8 code 0, for instance 10.20.0.4 -> 10.20.8.4 icmp type 8 code 0",
            ),
        ),
        (
            "from = 'app'\nto = 'vpn'\nprotocol = 254\nexpect = 'reachable'",
            Some("app does not reach vpn on protocol 254, for instance 10.20.8.4 -> 10.20.0.4 protocol 254"),
        ),
    ] {
        let (_, problems) = parse(&format!("{WITHOUT_PORTS}[[network.assert]]\n{assertion}\n"));
        let labels: Vec<&str> = problems.iter().map(|problem| problem.label.as_str()).collect();
        assert_eq!(labels, expected.into_iter().collect::<Vec<_>>(), "{assertion}");
    }
}

#[test]
fn an_assertion_says_what_its_connections_are_made_with() {
    for (keys, says) in [
        ("port = 53", "anybody does not reach app on port 53"),
        ("port = 53\nprotocol = 'udp'", "anybody does not reach app on udp port 53"),
        ("port = '53-99'\nprotocol = 'all'", "anybody does not reach app on port 53-99"),
        ("protocol = 'esp'", "anybody does not reach app with esp"),
        ("protocol = 253", "anybody does not reach app with protocol 253"),
        ("", "anybody does not reach app"),
    ] {
        let text = format!("{WITHOUT_PORTS}[[network.assert]]\nto = 'app'\nexpect = 'none'\n{keys}\n");
        let (baseline, problems) = parse(&text);
        let said = match baseline {
            Some(baseline) => {
                let wanted = baseline.expand(&Place { account: "111122223333", partition: "aws" }).unwrap();
                let planned = baseline.planned_network(&wanted).unwrap().unwrap();
                baseline.judge_network(&planned).into_iter().map(|judged| judged.name).collect()
            }
            None => problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>(),
        };
        let said: Vec<&str> =
            said.iter().map(|said| said.trim_start_matches("this does not hold: ")).collect();
        assert!(said.contains(&says), "{keys}: {said:?}");
    }
}

const WITH_ENDPOINTS: &str = "
[network]
cidr = '10.20.0.0/16'
[network.tier.web]
public = true
accept = [{ from = 'internet', port = 443 }]
[network.tier.app]
accept = [{ from = 'web', port = 8080 }]
[network.tier.jobs]
accept = [{ from = 'app', port = 80 }]
egress = [{ to = 's3' }]
[network.tier.db]
accept = [{ from = 'app', port = 5432 }]
egress = 'none'
[network.endpoint.s3]
service = 's3'
[network.endpoint.ssm]
service = ['ssm', 'ssmmessages']
in = 'db'
";

#[test]
fn tiers_without_nat_reach_exactly_the_endpoints_that_they_use() {
    let (baseline, planned) = planned(WITH_ENDPOINTS);
    let everything = carrying(&Traffic::all());
    let reaches = |from: &str, to: &str| {
        let (from, to) = (planned.ends.find(from).unwrap(), planned.ends.find(to).unwrap());
        crate::network::traffic_words(&planned.reach(&from, &to, &everything).possible())
    };
    for (from, to, carried) in [
        ("app", "s3", "tcp 443"),
        ("app", "ssm", "tcp 443"),
        ("app", "ssm-ssmmessages", "tcp 443"),
        ("app", "endpoint.ssm", "tcp 443"),
        ("jobs", "s3", "tcp 443"),
        ("jobs", "ssm", ""),
        ("db", "s3", ""),
        ("db", "ssm", ""),
        ("web", "s3", ""),
        ("web", "ssm", ""),
        ("internet", "ssm", ""),
        ("internet", "s3", ""),
        ("s3", "app", ""),
        ("ssm", "app", ""),
        ("app", "internet", ""),
        ("jobs", "internet", ""),
        ("web", "internet", "tcp 80, 443"),
    ] {
        assert_eq!(reaches(from, to), carried, "{from} to {to}");
    }
    let judged = baseline.judge_network(&planned);
    for judged in &judged {
        assert_eq!(judged.kept, Kept::Yes, "{}", judged.name);
    }
    let names: Vec<&str> = judged.iter().map(|judged| judged.name.as_str()).collect();
    for name in [
        "exactly app, jobs reaches s3 through ec2.vpc-endpoint.s3, and answers get back",
        "exactly app reaches ssmmessages through ec2.vpc-endpoint.ssm-ssmmessages, and answers get back",
        "app opens nothing to the internet",
    ] {
        assert!(names.contains(&name), "no {name:?} in {names:#?}");
    }
}

#[test]
fn with_nat_the_internet_and_a_service_behind_an_endpoint_are_two_ends() {
    let text = WITH_ENDPOINTS.replace("[network.tier.app]", "[network.tier.app]\negress = 'internet'");
    let text = text.replace("cidr", "nat = 'single'\ncidr");
    let (baseline, planned) = planned(&text);
    let everything = carrying(&Traffic::all());
    for to in [INTERNET, "s3"] {
        let (from, to) = (planned.ends.find("app").unwrap(), planned.ends.find(to).unwrap());
        let carried = crate::network::traffic_words(&planned.reach(&from, &to, &everything).open);
        assert_eq!(carried, "tcp 80, 443", "{}", to.name);
    }
    for judged in baseline.judge_network(&planned) {
        assert_eq!(judged.kept, Kept::Yes, "{}", judged.name);
    }
}

#[test]
fn an_open_acl_alone_lets_nobody_out() {
    // AWS's docs have no other entry for a service whose ranges change: what keeps a tier in is its group and its routes.
    let (_, planned) = planned(WITH_ENDPOINTS);
    let acl = &planned.network.acls["ec2.network-acl.app"];
    let everywhere = "0.0.0.0/0".parse().unwrap();
    let open = acl.egress.iter().find(|entry| entry.range == everywhere).unwrap();
    assert_eq!(open.traffic, Traffic::tcp(443, 443));
    let (from, to) = (planned.ends.find("app").unwrap(), planned.ends.internet());
    let blocks: Vec<String> = from
        .classes
        .iter()
        .filter_map(|from| {
            crate::network::trace(&planned.network, from, &to.classes[0], &carrying(&Traffic::tcp(443, 443)))
        })
        .flat_map(|trace| trace.blocks().map(|hop| hop.thing.clone()).collect::<Vec<_>>())
        .collect();
    for thing in ["ec2.security-group.app", "ec2.route-table.app"] {
        assert!(blocks.iter().any(|blocked| blocked == thing), "{thing} does not block: {blocks:?}");
    }
    assert!(!blocks.iter().any(|blocked| blocked == "ec2.network-acl.app"), "{blocks:?}");
}

#[test]
fn a_violated_assertion_stands_at_its_line() {
    let text =
        format!("{HEAD}{THREE_TIERS}[[network.assert]]\nto = 'db'\nexpect = 'none'\nreason = 'PCI 1.3'\n");
    let source = Source { name: "x.toml".into(), text };
    let (_, problems) = Baseline::parse(&source);
    let problem = problems.iter().find(|problem| problem.code == "assertion").unwrap();
    assert!(problem.message.contains("PCI 1.3"), "{}", problem.message);
    let line = source.text[..problem.span.start].lines().count();
    assert!(source.text.lines().nth(line).unwrap().contains("network.assert"), "line {line}");
}

/// What a tier may say of its way out, and what it takes.
const EGRESS: [(&str, Needs); 9] = [
    ("'none'", Needs::Nothing),
    ("'internet'", Needs::WayOut),
    (
        "[{ to = 'internet', port = '20-25' }, { to = 'internet', port = 53, protocol = 'udp' }]",
        Needs::WayOut,
    ),
    ("[{ to = '9.9.0.0/16', port = 443 }, { to = '9.9.9.0/24', protocol = 'icmp' }]", Needs::WayOut),
    ("[{ to = '10.99.0.0/16', protocol = 'gre' }, { to = '10.99.3.0/24', protocol = 50 }]", Needs::ByRoute),
    ("[{ to = '10.99.7.0/24', port = 443 }]", Needs::Route),
    ("[{ to = '10.20.0.0/16', port = 2049 }]", Needs::Nothing),
    ("[{ to = '::/0', port = 443 }]", Needs::Ipv6),
    (
        "[{ to = '2620:0:1c00::/40', protocol = 'icmp' }, { to = '2620::/24', port = 53, protocol = 'udp' }]",
        Needs::Ipv6,
    ),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Needs {
    Nothing,
    WayOut,
    Route,
    /// One that NAT does not stand in for.
    ByRoute,
    /// A network of both families.
    Ipv6,
}

/// Files of one to four tiers, as people may write them.
fn file() -> impl Strategy<Value = String> {
    let tier = (
        any::<bool>(),
        prop::option::of(prop::sample::select(&EGRESS[..])),
        prop::collection::vec(
            (0_usize..9, prop_oneof![Just("80"), Just("443"), Just("5432"), Just("'8000-8100'")], 0_usize..5),
            1..4,
        ),
    );
    let nat = prop_oneof![Just("none"), Just("single"), Just("per-zone")];
    let ipv6 = prop_oneof![
        Just(""),
        Just("ipv6 = 'amazon'\n"),
        Just("ipv6 = '2001:db8:0:ab00::/56'\nipv6_pool = 'ipv6pool-ec2-0a1b2c3d4e5f67890'\n"),
    ];
    let head = (nat, any::<bool>(), any::<bool>(), any::<bool>(), any::<[bool; 2]>(), ipv6);
    (head, prop::collection::vec(tier, 1..5)).prop_map(
        |((nat, admin, deny, route, endpoints, ipv6), tiers)| {
            let both = !ipv6.is_empty();
            let mut text = format!("[network]\ncidr = '10.20.0.0/16'\nnat = '{nat}'\n{ipv6}");
            let of_both = |v4: &str, v6: &str| if both { format!("{v4}, {v6}") } else { v4.to_owned() };
            if admin {
                text += &format!("admin_from = [{}]\n", of_both("'203.0.113.0/28'", "'2620:0:ad00::/48'"));
            }
            if deny {
                let denied = of_both("'198.51.100.0/24', '192.0.2.0/25'", "'2620:0:bad0::/48'");
                text += &format!("deny = [{denied}]\n");
            }
            for (number, (public, egress, accepts)) in tiers.iter().enumerate() {
                let public = &(*public || number == 0);
                text += &format!("[network.tier.t{number}]\npublic = {public}\n");
                let way_out = *public || nat != "none";
                let fits = |needs: Needs| match needs {
                    Needs::Nothing => true,
                    Needs::WayOut => way_out,
                    Needs::Route => way_out || route,
                    Needs::ByRoute => route,
                    Needs::Ipv6 => both,
                };
                if let Some((egress, _)) = egress.filter(|(_, needs)| fits(*needs)) {
                    text += &format!("egress = {egress}\n");
                }
                let accepts = accepts.iter().map(|(from, port, protocol)| {
                    let from = match from {
                        0 if *public => "internet".to_owned(),
                        1 if *public && admin => "admin".to_owned(),
                        0..=2 => "self".to_owned(),
                        3 => "10.20.0.0/19".to_owned(),
                        4 => "9.9.0.0/16".to_owned(),
                        5 if both => "2620:0:9900::/40".to_owned(),
                        6 if both && *public => "::/0".to_owned(),
                        other => format!("t{}", other % tiers.len()),
                    };
                    match protocol {
                        0 => format!("{{ from = '{from}', port = {port} }}"),
                        1 => format!("{{ from = '{from}', port = {port}, protocol = 'udp' }}"),
                        2 => format!("{{ from = '{from}', protocol = 'icmp' }}"),
                        3 => format!("{{ from = '{from}', protocol = 'esp' }}"),
                        _ => format!("{{ from = '{from}', protocol = 89 }}"),
                    }
                });
                text += &format!("accept = [{}]\n", accepts.collect::<Vec<_>>().join(", "));
            }
            if route {
                text += "[network.route.office]\nto = ['10.99.0.0/16']\nthrough = 'tgw-0a1b2c3d4e5f67890'\n";
            }
            if endpoints[0] {
                text += "[network.endpoint.s3]\nservice = 's3'\n";
            }
            if endpoints[1] {
                text += "[network.endpoint.ssm]\nservice = ['ssm', 'ssmmessages']\nin = 't0'\n";
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_always_holds_holds_of_every_file_that_is_right(text in file()) {
        let source = Source { name: "x.toml".into(), text: format!("{HEAD}{text}") };
        let (baseline, problems) = Baseline::parse(&source);
        let wrong = problems.iter().any(|problem| problem.code == "assertion" || problem.code == "not-proven");
        prop_assert!(!wrong, "{problems:#?}\n{text}");
        // Of a file with mistakes nothing is proven.
        prop_assume!(baseline.is_some());
        let baseline = baseline.unwrap();
        let wanted = baseline.expand(&Place { account: "111122223333", partition: "aws" }).unwrap();
        let planned = baseline.planned_network(&wanted).unwrap().unwrap();
        for judged in baseline.judge_network(&planned) {
            prop_assert_eq!(judged.kept, Kept::Yes, "{}\n{}", judged.name, text);
        }
    }

    #[test]
    fn what_is_open_after_a_plan_is_what_was_open_and_what_it_opens_without_what_it_closes(a in file(), b in file()) {
        let of = |text: &str| {
            let (baseline, _) = parse(text);
            let wanted = baseline.as_ref()?.expand(&Place { account: "111122223333", partition: "aws" }).ok()?;
            let planned = baseline.as_ref()?.planned_network(&wanted).ok()??;
            Some((baseline?, wanted, planned))
        };
        let (Some((_, found, before)), Some((baseline, left, after))) = (of(&a), of(&b)) else { return Ok(()) };
        let change = baseline.network_change(&found, &left, std::iter::empty()).unwrap().unwrap();
        prop_assert!(baseline.network_change(&left, &left, std::iter::empty()).unwrap().unwrap().is_empty());
        let asked = crate::network::from_clients(&carrying(&Traffic::all()));
        let names: Vec<String> = after.ends.named().map(|end| end.name.clone()).collect();
        for from in names.iter().map(String::as_str).chain([INTERNET]) {
            for to in &names {
                let open = |planned: &Topology| {
                    let (from, to) = (planned.ends.find(from)?, planned.ends.find(to)?);
                    Some(planned.reach(&from, &to, &asked).open)
                };
                let (then, now) = (open(&before).unwrap_or_default(), open(&after).unwrap_or_default());
                let told = change.changed.iter().find(|changed| changed.from.name == from && changed.to.name == *to);
                let (opened, closed) =
                    told.map(|changed| (changed.opened.clone(), changed.closed.clone())).unwrap_or_default();
                prop_assert!(then.minus(&closed).union(&opened).same(&now), "{from} to {to}\n{a}\n---\n{b}");
                prop_assert!(opened.intersect(&then).is_empty() && closed.intersect(&now).is_empty());
            }
        }
    }
}
