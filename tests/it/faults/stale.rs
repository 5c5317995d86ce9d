//! Reads that show the account as it was some time ago, or now this and now that.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use baseline::plan::Plan;
use baseline::sandbox::Profile;

use super::account::{LANDING_ZONE, declared, look, on_virtual_time, open, prune, run, until_quiet};
use super::chance::Chance;
use super::cuts::settled;
use super::layer::{Call, Fault, Layer};
use super::normal::difference;
use super::page;
use super::start::Start;

/// How far behind replicas are.
const BEHIND: [u64; 5] = [1, 5, 30, 120, 300];

/// What a run may say of a thing that it has written and cannot see within its budget.
fn is_not_visible_yet(message: &str) -> bool {
    ["not visible yet", "still shows", "is not listed yet", "cannot be read yet"]
        .iter()
        .any(|text| message.contains(text))
}

/// Runs with lagging reads, then again with the same ones, and looks at what is there in the end.
fn converges(
    rule: impl Fn(&Call) -> Option<Fault> + Clone + Send + 'static,
    what: &str,
    whole: &[String],
) -> bool {
    on_virtual_time(async {
        let sandbox = Start::Empty.account();
        let layer = Layer::remembering(&sandbox, rule);
        let ran = run(layer.client(), &LANDING_ZONE).await;
        for (addr, message) in &ran.outcome.failed {
            assert!(is_not_visible_yet(message), "{what}: {addr} {message}");
        }
        let at_once = ran.outcome.is_success();
        tokio::time::sleep(Duration::from_secs(600)).await;
        if !at_once {
            let ran = run(layer.client(), &LANDING_ZONE).await;
            for (addr, message) in &ran.outcome.failed {
                assert!(is_not_visible_yet(message), "{what}, second run: {addr} {message}");
            }
            tokio::time::sleep(Duration::from_secs(600)).await;
            let ran = run(sandbox.http_client(), &LANDING_ZONE).await;
            assert!(ran.outcome.is_success(), "{what}, a run that sees: {:#?}", ran.outcome);
        }
        let found = settled(&sandbox).await.unwrap_or_else(|problem| panic!("{what}: {problem}"));
        assert_eq!(difference(whole, &found), None, "{what}");
        at_once
    })
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn reads_that_lag_or_flap_make_no_second_thing() {
    let whole = on_virtual_time(async {
        let sandbox = Start::Empty.account();
        assert!(run(sandbox.http_client(), &LANDING_ZONE).await.outcome.is_success());
        settled(&sandbox).await.expect("converged")
    });
    let mut said = Vec::new();
    // The shortest, one that most waits outlast, and one that some do not.
    let lags = BEHIND.into_iter().filter(|seconds| page::everything() || [1, 30, 300].contains(seconds));
    for seconds in lags {
        let behind = Duration::from_secs(seconds);
        let late = move |call: &Call| call.write.is_none().then_some(Fault::Stale(behind));
        let flapping = move |call: &Call| {
            (call.write.is_none() && call.number.is_multiple_of(2)).then_some(Fault::Stale(behind))
        };
        let late = converges(late, &format!("{seconds} s behind"), &whole);
        let flapping = converges(flapping, &format!("flapping over {seconds} s"), &whole);
        let word = |at_once| if at_once { "converges" } else { "says what it cannot see yet" };
        said.push(format!("{seconds} s: behind {}, flapping {}", word(late), word(flapping)));
    }
    page::counted("stale-apply", &format!("{}; in no case is anything made twice", said.join("; ")));
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn plans_of_a_converged_account_under_flapping_reads_show_no_difference() {
    let plans = 100;
    on_virtual_time(async {
        let sandbox = Start::Empty.account();
        let mut chance = Chance::new(7);
        let layer = Layer::remembering(&sandbox, move |call| {
            let behind = Duration::from_secs([1, 5, 30, 120, 300][chance.below(5)]);
            (call.at > Duration::from_secs(3600) && chance.percent(50)).then_some(Fault::Stale(behind))
        });
        assert!(run(layer.client(), &LANDING_ZONE).await.outcome.is_success());
        tokio::time::sleep(Duration::from_secs(3600)).await;
        for number in 0..plans {
            let account = open(layer.client(), &LANDING_ZONE).await;
            let (_, plan) = look(&account, &LANDING_ZONE, &prune()).await;
            let Plan { steps, unreadable, .. } = &plan;
            assert!(plan.is_complete() && plan.is_converged(), "plan {number}: {steps:#?} {unreadable:#?}");
        }
    });
    on_virtual_time(async {
        // Replicas of AWS's own kind: each thing appears, flaps and stays by itself.
        let sandbox = super::account::fork_as(&Start::Empty.account(), Profile::Hostile);
        assert!(run(sandbox.http_client(), &LANDING_ZONE).await.outcome.is_success());
        for number in 0..plans {
            let account = open(sandbox.http_client(), &LANDING_ZONE).await;
            let (_, plan) = look(&account, &LANDING_ZONE, &prune()).await;
            let Plan { steps, unreadable, .. } = &plan;
            assert!(plan.is_complete() && plan.is_converged(), "plan {number}: {steps:#?} {unreadable:#?}");
        }
    });
    page::counted("stale-plan", &format!("{} plans, no false difference", 2 * plans));
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_role_must_be_absent_five_times_in_a_row_before_its_deletion_is_believed() {
    let file =
        |role: &str| declared(&format!("name = \"role\"\nregion = \"us-east-1\"\n[password_policy]\n{role}"));
    let (with, without) = (file("[role.reader]\ntrusted_by = { accounts = [\"${account}\"] }\n"), file(""));
    let runs = 20;
    for seed in 0..runs {
        on_virtual_time(async {
            let (sandbox, mut chance) = (Start::Empty.account(), Chance::new(seed));
            assert!(run(sandbox.http_client(), &with).await.outcome.is_success());
            until_quiet().await;
            let looks = Arc::new(Mutex::new(Vec::new()));
            let seen = Arc::clone(&looks);
            let mut deleted = None;
            let layer = Layer::remembering(&sandbox, move |call| {
                if call.operation == "DeleteRole" {
                    deleted = Some(call.at);
                }
                let age = call.at.checked_sub(deleted?)?;
                let stale = age < Duration::from_secs(20) && call.write.is_none() && chance.percent(50);
                if call.operation == "GetRole" {
                    seen.lock().expect("nobody panicked").push(!stale);
                }
                stale.then_some(Fault::Stale(Duration::from_secs(30)))
            });
            let ran = run(layer.client(), &without).await;
            assert!(ran.outcome.is_success(), "{seed}: {:#?}", ran.outcome);
            let looks = looks.lock().expect("nobody panicked");
            let absent = looks.iter().rev().take_while(|fresh| **fresh).count();
            assert!(absent >= 5, "{seed}: {absent} absent looks at the role in the end: {looks:?}");
        });
    }
    page::counted(
        "stale-gone",
        &format!("{runs} runs that delete a role whose reads flap: the last five looks find nothing in each"),
    );
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_key_must_be_seen_as_it_should_be_five_times_in_a_row_before_the_run_ends() {
    let key = declared("name = \"key\"\nregion = \"us-east-1\"\n[kms_key.data]\nrotation_days = 365\n");
    let runs = 20;
    for seed in 0..runs {
        on_virtual_time(async {
            let (sandbox, mut chance) = (Start::Empty.account(), Chance::new(seed));
            let looks = Arc::new(Mutex::new(Vec::new()));
            let seen = Arc::clone(&looks);
            let layer = Layer::remembering(&sandbox, move |call| {
                let stale = call.service == "kms"
                    && call.write.is_none()
                    && call.at < Duration::from_secs(20)
                    && chance.percent(50);
                if call.operation == "DescribeKey" {
                    seen.lock().expect("nobody panicked").push(!stale);
                }
                stale.then_some(Fault::Stale(Duration::from_secs(30)))
            });
            let ran = run(layer.client(), &key).await;
            assert!(ran.outcome.is_success(), "{seed}: {:#?}", ran.outcome);
            let looks = looks.lock().expect("nobody panicked");
            let equal = looks.iter().rev().take_while(|fresh| **fresh).count();
            assert!(equal >= 5, "{seed}: {equal} equal looks at the key in the end: {looks:?}");
        });
    }
    page::counted(
        "stale-key",
        &format!("{runs} runs with a flapping key: the last five looks are equal in each"),
    );
}
