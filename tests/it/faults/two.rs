//! Two applies to one account at once, in many orders.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use baseline::engine::lock::{Lock, LockError, Terms};
use baseline::engine::{Outcome, Stop, apply};
use baseline::sandbox::{START, Sandbox};

use super::account::{Declared, declared, empty, is_converged, look, on_virtual_time, open, prune, run};
use super::chance::Chance;
use super::layer::{Fault, Layer};
use super::normal::{difference, normal};
use super::{page, seeds};

/// Things with and without names of their own.
const FILE: &str = "name = \"two\"\nregion = \"us-east-1\"\n[password_policy]\nmin_length = 14\n\
                    [kms_key.data]\nrotation_days = 365\n\
                    [network]\ncidr = \"10.20.0.0/16\"\nzones = 1\nflow_logs = false\n\
                    [network.tier.web]\npublic = true\naccept = [{ from = \"internet\", port = 443 }]\n";

/// Which run sent a write.
type Writes = Arc<Mutex<Vec<usize>>>;

/// A way to the account on which every call takes a time of its own.
fn slow_way(sandbox: &Sandbox, who: usize, seed: u64, writes: &Writes) -> Layer {
    let (mut chance, writes) = (Chance::new(seed * 2 + who as u64), Arc::clone(writes));
    Layer::on(sandbox, move |call| {
        if call.write.is_some() && call.service != "ssm" {
            writes.lock().expect("nobody panicked").push(who);
        }
        Some(Fault::Late(Duration::from_millis(chance.below(400) as u64)))
    })
}

/// One run as `baseline apply` does it: look, take the lock, look again, carry out, release.
async fn locked(
    layer: &Layer,
    declared: &Declared,
    name: &str,
    wait: Duration,
) -> Result<Outcome, LockError> {
    let account = open(layer.client(), declared).await;
    look(&account, declared, &prune()).await;
    let stop = Stop::default();
    let nobody_is_dead = |_: &str| false;
    let terms = Terms { run: name, wait, clock: || START, is_dead: &nobody_is_dead, stop: &stop };
    let mut lock = Lock::take(&account, &terms, &|_| {}).await?;
    let (live, plan) = look(&account, declared, &prune()).await;
    let work = apply(&account, &declared.wanted, &live, &plan, &|_| {}, &stop);
    let outcome = lock.during(work, &stop).await;
    assert_eq!(lock.lost(), None);
    lock.release(&stop).await.expect("it is released");
    Ok(outcome)
}

/// How two applies went.
struct Order {
    /// Which of them wrote.
    first: usize,
    /// Whether the other stopped instead of waiting.
    stopped: bool,
}

/// Two applies at once, in the order of a seed.
fn in_order(seed: u64, declared: &Declared, whole: &[String]) -> Order {
    on_virtual_time(async {
        let (sandbox, writes) = (empty(), Writes::default());
        let ways = [0, 1].map(|who| slow_way(&sandbox, who, seed, &writes));
        // One in four does not wait.
        let wait = Duration::from_secs(if seed.is_multiple_of(4) { 0 } else { 900 });
        let (one, other) =
            tokio::join!(locked(&ways[0], declared, "one", wait), locked(&ways[1], declared, "other", wait));
        let (mut done, mut stopped) = (0, false);
        for ended in [one, other] {
            match ended {
                Ok(outcome) => {
                    assert!(outcome.is_success(), "order {seed}: {outcome:#?}");
                    done += 1;
                }
                Err(LockError::Held(holder)) => {
                    stopped = true;
                    assert!(
                        wait.is_zero() && holder.arn.contains("123456789012"),
                        "order {seed}: {holder:?}"
                    );
                }
                Err(error) => panic!("order {seed}: {error}"),
            }
        }
        assert!(done >= 1, "order {seed}: nobody did it");
        let writes: BTreeSet<usize> = writes.lock().expect("nobody panicked").iter().copied().collect();
        assert_eq!(writes.len(), 1, "order {seed}: both wrote, the second with nothing to do");
        is_converged(&sandbox, declared).await.unwrap_or_else(|problem| panic!("order {seed}: {problem}"));
        assert_eq!(difference(whole, &normal(&sandbox)), None, "order {seed}");
        Order { first: *writes.first().expect("one of them"), stopped }
    })
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn two_applies_at_once_wait_for_each_other_in_every_order() {
    let orders = 1000;
    let declared = declared(FILE);
    let whole = on_virtual_time(async {
        let sandbox = empty();
        assert!(run(sandbox.http_client(), &declared).await.outcome.is_success());
        normal(&sandbox)
    });
    let orders_of = seeds::all(orders, |seed| in_order(seed, &declared, &whole));
    let stopped = orders_of.iter().filter(|order| order.stopped).count();
    let first: BTreeSet<usize> = orders_of.iter().map(|order| order.first).collect();
    assert!(stopped > 0, "nobody ever stopped");
    assert_eq!(first.len(), 2, "it is always the same one that comes first");
    page::counted(
        "two",
        &format!(
            "{orders} orders of calls: one writes at a time, the other waits or, where it is not to wait, stops with the holder named; nothing is there twice"
        ),
    );
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn what_two_applies_without_a_lock_make_twice_is_shown_and_not_deleted() {
    let declared = declared(FILE);
    let (mut doubled, orders) = (0, 12);
    for seed in 0..orders {
        on_virtual_time(async {
            let (sandbox, writes) = (empty(), Writes::default());
            let ways = [0, 1].map(|who| slow_way(&sandbox, who, seed, &writes));
            tokio::join!(run(ways[0].client(), &declared), run(ways[1].client(), &declared));
            let account = open(sandbox.http_client(), &declared).await;
            let (_, plan) = look(&account, &declared, &super::account::prune()).await;
            let vpcs = sandbox.with_world(|world| {
                let ours = |tags: &str| tags.contains("ec2.vpc.main");
                let ec2 = &world.region(super::account::ACCOUNT, "us-east-1").ec2;
                ec2.vpcs.keys().filter(|id| ours(&format!("{:?}", ec2.tags.get(*id)))).count()
            });
            let shown = plan.undeclared.iter().map(|thing| thing.addr.to_string());
            let deleted = plan.steps.iter().map(|step| step.addr.to_string());
            let shown =
                shown.chain(deleted).filter(|addr| addr.starts_with("ec2.vpc.main.duplicate")).count();
            assert_eq!(shown, vpcs - 1, "order {seed}: {vpcs} VPCs: {plan:#?}");
            doubled += vpcs - 1;
        });
    }
    page::counted(
        "two-unlocked",
        &format!(
            "{orders} orders with --no-lock: {doubled} VPCs were made twice, every one of them is shown by the next plan"
        ),
    );
}
