//! Any valid file, then any other, then the first again.

use std::collections::{BTreeMap, BTreeSet};

use baseline::engine::{Stop, apply};
use baseline::model::{Addr, Value};
use baseline::plan::{Choices, Live, Observed, OutputIndex};
use baseline::sandbox::Sandbox;

use super::account::{ACCOUNT, Declared, declared, empty, look, on_virtual_time, open, until_quiet};
use super::chance::Chance;
use super::random_file::file;
use super::{page, seeds};

/// Everything declared that is there, ids replaced by what they stand for.
fn as_found(live: Live) -> BTreeMap<Addr, Value> {
    let mut index = OutputIndex::default();
    let mut things = Vec::new();
    for (addr, sight) in live.resources {
        if let Observed::Found(thing) = sight {
            index.add(&addr, &thing.outputs);
            things.push((addr, thing));
        }
    }
    let things = things.into_iter().map(|(addr, thing)| {
        let mut attributes = index.to_references(thing.attributes);
        // How many instances run is the file's business at first, and the scaler's from then on.
        if let (Value::Map(fields), "autoscaling.group") = (&mut attributes, addr.kind()) {
            fields.remove("desired");
        }
        (addr, attributes)
    });
    things.collect()
}

/// Applies a file over another one, whose buckets, keys and trails may go, and tells what is there then.
async fn apply_over(
    sandbox: &Sandbox,
    declared: &Declared,
    before: Option<&Declared>,
) -> Result<Live, String> {
    let gone = before.into_iter().flat_map(|before| before.wanted.things.keys());
    let gone: BTreeSet<Addr> =
        gone.filter(|addr| !declared.wanted.things.contains_key(*addr)).cloned().collect();
    let choices = Choices { prune: true, destroy: gone };
    // What AWS wrote into buckets: they are emptied by hand before they may go.
    sandbox.with_world(|world| {
        world.account(ACCOUNT).s3.buckets.values_mut().for_each(|bucket| bucket.objects.clear());
    });
    let account = open(sandbox.http_client(), declared).await;
    let (live, plan) = look(&account, declared, &choices).await;
    let outcome = apply(&account, &declared.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
    if !outcome.is_success() {
        return Err(format!("{:#?} {:#?}", outcome.failed, outcome.held));
    }
    until_quiet().await;
    let account = open(sandbox.http_client(), declared).await;
    let (live, left) = look(&account, declared, &Choices { prune: true, ..Choices::default() }).await;
    if left.is_complete() && left.is_converged() && left.undeclared.is_empty() {
        return Ok(live);
    }
    Err(format!("the next plan is not empty: {:#?} {:#?} {:#?}", left.steps, left.findings, left.undeclared))
}

/// A, B and A again.
fn there_and_back(seed: u64) {
    let mut chance = Chance::new(seed);
    let (first, second) = (file(&mut chance), file(&mut chance));
    let (one, other) = (declared(&first), declared(&second));
    let went = on_virtual_time(async {
        let sandbox = empty();
        let fresh = as_found(apply_over(&sandbox, &one, None).await?);
        apply_over(&sandbox, &other, Some(&one)).await?;
        let again = as_found(apply_over(&sandbox, &one, Some(&other)).await?);
        if again == fresh { Ok(()) } else { Err(format!("{fresh:#?}\nbecame\n{again:#?}")) }
    });
    assert_eq!(went, Ok(()), "pair {seed}:\n{first}\nand\n{second}");
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn any_file_then_any_other_then_the_first_again_ends_as_it_began() {
    let pairs = 1000;
    seeds::all(pairs, there_and_back);
    page::counted(
        "random",
        &format!("{pairs} pairs of files: every next plan is empty, and A ends as it began"),
    );
}
