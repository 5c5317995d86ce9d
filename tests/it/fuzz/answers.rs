//! Answers of AWS.

use std::time::Duration;

use baseline::sandbox::named;

use super::client::answering;
use super::inputs;
use crate::faults::account::{LANDING_ZONE, fork, look, on_virtual_time, open, prune};
use crate::faults::start::Start;

/// Longer than the SDK and the program together try again.
const HOURS: Duration = Duration::from_secs(6 * 3600);

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_plan_over_changed_answers_ends_and_writes_nothing() {
    let start = Start::Changed.account();
    let (mut accounts, mut unreadable) = (0, 0);
    for (input, mut mutation) in inputs(120) {
        accounts += 1;
        let sandbox = fork(&start);
        unreadable += on_virtual_time(async {
            // One answer in ten, and not who is calling: without that nothing is asked at all.
            let client = answering(move |request| {
                let operation = named(&request).map(|(_, operation)| operation.name);
                let answer = sandbox.handle(request);
                if operation == Some("GetCallerIdentity") || !mutation.percent(10) {
                    return answer;
                }
                answer.map(|body| mutation.change(&body).into())
            });
            let account = open(client, &LANDING_ZONE).await;
            let (_, plan) = tokio::time::timeout(HOURS, look(&account, &LANDING_ZONE, &prune()))
                .await
                .unwrap_or_else(|_| panic!("input {input}: the plan does not end"));
            assert_eq!(account.trace.counts().writes, 0, "input {input}");
            plan.unreadable.len()
        });
    }
    super::counted("fuzz-answers", &format!("{accounts} accounts, one answer in ten changed"));
    assert!(unreadable > 100, "only {unreadable} could not be read: the answers were hardly changed");
}
