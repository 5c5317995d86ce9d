//! Refusals that no waiting mends, and waits that say what they are for: in virtual time.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::testing::{Network, account};
use super::{Event, Outcome, Stop, apply, observe, rules};
use crate::aws::Account;
use crate::kinds::iam_group::Group;
use crate::language::{Baseline, Place, Source};
use crate::model::{Addr, Origin, ResourceSpec, Want, Wanted, erase};
use crate::plan::{Choices, plan};
use crate::sandbox::world::DEFAULT_ACCOUNT;
use crate::sandbox::{Profile, Sandbox};

pub(super) fn wanted(text: &str) -> Wanted {
    let text = format!("name = \"test\"\nregion = \"eu-west-1\"\n{text}");
    let (baseline, problems) = Baseline::parse(&Source { name: "test.toml".to_owned(), text });
    let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}"));
    baseline.expand(&Place { account: DEFAULT_ACCOUNT, partition: "aws" }).unwrap()
}

pub(super) async fn open(profile: Profile) -> Account {
    let mut network = Network::new(&Sandbox::new(profile, 1), 1, 0);
    network.slow = 50;
    account(&network).await
}

/// Plans and applies; how it ended, how long it took, and the waits that were told.
pub(super) async fn run(
    account: &Account,
    wanted: &Wanted,
    choices: &Choices,
) -> (Outcome, Duration, Vec<String>) {
    let live = observe(account, wanted).await;
    let plan = plan(wanted, &live, &rules, choices).unwrap();
    let waits = Mutex::new(Vec::new());
    let say = |event: Event| {
        if let Event::Waiting { addr, reason, waited } = event {
            waits.lock().unwrap().push(format!("{addr}: {reason} ({} s)", waited.as_secs()));
        }
    };
    let began = Instant::now();
    let outcome = apply(account, wanted, &live, &plan, &say, &Stop::default()).await;
    (outcome, began.elapsed(), waits.into_inner().unwrap())
}

/// The one failure.
fn failure(outcome: &Outcome) -> &str {
    assert_eq!(outcome.failed.len(), 1, "{outcome:#?}");
    &outcome.failed[0].1
}

#[tokio::test(start_paused = true)]
async fn what_the_file_names_and_nobody_has_is_told_at_once() {
    let role = wanted(
        "[role.audit]\ntrusted_by = { services = [\"ec2.amazonaws.com\"] }\npolicies = [\"arn:aws:iam::aws:policy/Gone\"]\n",
    );
    let members = BTreeSet::from(["left.us".to_owned()]);
    let group = Group {
        group: "guarded".into(),
        inline: [].into_iter().collect(),
        managed: Default::default(),
        members: Some(members.into_iter().collect()),
    };
    let addr = Addr::new(Group::KIND, "guarded");
    let want = Want { value: erase(&group).unwrap(), after: BTreeSet::new(), origin: Origin::default() };
    let group = Wanted { things: [(addr, want)].into(), ..Wanted::default() };
    for (wanted, named) in [(role, "policy/Gone"), (group, "left.us")] {
        let account = open(Profile::Realistic).await;
        let (outcome, took, _) = run(&account, &wanted, &Choices::default()).await;
        let told = failure(&outcome);
        assert!(told.contains("NoSuchEntity") && told.contains(named), "{told}");
        assert!(
            told.ends_with("create what is named there, or change the file, then run apply again"),
            "{told}"
        );
        assert!(took < Duration::from_secs(60), "{named}: waited {took:?} for what never comes");
    }
}

pub(super) const NETWORK: &str = "[network]\ncidr = \"10.20.0.0/16\"\nzones = 1\nflow_logs = false\n[network.tier.web]\npublic = true\naccept = [{ from = \"internet\", port = 443 }]\n";

