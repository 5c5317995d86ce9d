//! The life of a baseline: applied, applied again, changed, changed back, adopted, cut off.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_ec2::types::Vpc;
use baseline::aws::{Account, Mode, Options};
use baseline::engine::{Stop, apply, observe, rules};
use baseline::model::{Addr, Value};
use baseline::plan::{Action, Choices, Observed, OutputIndex, Why, plan};

use crate::both::on_both;
use crate::emulator::Which;
use crate::faults::layer::{Fault, broken};
use crate::faults::refusal::Refusal;
use crate::hand::Hand;
use crate::neighbours;
use crate::world::{World, shipped};

const DENY: Fault = Fault::Refuse { refusal: Refusal::Denied, effect: false };

on_both! {
    the_landing_zone_is_applied_and_a_second_apply_writes_nothing,
    the_logging_baseline_is_applied_and_a_second_apply_writes_nothing,
    the_two_tier_baseline_is_applied_and_a_second_apply_writes_nothing,
    a_converged_landing_zone_is_read_in_70_calls_and_4_rounds,
    clients_of_a_plan_refuse_to_write,
    named_things_that_exist_are_adopted_in_place,
    a_thing_of_another_baseline_is_left_alone,
    a_denied_read_makes_the_plan_incomplete_and_holds_what_depends_on_it,
    a_failed_step_holds_only_what_depends_on_it_and_the_next_run_converges,
    a_create_whose_answer_is_lost_is_not_sent_twice,
    every_section_edited_and_edited_back_ends_as_it_began,
}

async fn is_applied_twice(on: Which, file: &str) {
    let world = World::new(on, &shipped(file)).await;
    let first = world.plan().await;
    assert!(first.steps.iter().all(|step| step.action == Action::Create || step.action == Action::Update));
    world.apply().await;
    world.assert_converged("after the first apply").await;
    let writes = world.writes();
    world.apply().await;
    assert_eq!(world.writes(), writes, "the second apply wrote");
}

async fn the_landing_zone_is_applied_and_a_second_apply_writes_nothing(on: Which) {
    is_applied_twice(on, "landing-zone.toml").await;
}

async fn the_logging_baseline_is_applied_and_a_second_apply_writes_nothing(on: Which) {
    is_applied_twice(on, "logging.toml").await;
}

async fn the_two_tier_baseline_is_applied_and_a_second_apply_writes_nothing(on: Which) {
    is_applied_twice(on, "two-tier.toml").await;
}

async fn a_converged_landing_zone_is_read_in_70_calls_and_4_rounds(on: Which) {
    let world = World::new(on, &shipped("landing-zone.toml")).await;
    world.apply().await;
    let reader = world.emulator.account("landing-zone", Mode::ReadOnly).await;
    let live = observe(&reader, &world.wanted).await;
    let plan = plan(&world.wanted, &live, &rules, &Choices::default()).unwrap();
    assert!(plan.is_complete() && plan.is_converged());
    let counts = reader.trace.counts();
    assert!(counts.total() <= 70, "{} calls: {:#?}", counts.total(), counts.calls);
    assert!(counts.rounds <= 4, "{} rounds", counts.rounds);
    assert_eq!(counts.writes, 0);
}

