//! A report as JUnit XML, which CI systems show as a list of tests.

use std::collections::{BTreeMap, BTreeSet};

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::item::{Item, word};
use super::score::Verdict;
use super::sheet::Sheet;
use super::shown::Shown;
use super::{Ending, Heading, View, practice};

/// One suite a practice, one test a thing or rule: a departure fails, what nobody knows is an error.
///
/// Names are unique, because GitLab drops a second test of the same name.
///
/// # Errors
/// Fails only where the XML cannot be written.
pub fn report(view: &View<'_>) -> Result<Shown, SerializeError> {
    let sheet = Sheet::of(view);
    let mut report = Report::new(format!("baseline {}", view.heading.command.word()));
    report.add_test_suites(suites(&sheet, ""));
    if report.test_suites.is_empty() && !view.heading.endpoints.is_empty() {
        let mut suite = TestSuite::new("nothing is checked");
        describe(&mut suite, view.heading);
        report.add_test_suite(suite);
    }
    Shown::junit(&report)
}

/// The suites of an account, the steps of an apply first. What their names begin with tells them from those of other accounts.
pub(super) fn suites(sheet: &Sheet, account: &str) -> Vec<TestSuite> {
    let mut by_practice: BTreeMap<Option<u8>, Vec<&Item>> = BTreeMap::new();
    for item in &sheet.items {
        by_practice.entry(item.check.practice).or_default().push(item);
    }
    let mut suites: Vec<TestSuite> =
        sheet.ending.iter().map(|ending| steps(&sheet.heading, ending, account)).collect();
    for (practice, items) in by_practice {
        let name = match practice {
            Some(number) => format!("{account}practice {number}: {}", practice::title(number)),
            None => format!("{account}beyond the practices"),
        };
        let mut suite = TestSuite::new(name);
        describe(&mut suite, &sheet.heading);
        let mut names = BTreeSet::new();
        for item in items {
            let mut name = format!("{}: {}", item.check.id, item.resource);
            while !names.insert(name.clone()) {
                name.push_str(" again");
            }
            suite.add_test_case(case(&sheet.heading, item, name));
        }
        suites.push(suite);
    }
    suites
}

/// Says of a suite which account it is about, and who answered for it.
fn describe(suite: &mut TestSuite, heading: &Heading) {
    suite.add_property(("account", heading.account.as_str()));
    suite.add_property(("baseline", heading.baseline.as_str()));
    for endpoint in &heading.endpoints {
        suite.add_property(("custom endpoint", endpoint.to_string().as_str()));
    }
}

/// The steps of an apply: one that failed fails, one that was not begun or not ended is an error.
fn steps(heading: &Heading, ending: &Ending, account: &str) -> TestSuite {
    let mut suite = TestSuite::new(format!("{account}steps"));
    describe(&mut suite, heading);
    for done in &ending.done {
        suite.add_test_case(TestCase::new(
            format!("{} {}", done.action, done.addr),
            TestCaseStatus::success(),
        ));
    }
    for (word, addr, reason) in ending.not_done() {
        let kind = if word == "failed" { NonSuccessKind::Failure } else { NonSuccessKind::Error };
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(word).set_message(if reason.is_empty() { word } else { &reason });
        suite.add_test_case(TestCase::new(format!("step {addr}"), status));
    }
    suite
}

fn case(heading: &Heading, item: &Item, name: String) -> TestCase {
    let status = match item.verdict {
        Verdict::Kept => TestCaseStatus::success(),
        Verdict::Broken | Verdict::Unknown => {
            let kind =
                if item.verdict == Verdict::Broken { NonSuccessKind::Failure } else { NonSuccessKind::Error };
            let mut status = TestCaseStatus::non_success(kind);
            let mut lines = vec![format!("{} ({})", item.check.title, word(item.check.severity))];
            lines.extend(item.evidence.iter().cloned());
            lines.push(format!("next: {}", item.next));
            if item.origin.line > 0 {
                lines.push(format!(
                    "{}:{} [{}]",
                    item.origin.file(&heading.file),
                    item.origin.line,
                    item.origin.section
                ));
            }
            status
                .set_type(word(item.check.severity))
                .set_message(&*item.message)
                .set_description(lines.join("\n"));
            status
        }
    };
    let mut case = TestCase::new(name, status);
    let region = item.region.as_deref().unwrap_or("global");
    case.set_classname(format!("{}.{region}.{}", heading.account, item.check.id));
    case
}
