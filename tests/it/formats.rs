//! The reports of the neglected account, each read by somebody else's reader.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::at_home::{baseline, said};
use crate::readers;

/// The neglected account, and a file that asks for everything the rules know.
fn neglected() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let zone =
        std::fs::read_to_string(format!("{}/baselines/logging.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let asks = "\n[root]\n\n[users]\n\n[audit]\n";
    let missing: String = asks
        .lines()
        .filter(|line| !zone.contains(*line) || line.is_empty())
        .fold(String::new(), |text, line| text + line + "\n");
    std::fs::write(folder.path().join("neglected.toml"), zone + &missing).unwrap();
    let seeded = baseline(folder.path(), &["--sandbox=account", "sandbox", "seed", "neglected"]);
    assert_eq!(seeded.status.code(), Some(0), "{}", said(&seeded));
    folder
}

const DRIFT: [&str; 3] = ["--sandbox=account", "drift", "neglected.toml"];

#[test]
fn every_format_is_what_its_readers_take_it_for() {
    let folder = neglected();
    let mut arguments = DRIFT.to_vec();
    for report in [
        "json=drift.json",
        "markdown=drift.md",
        "junit=drift.xml",
        "sarif=drift.sarif",
        "csv=drift.csv",
        "html=drift.html",
        "ocsf=drift.ocsf.json",
        "text=drift.txt",
    ] {
        arguments.extend(["--report", report]);
    }
    let drift = baseline(folder.path(), &arguments);
    assert_eq!(drift.status.code(), Some(2), "it drifts, and everything can be read: {}", said(&drift));
    let text = std::fs::read_to_string(folder.path().join("drift.txt")).unwrap();
    assert!(!text.contains('\u{1b}') && text.contains("root-access-keys"), "{text}");
    let schema = format!("{}/docs/schema/report.schema.json", env!("CARGO_MANIFEST_DIR"));
    readers::agree(include_str!("readers/formats.py"), &[folder.path(), Path::new(&schema)]);
}

#[test]
fn a_format_on_stdout_is_the_same_as_in_a_file() {
    let folder = neglected();
    for (name, file) in [("csv", "a.csv"), ("sarif", "a.sarif"), ("junit", "a.xml")] {
        let report = format!("{name}={file}");
        let shown = baseline(folder.path(), &[&DRIFT[..], &["--format", name, "--report", &report]].concat());
        let written = std::fs::read(folder.path().join(file)).unwrap();
        assert!(shown.stdout == written, "{name}");
    }
    let refused = baseline(folder.path(), &[&DRIFT[..], &["--report", "sarif"]].concat());
    assert!(said(&refused).contains("write NAME=FILE"), "{}", said(&refused));
    let refused = baseline(folder.path(), &[&DRIFT[..], &["--report", "csv=nowhere/a.csv"]].concat());
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("cannot write nowhere/a.csv"), "{}", said(&refused));
}

#[test]
fn an_apply_reports_in_every_format_what_was_done_and_what_is_left() {
    let folder = neglected();
    let mut arguments = vec!["--sandbox=account", "apply", "neglected.toml", "--auto-approve", "--json"];
    let names = ["a.json", "a.md", "a.xml", "a.sarif", "a.csv", "a.html", "a.ocsf.json", "a.txt"];
    let reports = ["json", "markdown", "junit", "sarif", "csv", "html", "ocsf", "text"];
    let reports: Vec<String> =
        reports.iter().zip(names).map(|(format, name)| format!("{format}={name}")).collect();
    reports.iter().for_each(|report| arguments.extend(["--report", report]));
    let applied = baseline(folder.path(), &arguments);
    assert_eq!(applied.status.code(), Some(0), "{}", said(&applied));
    let of = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(String::from_utf8_lossy(&applied.stdout), of("a.json"));
    let report: Json = serde_json::from_str(&of("a.json")).unwrap();
    let done = report["outcome"]["done"].as_array().unwrap().len();
    assert!(done > 5 && report["outcome"]["failed"].as_array().unwrap().is_empty(), "{}", said(&applied));
    for (name, part) in [
        ("a.txt", format!("apply: {done} done")),
        ("a.md", format!("Steps: {done} done.")),
        ("a.html", format!("Done ({done})")),
        ("a.xml", format!("name=\"steps\" tests=\"{done}\"")),
    ] {
        assert!(of(name).contains(&part), "{name} does not say {part}:\n{}", of(name));
    }
    for name in names {
        assert!(of(name).contains("root-access-keys"), "{name} does not say what is left");
        // The bucket is not public any more; the report in JSON shows the plan that was carried out.
        assert!(
            name == "a.json" || !of(name).contains("can be read or listed by strangers"),
            "{name} says what was before"
        );
    }
    let again = ["--sandbox=account", "apply", "neglected.toml", "--auto-approve", "--format", "csv"];
    let again = baseline(folder.path(), &again);
    assert_eq!(String::from_utf8_lossy(&again.stdout), of("a.csv"), "there was nothing to do");
}

