//! Every report of a fleet, over accounts whose names and things were chosen by somebody hostile.

use super::*;
use crate::fleet::{Outcome, Verdict, fold};
use crate::posture::Severity;
use crate::report::{Sheet, sample};

const HOSTILE: &str = "=1+<script>\u{1b}[2J\"\\\n::error::x <!channel> | @here";

fn hostile() -> (Vec<Account>, Fold) {
    let sheet = Sheet::of(&sample::hostile_posture().view());
    let seen = seen(&sample::hostile_posture().view());
    let looked = Account {
        id: sheet.heading.account.clone(),
        name: HOSTILE.to_owned(),
        unit: Some(HOSTILE.to_owned()),
        apart: None,
        endpoints: Vec::new(),
        ended: Some(sheet.at),
        sheet: Some(sheet.clone()),
    };
    let apart = Account {
        id: "222233334444".to_owned(),
        apart: Some((Apart::NotReached, HOSTILE.to_owned())),
        sheet: None,
        ..looked.clone()
    };
    let outcome =
        |account: &Account, verdict| Outcome { id: account.id.clone(), name: account.name.clone(), verdict };
    let outcomes = [
        outcome(&looked, Verdict::Looked(seen)),
        outcome(&apart, Verdict::Apart(Apart::NotReached, HOSTILE.to_owned())),
    ];
    (vec![looked, apart], fold(&outcomes))
}

fn written(mut pages: Box<dyn Pages>, accounts: &[Account]) -> String {
    let mut text = pages.begin().unwrap().written().into_owned();
    for account in accounts {
        text.push_str(&pages.account(account).unwrap().written());
    }
    for piece in pages.end().unwrap() {
        text.push_str(&piece.written());
    }
    text
}

/// Every report that is one file, by its name.
fn all(whole: &Whole<'_>, accounts: &[Account]) -> Vec<(&'static str, String)> {
    vec![
        ("text", text_of(whole).without_styles().written().into_owned()),
        ("json", Shown::json(&json_of(whole)).unwrap().written().into_owned()),
        ("markdown", Shown::from(markdown::page(whole)).written().into_owned()),
        ("slack", slack::message(whole).unwrap().written().into_owned()),
        ("junit", written(Box::new(junit::Suites::new(whole)), accounts)),
        ("sarif", written(Box::new(sarif::Run::new(whole)), accounts)),
        ("csv", written(Box::new(csv::Table::new(whole)), accounts)),
        ("html", written(Box::new(html::Page::new(whole)), accounts)),
        ("ocsf", written(Box::new(ocsf::Events::new(whole)), accounts)),
        ("prometheus", written(Box::new(prometheus::Metrics::new(whole)), accounts)),
    ]
}

#[test]
fn nothing_of_an_account_acts_in_any_report_and_every_account_is_in_it() {
    let (accounts, fold) = hostile();
    let mut comparison = Comparison::default();
    comparison.now(&accounts[0]);
    let since = comparison.end(HOSTILE);
    assert!(!since.new.is_empty());
    let endpoints = [Endpoint { service: HOSTILE.to_owned(), url: HOSTILE.to_owned() }];
    let (fleet, command) = ("acme", Command::Drift);
    let whole = Whole { fleet, command, endpoints: &endpoints, fold: &fold, since: Some(&since) };
    for (name, text) in all(&whole, &accounts) {
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name}: {text:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{name}: {text}");
        // A message has room for names alone.
        if name != "slack" {
            for account in &accounts {
                assert!(text.contains(&account.id), "{name} lacks {}: {text}", account.id);
            }
        }
        match name {
            "html" | "junit" => assert!(!text.contains("<script"), "{text}"),
            "json" | "slack" | "sarif" | "ocsf" => {
                let json: Json = serde_json::from_str(&text).unwrap();
                assert!(!json.is_null());
            }
            "csv" => {
                let mut reader = ::csv::Reader::from_reader(text.as_bytes());
                let is_formula = |cell: &str| cell.trim_start().starts_with(['=', '+', '@']);
                assert!(reader.records().all(|record| !record.unwrap().iter().any(is_formula)), "{text}");
            }
            "prometheus" => {
                for line in text.lines().filter(|line| !line.starts_with('#')) {
                    // A name, labels in braces, and one number behind them.
                    let (labels, number) = line.rsplit_once("} ").unwrap_or_else(|| panic!("{line}"));
                    assert!(labels.starts_with("baseline_") && number.parse::<f64>().is_ok(), "{line}");
                    let plain = labels.replace("\\\\", "").replace("\\\"", "");
                    assert!(plain.matches('"').count() % 2 == 0, "{line}");
                }
            }
            _ => {}
        }
    }
    for (name, text) in asff::files(&accounts[0], &whole).unwrap() {
        assert!(name.starts_with(&accounts[0].id));
        assert!(!serde_json::from_str::<Vec<Json>>(&text.written()).unwrap().is_empty());
    }
    assert!(asff::files(&accounts[1], &whole).unwrap().is_empty());
}