async fn clients_of_a_plan_refuse_to_write(on: Which) {
    let world = World::new(on, &shipped("logging.toml")).await;
    let reader = world.emulator.account("logging", Mode::ReadOnly).await;
    let live = observe(&reader, &world.wanted).await;
    let plan = plan(&world.wanted, &live, &rules, &Choices::default()).unwrap();
    let outcome = apply(&reader, &world.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
    assert!(outcome.done.is_empty());
    assert!(outcome.failed.iter().any(|(_, error)| error.contains("only reads")), "{outcome:#?}");
    assert_eq!(reader.trace.counts().writes, 0);
}

async fn named_things_that_exist_are_adopted_in_place(on: Which) {
    let world = World::new(on, &shipped("landing-zone.toml")).await;
    let hand = Hand::new(&world.emulator.config());
    let bucket = "landing-zone-trail-logs-123456789012";
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    hand.s3.create_bucket().bucket(bucket).send().await.unwrap();
    let policy = neighbours::delivery("cloudtrail.amazonaws.com", bucket).to_string();
    hand.s3.put_bucket_policy().bucket(bucket).policy(policy).send().await.unwrap();
    hand.cloudtrail.create_trail().name("landing-zone").s3_bucket_name(bucket).send().await.unwrap();
    let role = hand.iam.create_role().role_name("landing-zone-web").assume_role_policy_document(trust);
    let unique_id = role.send().await.unwrap().role().unwrap().role_id().to_owned();

    let plan = world.plan().await;
    let adopted = plan.steps.iter().filter(|step| step.action == Action::Adopt);
    let adopted: Vec<String> = adopted.map(|step| step.addr.to_string()).collect();
    assert_eq!(adopted, ["iam.role.web", "s3.bucket.trail-logs", "cloudtrail.trail.main"]);
    world.apply().await;
    world.assert_converged("after the adoption").await;

    let tags = hand.s3.get_bucket_tagging().bucket(bucket).send().await.unwrap();
    let ours = |key: &str, value: &str| key == "baseline:addr" && value == "s3.bucket.trail-logs";
    assert!(tags.tag_set().iter().any(|tag| ours(tag.key(), tag.value())));
    let role = hand.iam.get_role().role_name("landing-zone-web").send().await.unwrap();
    assert_eq!(role.role().unwrap().role_id(), unique_id, "the role was made again");
}

async fn a_thing_of_another_baseline_is_left_alone(on: Which) {
    let world = World::new(on, &shipped("logging.toml")).await;
    world.apply().await;
    let other = world.emulator.account("other", Mode::ReadWrite).await;
    let live = observe(&other, &world.wanted).await;
    let plan = plan(&world.wanted, &live, &rules, &Choices::default()).unwrap();
    assert!(plan.findings.iter().any(|finding| finding.addr.to_string() == "s3.bucket.trail-logs"));
    assert!(!plan.steps.iter().any(|step| step.addr.to_string() == "s3.bucket.trail-logs"));
}

async fn a_denied_read_makes_the_plan_incomplete_and_holds_what_depends_on_it(on: Which) {
    let world = World::new(on, &shipped("landing-zone.toml")).await;
    let config = world.emulator.config();
    let denied = broken(&config, |call| (call.operation == "DescribeVpcs").then_some(DENY));
    let account = Account::from_config(&denied, &options("landing-zone")).await.unwrap();
    let live = observe(&account, &world.wanted).await;
    let plan = plan(&world.wanted, &live, &rules, &Choices::default()).unwrap();
    assert!(!plan.is_complete());
    let unread = plan.unreadable.iter().find(|(addr, _)| addr.to_string() == "ec2.vpc.main").unwrap().1;
    assert!(unread.why == Why::Denied && unread.call == "ec2:DescribeVpcs", "{unread:?}");
    let held = plan.steps.iter().filter(|step| step.held.is_some()).count();
    assert!(held > 10, "only {held} steps are held");
    let outcome = apply(&account, &world.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
    assert!(outcome.failed.is_empty(), "{outcome:#?}");
    assert!(
        outcome.done.iter().any(|(addr, _)| addr.to_string() == "cloudtrail.trail.main"),
        "the rest was not done"
    );
    let hand = Hand::new(&world.emulator.config());
    let subnets = hand.ec2.describe_subnets().send().await.unwrap();
    assert!(!subnets.subnets().iter().any(|subnet| !subnet.tags().is_empty()), "a held step was done");
}

async fn a_failed_step_holds_only_what_depends_on_it_and_the_next_run_converges(on: Which) {
    let world = World::new(on, &shipped("landing-zone.toml")).await;
    let config = world.emulator.config();
    let refused = broken(&config, |call| (call.operation == "CreateInternetGateway").then_some(DENY));
    let account = Account::from_config(&refused, &options("landing-zone")).await.unwrap();
    let live = observe(&account, &world.wanted).await;
    let plan = plan(&world.wanted, &live, &rules, &Choices::default()).unwrap();
    let outcome = apply(&account, &world.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
    let failed: Vec<String> = outcome.failed.iter().map(|(addr, _)| addr.to_string()).collect();
    assert_eq!(failed, ["ec2.internet-gateway.main"]);
    let held: Vec<String> = outcome.held.iter().map(|(addr, _)| addr.to_string()).collect();
    assert!(held.contains(&"elb.load-balancer.web".to_owned()), "{held:?}");
    assert!(!held.contains(&"ec2.subnet.db-a".to_owned()), "{held:?}");
    world.apply().await;
    world.assert_converged("after the second run").await;
}

async fn a_create_whose_answer_is_lost_is_not_sent_twice(on: Which) {
    for call in ["CreateVpc", "CreateInternetGateway", "CreateKey"] {
        let world = World::new(on, &shipped("landing-zone.toml")).await;
        let lost = AtomicBool::new(false);
        let config = broken(&world.emulator.config(), move |sent| {
            let now = sent.operation == call && !lost.swap(true, Ordering::SeqCst);
            now.then_some(Fault::Reset { effect: true })
        });
        let account = Account::from_config(&config, &options("landing-zone")).await.unwrap();
        let live = observe(&account, &world.wanted).await;
        let plan = plan(&world.wanted, &live, &rules, &Choices::default()).unwrap();
        let outcome = apply(&account, &world.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
        assert!(outcome.is_success(), "{call}: {outcome:#?}");
        world.assert_converged(call).await;
        let plan = world.plan().await;
        assert!(plan.undeclared.is_empty(), "{call}: {:#?}", plan.undeclared);
        let hand = Hand::new(&world.emulator.config());
        let vpcs = hand.ec2.describe_vpcs().send().await.unwrap();
        let ours = |vpc: &&Vpc| vpc.cidr_block() == Some("10.20.0.0/16");
        assert_eq!(vpcs.vpcs().iter().filter(ours).count(), 1, "{call}");
        let mut keys = 0;
        for key in hand.kms.list_keys().send().await.unwrap().keys() {
            let key = hand.kms.describe_key().key_id(key.key_id().unwrap()).send().await.unwrap();
            keys += u32::from(key.key_metadata().unwrap().description() == Some("trail key of landing-zone"));
        }
        assert_eq!(keys, 1, "{call}");
    }
}

fn options(baseline: &str) -> Options {
    Options {
        tags: [].into(),
        baseline: baseline.into(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadWrite,
        http_override: None,
    }
}

/// Edits of the landing zone: what changes, the text that goes and the text that comes.
const EDITS: &[(&str, &str, &str)] = &[
    ("volumes are not encrypted by default", "[account]", "[account]\nebs_encryption = false"),
    ("the trail covers one region", "[cloudtrail]", "[cloudtrail]\nmulti_region = false"),
    ("the trail records data events", "[cloudtrail]", "[cloudtrail]\ndata_events = [{ type = \"s3\" }]"),
    (
        "the trail records every bucket, spelt as the console does",
        "[cloudtrail]",
        "[cloudtrail]\ndata_events = [{ type = \"s3\", resources = [\"arn:aws:s3:::\"] }]",
    ),
    ("the key does not rotate", "rotation_days = 365", "rotation_days = false"),
    ("a role may use the key", "[kms_key.trail]", "[kms_key.trail]\nusers = [\"auditor\"]"),
    ("logs are archived later", "archive_after_days = 30", "archive_after_days = 60"),
    (
        "a second bucket comes and goes",
        "[password_policy]",
        "[bucket.exports]\naccess_log = \"access-logs\"\n\n[password_policy]",
    ),
    (
        "the bucket does not log reads",
        "access_log = \"access-logs\"\nlifecycle",
        "access_log = false\nlifecycle",
    ),
    ("passwords are longer", "profile = \"cis\"", "profile = \"cis\"\nmin_length = 20"),
    ("the role reads something else", "parameter/web/*", "parameter/shop/*"),
    (
        "auditors see more",
        "[\"arn:aws:iam::aws:policy/SecurityAudit\"]",
        "[\"arn:aws:iam::aws:policy/SecurityAudit\", \"arn:aws:iam::aws:policy/job-function/ViewOnlyAccess\"]",
    ),
    (
        "a role goes and comes back",
        "[role.auditor]\ntrusted_by = { accounts = [\"${account}\"], require_mfa = true }\npolicies   = [\"arn:aws:iam::aws:policy/SecurityAudit\"]\n",
        "",
    ),
    ("three zones", "zones      = 2", "zones      = 3"),
    ("a NAT gateway", "zones      = 2", "zones      = 2\nnat        = \"single\""),
    ("no flow logs", "flow_logs  = \"access-logs\"", "flow_logs  = false"),
    ("an attacker is denied", "zones      = 2", "zones      = 2\ndeny       = [\"198.51.100.0/24\"]"),
    ("a rule comes", "port = 3306 }]", "port = 3306 }, { from = \"web\", port = 6379 }]"),
    ("a rule goes", "{ from = \"internet\", port = 443 }, ", ""),
    (
        "a tier comes and goes",
        "[load_balancer.web]",
        "[network.tier.cache]\naccept = [{ from = \"web\", port = 6379 }]\n\n[load_balancer.web]",
    ),
    ("connections idle longer", "tier        = \"web\"", "tier        = \"web\"\nidle_timeout = 120"),
    (
        "targets are asked elsewhere",
        "tier        = \"web\"",
        "tier        = \"web\"\ntarget = { health_path = \"/health\" }",
    ),
    ("the group grows further", "max           = 6", "max           = 8"),
    ("instances are larger", "t3.micro", "t3.small"),
    ("the group no longer scales by load", "target_cpu    = 60", "target_cpu    = false"),
];

/// Everything that is there, ids replaced by what they stand for.
async fn as_found(world: &World) -> BTreeMap<Addr, Value> {
    let live = world.look(&Choices::default()).await.0;
    let things = live.resources.into_iter().filter_map(|(addr, sight)| match sight {
        Observed::Found(thing) => Some((addr, thing)),
        Observed::Absent | Observed::Unreadable(_) => None,
    });
    let things: Vec<_> = things.collect();
    let mut index = OutputIndex::default();
    for (addr, thing) in &things {
        index.add(addr, &thing.outputs);
    }
    things.into_iter().map(|(addr, thing)| (addr, index.to_references(thing.attributes))).collect()
}

async fn every_section_edited_and_edited_back_ends_as_it_began(on: Which) {
    let original = shipped("landing-zone.toml");
    let mut world = World::new(on, &original).await;
    world.apply().await;
    let prune = Choices { prune: true, ..Choices::default() };
    let fresh = as_found(&world).await;
    for (what, from, to) in EDITS {
        assert!(original.contains(from), "{what}: the file no longer holds {from:?}");
        let edited = original.replacen(from, to, 1);
        assert_ne!(world.expand(&edited), world.expand(&original), "{what}: the edit changes nothing");
        // A bucket is not pruned: it is named.
        let destroy =
            world.expand(&edited).things.into_keys().filter(|addr| !world.wanted.things.contains_key(addr));
        let back = Choices { destroy: destroy.collect(), ..prune.clone() };
        world.declare(&edited);
        world.apply_with(&prune).await;
        world.assert_converged(what).await;
        world.declare(&original);
        world.apply_with(&back).await;
        if on == Which::Moto && *what == "three zones" {
            // moto keeps the associations of a subnet that is deleted; AWS ends them with it.
            world.apply().await;
        }
        let plan = world.plan().await;
        assert!(plan.is_complete() && plan.is_converged(), "{what}, and back: {:#?}", plan.steps);
        assert!(plan.undeclared.is_empty(), "{what}: left over: {:#?}", plan.undeclared);
        assert_eq!(as_found(&world).await, fresh, "{what}: something is not as it was");
    }
}
