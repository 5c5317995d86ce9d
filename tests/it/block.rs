//! `baseline block` and `unblock` as whoever is on call uses them.

use aws_sdk_ec2::types::{IpPermission, IpRange, RuleAction, Tag};
use serde_json::Value as Json;

use crate::desk::{Desk, TWO_TIERS};

const HEAD: &str = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n\
                    [network]\ncidr = '10.20.0.0/16'\nzones = 2\nflow_logs = false\nadmin_from = ['203.0.113.10/32']\n";

fn applied() -> Desk {
    Desk::applied(HEAD, TWO_TIERS)
}

fn block<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["block"], more, &["--reason", "ssh brute force", "file.toml"]].concat()
}

fn listed(desk: &Desk) -> Vec<String> {
    let list = desk.ends(0, &["block", "--list", "--json", "file.toml"]);
    let list: Json = serde_json::from_str(&list.stdout).unwrap();
    let blocks = list["temporary"].as_array().unwrap();
    blocks
        .iter()
        .map(|block| format!("{} {}", block["range"].as_str().unwrap(), block["state"].as_str().unwrap()))
        .collect()
}

#[test]
fn an_attacker_is_blocked_where_the_packets_pass_and_let_in_again() {
    let desk = applied();
    let planned = desk.ends(0, &block(&["198.51.100.0/24", "--dry-run"]));
    assert!(planned.stdout.contains("would be blocked on ec2.network-acl.web"), "{planned:?}");
    assert_eq!(listed(&desk), Vec::<String>::new());

    let done = desk.ends(0, &block(&["198.51.100.0/24"]));
    for told in [
        "reaches web: tcp 443",
        "reaches nothing, and nothing reaches it",
        "blocked on ec2.network-acl.web until ",
        "not on ec2.network-acl.db",
    ] {
        assert!(done.stdout.contains(told), "{told}: {done:?}");
    }
    assert_eq!(listed(&desk), ["198.51.100.0/24 holds"]);
    let reach = desk.ends(0, &["reach", "198.51.100.7", "web", "443", "file.toml", "--live"]);
    assert!(reach.stdout.contains("proven unreachable"), "{reach:?}");
    let others = desk.ends(0, &["reach", "198.51.101.7", "web", "443", "file.toml", "--live"]);
    assert!(others.stdout.contains("tcp 443: reachable"), "{others:?}");

    // It is shown, and is neither drift nor a change nor an opening.
    let drift = desk.ends(0, &["drift", "file.toml"]);
    assert!(drift.stdout.contains("blocks 198.51.100.0/24 until "), "{drift:?}");
    let plan = desk.ends(0, &["plan", "file.toml", "--detailed-exitcode", "--refuse-opening", "internet"]);
    assert!(plan.stdout.contains("no changes"), "{plan:?}");
    // A change of the same ACL leaves it alone.
    desk.write(&TWO_TIERS.replace("port = 443", "port = 8443"));
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert_eq!(listed(&desk), ["198.51.100.0/24 holds"]);

    let ended = desk.ends(0, &["unblock", "198.51.100.0/24", "file.toml"]);
    assert!(ended.stdout.contains("198.51.100.0/24 is no longer blocked"), "{ended:?}");
    assert_eq!(listed(&desk), Vec::<String>::new());
    desk.ends(0, &["plan", "file.toml", "--detailed-exitcode"]);
    let again = desk.ends(0, &["reach", "198.51.100.7", "web", "8443", "file.toml", "--live"]);
    assert!(again.stdout.contains("tcp 8443: reachable"), "{again:?}");
}