#[test]
fn nothing_is_found_without_a_next_step() {
    let folder = neglected();
    let drift = baseline(folder.path(), &[&DRIFT[..], &["--json"]].concat());
    let report: Json = serde_json::from_slice(&drift.stdout).unwrap();
    let findings = report["posture"]["findings"].as_array().unwrap();
    assert!(findings.len() > 10, "{}", said(&drift));
    for finding in findings {
        assert!(finding["next"].as_str().is_some_and(|next| next.len() > 10), "{finding}");
        assert!(!finding["evidence"].as_array().unwrap().is_empty(), "{finding}");
        assert!(finding["origin"]["line"].as_u64().is_some_and(|line| line > 0), "{finding}");
    }
}

#[test]
fn a_score_is_counted_before_and_after_an_apply() {
    let folder = neglected();
    let drift = baseline(folder.path(), &[&DRIFT[..], &["--json"]].concat());
    let before: Json = serde_json::from_slice(&drift.stdout).unwrap();
    let scores = before["scores"].as_array().unwrap();
    let of = |name: &str| scores.iter().find(|score| score["benchmark"] == name).unwrap();
    let count = |score: &Json, moment: &str, verdict: &str| score[moment][verdict].as_u64().unwrap();
    let cis = of("CIS v5.0.0");
    assert!(count(cis, "now", "broken") > count(cis, "after", "broken"), "an apply keeps more: {cis}");
    assert!(count(cis, "after", "broken") > 0, "and not all: {cis}");
    let ids: BTreeSet<&str> =
        cis["controls"].as_array().unwrap().iter().map(|control| control["id"].as_str().unwrap()).collect();
    assert!(ids.contains("1.3") && ids.contains("3.1"), "{ids:?}");
    let apply = ["--sandbox=account", "apply", "neglected.toml", "--auto-approve", "--json", "-q"];
    let after: Json = serde_json::from_slice(&baseline(folder.path(), &apply).stdout).unwrap();
    for score in after["scores"].as_array().unwrap() {
        let predicted = of(score["benchmark"].as_str().unwrap());
        assert_eq!(count(score, "after", "kept"), count(predicted, "after", "kept"), "{score} {predicted}");
        assert!(count(score, "after", "kept") > count(score, "now", "kept"), "{score}");
    }
}

#[test]
fn rules_and_things_are_explained() {
    let folder = neglected();
    let explain = |arguments: &[&str]| {
        let told = said(&baseline(folder.path(), &[&["explain"][..], arguments].concat()));
        // Where its lines break is not the point.
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let list = explain(&[]);
    for rule in ::baseline::posture::RULES {
        assert!(list.contains(rule.id), "{list}");
        let told = explain(&[rule.id]);
        assert!(told.contains(rule.title) && told.contains(rule.calls[0]), "{told}");
    }
    let trail = explain(&["cloudtrail.trail.main", "neglected.toml"]);
    assert!(
        trail.contains("asked for by neglected.toml:") && trail.contains("CIS v3.0.0 3.2; CIS v5.0.0 3.2"),
        "{trail}"
    );
    assert!(trail.contains("cloudtrail:PutEventSelectors"), "{trail}");
    assert!(
        explain(&["rot-access-keys"]).contains("did you mean root-access-keys"),
        "{}",
        explain(&["rot-access-keys"])
    );
    assert!(
        explain(&["s3.bucket.trail-log", "neglected.toml"]).contains("did you mean"),
        "{}",
        explain(&["s3.bucket.trail-log", "neglected.toml"])
    );
}
