//! A fleet as JUnit XML: a suite of all accounts, and the suites of each.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Account, Pages, Whole};
use crate::fleet::Apart;
use crate::report::junit::suites;
use crate::report::{Endpoint, Shown};

/// The suites so far.
#[derive(Debug)]
pub struct Suites {
    whole: Report,
    accounts: TestSuite,
    /// Those of each account as they are written: as XML they take a fraction of the room.
    written: Vec<Shown>,
}

impl Suites {
    /// None yet.
    pub fn new(whole: &Whole<'_>) -> Self {
        let mut accounts = TestSuite::new("accounts");
        accounts.add_property(("fleet", whole.fleet));
        for endpoint in whole.endpoints.iter().map(Endpoint::to_string) {
            accounts.add_property(("custom endpoint", endpoint.as_str()));
        }
        let report = Report::new(format!("baseline: fleet {}", whole.command.word()));
        Self { whole: report, accounts, written: Vec::new() }
    }
}

impl Pages for Suites {
    fn account(&mut self, account: &Account) -> Result<Shown, String> {
        let status = match &account.apart {
            None => TestCaseStatus::success(),
            Some((Apart::Skipped, reason)) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(reason.as_str());
                status
            }
            Some((why, reason)) => {
                let kind =
                    if *why == Apart::Failed { NonSuccessKind::Failure } else { NonSuccessKind::Error };
                let mut status = TestCaseStatus::non_success(kind);
                status.set_type(why.words()).set_message(reason.as_str());
                status
            }
        };
        let mut case = TestCase::new(account.label(), status);
        case.set_classname(format!("{}.accounts", account.id));
        self.accounts.add_test_case(case);
        if let Some(sheet) = &account.sheet {
            let mut report = Report::new("");
            report.add_test_suites(suites(sheet, &format!("{}: ", account.label())));
            self.whole.tests += report.tests;
            self.whole.failures += report.failures;
            self.whole.errors += report.errors;
            self.whole.skipped += report.skipped;
            let [_, suites, _] = Shown::junit_parts(&report).map_err(|error| error.to_string())?;
            self.written.push(suites);
        }
        Ok(Shown::default())
    }

    fn end(self: Box<Self>) -> Result<Vec<Shown>, String> {
        let Self { mut whole, accounts, written } = *self;
        whole.add_test_suite(accounts);
        let [before, accounts, after] = Shown::junit_parts(&whole).map_err(|error| error.to_string())?;
        Ok([before, accounts].into_iter().chain(written).chain([after]).collect())
    }
}
