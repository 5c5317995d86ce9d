//! A VPC that somebody made is taken over: cut after any write, it goes on; and no moment on the way is worse than both ends.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aws_sdk_ec2::Client;
use baseline::plan::Choices;
use baseline::sandbox::world::World;
use baseline::sandbox::{Profile, Sandbox};

use super::account::{
    Declared, declared, empty, fork, fork_as, is_converged, look, of, on_virtual_time, open, run, until_quiet,
};
use super::between::{network_of, worse};
use super::layer::Layer;
use super::page;
use super::start::config;
use crate::least_privilege::{limit, printed};
use crate::taken_over::{Made, make};

/// An account with a VPC of somebody else, and the file that takes it over.
fn account() -> (Sandbox, String) {
    static MADE: OnceLock<(World, String)> = OnceLock::new();
    let (world, file) = MADE.get_or_init(|| {
        let make = std::thread::spawn(|| {
            on_virtual_time(async {
                let sandbox = empty();
                let made: Made = make(&Client::new(&config(&sandbox))).await;
                until_quiet().await;
                let file = format!("name = \"shop\"\nregion = \"us-east-1\"\n{}", made.file());
                (sandbox.with_world(|world| world.clone()), file)
            })
        });
        make.join().expect("the VPC cannot be made")
    });
    (of(world), file.clone())
}

/// Everything of the kinds that nobody must lose or get a second one of.
fn ids(sandbox: &Sandbox) -> BTreeSet<String> {
    sandbox.with_world(|world| {
        let ec2 = &world.region(super::account::ACCOUNT, "us-east-1").ec2;
        let vpcs = ec2.vpcs.keys().chain(ec2.subnets.keys()).chain(ec2.internet_gateways.keys());
        vpcs.chain(ec2.nat_gateways.keys()).cloned().collect()
    })
}

async fn settled(sandbox: &Sandbox, declared: &Declared, before: &BTreeSet<String>) -> Result<(), String> {
    until_quiet().await;
    is_converged(sandbox, declared).await?;
    let after = ids(sandbox);
    if after == *before { Ok(()) } else { Err(format!("{before:?} became {after:?}")) }
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn taking_over_may_be_cut_anywhere_and_no_moment_is_worse_than_both_ends() {
    let (sandbox, text) = account();
    let (file, before) = (declared(&text), ids(&sandbox));
    let moments = on_virtual_time(async {
        let layer = Layer::remembering(&sandbox, |_| None);
        let ran = run(layer.client(), &file).await;
        assert!(ran.outcome.is_success(), "{:#?}", ran.outcome);
        settled(&sandbox, &file, &before).await.expect("it is taken over");
        layer.moments()
    });
    assert!(moments.len() > 60, "{} writes are too few to mean anything", moments.len());
    let networks: Vec<_> = moments.iter().map(|moment| network_of(&moment.world)).collect();
    let (first, last) = (&networks[0], &networks[networks.len() - 1]);
    for (moment, (place, now)) in moments.iter().zip(networks.iter().enumerate()) {
        let what = moment.after.as_ref().map_or("nothing", |call| call.operation);
        let wrong = worse(first, now, last);
        assert!(wrong.is_empty(), "after {what} (write {place}): {wrong:#?}");
        let went_on = on_virtual_time(async {
            let account = fork(&moment.world);
            let ran = run(account.http_client(), &file).await;
            if !ran.outcome.is_success() {
                return Err(format!("{:#?}", ran.outcome));
            }
            settled(&account, &file, &before).await
        });
        assert_eq!(went_on, Ok(()), "cut after {what} (write {place})");
    }
    page::counted(
        "cuts-taken-over",
        &format!(
            "{} writes, {} accounts to go on from: all converge in one run",
            moments.len() - 1,
            moments.len()
        ),
    );
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn the_printed_policies_are_enough_to_take_over() {
    let (sandbox, text) = account();
    let (file, before) = (declared(&text), ids(&sandbox));
    for profile in [Profile::Instant, Profile::Realistic] {
        on_virtual_time(async {
            let sandbox = fork_as(&sandbox, profile);
            limit(&sandbox, &printed(&text, "plan", &[]));
            let account = open(sandbox.http_client(), &file).await;
            let (_, plan) = look(&account, &file, &Choices::default()).await;
            assert!(plan.is_complete(), "{:#?} {:#?}", plan.unreadable, plan.unlisted);
            limit(&sandbox, &printed(&text, "apply", &["--deletions"]));
            let ran = run(sandbox.http_client(), &file).await;
            assert!(ran.outcome.is_success(), "{profile:?}: {:#?}", ran.outcome);
            settled(&sandbox, &file, &before)
                .await
                .unwrap_or_else(|problem| panic!("{profile:?}: {problem}"));
        });
    }
}