#[test]
fn what_would_hurt_the_network_or_the_person_is_refused_with_the_reason_and_nothing_is_written() {
    let desk = applied();
    for (ranges, options, told) in [
        (vec!["0.0.0.0/0"], vec![], "wider than /8"),
        (vec!["128.0.0.0/1"], vec!["--force"], "wider than /8"),
        (vec!["10.20.0.5"], vec!["--force"], "a network of this account"),
        (vec!["203.0.113.0/24"], vec!["--force"], "where administration comes from"),
        (
            vec!["198.51.100.0/24"],
            vec!["--my-address", "198.51.100.9", "--force"],
            "the address you come from",
        ),
        (vec!["15.177.3.4"], vec![], "health checks of Route 53"),
        (vec!["130.176.1.0/24"], vec![], "CloudFront"),
        (vec!["2001:db8:1::/48"], vec![], "no IPv6"),
        (vec!["127.0.0.1"], vec![], "loopback"),
        (vec!["198.51.100.7", "attacker.example", "198.51.100.999"], vec![], "\"attacker.example\""),
    ] {
        let refused = desk.ends(1, &block(&[ranges.clone(), options].concat()));
        assert!(refused.stderr.contains(told), "{ranges:?}: {refused:?}");
    }
    assert_eq!(listed(&desk), Vec::<String>::new());
    // What a person insists on is done where it harms nobody but others.
    desk.ends(0, &block(&["15.177.3.4", "--force"]));
    assert_eq!(listed(&desk), ["15.177.3.4/32 holds"]);
}

#[test]
fn nothing_that_is_blocked_gives_way_and_a_full_acl_is_refused_before_the_first_write() {
    let desk = applied();
    // Forty neighbours are two ranges.
    let neighbours: Vec<String> = (0..40).map(|last| format!("198.51.100.{last}")).collect();
    let neighbours: Vec<&str> = neighbours.iter().map(String::as_str).collect();
    desk.ends(0, &block(&neighbours));
    assert_eq!(listed(&desk), ["198.51.100.0/27 holds", "198.51.100.32/29 holds"]);
    // Forty strangers are forty.
    let file = desk.folder.path().join("ranges.txt");
    let strangers: Vec<String> =
        (0..40).map(|last| format!("203.0.113.{}  # scan\n", 100 + 2 * last)).collect();
    std::fs::write(&file, strangers.concat()).unwrap();
    let refused = desk.ends(1, &block(&["--from", "ranges.txt"]));
    for told in [
        "has room for 13 more ranges, and 40 are to be written",
        "holds: 198.51.100.0/27 until",
        "nothing was written",
    ] {
        assert!(refused.stderr.contains(told), "{told}: {refused:?}");
    }
    assert_eq!(listed(&desk).len(), 2);
    std::fs::write(&file, strangers[..13].concat()).unwrap();
    desk.ends(0, &block(&["--from", "ranges.txt"]));
    assert_eq!(listed(&desk).len(), 15);
    // Every line that is wrong is told with its place.
    std::fs::write(&file, "198.51.100.1\nnobody\n\n# a comment\n300.1.1.1\n").unwrap();
    let wrong = desk.ends(1, &block(&["--from", "ranges.txt"]));
    for told in ["ranges.txt:2: \"nobody\"", "ranges.txt:5: \"300.1.1.1\""] {
        assert!(wrong.stderr.contains(told), "{told}: {wrong:?}");
    }
    desk.ends(0, &["unblock", "--all", "file.toml"]);
    assert_eq!(listed(&desk), Vec::<String>::new());
}

#[test]
fn a_wider_block_takes_over_a_narrower_one_and_a_narrower_one_needs_no_entry() {
    let desk = applied();
    desk.ends(0, &block(&["198.51.100.7", "--for", "1h"]));
    desk.ends(0, &block(&["198.51.100.0/24", "--for", "7d"]));
    assert_eq!(listed(&desk), ["198.51.100.0/24 holds"]);
    let already = desk.ends(0, &block(&["198.51.100.9", "--for", "1h"]));
    assert!(
        already.stdout.contains("198.51.100.9/32 is blocked on ec2.network-acl.web already"),
        "{already:?}"
    );
    assert_eq!(listed(&desk), ["198.51.100.0/24 holds"]);
    let part = desk.ends(1, &["unblock", "198.51.100.9", "file.toml"]);
    assert!(part.stderr.contains("a part of the block of 198.51.100.0/24"), "{part:?}");
    let unknown = desk.ends(1, &["unblock", "203.0.113.1", "file.toml"]);
    assert!(unknown.stderr.contains("203.0.113.1/32 is not blocked"), "{unknown:?}");
    for wrong in ["soon", "10s", "1y", "-1h"] {
        let refused = desk.ends(1, &block(&["198.51.100.7", &format!("--for={wrong}")]));
        assert!(refused.stderr.contains("write a time such as 30m, 24h or 7d"), "{wrong}: {refused:?}");
    }
}

