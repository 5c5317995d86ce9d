//! The process ends before a write is sent, after it has had its effect, or after its answer.

use std::collections::BTreeMap;

use super::account::{LANDING_ZONE, fork, is_converged, on_virtual_time, run, until_quiet};
use super::layer::{Fault, Layer};
use super::normal::{difference, normal};
use super::page;
use super::start::Start;

/// The account once everything that AWS is busy with is done, and a plan finds nothing left.
pub async fn settled(sandbox: &baseline::sandbox::Sandbox) -> Result<Vec<String>, String> {
    until_quiet().await;
    is_converged(sandbox, &LANDING_ZONE).await?;
    Ok(normal(sandbox))
}

/// Cuts a run at every write, three times each, and runs it again from there.
///
/// The account of the moment is all that a cut leaves behind, so one recorded run gives every cut of
/// it: before a write is sent, the account is the one after the write before; after its effect
/// and after its answer, it is the one after the write. A sample is cut in earnest.
fn every_cut_converges(start: Start) {
    let (writes, moments, whole) = on_virtual_time(async {
        let sandbox = start.account();
        let layer = Layer::remembering(&sandbox, |_| None);
        let ran = run(layer.client(), &LANDING_ZONE).await;
        assert!(ran.outcome.is_success(), "{start:?}: {:#?}", ran.outcome);
        let whole = settled(&sandbox).await.unwrap_or_else(|problem| panic!("{start:?}: {problem}"));
        let moments: Vec<_> = layer.moments();
        (layer.writes(), moments, whole)
    });
    assert_eq!(moments.len(), writes.len() + 1, "{start:?}: a write has no moment");
    let mut failures = BTreeMap::new();
    for (index, moment) in moments.iter().enumerate() {
        let problem = on_virtual_time(async {
            let account = fork(&moment.world);
            let ran = run(account.http_client(), &LANDING_ZONE).await;
            if !ran.outcome.is_success() {
                return Err(format!("the run fails: {:#?}", ran.outcome));
            }
            let again = settled(&account).await?;
            difference(&whole, &again).map_or(Ok(()), Err)
        });
        if let Err(problem) = problem {
            let what = moment.after.as_ref().map_or("nothing", |call| call.operation);
            failures.insert(index, format!("cut after {what} (write {index}): {problem}"));
        }
    }
    let sample: Vec<usize> = (0..writes.len()).step_by(writes.len().div_ceil(8).max(1)).collect();
    for cut in &sample {
        for effect in [false, true] {
            let left = on_virtual_time(async {
                let account = start.account();
                let cut = *cut;
                let layer = Layer::on(&account, move |call| {
                    (call.write == Some(cut)).then_some(Fault::Cut { effect })
                });
                let ended = layer.until_cut(run(layer.client(), &LANDING_ZONE)).await;
                assert!(ended.is_none(), "{start:?}: write {cut} was not reached");
                normal(&account)
            });
            let expected = normal(&moments[cut + usize::from(effect)].world);
            assert_eq!(
                difference(&expected, &left),
                None,
                "{start:?}: a cut at {cut} is not what was recorded"
            );
        }
    }
    assert!(
        failures.is_empty(),
        "{start:?}: {} of {} cuts do not converge:\n{}",
        failures.len(),
        moments.len(),
        failures.values().take(3).cloned().collect::<Vec<_>>().join("\n")
    );
    page::counted(
        &format!("cuts-{start:?}"),
        &format!(
            "{} writes, {} cuts ({} in earnest), {} accounts to go on from: all converge in one run",
            writes.len(),
            3 * writes.len(),
            2 * sample.len(),
            moments.len()
        ),
    );
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_run_on_an_empty_account_may_be_cut_anywhere() {
    every_cut_converges(Start::Empty);
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_run_that_adopts_may_be_cut_anywhere() {
    every_cut_converges(Start::Strangers);
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_run_that_undoes_what_hands_changed_may_be_cut_anywhere() {
    every_cut_converges(Start::Changed);
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_run_that_replaces_what_is_missing_may_be_cut_anywhere() {
    every_cut_converges(Start::Robbed);
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_run_that_deletes_may_be_cut_anywhere() {
    every_cut_converges(Start::Larger);
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_run_that_repairs_may_be_cut_anywhere() {
    every_cut_converges(Start::Failing);
}
