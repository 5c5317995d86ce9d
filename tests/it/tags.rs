//! `[tags]`: on everything that can carry tags, from its first moment on, and put right where they depart.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, Tag};
use baseline::aws::Tags;
use baseline::engine::{Stop, apply};
use baseline::plan::{Action, Choices};
use baseline::sandbox::Profile;

use crate::desk::Desk;
use crate::emulator::{Emulator, Which};
use crate::hand::Hand;
use crate::world::{World, expand, shipped};

/// The landing zone, scaled in steps so that there are alarms, with tags.
fn tagged(tags: &str) -> String {
    let text = crate::faults::account::landing_zone();
    format!(
        "{text}\n[policy.extra]\nallow = [{{ actions = ['s3:ListAllMyBuckets'], resources = ['*'] }}]\n\n[tags]\n{tags}\n"
    )
}

const TAGS: &str = "team = 'web'\n'cost centre' = '4711'";

/// Calls that put tags on what is there already.
const LATER: [(&str, &str); 10] = [
    ("EC2", "CreateTags"),
    ("Elastic Load Balancing v2", "AddTags"),
    ("IAM", "TagRole"),
    ("IAM", "TagPolicy"),
    ("IAM", "TagInstanceProfile"),
    ("KMS", "TagResource"),
    ("S3 Control", "TagResource"),
    ("CloudTrail", "AddTags"),
    ("CloudWatch", "TagResource"),
    ("Auto Scaling", "CreateOrUpdateTags"),
];

/// An account in which a file is applied, reached with the tags of that file.
async fn applied(text: &str) -> (World, Hand) {
    let emulator = Emulator::start(Which::BuiltIn);
    let wanted = expand(Which::BuiltIn, text);
    let account = emulator.tagged_account("landing-zone", wanted.tags.clone()).await;
    let world = World { account, wanted, emulator };
    world.apply().await;
    world.assert_converged("with tags").await;
    let hand = Hand::new(&world.emulator.config());
    (world, hand)
}

/// The same account with another file, reached with the tags of that one.
async fn with(world: World, text: &str) -> World {
    let wanted = expand(Which::BuiltIn, text);
    let account = world.emulator.tagged_account("landing-zone", wanted.tags.clone()).await;
    World { account, wanted, emulator: world.emulator }
}

/// What of EC2 carries a tag of that key, by id, with the type of each and the value.
async fn of_ec2(hand: &Hand, key: &str) -> BTreeMap<String, (String, String)> {
    let filter = Filter::builder().name("key").values(key).build();
    let request = hand.ec2.describe_tags().filters(filter);
    let tags = request.into_paginator().items().send().try_collect().await.unwrap();
    let row = |tag: aws_sdk_ec2::types::TagDescription| {
        let what = tag.resource_type.unwrap().as_str().to_owned();
        (tag.resource_id.unwrap(), (what, tag.value.unwrap()))
    };
    tags.into_iter().map(row).collect()
}

