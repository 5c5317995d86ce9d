//! Cut off right after a create that AWS does not show yet, and run again at once.

use std::collections::BTreeSet;
use std::sync::Mutex;

use baseline::engine::{Event, Stop, apply};
use baseline::model::Addr;
use baseline::plan::Action;
use baseline::sandbox::Profile;

use super::account::{LANDING_ZONE, fork_as, look, on_virtual_time, open, prune, run};
use super::cuts::settled;
use super::layer::{Fault, Layer};
use super::normal::difference;
use super::page;
use super::start::Start;

/// Creates of things for which AWS has no unique name.
const CREATES: [&str; 5] =
    ["CreateVpc", "CreateInternetGateway", "CreateKey", "CreateRouteTable", "CreateNetworkAcl"];

/// How often it is run again at most.
const RUNS: usize = 3;

/// Cuts a run at that create, runs again at once, with or without the journal of the first, and says what
/// is wrong in the end.
fn after_a_cut(create: &'static str, journal: bool, whole: &[String]) -> Option<String> {
    on_virtual_time(async {
        let sandbox = fork_as(&Start::Empty.account(), Profile::Hostile);
        let layer = Layer::on(&sandbox, move |call| {
            (call.operation == create).then_some(Fault::Cut { effect: true })
        });
        let begun = Mutex::new(BTreeSet::<Addr>::new());
        let say = |event: Event| {
            let mut begun = begun.lock().expect("nobody panicked");
            match event {
                Event::Started { addr, action: Action::Create } => drop(begun.insert(addr)),
                Event::Done { addr, .. } => drop(begun.remove(&addr)),
                _ => {}
            }
        };
        let first = async {
            let account = open(layer.client(), &LANDING_ZONE).await;
            let (live, plan) = look(&account, &LANDING_ZONE, &prune()).await;
            apply(&account, &LANDING_ZONE.wanted, &live, &plan, &say, &Stop::default()).await
        };
        assert!(layer.until_cut(first).await.is_none(), "{create} was not reached");
        let account = open(sandbox.http_client(), &LANDING_ZONE).await;
        if journal {
            account.run.doubt(begun.into_inner().expect("nobody panicked"));
        }
        // What flaps between two reads of one look could not be read: it is held, and the run after that does it.
        for _ in 0..RUNS {
            let (live, plan) = look(&account, &LANDING_ZONE, &prune()).await;
            let stop = Stop::default();
            let outcome = apply(&account, &LANDING_ZONE.wanted, &live, &plan, &|_| {}, &stop).await;
            if !outcome.failed.is_empty() {
                return Some(format!("{:#?}", outcome.failed));
            }
            if outcome.is_success() {
                break;
            }
        }
        match settled(&sandbox).await {
            Ok(found) => difference(whole, &found),
            Err(problem) => Some(problem),
        }
    })
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_create_that_is_not_seen_yet_is_not_sent_again_by_the_next_run() {
    let whole = on_virtual_time(async {
        let sandbox = Start::Empty.account();
        assert!(run(sandbox.http_client(), &LANDING_ZONE).await.outcome.is_success());
        settled(&sandbox).await.expect("converged")
    });
    let mut twice = 0;
    for create in CREATES {
        assert_eq!(after_a_cut(create, true, &whole), None, "{create}");
        twice += usize::from(after_a_cut(create, false, &whole).is_some());
    }
    page::counted(
        "unseen",
        &format!(
            "{} creates: with the journal of the first run nothing is made twice; without it, and without any wait, {twice} are",
            CREATES.len()
        ),
    );
}
