//! Tags of `block` and `admit`, as somebody could write them who may write tags and nothing else.

use baseline::temporary::{
    ADMIT_DAYS, Acl, AclRule, AclWrite, BLOCK_DAYS, Entry, Group, GroupWrite, Subject, Temporary,
};
use jiff::{SignedDuration, Timestamp};

use super::inputs;

/// Tags as the commands write them.
const TAGS: [(&str, &str); 4] = [
    (
        "baseline:block:198.51.100.0/24",
        "from 2030-01-01T00:00:00Z until 2030-01-02T00:00:00Z by alice: ssh brute force",
    ),
    ("baseline:block:2001:db8::/48", "from 2030-01-01T00:00:00Z until 2030-03-31T00:00:00Z by bob: abuse"),
    (
        "baseline:admit:203.0.113.7/32:tcp:22",
        "from 2030-01-01T00:00:00Z until 2030-01-08T00:00:00Z by carol: a fault at 3:15",
    ),
    (
        "baseline:admit:2001:db8:7::/64:udp:51820",
        "from 2030-01-01T00:00:00Z until 2030-01-01T08:00:00Z by dave: x",
    ),
];

/// Moments before, while and after they hold.
const NOW: [&str; 4] =
    ["2029-12-31T00:00:00Z", "2030-01-01T00:05:00Z", "2030-01-01T01:00:00Z", "2031-01-01T00:00:00Z"];

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_changed_tag_gives_no_more_than_the_commands_do_and_writes_nothing() {
    let (mut read, mut none) = (0, 0);
    for (input, mut mutation) in inputs(60_000) {
        let (key, value) = *mutation.of(&TAGS);
        let changed = |mutation: &mut super::mutation::Mutation, text: &str, percent: usize| {
            let bytes =
                if mutation.percent(percent) { mutation.change(text.as_bytes()) } else { text.into() };
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let key = changed(&mut mutation, key, 40);
        let value = changed(&mut mutation, value, 80);
        let Some(temporary) = Temporary::from_tag(&key, &value) else {
            none += 1;
            continue;
        };
        read += 1;
        assert_eq!(temporary.subject.key(), key, "input {input}: spelled in another way");
        assert!(temporary.subject.is_narrow(), "input {input}: {key}");
        let days = match temporary.subject {
            Subject::Block(_) => BLOCK_DAYS,
            Subject::Admit(..) => ADMIT_DAYS,
        };
        let holds = temporary.until.duration_since(temporary.from);
        assert!(holds <= SignedDuration::from_hours(24 * days), "input {input}: {key} {value}");
        let now: Timestamp = mutation.of(&NOW).parse().unwrap();
        only_takes_away(input, &temporary, now);
    }
    super::counted("fuzz-tags", &format!("{read} read, {none} that are none of these"));
    assert!(read > 1_000 && none > 1_000, "{read} read, {none} not: too much of one kind");
}

/// On an ACL and a group where all of it stands, or none, beside what somebody else made.
fn only_takes_away(input: usize, temporary: &Temporary, now: Timestamp) {
    let range = temporary.subject.range();
    let entry = |number: i32, egress: bool, rule: AclRule| Entry {
        number,
        egress,
        rule: Some(rule),
        is_v6: range.addr().is_ipv6(),
    };
    let of_a_file = [100, 32_000].map(|number| entry(number, false, AclRule::DenyAll(range)));
    let blocks = [false, true].map(|egress| entry(1, egress, AclRule::DenyAll(range)));
    for entries in [of_a_file.to_vec(), [of_a_file.to_vec(), blocks.to_vec()].concat()] {
        let mut acl = Acl { entries, temporary: vec![temporary.clone()] };
        for write in 0.. {
            assert!(write < 10, "input {input}: the writes do not end");
            let Some(next) = acl.next_write(Some(now), &[]) else { break };
            assert!(!matches!(next, AclWrite::Create { .. }), "input {input}: a tag alone asks for {next:?}");
            acl.note(&next);
        }
        assert!(
            of_a_file.iter().all(|entry| acl.entries.contains(entry)),
            "input {input}: one of the file went"
        );
    }
    let rules = match temporary.subject {
        Subject::Admit(range, service) => [(range, service)].into(),
        Subject::Block(_) => std::collections::BTreeSet::new(),
    };
    // A rule that the file wants stays, whatever the tag says about it.
    for wanted in [rules.clone(), std::collections::BTreeSet::new()] {
        let mut group = Group { rules: rules.clone(), temporary: vec![temporary.clone()] };
        for write in 0.. {
            assert!(write < 10, "input {input}: the writes do not end");
            let Some(next) = group.next_write(Some(now), &[], &wanted) else { break };
            assert!(
                !matches!(next, GroupWrite::Authorize(..)),
                "input {input}: a tag alone asks for {next:?}"
            );
            group.note(&next);
        }
        assert!(wanted.is_subset(&group.rules), "input {input}: one that the file wants went");
    }
}
