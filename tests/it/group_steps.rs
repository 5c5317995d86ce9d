//! Groups that scale in steps: the policies, and the alarms that set them off.

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, MetricAlarm, Statistic};
use baseline::aws::Mode;
use baseline::engine::{Stop, apply, observe, rules};
use baseline::plan::{Choices, Severity, plan};

use crate::emulator::Which;
use crate::groups::file;
use crate::hand::Hand;
use crate::world::World;

const OUT: &str = "shop-web-scale-out";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:oncall";

/// A group of `t3.micro` that scales on what it receives.
fn steps(out: &str) -> String {
    let back = "scale_in = [{ below = 1000000, remove = 1 }]";
    file(&format!("instance_type = 't3.micro'\nscale_metric = 'network-in'\nscale_out = [{out}]\n{back}"))
}

const TWO: &str = "{ above = 5000000, add = 2 }, { above = 9000000, add = 4 }";

async fn scaled() -> (World, Hand) {
    let world = World::new(Which::BuiltIn, &steps(TWO)).await;
    world.apply().await;
    world.assert_converged("with its steps").await;
    let hand = Hand::new(&world.emulator.config());
    (world, hand)
}

/// The alarms of the account: name, threshold and how many things each does.
async fn alarms(hand: &Hand) -> Vec<(String, f64, usize)> {
    let read = hand.cloudwatch.describe_alarms().send().await.unwrap();
    let row = |alarm: &MetricAlarm| {
        (alarm.alarm_name().unwrap().to_owned(), alarm.threshold().unwrap(), alarm.alarm_actions().len())
    };
    read.metric_alarms().iter().map(row).collect()
}

fn named(name: &str, threshold: f64) -> (String, f64, usize) {
    (name.to_owned(), threshold, 1)
}

/// The policies of the group and how many steps each has.
async fn policies(hand: &Hand) -> Vec<(String, usize)> {
    let read = hand.autoscaling.describe_policies().auto_scaling_group_name("shop-web").send().await.unwrap();
    let policies = read.scaling_policies().iter();
    policies
        .map(|policy| (policy.policy_name().unwrap().to_owned(), policy.step_adjustments().len()))
        .collect()
}

/// An alarm on what the group receives, as a person makes it.
fn by_hand(hand: &Hand, name: &str, threshold: f64) -> PutMetricAlarmFluentBuilder {
    hand.cloudwatch
        .put_metric_alarm()
        .alarm_name(name)
        .namespace("AWS/EC2")
        .metric_name("NetworkIn")
        .dimensions(Dimension::builder().name("AutoScalingGroupName").value("shop-web").build())
        .statistic(Statistic::Average)
        .period(300)
        .evaluation_periods(2)
        .threshold(threshold)
        .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold)
}

#[tokio::test(start_paused = true)]
async fn a_group_scales_in_steps_that_alarms_set_off() {
    let (mut world, hand) = scaled().await;
    let (out, back) = (named(OUT, 5e6), named("shop-web-scale-in", 1e6));
    assert_eq!(alarms(&hand).await, [back.clone(), out.clone()]);
    let both = [("scale-in".to_owned(), 1), ("scale-out".to_owned(), 2)];
    assert_eq!(policies(&hand).await, both, "and no target beside them");
    let reader = world.emulator.account("shop", Mode::ReadOnly).await;
    let live = observe(&reader, &world.wanted).await;
    let seen = plan(&world.wanted, &live, &rules, &Choices::default()).unwrap();
    assert!(seen.is_converged(), "what only reads may look at alarms: {:#?}", seen.unreadable);
    world.declare(&steps("{ above = 6000000, add = 2 }"));
    world.apply().await;
    world.assert_converged("with another step").await;
    assert_eq!(alarms(&hand).await, [back.clone(), named(OUT, 6e6)]);
    world.declare(&steps(""));
    world.apply().await;
    world.assert_converged("with one policy").await;
    assert_eq!(alarms(&hand).await, [back]);
    world.declare(&file("instance_type = 't3.micro'"));
    world.apply().await;
    world.assert_converged("with a target again").await;
    assert_eq!(alarms(&hand).await, []);
    assert_eq!(policies(&hand).await, [("cpu".to_owned(), 0)]);
}