#[tokio::test(start_paused = true)]
async fn the_block_of_public_images_is_sent_once_and_waited_for() {
    let account = open(Profile::Realistic).await;
    let wanted = wanted("[account]\nblock_public_images = true\n");
    let (outcome, took, waits) = run(&account, &wanted, &Choices::default()).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    assert!(took > Duration::from_secs(55), "the account shows it at once: {took:?}");
    let calls = account.trace.counts().calls;
    let sent: u64 = calls
        .iter()
        .filter(|((_, operation), _)| operation == "EnableImageBlockPublicAccess")
        .map(|(_, count)| *count)
        .sum();
    assert_eq!(sent, 1);
    assert!(waits.iter().any(|wait| wait.contains("to see what was written at state")), "{waits:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_keeps_a_subnet_from_being_deleted_is_named() {
    let account = open(Profile::Realistic).await;
    let (outcome, ..) = run(&account, &wanted(NETWORK), &Choices::default()).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    let subnets = account.ec2.describe_subnets().send().await.unwrap();
    let ours = subnets.subnets().iter().find(|subnet| !subnet.default_for_az().unwrap_or_default()).unwrap();
    account
        .ec2
        .run_instances()
        .image_id("ami-0a1b2c3d4e5f60718")
        .instance_type("t3.micro".into())
        .subnet_id(ours.subnet_id().unwrap())
        .min_count(1)
        .max_count(1)
        .send()
        .await
        .unwrap();
    let prune = Choices { prune: true, ..Choices::default() };
    let (outcome, _, waits) = run(&account, &wanted(""), &prune).await;
    let told = &outcome.failed.iter().find(|(addr, _)| addr.kind() == "ec2.subnet").unwrap().1;
    assert!(told.contains("it is used by the network interface eni-"), "{told}");
    assert!(
        waits.iter().any(|wait| wait.starts_with("ec2.subnet.") && wait.contains("DependencyViolation")),
        "{waits:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_the_organization_keeps_as_declared_is_in_sync() {
    for (declared, in_sync) in [("block_public_images = false", true), ("block_public_images = true", false)]
    {
        let sandbox = Sandbox::new(Profile::Realistic, 1);
        sandbox.with_world(|world| {
            world.region(DEFAULT_ACCOUNT, "eu-west-1").ec2.settings.by_policy = true;
        });
        let mut network = Network::new(&sandbox, 1, 0);
        network.slow = 50;
        let account = account(&network).await;
        let mut wanted = wanted(&format!("[account]\n{declared}\n"));
        wanted.things.retain(|addr, _| addr.kind() == "ec2.image-public-access");
        let live = observe(&account, &wanted).await;
        let plan = plan(&wanted, &live, &rules, &Choices::default()).unwrap();
        assert!(plan.steps.is_empty(), "nothing can be written: {:#?}", plan.steps);
        assert_eq!(plan.is_converged(), in_sync, "{:#?}", plan.findings);
        assert!(plan.findings.iter().any(|finding| finding.message.contains("declarative policy")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_another_account_or_region_is_said_to_be_one() {
    let sandbox = Sandbox::new(Profile::Realistic, 1);
    let bucket = |name: &str| wanted(&format!("[bucket.logs]\nname = \"{name}\"\n"));
    for (region, account_id, name, said) in [
        ("eu-west-1", "111122223333", "theirs-1", "belongs to another account"),
        ("us-west-2", DEFAULT_ACCOUNT, "elsewhere-1", "us-west-2"),
    ] {
        let s3 = aws_sdk_s3::Client::new(&crate::sandbox::testing::config_for(&sandbox, region, account_id));
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint(region.into())
            .build();
        s3.create_bucket().bucket(name).create_bucket_configuration(place).send().await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let mut network = Network::new(&sandbox, 1, 0);
        network.slow = 50;
        let account = account(&network).await;
        let wanted = bucket(name);
        let live = observe(&account, &wanted).await;
        let plan = plan(&wanted, &live, &rules, &Choices::default()).unwrap();
        let unread: Vec<_> = plan.unreadable.values().collect();
        assert_eq!(unread.len(), 1, "{name}");
        assert!(unread[0].message.contains(said), "{name}: {unread:?}");
        assert!(unread[0].next.starts_with("declare "), "{name}: {unread:?}");
    }
}
