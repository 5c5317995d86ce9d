//! Blocks of `baseline block`: cut at every write, with every answer lost, two people at once, beside an apply, and over time.

use std::collections::BTreeMap;
use std::time::Duration;

use baseline::aws::{Account, Error};
use baseline::block::{Block, Standing};
use baseline::kinds::ec2_network_acl_blocks::{BlockedAcl, blocked_acls, settle, tag, time};
use baseline::plan::Plan;
use baseline::sandbox::Sandbox;

use super::account::{
    Declared, declared, empty, fork, is_converged, look, on_virtual_time, open, prune, run, until_quiet,
};
use super::chance::Chance;
use super::layer::{Call, Fault, Layer};
use super::normal::{difference, normal};
use super::refusal::Refusal;
use super::{page, seeds};

fn file(ports: &str) -> Declared {
    declared(&format!(
        "name = \"shop\"\nregion = \"us-east-1\"\n[account]\nregions = [\"us-east-1\"]\n\
         [network]\ncidr = \"10.20.0.0/16\"\nzones = 1\nflow_logs = false\n\
         [network.tier.web]\npublic = true\naccept = [{{ from = \"internet\", port = {ports} }}]\n\
         [network.tier.db]\naccept = [{{ from = \"web\", port = 5432 }}]\n"
    ))
}

const ATTACKER: &str = "198.51.100.0/24";
const OTHER: &str = "203.0.113.7/32";

/// The account with that network.
async fn applied(declared: &Declared) -> Sandbox {
    let sandbox = empty();
    assert!(run(sandbox.http_client(), declared).await.outcome.is_success());
    sandbox
}

async fn web(account: &Account) -> Result<BlockedAcl, Error> {
    let acls = blocked_acls(account).await?;
    Ok(acls.into_iter().find(|acl| acl.addr.name() == "web").expect("the tier has an ACL"))
}

/// Blocks a range for so many hours, or ends its block with none.
async fn block(layer: &Layer, range: &str, hours: i64) -> Result<(), Error> {
    let account = open(layer.client(), &file("443")).await;
    let acl = web(&account).await?;
    let now = time(&account).expect("every answer has a date");
    let block = Block {
        range: range.parse().expect("a range"),
        until: now + Duration::from_secs(hours.unsigned_abs() * 3600),
        by: "alice".to_owned(),
        reason: "test".to_owned(),
    };
    tag(&account, &acl.id, &[block]).await?;
    settle(&account, &acl.id).await.map(|_| ())
}

/// What stands on the ACL of the tier: blocks with how far they have come, and how many entries deny their ranges.
async fn standing(sandbox: &Sandbox) -> BTreeMap<String, (Standing, usize)> {
    let account = open(sandbox.http_client(), &file("443")).await;
    let acl = web(&account).await.expect("it is read").acl;
    let of = |range| acl.entries.iter().filter(|entry| entry.denies == Some(range)).count();
    let kept = acl.kept(time(&account));
    let mut all: BTreeMap<String, (Standing, usize)> = kept
        .iter()
        .map(|kept| (kept.block.range.to_string(), (kept.standing, of(kept.block.range))))
        .collect();
    for range in [ATTACKER, OTHER] {
        let entries = of(range.parse().expect("a range"));
        if entries > 0 {
            all.entry(range.to_owned()).or_insert((Standing::Ended, entries));
        }
    }
    all
}

fn holds(range: &str) -> (String, (Standing, usize)) {
    (range.to_owned(), (Standing::Holds, 2))
}

/// A block, or the end of one, as a run leaves it that nothing disturbs.
fn undisturbed(hours: i64) -> (Sandbox, Layer) {
    on_virtual_time(async {
        let sandbox = applied(&file("443")).await;
        if hours == 0 {
            block(&Layer::recording(&sandbox), ATTACKER, 24).await.expect("it is blocked");
        }
        let before = fork(&sandbox);
        let layer = Layer::remembering(&sandbox, |_| None);
        block(&layer, ATTACKER, hours).await.expect("nothing disturbs it");
        (before, layer)
    })
}

#[test]
fn whatever_is_left_of_a_block_or_of_its_end_the_next_run_finishes() {
    let mut counts = Vec::new();
    for (hours, what) in [(24, "a block"), (0, "its end")] {
        let (_, layer) = undisturbed(hours);
        let moments = layer.moments();
        for (number, moment) in moments.iter().enumerate() {
            // The tag comes first, so it alone says what is to be.
            let begun = number > 0;
            let expected: BTreeMap<_, _> =
                [holds(ATTACKER)].into_iter().filter(|_| (hours > 0) == begun).collect();
            on_virtual_time(async {
                let account = fork(&moment.world);
                let ran = run(account.http_client(), &file("443")).await;
                assert!(ran.outcome.is_success(), "{what}, moment {number}: {:#?}", ran.outcome);
                is_converged(&account, &file("443"))
                    .await
                    .unwrap_or_else(|problem| panic!("{what} {number}: {problem}"));
                assert_eq!(standing(&account).await, expected, "{what}, moment {number}, then an apply");
            });
            on_virtual_time(async {
                let account = fork(&moment.world);
                block(&Layer::recording(&account), ATTACKER, hours).await.expect("it goes on");
                let expected: BTreeMap<_, _> = [holds(ATTACKER)].into_iter().filter(|_| hours > 0).collect();
                assert_eq!(
                    standing(&account).await,
                    expected,
                    "{what}, moment {number}, then the same again"
                );
            });
        }
        counts.push(format!(
            "{what}: {} writes, {} accounts to go on from",
            moments.len() - 1,
            moments.len()
        ));
    }
    page::counted(
        "blocks-cuts",
        &format!("{}; an apply or the same command finishes each", counts.join("; ")),
    );
}