#[test]
fn a_block_without_effect_is_called_that_and_told_where_to_go_instead() {
    let desk = Desk::with(
        HEAD,
        "[network.tier.app]\naccept = [{ from = 'db', port = 443 }]\n[network.tier.db]\naccept = [{ from = 'app', port = 5432 }]\n",
    );
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    let refused = desk.ends(1, &block(&["198.51.100.0/24"]));
    for told in ["has no effect here", "AWS WAF", "--force"] {
        assert!(refused.stderr.contains(told), "{told}: {refused:?}");
    }
    let bare = Desk::with("name = 'bare'\nregion = 'us-east-1'\n", "[password_policy]\n");
    let none = bare.ends(1, &block(&["198.51.100.0/24"]));
    assert!(none.stderr.contains("declares no network") && none.stderr.contains("AWS WAF"), "{none:?}");
    let unmade = Desk::with(HEAD, TWO_TIERS).ends(1, &block(&["198.51.100.0/24"]));
    assert!(unmade.stderr.contains("baseline apply FILE"), "{unmade:?}");
}

#[test]
fn what_hands_do_to_a_block_is_found_and_mended() {
    let desk = applied();
    desk.ends(0, &block(&["198.51.100.0/24"]));
    desk.by_hand("us-east-1", async |ec2| {
        let acls = ec2.describe_network_acls().send().await.unwrap();
        let blocked = acls
            .network_acls()
            .iter()
            .find(|acl| acl.entries().iter().any(|e| e.rule_number() == Some(1)))
            .unwrap();
        let id = blocked.network_acl_id().unwrap();
        ec2.delete_network_acl_entry().network_acl_id(id).egress(true).rule_number(1).send().await.unwrap();
        // An entry that no tag speaks of is drift, as it ever was.
        let request = ec2.create_network_acl_entry().network_acl_id(id).egress(false).rule_number(7);
        let request = request.rule_action(RuleAction::Deny).protocol("-1").cidr_block("192.0.2.0/24");
        request.send().await.unwrap();
        // A tag whose time is over stands for an entry that is gone already.
        let tag = Tag::builder()
            .key("baseline:block:192.0.2.0/25")
            .value("from 2020-01-01T00:00:00Z until 2020-01-02T00:00:00Z by bob: old")
            .build();
        ec2.create_tags().resources(id).tags(tag).send().await.unwrap();
    });
    let drift = desk.ends(2, &["drift", "file.toml"]);
    for told in ["192.0.2.0/25 (has ended and is still there)", "192.0.2.0/24"] {
        assert!(drift.stdout.contains(told), "{told}: {drift:?}");
    }
    assert_eq!(
        listed(&desk),
        ["192.0.2.0/25 has ended and is still there", "198.51.100.0/24 is being written"]
    );
    let expired = desk.ends(0, &["block", "--expire", "file.toml"]);
    assert!(expired.stdout.contains("192.0.2.0/25") && expired.stdout.contains("removed"), "{expired:?}");
    // An apply takes the entry away, and writes nothing that a tag asks for; whoever wants the block says so again.
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert_eq!(listed(&desk), ["198.51.100.0/24 is being written"]);
    desk.ends(0, &block(&["198.51.100.0/24"]));
    assert_eq!(listed(&desk), ["198.51.100.0/24 holds"]);
    desk.ends(0, &["drift", "file.toml"]);
}

