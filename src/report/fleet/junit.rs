//! A fleet as JUnit XML: a suite of all accounts, and the suites of each.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Account, Pages, Whole};
use crate::fleet::Apart;
use crate::report::junit::suites;
use crate::report::{Endpoint, Shown};

/// The suites so far.
#[derive(Debug)]
pub struct Suites {
    name: String,
    accounts: TestSuite,
    suites: Vec<TestSuite>,
}

impl Suites {
    /// None yet.
    pub fn new(whole: &Whole<'_>) -> Self {
        let mut accounts = TestSuite::new("accounts");
        accounts.add_property(("fleet", whole.fleet));
        for endpoint in whole.endpoints.iter().map(Endpoint::to_string) {
            accounts.add_property(("custom endpoint", endpoint.as_str()));
        }
        Self { name: format!("baseline: fleet {}", whole.command.word()), accounts, suites: Vec::new() }
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
            self.suites.extend(suites(sheet, &format!("{}: ", account.label())));
        }
        Ok(Shown::default())
    }

    fn end(self: Box<Self>) -> Result<Shown, String> {
        let mut report = Report::new(self.name);
        report.add_test_suite(self.accounts);
        report.add_test_suites(self.suites);
        Shown::junit(&report).map_err(|error| error.to_string())
    }
}