#[test]
fn the_tests_of_all_accounts_are_one_report_that_counts_them() {
    let (accounts, fold) = hostile();
    let whole = Whole { fleet: "acme", command: Command::Drift, endpoints: &[], fold: &fold, since: None };
    let text = written(Box::new(junit::Suites::new(&whole)), &[&accounts[..], &accounts[..]].concat());
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    let sum =
        |count: fn(&quick_junit::TestSuite) -> usize| report.test_suites.iter().map(count).sum::<usize>();
    assert_eq!(report.test_suites[0].name.as_str(), "accounts");
    assert_eq!(report.test_suites[0].test_cases.len(), 4);
    assert!(report.failures > 0 && report.errors > 0 && report.tests > 10, "{text}");
    assert_eq!(report.tests, sum(|suite| suite.test_cases.len()));
    assert_eq!(
        [report.tests, report.failures, report.errors, report.skipped],
        [
            sum(|suite| suite.tests),
            sum(|suite| suite.failures),
            sum(|suite| suite.errors),
            sum(|suite| suite.skipped)
        ]
    );
    // Nothing but the layout of the one writer.
    assert_eq!(Shown::junit(&report).unwrap().written(), text);
}

#[test]
fn of_more_results_than_github_takes_the_least_severe_are_left_out_and_counted() {
    let sheet = Sheet::of(&sample::neglected().view());
    let broken = sheet.items.iter().find(|item| item.verdict == Judged::Broken).unwrap();
    let mut many = sheet.clone();
    many.items = (0..300)
        .map(|number| {
            let mut item = broken.clone();
            item.check.severity = if number == 299 { Severity::Critical } else { Severity::Low };
            item.resource = format!("thing-{number}");
            item
        })
        .collect();
    let accounts: Vec<Account> = (0..100)
        .map(|number| Account {
            id: format!("{number:012}"),
            name: format!("n{number}"),
            unit: None,
            apart: None,
            endpoints: Vec::new(),
            ended: None,
            sheet: Some(many.clone()),
        })
        .collect();
    let fold = Fold::default();
    let whole = Whole { fleet: "acme", command: Command::Drift, endpoints: &[], fold: &fold, since: None };
    let text = written(Box::new(sarif::Run::new(&whole)), &accounts);
    let log: Json = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    let critical = results.iter().filter(|result| result["properties"]["severity"] == "critical");
    assert_eq!(critical.count(), 100, "one of each account, and none is cut");
    let notes = run["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notes.contains("5000 results of lower severity are left out"), "{notes}");
}

#[test]
fn findings_for_security_hub_are_in_files_of_no_more_than_a_call_takes() {
    let sheet = Sheet::of(&sample::neglected().view());
    let broken = sheet.items.iter().find(|item| item.verdict == Judged::Broken).unwrap();
    let mut many = sheet.clone();
    many.items = (0..450)
        .map(|number| {
            let mut item = broken.clone();
            item.resource = format!("thing-{number}");
            // Of some the text is as long as may be, of others short.
            item.evidence = vec!["x".repeat(if number < 250 { 5000 } else { 1 })];
            item.next = "y".repeat(5000);
            item
        })
        .collect();
    let account = Account {
        id: "111122223333".into(),
        name: "n".into(),
        unit: None,
        apart: None,
        endpoints: Vec::new(),
        ended: None,
        sheet: Some(many),
    };
    let fold = Fold::default();
    let whole = Whole { fleet: "acme", command: Command::Drift, endpoints: &[], fold: &fold, since: None };
    let files = asff::files(&account, &whole).unwrap();
    let mut ids = BTreeSet::new();
    for (name, text) in &files {
        let findings: Vec<Json> = serde_json::from_str(text).unwrap();
        assert!((1..=100).contains(&findings.len()) && text.len() <= 240_000, "{name}: {}", text.len());
        ids.extend(findings.iter().map(|finding| finding["Id"].to_string()));
    }
    assert_eq!(ids.len(), 450, "each once, in {} files", files.len());
}

#[test]
fn the_committed_schema_of_a_result_is_the_schema_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/fleet-result.schema.json");
    let now = serde_json::to_string_pretty(&result_schema()).unwrap() + "\n";
    if std::env::var_os("BASELINE_BLESS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == now, "run the tests with BASELINE_BLESS=1 and commit {path}");
}