/// More people may write tags than entries and rules.
#[test]
fn a_tag_alone_neither_blocks_nor_lets_in_and_hides_nothing_for_long() {
    let desk = applied();
    let forge = |key: &'static str, value: &'static str| {
        desk.by_hand("us-east-1", async |ec2| {
            let acls = ec2.describe_network_acls().send().await.unwrap();
            let groups = ec2.describe_security_groups().send().await.unwrap();
            let tag = Tag::builder().key(key).value(value).build();
            let acls = acls.network_acls().iter().filter_map(|acl| acl.network_acl_id());
            let groups = groups.security_groups().iter().filter_map(|group| group.group_id());
            for id in acls.chain(groups) {
                ec2.create_tags().resources(id).tags(tag.clone()).send().await.unwrap();
            }
        });
    };
    let forged = [
        ("baseline:admit:0.0.0.0/0:tcp:22", "from 2030-01-01T00:00:00Z until 2030-01-02T00:00:00Z by eve: x"),
        (
            "baseline:admit:198.51.100.7/32:tcp:22",
            "from 2030-01-01T00:00:00Z until 2099-01-01T00:00:00Z by eve: x",
        ),
        (
            "baseline:admit:198.51.100.8/32:tcp:22",
            "from 2030-01-01T00:00:00Z until 2030-01-03T00:00:00Z by eve: x",
        ),
        ("baseline:block:0.0.0.0/1", "from 2030-01-01T00:00:00Z until 2030-01-03T00:00:00Z by eve: x"),
        ("baseline:block:192.0.2.0/24", "from 2030-01-01T00:00:00Z until 2030-01-03T00:00:00Z by eve: x"),
    ];
    for (key, value) in forged {
        forge(key, value);
    }
    // A change of every ACL and group, so that an apply writes to them.
    desk.write(&TWO_TIERS.replace("port = 443", "port = 8443").replace("port = 5432", "port = 5433"));
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.ends(0, &["block", "--expire", "file.toml"]);
    for (from, port, told) in [
        ("198.51.100.7", "22", "proven unreachable"),
        ("198.51.100.8", "22", "proven unreachable"),
        ("192.0.2.7", "8443", "tcp 8443: reachable"),
        ("100.0.0.1", "8443", "tcp 8443: reachable"),
    ] {
        let reach = desk.ends(0, &["reach", from, "web", port, "file.toml", "--live"]);
        assert!(reach.stdout.contains(told), "{from}: {reach:?}");
    }
    // A rule by hand is not hidden by a tag that asks for more than the commands give.
    desk.by_hand("us-east-1", async |ec2| {
        let groups = ec2.describe_security_groups().send().await.unwrap();
        let web =
            groups.security_groups().iter().find(|group| group.group_name() == Some("shop-web")).unwrap();
        for range in ["0.0.0.0/0", "198.51.100.7/32"] {
            let range = IpRange::builder().cidr_ip(range).build();
            let rule =
                IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22).ip_ranges(range).build();
            let request = ec2.authorize_security_group_ingress().group_id(web.group_id().unwrap());
            request.ip_permissions(rule).send().await.unwrap();
        }
    });
    let drift = desk.ends(2, &["drift", "file.toml"]);
    for told in ["0.0.0.0/0", "198.51.100.7/32"] {
        assert!(drift.stdout.contains(told), "{told}: {drift:?}");
    }
}

#[test]
fn room_for_blocks_is_kept_free_by_the_language() {
    let crowded = |more: &str| {
        let accept: Vec<String> =
            (0..15).map(|n| format!("{{ from = '198.51.{n}.0/24', port = {} }}", 8000 + n)).collect();
        let head = HEAD.replace("flow_logs = false\n", &format!("flow_logs = false\n{more}"));
        format!("{head}[network.tier.web]\npublic = true\naccept = [{}]\n", accept.join(", "))
    };
    for (more, code, told) in [
        ("", 0, "warning[too-many]"),
        ("block_slots = 6\n", 1, "error[too-many]"),
        ("block_slots = 0\n", 0, ""),
        ("block_slots = 6\nacl_quota = 40\n", 0, ""),
    ] {
        let desk = Desk::with("", &crowded(more));
        let said = desk.ends(code, &["validate", "file.toml"]);
        assert_eq!(
            said.stderr.contains("that `baseline block` is to find free"),
            !told.is_empty(),
            "{more}: {said:?}"
        );
        assert!(said.stderr.contains(told), "{more}: {said:?}");
    }
}
