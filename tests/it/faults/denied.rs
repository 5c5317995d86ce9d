//! One operation is denied, whatever it is: nothing is guessed, and the rest goes on.

use std::collections::BTreeSet;

use baseline::operations::{action, is_known};
use baseline::plan::{Action, Plan, Why};
use baseline::report::{Command, Heading, text};

use super::account::{ACCOUNT, LANDING_ZONE, Ran, look, on_virtual_time, open, prune, run};
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

/// Whether a person reads in the report which IAM action is missing, and on which resource.
fn named(plan: &Plan, denied: Operation) -> bool {
    let shown = text::plan(&heading(), plan, 10_000);
    let reads = plan.unreadable.iter().map(|(addr, unread)| (addr.kind(), unread));
    let reads = reads.chain(plan.unlisted.iter().map(|unread| ("", unread)));
    let mut reads = reads
        .filter(|(_, unread)| unread.why == Why::Denied && unread.call.ends_with(&format!(":{}", denied.1)));
    reads.next().is_some_and(|(kind, _)| says_what_to_allow(&shown, kind, denied))
}

/// Whether a text says `allow ACTION on RESOURCE`, as the IAM reference spells the action and the resource.
fn says_what_to_allow(text: &str, kind: &str, (service, operation): Operation) -> bool {
    // As the service signs, and as IAM calls it.
    let service = match service {
        "tagging" => "tag",
        "monitoring" => "cloudwatch",
        same => same,
    };
    let action = action(service, operation);
    let Some((_, rest)) = text.split_once(&format!("allow {action} on ")) else { return false };
    let resource = rest.split(|c: char| c == ',' || c.is_whitespace()).next().unwrap_or_default();
    assert!(kind.is_empty() || is_known(&action), "{action} is no action of {kind}");
    resource == "*" || resource.starts_with("arn:aws:")
}

fn heading() -> Heading {
    Heading {
        command: Command::Plan,
        file: "landing-zone.toml".into(),
        baseline: "landing-zone".into(),
        account: ACCOUNT.into(),
        region: "us-east-1".into(),
        endpoints: Vec::new(),
    }
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
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
    let (mut unneeded, mut narrow) = (0, 0);
    for denied in &reads {
        on_virtual_time(async {
            let sandbox = super::account::of(&world);
            let layer = Layer::on(&sandbox, deny(*denied));
            let Ran { plan, outcome } = run(layer.client(), &LANDING_ZONE).await;
            // What is asked for ahead of need may turn out not to be needed.
            let needless = plan.is_complete() && plan.is_converged();
            unneeded += usize::from(needless);
            narrow +=
                usize::from(plan.unreadable.values().any(|unread| unread.lacking.contains(" on arn:aws:")));
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
    assert!(narrow > 10, "only {narrow} of {} denials name a thing", reads.len());
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
            "{} operations, each named as IAM does, on what it is missing ({narrow} on single things, where AWS tells them apart); on a converged account 0 writes, on an empty one the rest is done and a run without the denial ends as if there had been none",
            reads.len()
        ),
    );
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
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
                assert!(says_what_to_allow(message, addr.kind(), *denied), "{denied:?}: {addr} {message}");
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
            "{} operations; each is named as IAM does, with the resource, the rest is done, and a run without the denial ends as if there had been none",
            writes.len()
        ),
    );
}
