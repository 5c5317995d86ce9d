use super::super::sample;
use super::*;

pub(super) fn verdict(scores: &[Score], benchmark: Benchmark, id: &str) -> Option<Verdict> {
    let score = scores.iter().find(|score| score.benchmark == benchmark)?;
    score.controls.iter().find(|(control, ..)| *control == id).map(|(_, verdict, _)| *verdict)
}

#[test]
fn control_numbers_are_text_that_reads_in_order() {
    let mut ids = vec!["1.10", "1.4", "1.9", "AC-2(11)", "AC-2(2)", "AC-2", "S3.13", "S3.2"];
    ids.sort_by_key(|id| reading_order(id));
    assert_eq!(ids, ["1.4", "1.9", "1.10", "AC-2", "AC-2(2)", "AC-2(11)", "S3.2", "S3.13"]);
}

#[test]
fn only_the_setting_that_departs_breaks_its_control() {
    let scene = sample::neglected();
    let now = scores(&scene.view(), Moment::Now);
    assert_eq!(verdict(&now, Benchmark::Cis3, "3.2"), Some(Verdict::Broken), "validation was switched off");
    let other = Some(Verdict::Unknown);
    assert_eq!(
        verdict(&now, Benchmark::Cis3, "3.5"),
        other,
        "the key is still there; of other trails nobody knows"
    );
    let after = scores(&scene.view(), Moment::AfterApply);
    assert_eq!(verdict(&after, Benchmark::Cis3, "3.2"), other);
    assert_eq!(verdict(&after, Benchmark::Nist80053r5, "SI-7"), Some(Verdict::Kept));
}

#[test]
fn what_was_looked_at_in_part_is_not_claimed_and_what_the_file_opens_is_broken_by_design() {
    use crate::model::{Origin, Value, Want};
    let acl = |from: i64| {
        let entry = [
            ("action", Value::from("allow")),
            ("protocol", Value::from("tcp")),
            ("cidr", Value::from("0.0.0.0/0")),
            ("from_port", Value::Int(from)),
            ("to_port", Value::Int(65_535)),
        ];
        let map = |entries: Vec<(&str, Value)>| entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let entries = Value::Set([Value::Map(map(entry.into()))].into());
        let value = Value::Map(map(vec![("ingress", entries)]));
        Want { value, after: [].into(), origin: Origin::default() }
    };
    for (from, expected) in [(32_768, Verdict::Unknown), (1024, Verdict::Broken)] {
        let mut scene = sample::neglected();
        scene.wanted.things.insert(Addr::new("ec2.network-acl", "web"), acl(from));
        for moment in [Moment::Now, Moment::AfterApply] {
            let scores = scores(&scene.view(), moment);
            assert_eq!(verdict(&scores, Benchmark::Cis3, "5.1"), Some(expected), "from {from}");
            assert_eq!(verdict(&scores, Benchmark::SecurityHub, "EC2.21"), Some(expected), "from {from}");
        }
    }
}

#[test]
fn what_could_not_be_decided_is_unknown_and_what_nobody_asked_for_is_not_counted() {
    let scene = sample::neglected();
    let now = scores(&scene.view(), Moment::Now);
    assert_eq!(verdict(&now, Benchmark::Cis3, "1.4"), Some(Verdict::Broken), "root has keys");
    assert_eq!(verdict(&now, Benchmark::Cis3, "1.14"), Some(Verdict::Unknown), "no credential report");
    assert_eq!(verdict(&now, Benchmark::Cis3, "1.10"), Some(Verdict::Broken), "a user is exempt");
    assert_eq!(verdict(&now, Benchmark::Cis3, "2.2.1"), None);
}

#[test]
fn a_share_never_stands_without_its_counts() {
    let counts = Counts { kept: 9, broken: 1, unknown: 2 };
    assert_eq!(counts.line(), "9 of 12 controls kept (75%), 1 not, 2 unknown");
    assert_eq!(Counts::default().line(), "0 of 0 controls kept (0%)");
}

#[test]
fn an_unreadable_trail_is_unknown_and_never_kept() {
    let mut scene = sample::neglected();
    let trail: Addr = "cloudtrail.trail.main".parse().unwrap();
    scene.plan.steps.clear();
    let unread = crate::plan::Unread {
        call: "cloudtrail:DescribeTrails".into(),
        why: crate::plan::Why::Denied,
        lacking: "cloudtrail:DescribeTrails on *".into(),
        regions: Vec::new(),
        next: String::new(),
        message: String::new(),
    };
    scene.plan.unreadable.insert(trail, unread);
    for moment in [Moment::Now, Moment::AfterApply] {
        assert_eq!(verdict(&scores(&scene.view(), moment), Benchmark::Cis3, "3.1"), Some(Verdict::Unknown));
    }
}