#[tokio::test(start_paused = true)]
async fn everything_carries_the_tags_of_the_file_from_the_creating_call_on() {
    let (world, hand) = applied(&tagged(TAGS)).await;
    let calls = world.account.trace.counts().calls;
    let later: Vec<_> =
        calls.keys().filter(|call| LATER.contains(&(call.0.as_str(), call.1.as_str()))).collect();
    assert!(later.is_empty(), "tags that came after the creating call: {later:?}");

    let (own, team) = (of_ec2(&hand, "baseline:name").await, of_ec2(&hand, "team").await);
    let without: Vec<_> = own.iter().filter(|(id, _)| !team.contains_key(*id)).collect();
    assert!(own.len() >= 15 && without.is_empty(), "{without:?}");
    assert!(team.values().all(|(_, value)| value == "web"), "{team:?}");
    let types: BTreeSet<&str> = team.values().map(|(what, _)| what.as_str()).collect();
    for what in ["vpc", "security-group-rule", "launch-template", "instance", "vpc-flow-log"] {
        assert!(types.contains(what), "no {what} among {types:?}");
    }

    let wanted: Tags = world.wanted.tags.clone();
    let has = |what: &str, tags: Tags| {
        let missing: Vec<_> = wanted.iter().filter(|(key, value)| tags.get(*key) != Some(*value)).collect();
        assert!(missing.is_empty(), "{what} lacks {missing:?}");
    };
    let balancer = hand.load_balancer().await;
    for arn in [balancer, hand.listener(80).await] {
        let answer = hand.elb.describe_tags().resource_arns(&arn).send().await.unwrap();
        let tags = answer.tag_descriptions()[0].tags().iter();
        has(&arn, tags.map(|tag| (tag.key.clone().unwrap(), tag.value.clone().unwrap())).collect());
    }
    let alarms = hand.cloudwatch.describe_alarms().send().await.unwrap();
    assert_eq!(alarms.metric_alarms().len(), 2);
    for alarm in alarms.metric_alarms() {
        let request = hand.cloudwatch.list_tags_for_resource().set_resource_arn(alarm.alarm_arn.clone());
        let tags = request.send().await.unwrap().tags.unwrap().into_iter();
        has("an alarm", tags.map(|tag| (tag.key.unwrap(), tag.value.unwrap())).collect());
    }
    let groups = hand.autoscaling.describe_auto_scaling_groups().send().await.unwrap();
    for tag in groups.auto_scaling_groups()[0].tags() {
        let is_declared = wanted.contains_key(tag.key().unwrap());
        assert_eq!(tag.propagate_at_launch(), Some(is_declared), "{tag:?}");
    }
    let profiles = hand.iam.list_instance_profiles().send().await.unwrap();
    for profile in profiles.instance_profiles() {
        let name = profile.instance_profile_name();
        let answer = hand.iam.get_instance_profile().instance_profile_name(name).send().await.unwrap();
        let tags = answer.instance_profile.unwrap().tags.unwrap_or_default().into_iter();
        has(name, tags.map(|tag| (tag.key, tag.value)).collect());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_creates_take_their_time_is_tagged_and_settled_all_the_same() {
    let text = tagged(TAGS);
    let emulator = Emulator::built_in(Profile::Realistic);
    let wanted = expand(Which::BuiltIn, &text);
    let account = emulator.tagged_account("landing-zone", wanted.tags.clone()).await;
    let world = World { account, wanted, emulator };
    world.apply_and_wait().await;
    world.assert_converged("after its time").await;
}

#[tokio::test(start_paused = true)]
async fn a_declared_tag_that_departs_is_drift_and_put_right_and_tags_of_others_stay() {
    let (world, hand) = applied(&tagged(TAGS)).await;
    let (vpc, subnet) = (hand.vpc().await, hand.subnet("web-a").await);
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    hand.ec2.create_tags().resources(&vpc).tags(tag("owner", "ann")).send().await.unwrap();
    assert!(world.plan().await.steps.is_empty(), "a tag of somebody else is no drift");
    hand.ec2.delete_tags().resources(&vpc).tags(Tag::builder().key("team").build()).send().await.unwrap();
    hand.ec2.create_tags().resources(&subnet).tags(tag("team", "api")).send().await.unwrap();
    let listener = hand.listener(80).await;
    hand.elb.remove_tags().resource_arns(&listener).tag_keys("team").send().await.unwrap();
    let alarms = hand.cloudwatch.describe_alarms().send().await.unwrap();
    let alarm = alarms.metric_alarms()[0].alarm_arn().unwrap();
    let another = aws_sdk_cloudwatch::types::Tag::builder().key("cost centre").value("4712").build();
    hand.cloudwatch.tag_resource().resource_arn(alarm).tags(another).send().await.unwrap();

    let plan = world.plan().await;
    let mut told: Vec<String> = plan
        .steps
        .iter()
        .flat_map(|step| {
            assert_eq!(step.action, Action::Update, "{step:?}");
            step.changes.iter().map(move |change| {
                let (before, after) = (change.before.plain_json(), change.after.plain_json());
                format!("{} {}: {before} {after}", step.addr, change.path)
            })
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            r#"autoscaling.group.web tags["cost centre"]: null "4711""#,
            r#"ec2.subnet.web-a tags["team"]: "api" "web""#,
            r#"ec2.vpc.main tags["team"]: null "web""#,
            r#"elb.load-balancer.web tags["team"]: null "web""#,
        ]
    );
    world.apply().await;
    world.assert_converged("put right").await;
    assert_eq!(of_ec2(&hand, "owner").await[&vpc].1, "ann", "a tag of somebody else stays");
}

#[tokio::test(start_paused = true)]
async fn another_value_is_written_in_place_and_what_the_file_no_longer_says_stays() {
    let (world, hand) = applied(&tagged(TAGS)).await;
    let before = of_ec2(&hand, "baseline:name").await;
    let world = with(world, &tagged("team = 'api'")).await;
    let (_, plan) = world.look(&Choices::default()).await;
    let other: Vec<_> = plan.steps.iter().filter(|step| step.action != Action::Update).collect();
    assert!(plan.steps.len() > 20 && other.is_empty(), "{other:?}");
    world.apply().await;
    world.assert_converged("with another value").await;
    let after = of_ec2(&hand, "team").await;
    for (id, (what, _)) in &before {
        // Rules get tags when they are made; instances are replaced.
        assert_eq!(after[id].1, "api", "{what} {id}");
    }
    // Nobody knows any more who put this one on.
    assert_eq!(
        of_ec2(&hand, "cost centre").await.get(&hand.vpc().await).map(|tag| tag.1.as_str()),
        Some("4711")
    );
    let calls = world.account.trace.counts().calls;
    for (service, operation) in LATER {
        let call = (service.to_owned(), operation.to_owned());
        assert!(calls.contains_key(&call), "{service}:{operation} was not needed: {:?}", calls.keys());
    }
}

#[test]
fn each_ready_baseline_with_tags_is_in_sync_after_its_apply() {
    for name in ["landing-zone.toml", "logging.toml", "posture.toml", "two-tier.toml"] {
        let desk = Desk::with("", &format!("{}\n[tags]\nteam = 'web'\n", shipped(name)));
        desk.run("apply", &["--auto-approve"]);
        let plan = desk.run("plan", &[]).stdout;
        let nothing = "0 to create, 0 to update, 0 to replace, 0 to delete";
        assert!(plan.contains(nothing) || plan.contains("in sync"), "{name}: {plan}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_holds_the_role_of_somebody_else_gets_no_tags() {
    let emulator = Emulator::start(Which::BuiltIn);
    let hand = Hand::new(&emulator.config());
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    hand.iam.create_role().role_name("theirs").assume_role_policy_document(trust).send().await.unwrap();
    hand.iam.create_instance_profile().instance_profile_name("landing-zone-web").send().await.unwrap();
    let put = hand.iam.add_role_to_instance_profile().instance_profile_name("landing-zone-web");
    put.role_name("theirs").send().await.unwrap();
    let text = "name = \"landing-zone\"\nregion = 'us-east-1'\n[tags]\nteam = 'web'\n\
                [role.web]\ntrusted_by = { services = ['ec2.amazonaws.com'] }\ninstance_profile = true\n";
    let wanted = expand(Which::BuiltIn, text);
    let account = emulator.tagged_account("landing-zone", wanted.tags.clone()).await;
    let world = World { account, wanted, emulator };
    let (live, plan) = world.look(&Choices::default()).await;
    let outcome = apply(&world.account, &world.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
    assert!(format!("{:?}", outcome.failed).contains("holds the role theirs"), "{outcome:#?}");
    let profile =
        hand.iam.get_instance_profile().instance_profile_name("landing-zone-web").send().await.unwrap();
    assert_eq!(profile.instance_profile().unwrap().tags(), []);
}
