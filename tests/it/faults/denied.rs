//! One operation is denied, whatever it is: nothing is guessed, and the rest goes on.

use std::collections::BTreeSet;

use baseline::plan::{Action, Plan};

use super::account::{LANDING_ZONE, Ran, look, on_virtual_time, open, prune, run};
use super::cuts::settled;
use super::layer::{Call, Fault, Layer};
use super::normal::{difference, normal};
use super::page;
use super::refusal::Refusal;
use super::start::Start;

const DENIED: Fault = Fault::Refuse { refusal: Refusal::Denied, effect: false };

/// Service and operation.
type Operation = (&'static str, &'static str);

fn deny(denied: Operation) -> impl FnMut(&Call) -> Option<Fault> + Send + 'static {
    move |call| ((call.service, call.operation) == denied).then_some(DENIED)
}

/// What the report says of a call: the service as IAM spells it, and the operation.
fn named(plan: &Plan, (_, operation): Operation) -> bool {
    let calls = plan.unreadable.values().chain(&plan.unlisted);
    calls.into_iter().any(|unread| unread.denied && unread.call.ends_with(&format!(":{operation}")))
}

#[test]
fn a_denied_read_is_named_and_nothing_is_guessed_in_its_place() {
    let (whole, world, reads) = on_virtual_time(async {
        let sandbox = Start::Empty.account();
        assert!(run(sandbox.http_client(), &LANDING_ZONE).await.outcome.is_success());
        let whole = settled(&sandbox).await.expect("converged");
        let layer = Layer::recording(&sandbox);
        let account = open(layer.client(), &LANDING_ZONE).await;
        look(&account, &LANDING_ZONE, &prune()).await;
        let reads: BTreeSet<Operation> =
            layer.calls().iter().map(|call| (call.service, call.operation)).collect();
        (whole, sandbox.with_world(|world| world.clone()), reads)
    });
    let reads: Vec<Operation> =
        reads.into_iter().filter(|(_, operation)| *operation != "GetCallerIdentity").collect();
    let mut unneeded = 0;
    for denied in &reads {
        on_virtual_time(async {
            let sandbox = super::account::of(&world);
            let layer = Layer::on(&sandbox, deny(*denied));
            let Ran { plan, outcome } = run(layer.client(), &LANDING_ZONE).await;
            // What is asked for ahead of need may turn out not to be needed.
            let needless = plan.is_complete() && plan.is_converged();
            unneeded += usize::from(needless);
            assert!(
                needless || !plan.is_complete() && named(&plan, *denied),
                "{denied:?}: {:#?} {:#?}",
                plan.unreadable,
                plan.unlisted
            );
            let guess = plan.steps.iter().find(|step| step.held.is_none());
            assert!(guess.is_none(), "{denied:?}: {guess:#?}");
            assert_eq!(layer.writes(), [], "{denied:?}: {outcome:#?}");
            assert_eq!(difference(&whole, &normal(&sandbox)), None, "{denied:?}");
        });
    }
    assert!(unneeded <= 1, "{unneeded} of {} reads are not needed", reads.len());
    for denied in &reads {
        on_virtual_time(async {
            let sandbox = Start::Empty.account();
            let layer = Layer::on(&sandbox, deny(*denied));
            let Ran { plan, outcome } = run(layer.client(), &LANDING_ZONE).await;
            let guessed = plan.steps.iter().find(|step| plan.unreadable.contains_key(&step.addr));
            assert!(guessed.is_none(), "{denied:?}: {guessed:#?}");
            assert!(plan.count(Action::Delete) == 0, "{denied:?}");
            assert!(!outcome.done.is_empty(), "{denied:?}: nothing else was done: {outcome:#?}");
            for (addr, message) in &outcome.failed {
                assert!(message.contains(denied.1), "{denied:?}: {addr} {message}");
            }
            let again = run(sandbox.http_client(), &LANDING_ZONE).await;
            assert!(again.outcome.is_success(), "{denied:?}: {:#?}", again.outcome);
            let found = settled(&sandbox).await.unwrap_or_else(|problem| panic!("{denied:?}: {problem}"));
            assert_eq!(difference(&whole, &found), None, "{denied:?}");
        });
    }
    page::counted(
        "denied-reads",
        &format!(
            "{} operations; on a converged account 0 writes, on an empty one the rest is done and a run without the denial ends as if there had been none",
            reads.len()
        ),
    );
}

#[test]
fn a_denied_write_is_named_and_holds_only_what_needs_it() {
    let (whole, writes) = on_virtual_time(async {
        let sandbox = Start::Empty.account();
        let layer = Layer::recording(&sandbox);
        assert!(run(layer.client(), &LANDING_ZONE).await.outcome.is_success());
        let writes: BTreeSet<Operation> =
            layer.writes().iter().map(|call| (call.service, call.operation)).collect();
        (settled(&sandbox).await.expect("converged"), writes)
    });
    for denied in &writes {
        on_virtual_time(async {
            let sandbox = Start::Empty.account();
            let layer = Layer::on(&sandbox, deny(*denied));
            let Ran { outcome, .. } = run(layer.client(), &LANDING_ZONE).await;
            assert!(!outcome.failed.is_empty(), "{denied:?}: nothing failed");
            for (addr, message) in &outcome.failed {
                assert!(message.contains(denied.1), "{denied:?}: {addr} {message}");
            }
            assert!(outcome.done.len() > 3, "{denied:?}: the rest was not done: {outcome:#?}");
            let again = run(sandbox.http_client(), &LANDING_ZONE).await;
            assert!(again.outcome.is_success(), "{denied:?}: {:#?}", again.outcome);
            let found = settled(&sandbox).await.unwrap_or_else(|problem| panic!("{denied:?}: {problem}"));
            assert_eq!(difference(&whole, &found), None, "{denied:?}");
        });
    }
    page::counted(
        "denied-writes",
        &format!(
            "{} operations; each is named, the rest is done, and a run without the denial ends as if there had been none",
            writes.len()
        ),
    );
}
