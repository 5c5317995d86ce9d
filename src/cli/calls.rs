//! API calls as the report and `--trace-calls` show them.

use super::output::Output;
use crate::aws::Account;
use crate::report::json::{CallCount, Calls};

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
    let mut text = String::new();
    for call in &calls.by_operation {
        text.push_str(&format!("{:>5} {}:{}\n", call.count, call.service, call.operation));
    }
    let (total, writes, rounds) = (calls.total, calls.writes, calls.rounds);
    output.err(&format!("{text}calls: {total} in all, {writes} writes, {rounds} dependent rounds\n"));
}