#[test]
fn a_lost_answer_leaves_no_entry_twice() {
    let mut tried = 0;
    for hours in [24, 0] {
        let (before, layer) = undisturbed(hours);
        let writes = layer.writes().len();
        let faults = [
            Fault::Reset { effect: true },
            Fault::Reset { effect: false },
            Fault::Silence { effect: true },
            Fault::Refuse { refusal: Refusal::Broken, effect: true },
            Fault::Refuse { refusal: Refusal::Unavailable, effect: false },
        ];
        for write in 0..writes {
            for fault in faults {
                on_virtual_time(async {
                    let account = fork(&before);
                    let layer =
                        Layer::on(&account, move |call: &Call| (call.write == Some(write)).then_some(fault));
                    block(&layer, ATTACKER, hours)
                        .await
                        .unwrap_or_else(|error| panic!("{write} {fault:?}: {error}"));
                    let expected: BTreeMap<_, _> =
                        [holds(ATTACKER)].into_iter().filter(|_| hours > 0).collect();
                    assert_eq!(standing(&account).await, expected, "write {write}, {fault:?}");
                });
                tried += 1;
            }
        }
    }
    page::counted(
        "blocks-answers",
        &format!(
            "{tried} answers lost or refused for a while: each range is denied once a direction, or not at all"
        ),
    );
}

/// A way to the account on which every call takes a time of its own.
fn slow_way(sandbox: &Sandbox, who: u64, seed: u64) -> Layer {
    let mut chance = Chance::new(seed * 3 + who);
    Layer::on(sandbox, move |_| Some(Fault::Late(Duration::from_millis(chance.below(400) as u64))))
}

#[test]
fn two_people_and_an_apply_at_once_get_what_each_of_them_asked_for() {
    const ORDERS: u64 = 300;
    seeds::all(ORDERS, |seed| {
        on_virtual_time(async {
            let sandbox = applied(&file("443")).await;
            let ways = [0, 1, 2].map(|who| slow_way(&sandbox, who, seed));
            let wider = file("8443");
            // Without the lock, as --now does it.
            let (one, other, ran) = tokio::join!(
                block(&ways[0], ATTACKER, 24),
                block(&ways[1], OTHER, 24),
                run(ways[2].client(), &wider)
            );
            one.unwrap_or_else(|error| panic!("order {seed}: {error}"));
            other.unwrap_or_else(|error| panic!("order {seed}: {error}"));
            assert!(ran.outcome.is_success(), "order {seed}: {:#?}", ran.outcome);
            let expected: BTreeMap<_, _> = [holds(ATTACKER), holds(OTHER)].into();
            assert_eq!(standing(&sandbox).await, expected, "order {seed}");
            is_converged(&sandbox, &wider).await.unwrap_or_else(|problem| panic!("order {seed}: {problem}"));
        });
    });
    page::counted(
        "blocks-two",
        &format!("{ORDERS} orders of two blocks and an apply at once: both hold, and the next plan is empty"),
    );
}

#[test]
fn a_block_is_no_drift_while_it_holds_and_the_first_apply_after_it_removes_it() {
    on_virtual_time(async {
        let shop = file("443");
        let sandbox = applied(&shop).await;
        let without = normal(&sandbox);
        block(&Layer::recording(&sandbox), ATTACKER, 24).await.expect("it is blocked");
        let plan =
            async || -> Plan { look(&open(sandbox.http_client(), &shop).await, &shop, &prune()).await.1 };

        tokio::time::sleep(Duration::from_secs(23 * 3600)).await;
        let held = plan().await;
        assert!(held.is_converged(), "{:#?}", held.steps);
        let told: Vec<_> =
            held.findings.iter().filter(|finding| finding.message.contains(ATTACKER)).collect();
        assert!(
            told.iter().any(|finding| finding.message.contains("by alice: test")),
            "{:#?}",
            held.findings
        );

        tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
        let over = plan().await;
        assert_eq!(over.steps.len(), 1, "{:#?}", over.steps);
        let step = format!("{:?}", over.steps[0]);
        assert!(step.contains("198.51.100.0/24 (has ended and is still there)"), "{step}");
        assert!(run(sandbox.http_client(), &shop).await.outcome.is_success());
        until_quiet().await;
        assert_eq!(standing(&sandbox).await, BTreeMap::new());
        is_converged(&sandbox, &shop).await.expect("nothing is left to do");
        assert_eq!(difference(&without, &normal(&sandbox)), None, "a block leaves nothing behind");
    });
}
