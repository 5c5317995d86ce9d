//! Ports, instances and trails.

use super::*;

/// Protocol, ports and range.
type Line<'a> = (&'a str, Option<(u16, u16)>, &'a str);

pub(super) fn group(ingress: &[Line<'_>]) -> SecurityGroup {
    let ingress = ingress.iter().map(|(protocol, ports, range)| Ingress {
        protocol: (*protocol).into(),
        ports: *ports,
        range: (*range).into(),
    });
    let ingress: Vec<Ingress> = ingress.collect();
    let rules = ingress.len();
    SecurityGroup { id: "sg-1".into(), name: "web".into(), vpc: "vpc-1".into(), ingress, rules }
}

fn with_region(region: Region) -> Facts {
    Facts { regions: Seen::Seen([("eu-west-1".to_owned(), region)].into()), ..clean() }
}

fn quiet() -> Region {
    Region {
        security_groups: Seen::Seen(vec![]),
        prefix_lists: BTreeMap::new(),
        instances: Seen::Seen(vec![]),
        trails: Seen::Seen(vec![trail("main", true)]),
        load_balancers: Seen::Seen(vec![]),
        classic_load_balancers: Seen::Seen(vec![]),
        topics: Seen::Seen(vec![]),
        queues: Seen::Seen(vec![]),
        vpcs: Seen::Seen(vec![]),
        network_acls: Seen::Seen(vec![]),
        keys: Seen::Seen(vec![]),
        public_snapshots: Seen::Seen(vec![]),
        public_images: Seen::Seen(vec![]),
        shared: Seen::Seen(vec![]),
    }
}

#[test]
fn a_port_is_open_to_the_world_by_any_protocol_range_and_family() {
    for (protocol, ports, range, expected) in [
        ("tcp", Some((22, 22)), "0.0.0.0/0", vec!["open-admin-port"]),
        ("tcp", Some((22, 22)), "::/0", vec!["open-admin-port"]),
        ("tcp", Some((20, 30)), "0.0.0.0/0", vec!["open-admin-port"]),
        ("6", Some((22, 22)), "0.0.0.0/0", vec!["open-admin-port"]),
        ("tcp", Some((3306, 3306)), "0.0.0.0/0", vec!["open-data-port"]),
        ("tcp", Some((0, 65535)), "0.0.0.0/0", vec!["open-admin-port", "open-data-port"]),
        ("-1", None, "0.0.0.0/0", vec!["open-admin-port", "open-data-port"]),
        // Half of the internet at a time is the internet.
        ("tcp", Some((22, 22)), "128.0.0.0/1", vec!["open-admin-port"]),
        ("tcp", Some((22, 22)), "203.0.113.0/24", vec![]),
        ("tcp", Some((22, 22)), "10.0.0.0/8", vec![]),
        ("tcp", Some((443, 443)), "0.0.0.0/0", vec![]),
        ("icmp", Some((8, 0)), "0.0.0.0/0", vec![]),
        ("icmp", None, "0.0.0.0/0", vec![]),
    ] {
        let groups = vec![group(&[(protocol, ports, range)])];
        let facts = with_region(Region { security_groups: Seen::Seen(groups), ..quiet() });
        let mut expected: Vec<&str> = expected;
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let mut found = found(&facts);
        found.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(found, expected, "{protocol} {ports:?} {range}");
    }
}

#[test]
fn ranges_that_add_up_to_the_world_and_lists_that_hold_it_open_a_port() {
    let eighths: Vec<String> = (0..=255).map(|first: u8| format!("{first}.0.0.0/8")).collect();
    let half: Vec<String> = eighths[..128].to_vec();
    let some: Vec<String> = eighths[..100].to_vec();
    let all = vec!["0.0.0.0/0".to_owned()];
    let office = vec!["203.0.113.0/24".to_owned()];
    let lines = |ranges: &[String], port: u16| {
        ranges.iter().map(|range| ("tcp", Some((port, port)), range.clone())).collect::<Vec<_>>()
    };
    let listed = vec![("tcp", Some((22, 22)), "pl-1".to_owned())];
    for (name, lines, list, expected) in [
        ("256 ranges", lines(&eighths, 22), None, vec!["open-admin-port"]),
        ("half of all", lines(&half, 22), None, vec!["open-admin-port"]),
        ("a large choice", lines(&some, 22), None, vec![]),
        ("of another port", lines(&eighths, 443), None, vec![]),
        (
            "half for each of two ports",
            [lines(&some, 22), lines(&eighths[100..200], 443)].concat(),
            None,
            vec![],
        ),
        ("a list of all", listed.clone(), Some(all), vec!["open-admin-port"]),
        ("a list of one office", listed.clone(), Some(office), vec![]),
        ("a list that adds up", listed.clone(), Some(half), vec!["open-admin-port"]),
    ] {
        let lines: Vec<Line<'_>> =
            lines.iter().map(|(protocol, ports, range)| (*protocol, *ports, range.as_str())).collect();
        let lists = list.map(|ranges| ("pl-1".to_owned(), Seen::Seen(ranges))).into_iter().collect();
        let region =
            Region { security_groups: Seen::Seen(vec![group(&lines)]), prefix_lists: lists, ..quiet() };
        assert_eq!(found(&with_region(region)), expected, "{name}");
    }
    let denied = Seen::Unreadable(unread("ec2:GetManagedPrefixListEntries"));
    let region = Region {
        security_groups: Seen::Seen(vec![group(&[("tcp", Some((22, 22)), "pl-1")])]),
        prefix_lists: [("pl-1".to_owned(), denied)].into(),
        ..quiet()
    };
    let posture = judge(&with_region(region), &everything_asked());
    assert_eq!(posture.findings, []);
    assert!(posture.undecided["open-admin-port"].contains("ec2:GetManagedPrefixListEntries"));
}

#[test]
fn the_next_step_of_an_open_port_is_the_command_that_closes_it() {
    let groups = vec![group(&[("tcp", Some((22, 22)), "::/0")])];
    let facts = with_region(Region { security_groups: Seen::Seen(groups), ..quiet() });
    let posture = judge(&facts, &everything_asked());
    assert_eq!(
        posture.findings[0].next,
        "aws ec2 revoke-security-group-ingress --region eu-west-1 --group-id sg-1 --ip-permissions \
         'IpProtocol=tcp,FromPort=22,ToPort=22,Ipv6Ranges=[{CidrIpv6=::/0}]'"
    );
}

#[test]
fn running_instances_have_a_profile_and_ask_for_a_token() {
    let good =
        Instance { id: "i-1".into(), profile: Some("arn:x".into()), running: true, ..Instance::default() };
    for (instance, expected) in [
        (good.clone(), vec![]),
        (Instance { profile: None, ..good.clone() }, vec!["instance-profile"]),
        (Instance { imdsv1: true, ..good.clone() }, vec!["instance-imdsv2"]),
        (Instance { imdsv1: true, profile: None, running: false, ..good.clone() }, vec![]),
    ] {
        let facts = with_region(Region { instances: Seen::Seen(vec![instance.clone()]), ..quiet() });
        assert_eq!(found(&facts), expected, "{instance:?}");
    }
}

#[test]
fn what_an_instance_lacks_is_mended_where_it_comes_from() {
    let bare = Instance { id: "i-1".into(), imdsv1: true, running: true, ..Instance::default() };
    for (group, profile, tokens) in [
        (None, "associate-iam-instance-profile --region eu-west-1 --instance-id i-1", "--instance-id i-1"),
        (
            Some("shop-web"),
            "set `role = \"NAME\"` in `[auto_scaling.web]`, apply",
            "of the Auto Scaling group shop-web",
        ),
        (
            Some("theirs"),
            "give the launch template of the Auto Scaling group theirs",
            "of the Auto Scaling group theirs",
        ),
    ] {
        let instance = Instance { group: group.map(str::to_owned), ..bare.clone() };
        let facts = with_region(Region { instances: Seen::Seen(vec![instance]), ..quiet() });
        let mut asked = everything_asked();
        asked.audit.as_mut().unwrap().sections =
            [(Declared::AutoScaling("shop-web".into()), "auto_scaling.web".into())].into();
        let posture = judge(&facts, &asked);
        let next =
            |rule: &str| &posture.findings.iter().find(|finding| finding.rule.id == rule).unwrap().next;
        assert!(next("instance-profile").contains(profile), "{}", next("instance-profile"));
        assert!(next("instance-imdsv2").contains(tokens), "{}", next("instance-imdsv2"));
    }
}

#[test]
fn trails_record_every_region_and_global_events_once() {
    let here = |name: &str| Trail { global_events: false, home: "eu-west-1".into(), ..trail(name, false) };
    for (name, trails, expected) in [
        ("one of all regions", vec![trail("a", true)], vec![]),
        ("one of this region", vec![here("a")], vec![]),
        ("none", vec![], vec!["trail-in-every-region"]),
        (
            "stopped",
            vec![Trail { logging: Seen::Seen(false), ..trail("a", true) }],
            vec!["trail-in-every-region"],
        ),
        (
            "data events only",
            vec![Trail { management_events: Seen::Seen(false), ..trail("a", true) }],
            vec!["trail-in-every-region"],
        ),
        (
            "one whose bucket is gone",
            vec![Trail { delivery_error: Some("NoSuchBucket".into()), ..trail("a", true) }],
            vec!["trail-in-every-region"],
        ),
        ("twice", vec![trail("a", true), trail("b", true)], vec!["trail-global-events-once"]),
        (
            "twice, one stopped",
            vec![trail("a", true), Trail { logging: Seen::Seen(false), ..trail("b", true) }],
            vec![],
        ),
        ("all regions and one", vec![trail("a", true), here("b")], vec![]),
    ] {
        let facts = with_region(Region { trails: Seen::Seen(trails), ..quiet() });
        assert_eq!(found(&facts), expected, "{name}");
    }
}

#[test]
fn a_trail_whose_state_is_unknown_decides_only_where_it_matters() {
    let unknown =
        Trail { logging: Seen::Unreadable(unread("cloudtrail:GetTrailStatus")), ..trail("b", true) };
    let trails = |list: Vec<Trail>| with_region(Region { trails: Seen::Seen(list), ..quiet() });
    let alone = judge(&trails(vec![unknown.clone()]), &everything_asked());
    assert!(alone.undecided.contains_key("trail-in-every-region"), "{:?}", alone.undecided);
    assert_eq!(alone.findings, []);
    let beside = judge(&trails(vec![trail("a", true), unknown]), &everything_asked());
    assert!(!beside.undecided.contains_key("trail-in-every-region"));
    assert!(beside.undecided.contains_key("trail-global-events-once"));
}

#[test]
fn one_region_that_cannot_be_read_leaves_the_others_judged() {
    let mut regions = BTreeMap::new();
    let open = group(&[("tcp", Some((22, 22)), "0.0.0.0/0")]);
    regions.insert("eu-west-1".to_owned(), Region { security_groups: Seen::Seen(vec![open]), ..quiet() });
    let denied = Seen::Unreadable(unread("ec2:DescribeSecurityGroups"));
    regions.insert("us-east-1".to_owned(), Region { security_groups: denied, ..quiet() });
    let posture = judge(&Facts { regions: Seen::Seen(regions), ..clean() }, &everything_asked());
    assert_eq!(ids(&posture), ["open-admin-port"]);
    assert!(posture.undecided.contains_key("open-admin-port"));
    assert!(posture.undecided["open-data-port"].contains("ec2:DescribeSecurityGroups"));
}

#[test]
fn every_load_balancer_speaks_tls_and_no_old_one_unless_the_file_declares_it() {
    let http = |redirects| Listener { protocol: "HTTP".into(), port: 80, redirects, ..Listener::default() };
    let tls = |protocol: &str, policy: &str| Listener {
        protocol: protocol.into(),
        port: 443,
        tls_policy: Some(policy.into()),
        ..Listener::default()
    };
    let (plain, old) = ("load-balancer-plain-http", "load-balancer-old-tls");
    for (name, listeners, expected) in [
        ("nothing", vec![], vec![]),
        ("plain", vec![http(false)], vec![plain]),
        ("plain, redirected", vec![http(true), tls("HTTPS", "ELBSecurityPolicy-TLS13-1-2-2021-06")], vec![]),
        ("of 2016", vec![tls("HTTPS", "ELBSecurityPolicy-2016-08")], vec![old]),
        ("with TLS 1.0", vec![tls("HTTPS", "ELBSecurityPolicy-TLS-1-0-2015-04")], vec![old]),
        (
            "with TLS 1.1 of a newer policy",
            vec![tls("TLS", "ELBSecurityPolicy-TLS13-1-1-2021-06")],
            vec![old],
        ),
        ("with forward secrecy and TLS 1.0", vec![tls("HTTPS", "ELBSecurityPolicy-FS-2018-06")], vec![old]),
        ("with TLS 1.2", vec![tls("HTTPS", "ELBSecurityPolicy-TLS-1-2-2017-01")], vec![]),
        ("with forward secrecy and TLS 1.2", vec![tls("TLS", "ELBSecurityPolicy-FS-1-2-2019-08")], vec![]),
        ("of quantum-safe keys", vec![tls("HTTPS", "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09")], vec![]),
        (
            "TCP, which it only passes on",
            vec![Listener { protocol: "TCP".into(), port: 80, ..Listener::default() }],
            vec![],
        ),
        ("both", vec![http(false), tls("HTTPS", "ELBSecurityPolicy-2016-08")], vec![old, plain]),
    ] {
        let balancer = LoadBalancer {
            arn: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/1".into(),
            name: "shop".into(),
            listeners: Seen::Seen(listeners),
        };
        let facts = with_region(Region { load_balancers: Seen::Seen(vec![balancer]), ..quiet() });
        assert_eq!(found(&facts), expected, "{name}");
        let mut asked = everything_asked();
        asked.audit.as_mut().unwrap().sections =
            [(Declared::LoadBalancer("shop".into()), "load_balancer.web".into())].into();
        assert_eq!(ids(&judge(&facts, &asked)), Vec::<&str>::new(), "{name}, declared");
    }
}

#[test]
fn every_classic_load_balancer_listens_with_tls_and_takes_no_old_one() {
    let on = |protocol: &str, port: i32, policies: &[&str]| ClassicListener {
        protocol: protocol.into(),
        port,
        policies: policies.iter().map(|name| (*name).to_owned()).collect(),
    };
    let policy = |name: &str, follows: Option<&str>, protocols: Option<&[&str]>| NegotiationPolicy {
        name: name.into(),
        follows: follows.map(str::to_owned),
        protocols: protocols.map(|protocols| protocols.iter().map(|it| (*it).to_owned()).collect()),
    };
    let (usual, strict) = ("ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-TLS-1-2-2017-01");
    let (plain, old) = ("classic-load-balancer-plain", "classic-load-balancer-old-tls");
    for (name, listeners, policies, expected) in [
        ("nothing", vec![], vec![], vec![]),
        ("HTTP", vec![on("HTTP", 80, &[])], vec![], vec![plain]),
        ("TCP", vec![on("TCP", 5432, &[])], vec![], vec![plain]),
        (
            "AWS's default",
            vec![on("HTTPS", 443, &[usual])],
            vec![policy(usual, Some(usual), Some(&["TLSv1", "TLSv1.1", "TLSv1.2"]))],
            vec![old],
        ),
        (
            "TLS 1.1",
            vec![on("SSL", 443, &["own"])],
            vec![policy("own", None, Some(&["TLSv1.1", "TLSv1.2"]))],
            vec![old],
        ),
        (
            "TLS 1.2 by a policy of one's own",
            vec![on("HTTPS", 443, &["cookies", "own"])],
            vec![policy("own", None, Some(&["TLSv1.2"]))],
            vec![],
        ),
        (
            "an old policy that no listener has",
            vec![on("HTTPS", 443, &["new"])],
            vec![policy("new", Some(strict), Some(&["TLSv1.2"])), policy("old", None, Some(&["SSLv3"]))],
            vec![],
        ),
        ("a name alone, old", vec![on("SSL", 443, &["a"])], vec![policy("a", Some(usual), None)], vec![old]),
        ("a name alone, new", vec![on("SSL", 443, &["a"])], vec![policy("a", Some(strict), None)], vec![]),
        (
            "both",
            vec![on("HTTP", 80, &[]), on("HTTPS", 443, &["own"])],
            vec![policy("own", None, Some(&["SSLv3"]))],
            vec![old, plain],
        ),
    ] {
        let balancer =
            ClassicLoadBalancer { name: "shop".into(), listeners, negotiation: Seen::Seen(policies) };
        let facts = with_region(Region { classic_load_balancers: Seen::Seen(vec![balancer]), ..quiet() });
        assert_eq!(found(&facts), expected, "{name}");
    }
}

#[test]
fn a_new_policy_takes_the_place_of_the_old_one_alone() {
    let listener = ClassicListener {
        protocol: "HTTPS".into(),
        port: 443,
        policies: vec!["cookies".into(), "ELBSecurityPolicy-2016-08".into()],
    };
    let policy = NegotiationPolicy {
        name: "ELBSecurityPolicy-2016-08".into(),
        follows: Some("ELBSecurityPolicy-2016-08".into()),
        protocols: Some(vec!["TLSv1".into(), "TLSv1.2".into()]),
    };
    let balancer = |negotiation| ClassicLoadBalancer {
        name: "shop".into(),
        listeners: vec![listener.clone()],
        negotiation,
    };
    let facts = |negotiation| {
        let list = Seen::Seen(vec![balancer(negotiation)]);
        with_region(Region { classic_load_balancers: list, ..quiet() })
    };
    let posture = judge(&facts(Seen::Seen(vec![policy])), &everything_asked());
    let finding = &posture.findings[0];
    assert_eq!(
        finding.evidence,
        ["it listens on 443 with HTTPS by ELBSecurityPolicy-2016-08: it takes TLSv1"]
    );
    assert!(
        finding.next.ends_with("--load-balancer-port 443 --policy-names tls-1-2 cookies"),
        "{}",
        finding.next
    );
    let denied = Seen::Unreadable(unread("elasticloadbalancing:DescribeLoadBalancerPolicies"));
    let posture = judge(&facts(denied), &everything_asked());
    assert_eq!(posture.findings, []);
    assert_eq!(posture.undecided.keys().collect::<Vec<_>>(), [&"classic-load-balancer-old-tls"]);
}
