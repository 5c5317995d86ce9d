//! This crate's own kinds converge on the sandbox's network: made, read back, changed, and deleted.

use crate::aws::{Account, Mode, Options};
use crate::engine::{Stop, apply, observe, rules};
use crate::kinds::kind;
use crate::model::{Addr, Origin, Want, Wanted};
use crate::plan::{Choices, plan};
use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

/// A whole network: every kind of it, each in one example that refers to the others.
const NETWORK: &[&str] = &[
    "ec2.availability-zone",
    "ec2.vpc",
    "ec2.subnet",
    "ec2.internet-gateway",
    "ec2.egress-only-internet-gateway",
    "ec2.route-table",
    "ec2.elastic-ip",
    "ec2.nat-gateway",
    "ec2.security-group",
    "ec2.network-acl",
];

fn addr(kind: &str) -> Addr {
    Addr::new(kind, if kind == "ec2.availability-zone" { "a" } else { "main" })
}

/// The network with the second example of one kind.
fn network(kinds: &[&str], varied: &str) -> Wanted {
    let want = |name: &&str| {
        let value = kind(name).unwrap().example(u8::from(*name == varied)).unwrap();
        // A NAT gateway needs the way to the internet from its first moment (NET-5).
        let after = if *name == "ec2.nat-gateway" { vec![addr("ec2.internet-gateway")] } else { vec![] };
        (addr(name), Want { value, after: after.into_iter().collect(), origin: Origin::default() })
    };
    Wanted { things: kinds.iter().map(want).collect(), ..Wanted::default() }
}

async fn account(sandbox: &Sandbox) -> Account {
    let options = Options {
        tags: [].into(),
        region: super::REGION.to_owned(),
        profile: None,
        baseline: "kinds".to_owned(),
        mode: Mode::ReadWrite,
        http_override: None,
    };
    Account::from_config(&config(sandbox, super::REGION), &options).await.unwrap()
}

async fn converge(account: &Account, wanted: &Wanted, choices: &Choices, when: &str) {
    let live = observe(account, wanted).await;
    let todo = plan(wanted, &live, &rules, choices).unwrap();
    let outcome = apply(account, wanted, &live, &todo, &|_| {}, &Stop::default()).await;
    assert!(outcome.is_success(), "{when}: {outcome:#?}");
    let live = observe(account, wanted).await;
    let left = plan(wanted, &live, &rules, choices).unwrap();
    assert!(left.is_complete() && left.is_converged(), "{when}: {:#?} {:#?}", left.steps, left.unreadable);
}

#[tokio::test]
async fn every_kind_of_the_network_is_made_changed_and_deleted() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let account = account(&sandbox).await;
    let choices = Choices::default();
    converge(&account, &network(NETWORK, ""), &choices, "made").await;
    let writes = account.trace.counts().writes;
    converge(&account, &network(NETWORK, ""), &choices, "unchanged").await;
    assert_eq!(account.trace.counts().writes, writes, "a second apply wrote");
    // A gateway is not detached while public addresses need it: it has a test of its own.
    for varied in NETWORK.iter().filter(|name| **name != "ec2.internet-gateway") {
        converge(&account, &network(NETWORK, varied), &choices, &format!("{varied} changed")).await;
        converge(&account, &network(NETWORK, ""), &choices, &format!("{varied} changed back")).await;
    }
    let all = NETWORK.iter().map(|name| addr(name)).collect();
    let prune = Choices { prune: true, destroy: all };
    converge(&account, &Wanted::default(), &prune, "deleted").await;
    sandbox.with_world(|world| {
        let ec2 = &world.region(super::DEFAULT_ACCOUNT, super::REGION).ec2;
        assert_eq!((ec2.vpcs.len(), ec2.internet_gateways.len(), ec2.addresses.len()), (1, 1, 0));
        assert_eq!((ec2.network_acls.len(), ec2.route_tables.len(), ec2.security_groups.len()), (1, 1, 1));
        assert!(ec2.network_interfaces.is_empty() && ec2.subnets.len() == 3);
    });
}

#[tokio::test]
async fn a_flow_log_is_made_once_and_deleted() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let account = account(&sandbox).await;
    super::flow_log::bucket(&sandbox, super::DEFAULT_ACCOUNT, "example-flow-logs").await;
    let (kinds, choices) = (["ec2.vpc", "ec2.flow-log"], Choices::default());
    converge(&account, &network(&kinds, ""), &choices, "made").await;
    let writes = account.trace.counts().writes;
    converge(&account, &network(&kinds, ""), &choices, "unchanged").await;
    assert_eq!(account.trace.counts().writes, writes, "a second apply wrote");
    let prune = Choices { prune: true, destroy: [addr("ec2.flow-log")].into() };
    converge(&account, &network(&["ec2.vpc"], ""), &prune, "deleted").await;
}

#[tokio::test]
async fn a_gateway_is_detached_and_attached_again() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let account = account(&sandbox).await;
    let kinds = ["ec2.vpc", "ec2.internet-gateway"];
    for (varied, when) in [("", "made"), ("ec2.internet-gateway", "detached"), ("", "attached again")] {
        converge(&account, &network(&kinds, varied), &Choices::default(), when).await;
    }
}
