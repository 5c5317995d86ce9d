//! AWS asks to slow down: nine calls in ten for a minute, and as its documented budgets say.

use std::time::Duration;

use baseline::sandbox::Profile;

use super::account::{LANDING_ZONE, fork_as, on_virtual_time, run};
use super::chance::Chance;
use super::cuts::settled;
use super::layer::{Fault, Layer};
use super::normal::difference;
use super::page;
use super::refusal::Refusal;
use super::start::Start;

/// How often a service may be asked again, on the whole.
const CALLS: f64 = 2.5;

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_storm_of_throttling_is_waited_out() {
    let (calm, whole) = on_virtual_time(async {
        let sandbox = Start::Empty.account();
        let layer = Layer::recording(&sandbox);
        assert!(run(layer.client(), &LANDING_ZONE).await.outcome.is_success());
        (layer.calls().len(), settled(&sandbox).await.expect("converged"))
    });
    let mut most = 0.0_f64;
    for seed in 0..3 {
        on_virtual_time(async {
            let sandbox = Start::Empty.account();
            let mut chance = Chance::new(seed);
            let layer = Layer::on(&sandbox, move |call| {
                let storm = call.at < Duration::from_secs(60) && chance.percent(90);
                storm.then_some(Fault::Refuse { refusal: Refusal::Throttled, effect: false })
            });
            let ran = run(layer.client(), &LANDING_ZONE).await;
            assert!(ran.plan.is_complete(), "{:#?} {:#?}", ran.plan.unreadable, ran.plan.unlisted);
            assert!(ran.outcome.is_success(), "{:#?}", ran.outcome);
            let calls = layer.calls().len();
            most = most.max(calls as f64 / calm as f64);
            let found = settled(&sandbox).await.expect("converged");
            assert_eq!(difference(&whole, &found), None);
        });
    }
    assert!(most <= CALLS, "{most:.2} times the calls of a calm run");
    page::counted(
        "throttle-storm",
        &format!("3 storms; every run finishes with at most {CALLS} times the calls"),
    );
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn documented_budgets_are_kept_to_without_a_failure() {
    let mut counts = Vec::new();
    for profile in [Profile::Realistic, Profile::Hostile] {
        on_virtual_time(async {
            let sandbox = fork_as(&Start::Empty.account(), profile);
            let layer = Layer::recording(&sandbox);
            let ran = run(layer.client(), &LANDING_ZONE).await;
            assert!(ran.outcome.is_success(), "{profile:?}: {:#?}", ran.outcome);
            settled(&sandbox).await.unwrap_or_else(|problem| panic!("{profile:?}: {problem}"));
            counts.push((layer.calls().len(), layer.writes().len()));
        });
    }
    let calm = on_virtual_time(async {
        let sandbox = Start::Empty.account();
        let layer = Layer::recording(&sandbox);
        assert!(run(layer.client(), &LANDING_ZONE).await.outcome.is_success());
        layer.writes().len()
    });
    for (_, writes) in &counts {
        let times = *writes as f64 / calm as f64;
        assert!(times <= CALLS, "{times:.2} times the writes of a calm run");
    }
    page::counted(
        "throttle-budgets",
        &format!(
            "2 runs, realistic and hostile: both finish, with at most {CALLS} times the writes of a calm run"
        ),
    );
}