#[tokio::test(start_paused = true)]
async fn the_alarms_of_a_group_go_with_it_and_carry_the_tags_of_the_baseline() {
    let (mut world, hand) = scaled().await;
    let read = hand.cloudwatch.describe_alarms().alarm_names(OUT).send().await.unwrap();
    let arn = read.metric_alarms()[0].alarm_arn().unwrap();
    let tags = hand.cloudwatch.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    let tags: Vec<_> = tags.tags().iter().map(|tag| (tag.key().unwrap(), tag.value().unwrap())).collect();
    assert_eq!(tags, [("baseline:addr", "autoscaling.group.web"), ("baseline:name", "shop")]);
    by_hand(&hand, "shop-web-other", 1.0).send().await.unwrap();
    world.declare("name = \"shop\"\nregion = 'us-east-1'\n");
    world.apply_with(&Choices { prune: true, ..Choices::default() }).await;
    assert_eq!(alarms(&hand).await, [("shop-web-other".to_owned(), 1.0, 0)]);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_changes_of_steps_and_alarms_is_shown_and_put_back() {
    let (world, hand) = scaled().await;
    let arn = hand.autoscaling.describe_policies().policy_names("scale-out").send().await.unwrap();
    let arn = arn.scaling_policies()[0].policy_arn().unwrap().to_owned();
    let alarm = |threshold: f64| by_hand(&hand, OUT, threshold);
    let simple = || {
        hand.autoscaling
            .put_scaling_policy()
            .auto_scaling_group_name("shop-web")
            .policy_name("mine")
            .policy_type("SimpleScaling")
            .adjustment_type("ChangeInCapacity")
            .scaling_adjustment(1)
    };
    for what in [
        "threshold",
        "off",
        "no actions",
        "topic",
        "no alarm",
        "no policy",
        "another alarm",
        "another policy",
    ] {
        match what {
            "threshold" => drop(alarm(8e6).alarm_actions(&arn).send().await.unwrap()),
            "off" => drop(alarm(5e6).alarm_actions(&arn).actions_enabled(false).send().await.unwrap()),
            // Its tags say whose it is.
            "no actions" => {
                alarm(5e6).send().await.unwrap();
                let reader = world.emulator.account("shop", Mode::ReadOnly).await;
                let live = observe(&reader, &world.wanted).await;
                let seen = plan(&world.wanted, &live, &rules, &Choices::default()).unwrap();
                assert!(seen.is_complete() && !seen.is_converged(), "{:#?}", seen.unreadable);
            }
            "topic" => drop(alarm(5e6).alarm_actions(&arn).alarm_actions(TOPIC).send().await.unwrap()),
            "no alarm" => drop(hand.cloudwatch.delete_alarms().alarm_names(OUT).send().await.unwrap()),
            "no policy" => {
                let request = hand.autoscaling.delete_policy().auto_scaling_group_name("shop-web");
                drop(request.policy_name("scale-out").send().await.unwrap());
            }
            "another policy" => drop(simple().send().await.unwrap()),
            _ => {
                let now =
                    hand.autoscaling.describe_policies().policy_names("scale-out").send().await.unwrap();
                let now = now.scaling_policies()[0].policy_arn().unwrap();
                drop(by_hand(&hand, "usual", 8e6).alarm_actions(now).send().await.unwrap());
            }
        }
        let plan = world.plan().await;
        let [step] = plan.steps.as_slice() else { panic!("{what}: {:?}", plan.steps) };
        let paths: Vec<String> = step.changes.iter().map(|change| change.path.to_string()).collect();
        let expected = if what == "another policy" { "policies" } else { "steps" };
        assert!(paths.iter().all(|path| path.starts_with(expected)), "{what}: {paths:?}");
        world.apply().await;
        world.assert_converged(what).await;
        let left: Vec<_> = alarms(&hand).await.into_iter().filter(|(name, _, _)| name == OUT).collect();
        assert_eq!(left, [named(OUT, 5e6)], "{what}");
    }
    let usual = alarms(&hand).await.into_iter().find(|(name, _, _)| name == "usual");
    assert_eq!(usual, Some(("usual".to_owned(), 8e6, 0)), "a person's alarm stays and sets nothing off");
}

#[tokio::test(start_paused = true)]
async fn an_alarm_of_somebody_else_is_not_written_over() {
    let failed = async |world: &World| {
        let (live, plan) = world.look(&Choices::default()).await;
        let outcome = apply(&world.account, &world.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
        let about: Vec<_> =
            outcome.failed.iter().filter(|(addr, _)| addr.kind() == "autoscaling.group").collect();
        let [(_, error)] = about.as_slice() else { panic!("{outcome:#?}") };
        let words = "needs an alarm named shop-web-scale-out, and somebody else made the alarm of that name";
        assert!(error.contains(words) && error.contains("delete that alarm"), "{error}");
    };
    let mut world = World::new(Which::BuiltIn, &steps(TWO)).await;
    let hand = Hand::new(&world.emulator.config());
    by_hand(&hand, OUT, 7.0).alarm_actions(TOPIC).send().await.unwrap();
    failed(&world).await;
    let groups = hand.autoscaling.describe_auto_scaling_groups().send().await.unwrap();
    assert!(groups.auto_scaling_groups().is_empty(), "nothing is half done: {groups:?}");
    assert_eq!(alarms(&hand).await, [named(OUT, 7.0)]);
    // Of a group that there is, a plan says it.
    world.declare(&file("instance_type = 't3.micro'"));
    world.apply().await;
    world.declare(&steps(TWO));
    let plan = world.plan().await;
    let told: Vec<_> = plan.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let [finding] = told.as_slice() else { panic!("{:?}", plan.findings) };
    assert!(finding.message.contains("somebody else made the alarm"), "{finding:?}");
    failed(&world).await;
    world.declare("name = \"shop\"\nregion = 'us-east-1'\n");
    world.apply_with(&Choices { prune: true, ..Choices::default() }).await;
    assert_eq!(alarms(&hand).await, [named(OUT, 7.0)]);
}
