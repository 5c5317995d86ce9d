//! API calls as the report and `--trace-calls` show them.

use super::output::Output;
use crate::aws::Account;
use crate::report::Shown;
use crate::report::json::{CallCount, Calls};
use crate::shown;

/// The calls of an account so far.
pub(super) fn calls(account: &Account) -> Calls {
    let counts = account.trace.counts();
    let by_operation = counts.calls.iter().map(|((service, operation), count)| CallCount {
        service: service.clone(),
        operation: operation.clone(),
        count: *count,
    });
    Calls {
        total: counts.total(),
        writes: counts.writes,
        rounds: counts.rounds,
        by_operation: by_operation.collect(),
    }
}

/// Prints them to stderr, where they disturb no report.
pub(super) fn show(calls: &Calls, output: &Output) {
    let mut text = Shown::default();
    for call in &calls.by_operation {
        let (service, operation) = (Shown::line(&call.service), Shown::line(&call.operation));
        text.push(shown!("{} {}:{}\n", Shown::right(call.count, 5), service, operation));
    }
    let (total, writes, rounds) = (calls.total, calls.writes, calls.rounds);
    let sum = shown!("calls: {} in all, {} writes, {} dependent rounds\n", total, writes, rounds);
    output.err(&shown!("{}{}", text, sum));
}
