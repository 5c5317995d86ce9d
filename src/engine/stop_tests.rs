//! Ctrl-C at any moment of an apply, in virtual time.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::testing::{Network, account};
use super::{Stop, apply, observe, rules};
use crate::aws::Account;
use crate::language::{Baseline, Place, Source};
use crate::model::{Addr, Origin, Ref, Value, Want, Wanted};
use crate::plan::{Action, Choices, Live, Plan, Step, plan};
use crate::sandbox::world::DEFAULT_ACCOUNT;
use crate::sandbox::{Profile, Sandbox};

const SMALL: &str = r#"
name   = "test"
region = "eu-west-1"

[kms_key.trail]
[bucket.trail-logs]
[cloudtrail]
bucket  = "trail-logs"
kms_key = "trail"

[network]
cidr  = "10.20.0.0/16"
zones = 2

[network.tier.web]
public = true
accept = [{ from = "internet", port = 443 }]
"#;

fn wanted() -> Wanted {
    let source = Source { name: "test.toml".to_owned(), text: SMALL.to_owned() };
    let (baseline, problems) = Baseline::parse(&source);
    let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}"));
    baseline.expand(&Place { account: DEFAULT_ACCOUNT, partition: "aws" }).unwrap()
}

async fn look(account: &Account, wanted: &Wanted) -> (Live, Plan) {
    let live = observe(account, wanted).await;
    let plan = plan(wanted, &live, &rules, &Choices::default()).unwrap();
    (live, plan)
}

async fn open(sandbox: &Sandbox, seed: u64) -> Account {
    let mut network = Network::new(sandbox, seed, 0);
    network.slow = 300;
    account(&network).await
}

#[tokio::test(start_paused = true)]
async fn a_stop_at_any_moment_ends_an_apply_within_five_seconds_and_the_next_one_goes_on() {
    let wanted = wanted();
    for seconds in [1, 2, 3, 5, 8, 13, 21, 34] {
        let sandbox = Sandbox::new(Profile::Realistic, seconds);
        let first = open(&sandbox, seconds).await;
        let (live, plan) = look(&first, &wanted).await;
        let stop = Stop::default();
        let asks = async {
            sleep(Duration::from_secs(seconds)).await;
            stop.set();
            (Instant::now(), first.trace.counts().writes)
        };
        let work = async {
            let outcome = apply(&first, &wanted, &live, &plan, &|_| {}, &stop).await;
            (outcome, Instant::now(), first.trace.counts().writes)
        };
        let ((asked, sent), (outcome, ended, sent_in_all)) = futures::join!(asks, work);
        if !outcome.interrupted.is_empty() {
            assert!(ended - asked < Duration::from_secs(5), "{seconds} s: took {:?}", ended - asked);
            assert_eq!(sent, sent_in_all, "{seconds} s: a write was sent after the stop");
        }
        assert!(outcome.failed.is_empty() && outcome.held.is_empty(), "{seconds} s: {outcome:#?}");
        let told = outcome.done.iter().map(|(addr, _)| addr).chain(&outcome.interrupted);
        let told: BTreeSet<&Addr> = told.collect();
        let steps: BTreeSet<&Addr> = plan.steps.iter().map(|step| &step.addr).collect();
        assert_eq!(told, steps, "{seconds} s: every step is either done or interrupted");

        sleep(Duration::from_secs(60)).await;
        let second = open(&sandbox, seconds + 100).await;
        let (live, plan) = look(&second, &wanted).await;
        let outcome = apply(&second, &wanted, &live, &plan, &|_| {}, &Stop::default()).await;
        assert!(outcome.is_success(), "{seconds} s, again: {outcome:#?}");
        sleep(Duration::from_secs(60)).await;
        let (_, plan) = look(&second, &wanted).await;
        assert!(plan.is_complete() && plan.is_converged(), "{seconds} s: {:#?}", plan.steps);
        let vpcs = sandbox.with_world(|world| world.region(DEFAULT_ACCOUNT, "eu-west-1").ec2.vpcs.len());
        // The one that comes with the region, and ours.
        assert_eq!(vpcs, 2, "{seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn steps_that_wait_for_each_other_are_a_bug_and_not_an_interruption() {
    let vpc = |name: &str| Addr::new("ec2.vpc", name);
    let naming = |other: &str| {
        let reference = Value::Ref(Ref { addr: vpc(other), output: "id".into() });
        let value = Value::Map([("cidr".to_owned(), reference)].into());
        Want { value, after: BTreeSet::new(), origin: Origin::default() }
    };
    let wanted =
        Wanted { things: [(vpc("a"), naming("b")), (vpc("b"), naming("a"))].into(), ..Wanted::default() };
    let step = |name: &str| Step {
        addr: vpc(name),
        action: Action::Create,
        changes: Vec::new(),
        held: None,
        origin: Origin::default(),
    };
    let plan = Plan { steps: vec![step("a"), step("b")], ..Plan::default() };
    let account = open(&Sandbox::new(Profile::Instant, 1), 1).await;
    let outcome = apply(&account, &wanted, &Live::default(), &plan, &|_| {}, &Stop::default()).await;
    assert!(outcome.interrupted.is_empty(), "{outcome:#?}");
    assert_eq!(outcome.failed.len(), 2);
    assert!(outcome.failed[0].1.contains("bug of baseline"), "{outcome:#?}");
}
