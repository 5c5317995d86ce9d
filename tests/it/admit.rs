//! `baseline admit` as somebody uses it who must get in for an hour.

use serde_json::Value as Json;

use crate::desk::{Desk, TWO_TIERS};
use crate::least_privilege::{limit, printed, without};

const HEAD: &str = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n\
                    [network]\ncidr = '10.20.0.0/16'\nzones = 1\nflow_logs = false\ndeny = ['192.0.2.0/24']\n";

fn applied() -> Desk {
    Desk::applied(HEAD, TWO_TIERS)
}

fn admit<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["admit"], more, &["--reason", "restore of orders", "file.toml"]].concat()
}

fn listed(desk: &Desk) -> Vec<String> {
    let list = desk.ends(0, &["admit", "--list", "--json", "file.toml"]);
    let list: Json = serde_json::from_str(&list.stdout).unwrap();
    let row = |row: &Json| {
        ["on", "range", "service", "state"].map(|key| row[key].as_str().unwrap().to_owned()).join(" ")
    };
    list["temporary"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn an_administrator_gets_in_for_a_while_and_only_they_do() {
    let desk = applied();
    let planned = desk.ends(0, &admit(&["203.0.113.7", "--port", "22", "--to", "web", "--dry-run"]));
    assert!(planned.stdout.contains("would let in 203.0.113.7/32 to tcp 22 until "), "{planned:?}");
    assert_eq!(listed(&desk), Vec::<String>::new());

    let done = desk.ends(0, &admit(&["203.0.113.7", "--port", "22", "--to", "web"]));
    for told in [
        "203.0.113.7/32 -> web, tcp 22: reachable",
        "lets in 203.0.113.7/32 to tcp 22 until ",
        "restore of orders on web",
    ] {
        assert!(done.stdout.contains(told), "{told}: {done:?}");
    }
    assert_eq!(
        listed(&desk),
        [
            "ec2.network-acl.web 203.0.113.7/32 tcp 22 holds",
            "ec2.security-group.web 203.0.113.7/32 tcp 22 holds"
        ]
    );
    let neighbour = desk.ends(0, &["reach", "203.0.113.8", "web", "22", "file.toml", "--live"]);
    assert!(neighbour.stdout.contains("proven unreachable"), "{neighbour:?}");

    // It is shown, and is neither drift nor a change.
    let drift = desk.ends(0, &["drift", "file.toml"]);
    assert!(drift.stdout.contains("lets in 203.0.113.7/32 to tcp 22 until "), "{drift:?}");
    desk.ends(0, &["plan", "file.toml", "--detailed-exitcode"]);
    // A change of the same tier leaves it alone, and a file that wants the same rule keeps it.
    desk.write(&TWO_TIERS.replace("port = 443 }", "port = 8443 }"));
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert_eq!(listed(&desk).len(), 2);
    desk.write(
        &TWO_TIERS
            .replace("[{ from = 'internet'", "[{ from = '203.0.113.7/32', port = 22 }, { from = 'internet'"),
    );
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    let ended = desk.ends(0, &["admit", "--end", "203.0.113.7", "file.toml"]);
    assert!(ended.stdout.contains("203.0.113.7/32 to tcp 22 is no longer let in"), "{ended:?}");
    desk.ends(0, &["plan", "file.toml", "--detailed-exitcode"]);
    let still = desk.ends(0, &["reach", "203.0.113.7", "web", "22", "file.toml", "--live"]);
    assert!(still.stdout.contains("tcp 22: reachable"), "{still:?}");
    // Without the file's rule it is closed.
    desk.write(TWO_TIERS);
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    let closed = desk.ends(0, &["reach", "203.0.113.7", "web", "22", "file.toml", "--live"]);
    assert!(closed.stdout.contains("proven unreachable"), "{closed:?}");
}

#[test]
fn who_is_let_in_to_two_ports_keeps_the_answers_until_both_have_ended() {
    let desk = applied();
    for port in ["22", "3389"] {
        desk.ends(0, &admit(&["203.0.113.7", "--port", port, "--to", "web"]));
    }
    // One port goes as its time is over; the way back of the other one stays.
    desk.by_hand("us-east-1", async |ec2| {
        let tag = aws_sdk_ec2::types::Tag::builder()
            .key("baseline:admit:203.0.113.7/32:tcp:22")
            .value("from 2020-01-01T00:00:00Z until 2020-01-01T01:00:00Z by alice: over")
            .build();
        let acls = ec2.describe_network_acls().send().await.unwrap();
        let groups = ec2.describe_security_groups().send().await.unwrap();
        let has = |tags: &[aws_sdk_ec2::types::Tag]| tags.iter().any(|other| other.key() == tag.key());
        let acls =
            acls.network_acls().iter().filter(|acl| has(acl.tags())).filter_map(|acl| acl.network_acl_id());
        let groups = groups
            .security_groups()
            .iter()
            .filter(|group| has(group.tags()))
            .filter_map(|group| group.group_id());
        for id in acls.chain(groups) {
            ec2.create_tags().resources(id).tags(tag.clone()).send().await.unwrap();
        }
    });
    let expired = desk.ends(0, &["admit", "--expire", "file.toml"]);
    assert_eq!(expired.stdout.matches("removed").count(), 2, "{expired:?}");
    for (port, answer) in [("22", "proven unreachable"), ("3389", "tcp 3389: reachable")] {
        let reach = desk.ends(0, &["reach", "203.0.113.7", "web", port, "file.toml", "--live"]);
        assert!(reach.stdout.contains(answer), "{port}: {reach:?}");
    }
    desk.ends(0, &["drift", "file.toml"]);
}

#[test]
fn nobody_is_let_in_whom_the_network_would_not_reach_or_whom_somebody_keeps_out() {
    let desk = applied();
    desk.ends(0, &["block", "198.51.100.0/24", "--reason", "scan", "file.toml"]);
    for (options, told) in [
        (vec!["0.0.0.0/0", "--port", "22", "--to", "web"], "wider than /24"),
        (vec!["203.0.0.0/16", "--port", "22", "--to", "web"], "wider than /24"),
        (vec!["203.0.113.7", "--port", "22", "--to", "db"], "Session Manager"),
        (vec!["203.0.113.7", "--port", "22", "--to", "app"], "name one of db, web"),
        (vec!["198.51.100.7", "--port", "22", "--to", "web"], "198.51.100.0/24 is blocked"),
        (vec!["2001:db8::1", "--port", "22", "--to", "web"], "no IPv6"),
        (vec!["203.0.113.7", "--port", "1-65535", "--to", "web"], "write one port"),
        (vec!["203.0.113.7", "--port", "22", "--to", "web", "--for", "30d"], "`admin_from`"),
        (vec!["everybody", "--port", "22", "--to", "web"], "neither addresses nor ranges"),
        (vec!["--me", "--port", "22", "--to", "web"], "not signed in here by SSH"),
    ] {
        let refused = desk.ends(1, &admit(&options));
        assert!(refused.stderr.contains(told), "{options:?}: {refused:?}");
    }
    assert_eq!(listed(&desk), Vec::<String>::new());
    let already = desk.ends(0, &admit(&["203.0.113.7", "--port", "443", "--to", "web"]));
    assert!(already.stdout.contains("reaches web on tcp 443 already"), "{already:?}");
    // The file denies it, and a rule that lets it in is the stronger: that takes the file.
    let denied = desk.ends(1, &admit(&["192.0.2.7", "--port", "22", "--to", "web"]));
    assert!(denied.stderr.contains("`deny`"), "{denied:?}");
    let nobody = desk.ends(1, &["admit", "--end", "203.0.113.7", "file.toml"]);
    assert!(nobody.stderr.contains("is not let in by admit"), "{nobody:?}");
}

/// Whoever is let in is shut out at the end by EventBridge Scheduler.
const ENDING: &str = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n\
                      [network]\ncidr = '10.20.0.0/16'\nzones = 1\nflow_logs = false\nend_admissions = true\n";

fn schedules(desk: &Desk) -> usize {
    desk.emulator
        .sandbox()
        .with_world(|world| world.region("123456789012", "us-east-1").scheduler.schedules.len())
}

/// Lets time pass, in which nobody runs anything.
fn pass(desk: &Desk, minutes: i64) {
    desk.emulator.sandbox().with_world(|world| world.clock += minutes * 60_000);
}

fn reaches(desk: &Desk, port: &str) -> bool {
    let reach = desk.run_any(&["reach", "203.0.113.7", "web", port, "file.toml", "--live"]);
    !reach.stdout.contains("proven unreachable")
}

#[test]
fn an_admission_ends_at_its_time_where_nobody_runs_anything() {
    let desk = Desk::applied(ENDING, TWO_TIERS);
    let done = desk.ends(0, &admit(&["203.0.113.7", "--port", "22", "--to", "web"]));
    assert!(done.stderr.contains("EventBridge Scheduler closes it at that time"), "{done:?}");
    desk.ends(0, &admit(&["203.0.113.7", "--port", "3389", "--to", "web", "--for", "2h"]));
    // Two rules, two tags and two ways in; the way back is shared.
    assert_eq!((schedules(&desk), listed(&desk).len()), (7, 4));
    pass(&desk, 30);
    assert!(reaches(&desk, "22") && reaches(&desk, "3389"));
    pass(&desk, 31);
    assert!(!reaches(&desk, "22") && reaches(&desk, "3389"), "the way back of the other one stays");
    assert_eq!((schedules(&desk), listed(&desk).len()), (4, 2));
    pass(&desk, 60);
    assert!(!reaches(&desk, "3389"));
    assert_eq!((schedules(&desk), listed(&desk)), (0, Vec::new()));
    let drift = desk.ends(0, &["drift", "file.toml"]);
    assert!(drift.stdout.contains("in sync"), "{drift:?}");
}

#[test]
fn what_ends_by_itself_can_be_prolonged_or_ended_sooner_and_leaves_no_schedule_behind() {
    let desk = Desk::applied(ENDING, TWO_TIERS);
    desk.ends(0, &admit(&["203.0.113.7", "--port", "22", "--to", "web"]));
    desk.ends(0, &admit(&["203.0.113.7", "--port", "22", "--to", "web", "--for", "3h"]));
    assert_eq!(schedules(&desk), 4);
    pass(&desk, 90);
    assert!(reaches(&desk, "22"), "it was prolonged");
    desk.ends(0, &admit(&["203.0.113.7", "--port", "3389", "--to", "web"]));
    desk.ends(0, &["admit", "--end", "203.0.113.7", "file.toml"]);
    assert_eq!((schedules(&desk), listed(&desk)), (0, Vec::new()));
    assert!(!reaches(&desk, "22") && !reaches(&desk, "3389"));
}

#[test]
fn nobody_is_let_in_where_the_end_cannot_be_scheduled() {
    let desk = Desk::applied("", &format!("{}{TWO_TIERS}", ENDING.replace("end_admissions = true\n", "")));
    desk.write(&format!("{ENDING}{TWO_TIERS}"));
    let refused = desk.ends(1, &admit(&["203.0.113.7", "--port", "22", "--to", "web"]));
    for words in ["nobody was let in", "apply the file, which makes the role for it"] {
        assert!(refused.stderr.contains(words), "{refused:?}");
    }
    assert_eq!((schedules(&desk), listed(&desk)), (0, Vec::new()));
    assert!(!reaches(&desk, "22"));
}

/// Each step needs one action more than those before; without it, it fails with the name of that action and opens nothing.
#[test]
fn whoever_is_on_call_schedules_the_end_with_the_policies_for_it_and_with_none_of_them_missing() {
    let desk = Desk::applied(ENDING, TWO_TIERS);
    let policies = printed(&format!("{ENDING}{TWO_TIERS}"), "admit", &[]);
    let ssh = admit(&["203.0.113.7", "--port", "22", "--to", "web"]);
    let longer = admit(&["203.0.113.7", "--port", "22", "--to", "web", "--for", "3h"]);
    let other = admit(&["203.0.113.7", "--port", "3389", "--to", "web", "--for", "2h"]);
    let steps: [(&str, &[&str]); 4] = [
        ("scheduler:CreateSchedule", &ssh),
        ("iam:PassRole", &ssh),
        ("scheduler:UpdateSchedule", &longer),
        ("scheduler:GetSchedule", &other),
    ];
    for (action, step) in steps {
        let before = listed(&desk).len();
        limit(desk.emulator.sandbox(), &without(&policies, action));
        let refused = desk.ends(1, step);
        assert!(refused.stderr.contains(action), "{action}: {refused:?}");
        assert_eq!(listed(&desk).len(), before, "{action}");
        limit(desk.emulator.sandbox(), &policies);
        desk.ends(0, step);
    }
    limit(desk.emulator.sandbox(), &without(&policies, "scheduler:DeleteSchedule"));
    let ended = desk.ends(0, &["admit", "--end", "203.0.113.7", "file.toml"]);
    assert!(ended.stderr.contains("schedules that would have ended it are left"), "{ended:?}");
    assert_eq!(listed(&desk), Vec::<String>::new());
}
