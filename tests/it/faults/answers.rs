//! Every write is answered by a reset, by silence, by 500 or by 503, with and without its effect.

use std::collections::BTreeSet;

use super::account::{LANDING_ZONE, on_virtual_time, run};
use super::cuts::settled;
use super::layer::{Fault, Layer};
use super::normal::difference;
use super::page;
use super::refusal::Refusal;
use super::start::Start;

const FAULTS: [(&str, Fault); 8] = [
    ("reset before its effect", Fault::Reset { effect: false }),
    ("reset after its effect", Fault::Reset { effect: true }),
    ("silence before its effect", Fault::Silence { effect: false }),
    ("silence after its effect", Fault::Silence { effect: true }),
    ("500 before its effect", Fault::Refuse { refusal: Refusal::Broken, effect: false }),
    ("500 after its effect", Fault::Refuse { refusal: Refusal::Broken, effect: true }),
    ("503 before its effect", Fault::Refuse { refusal: Refusal::Unavailable, effect: false }),
    ("503 after its effect", Fault::Refuse { refusal: Refusal::Unavailable, effect: true }),
];

/// Breaks every write of a run once, the first time it is sent, all in one run.
fn every_write_may_be_broken(start: Start) {
    let whole = on_virtual_time(async {
        let sandbox = start.account();
        let ran = run(sandbox.http_client(), &LANDING_ZONE).await;
        assert!(ran.outcome.is_success(), "{start:?}: {:#?}", ran.outcome);
        settled(&sandbox).await.unwrap_or_else(|problem| panic!("{start:?}: {problem}"))
    });
    let mut broken = 0;
    let mut problems = Vec::new();
    for (what, fault) in FAULTS {
        let problem = on_virtual_time(async {
            let sandbox = start.account();
            let mut seen = BTreeSet::new();
            let layer = Layer::on(&sandbox, move |call| {
                (call.write.is_some() && seen.insert(call.digest)).then_some(fault)
            });
            let ran = run(layer.client(), &LANDING_ZONE).await;
            broken += layer.writes().iter().map(|call| call.digest).collect::<BTreeSet<_>>().len();
            if !ran.outcome.is_success() {
                return Err(format!("the run fails: {:#?} {:#?}", ran.outcome.failed, ran.outcome.held));
            }
            let found = settled(&sandbox).await?;
            difference(&whole, &found).map_or(Ok(()), Err)
        });
        if let Err(problem) = problem {
            problems.push(format!("{what}: {problem}"));
        }
    }
    assert!(problems.is_empty(), "{start:?}:\n{}", problems.join("\n"));
    page::counted(
        &format!("answers-{start:?}"),
        &format!(
            "{broken} writes broken in {} runs; all converge in the same run, nothing is there twice",
            FAULTS.len()
        ),
    );
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn every_write_on_an_empty_account_may_be_broken() {
    every_write_may_be_broken(Start::Empty);
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn every_write_of_a_repair_may_be_broken() {
    every_write_may_be_broken(Start::Changed);
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn every_write_of_a_run_that_deletes_may_be_broken() {
    every_write_may_be_broken(Start::Larger);
}
