//! Groups of instances: what they start from, whether they run, and what their load balancer does.

use std::time::Duration;

use aws_sdk_autoscaling::types::LifecycleState;
use aws_sdk_ec2::types::RequestLaunchTemplateData;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, RedirectActionConfig, RedirectActionStatusCodeEnum, RuleCondition,
};
use baseline::plan::{Choices, Observed, Plan, Severity};
use tokio::time::Instant;

use crate::both::on_both;
use crate::emulator::Which;
use crate::hand::Hand;
use crate::world::World;

on_both! { a_group_scales_by_network_and_by_requests_and_not_by_what_is_left_out, }

const UBUNTU: &str = "ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id";

/// A group in a network, with more keys of its own.
pub fn file(keys: &str) -> String {
    format!(
        "name = \"shop\"\nregion = 'us-east-1'\n[network]\ncidr = '10.0.0.0/16'\nzones = 2\nnat = 'none'\n\
         flow_logs = false\n[network.tier.web]\npublic = true\npublic_ips = true\n\
         accept = [{{ from = 'internet', port = 80 }}]\n\
         [auto_scaling.web]\ntier = 'web'\nmin = 2\nmax = 4\n{keys}\n"
    )
}

#[tokio::test(start_paused = true)]
async fn the_root_volume_of_an_ubuntu_image_is_encrypted_on_the_device_that_the_image_has() {
    let keys = format!("instance_type = 't3.micro'\nimage = '{UBUNTU}'");
    let world = World::new(Which::BuiltIn, &file(&keys)).await;
    world.apply().await;
    world.assert_converged("an Ubuntu image").await;
    let hand = Hand::new(&world.emulator.config());
    let answer = hand
        .ec2
        .describe_launch_template_versions()
        .launch_template_name("shop-web")
        .versions("$Default")
        .send()
        .await
        .unwrap();
    let data = answer.launch_template_versions()[0].launch_template_data().unwrap();
    let [mapping] = data.block_device_mappings() else { panic!("{data:?}") };
    assert_eq!(mapping.device_name(), Some("/dev/sda1"));
    assert_eq!(mapping.ebs().unwrap().encrypted(), Some(true));
    let running = hand.ec2.describe_instances().send().await.unwrap();
    let running: usize = running.reservations().iter().map(|reservation| reservation.instances().len()).sum();
    assert_eq!(running, 2);
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_that_an_image_cannot_be_used_before_anything_is_made() {
    for (keys, words) in [
        ("instance_type = 't3.micro'\nimage = 'ami-00000000'", "ami-00000000 does not exist in this region"),
        ("instance_type = 't3.micro'\nimage = 'ssm:/golden'", "ssm:/golden does not exist in this region"),
        (
            "instance_type = 't3.micro'\nimage = 'ami-0d4e5f60718293a4b'\nvolume = { device = '/dev/xvda' }",
            "is /dev/sda1 and not /dev/xvda",
        ),
        (
            "instance_type = 't4g.micro'\nimage = 'ami-0d4e5f60718293a4b'",
            "is for x86_64, and t4g.micro runs arm64",
        ),
    ] {
        let world = World::new(Which::BuiltIn, &file(keys)).await;
        let (live, plan) = world.look(&Choices::default()).await;
        let template = "ec2.launch-template.web".parse().unwrap();
        let Some(Observed::Unreadable(unread)) = live.resources.get(&template) else {
            panic!("{keys}: {plan:?}")
        };
        assert!(unread.message.contains(words), "{}", unread.message);
        let group = plan.steps.iter().find(|step| step.addr.kind() == "autoscaling.group").unwrap();
        assert!(group.held.is_some(), "the group would be made without it");
    }
}

/// What the instances of the only group are of, those that are ending left out.
async fn instance_types(hand: &Hand) -> Vec<String> {
    let groups = hand.autoscaling.describe_auto_scaling_groups().send().await.unwrap();
    let running = groups.auto_scaling_groups()[0]
        .instances()
        .iter()
        .filter(|instance| instance.lifecycle_state() != Some(&LifecycleState::Terminating));
    running.map(|instance| instance.instance_type().unwrap().to_owned()).collect()
}

/// How often a refresh was asked for.
fn refreshes(world: &World) -> u64 {
    let calls = world.account.trace.counts().calls;
    calls
        .iter()
        .filter(|((_, call), _)| call.as_str() == "StartInstanceRefresh")
        .map(|(_, count)| *count)
        .sum()
}

#[tokio::test(start_paused = true)]
async fn instances_of_an_older_template_are_told_and_stay_where_nobody_asked_to_replace_them() {
    let mut world = World::new(Which::BuiltIn, &file("instance_type = 't3.micro'")).await;
    world.apply().await;
    let told = |plan: &Plan| {
        let group = plan.findings.iter().filter(|finding| finding.addr.kind() == "autoscaling.group");
        group.map(|finding| (finding.severity, finding.message.clone())).collect::<Vec<_>>()
    };
    assert_eq!(told(&world.plan().await), []);
    world.declare(&file("instance_type = 't3.small'"));
    world.apply().await;
    let plan = world.plan().await;
    assert!(plan.is_converged(), "{:?}", plan.steps);
    let message = "2 of 2 instances run version 1 of the launch template, the default is version 2";
    assert_eq!(told(&plan), [(Severity::Warning, message.to_owned())]);
    let hand = Hand::new(&world.emulator.config());
    assert_eq!(instance_types(&hand).await, ["t3.micro", "t3.micro"]);
    assert_eq!(refreshes(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn a_changed_template_replaces_the_instances_once_where_that_is_asked_for() {
    let file = |keys: &str| file(&format!("instance_refresh = {{ min_healthy = 50 }}\n{keys}"));
    let mut world = World::new(Which::BuiltIn, &file("instance_type = 't3.micro'")).await;
    world.apply().await;
    world.assert_converged("its instances are of the first version").await;
    assert_eq!(refreshes(&world), 0, "nothing to replace");
    world.declare(&file("instance_type = 't3.small'"));
    let plan = world.plan().await;
    let steps: Vec<String> = plan.steps.iter().map(|step| step.addr.to_string()).collect();
    assert_eq!(steps, ["ec2.launch-template.web", "autoscaling.group.web"]);
    let change = plan.steps[1].changes[0].clone();
    assert_eq!(change.path.to_string(), "instances");
    assert!(format!("{:?}", change.before).contains("version 1"), "{change:?}");
    world.apply().await;
    assert_eq!(refreshes(&world), 1);
    // Terraform does not wait for the end of a refresh either; what goes on is in sync and told.
    let plan = world.plan().await;
    assert!(plan.is_converged(), "{:?} {:?}", plan.steps, plan.findings);
    let hand = Hand::new(&world.emulator.config());
    let asked = hand.autoscaling.describe_instance_refreshes().auto_scaling_group_name("shop-web");
    let asked = asked.send().await.unwrap().instance_refreshes()[0].clone();
    assert_eq!(asked.preferences().unwrap().min_healthy_percentage(), Some(50));
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(instance_types(&hand).await, ["t3.small", "t3.small"]);
    world.apply().await;
    world.assert_converged("its instances are of the second version").await;
    assert_eq!(refreshes(&world), 1, "all of them run the current version");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_goes_on_is_told_and_neither_started_again_nor_waited_for() {
    let file = |kind: &str| file(&format!("instance_refresh = true\ninstance_type = '{kind}'"));
    let mut world = World::realistic(&file("t3.micro")).await;
    world.apply_and_wait().await;
    world.declare(&file("t3.small"));
    for run in ["starts it", "finds it"] {
        let since = Instant::now();
        world.apply_and_wait().await;
        assert!(since.elapsed() < Duration::from_secs(90), "a refresh takes two minutes: {run}");
        assert_eq!(refreshes(&world), 1, "{run}");
    }
    tokio::time::sleep(Duration::from_secs(20)).await;
    let plan = world.plan().await;
    assert!(plan.is_converged(), "{:?} {:?}", plan.steps, plan.findings);
    let told: Vec<&str> = plan.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(told.contains(&"an instance refresh goes on, 50 percent of it is done"), "{told:?}");
    // The template is changed again meanwhile: AWS refuses a second refresh, and the first is let go on.
    world.declare(&file("t3.medium"));
    world.apply_and_wait().await;
    assert_eq!(refreshes(&world), 1);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let plan = world.plan().await;
    let [step] = plan.steps.as_slice() else { panic!("{:?}", plan.steps) };
    assert_eq!(step.addr.to_string(), "autoscaling.group.web");
    world.apply_and_wait().await;
    assert_eq!(refreshes(&world), 2, "what the first left behind");
    tokio::time::sleep(Duration::from_secs(300)).await;
    world.assert_converged("after both").await;
    let hand = Hand::new(&world.emulator.config());
    assert_eq!(instance_types(&hand).await, ["t3.medium", "t3.medium"]);
}

#[tokio::test(start_paused = true)]
async fn an_apply_waits_until_the_least_number_of_instances_is_in_service() {
    let world = World::realistic(&file("instance_type = 't3.micro'")).await;
    let waited = world.apply_and_wait().await;
    let expected = "to be complete: 0 of 2 instances are in service";
    let group = |(addr, reason): &(String, String)| addr == "autoscaling.group.web" && reason == expected;
    assert!(waited.iter().any(group), "{waited:?}");
    let hand = Hand::new(&world.emulator.config());
    let groups = hand.autoscaling.describe_auto_scaling_groups().send().await.unwrap();
    let instances = groups.auto_scaling_groups()[0].instances();
    let states: Vec<&str> = instances.iter().map(|i| i.lifecycle_state().unwrap().as_str()).collect();
    assert_eq!(states, ["InService", "InService"]);
}

/// The policies of the only group by name: metric, value and whose requests are counted.
async fn policies(hand: &Hand) -> Vec<(String, String, f64, Option<String>)> {
    let read = hand.autoscaling.describe_policies().auto_scaling_group_name("shop-web").send().await.unwrap();
    let mut policies: Vec<_> = read
        .scaling_policies()
        .iter()
        .map(|policy| {
            let tracking = policy.target_tracking_configuration().unwrap();
            let metric = tracking.predefined_metric_specification().unwrap();
            (
                policy.policy_name().unwrap().to_owned(),
                metric.predefined_metric_type().unwrap().as_str().to_owned(),
                tracking.target_value().unwrap(),
                metric.resource_label().map(str::to_owned),
            )
        })
        .collect();
    policies.sort_by(|one, other| one.0.cmp(&other.0));
    policies
}

async fn a_group_scales_by_network_and_by_requests_and_not_by_what_is_left_out(on: Which) {
    let file = |keys: &str| {
        // moto launches nothing from a volume without a size.
        let always = "load_balancer = 'web'\ninstance_type = 't3.micro'\nvolume = { size_gib = 8 }\ntarget_cpu = false";
        let keys = format!("{always}\n{keys}");
        format!("{}[load_balancer.web]\ntier = 'web'\n", file(&keys))
    };
    let targets = "target_network_in = 5000000\ntarget_network_out = 9000000\ntarget_requests = 1000";
    let mut world = World::new(on, &file(targets)).await;
    world.apply().await;
    world.assert_converged("with its targets").await;
    let hand = Hand::new(&world.emulator.config());
    let balancers = hand.elb.describe_load_balancers().send().await.unwrap();
    let balancer = balancers.load_balancers()[0].load_balancer_arn().unwrap();
    let targets = hand.elb.describe_target_groups().send().await.unwrap();
    let target = targets.target_groups()[0].target_group_arn().unwrap();
    let label = format!(
        "{}/{}",
        balancer.split_once(":loadbalancer/").unwrap().1,
        target.rsplit_once(':').unwrap().1
    );
    let row = |name: &str, metric: &str, value: f64, label: Option<&str>| {
        (name.to_owned(), metric.to_owned(), value, label.map(str::to_owned))
    };
    let network_in = |value| row("network-in", "ASGAverageNetworkIn", value, None);
    assert_eq!(
        policies(&hand).await,
        [
            network_in(5e6),
            row("network-out", "ASGAverageNetworkOut", 9e6, None),
            row("requests", "ALBRequestCountPerTarget", 1e3, Some(&label)),
        ]
    );
    world.declare(&file("target_network_in = 6000000"));
    let plan = world.plan().await;
    let [step] = plan.steps.as_slice() else { panic!("{:?}", plan.steps) };
    assert_eq!(step.addr.to_string(), "autoscaling.group.web");
    world.apply().await;
    world.assert_converged("with one target").await;
    assert_eq!(policies(&hand).await, [network_in(6e6)]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_sends_everybody_to_another_host_is_named_and_taken_away() {
    let balanced = file("instance_type = 't3.micro'\nload_balancer = 'web'");
    let balanced = format!("{balanced}[load_balancer.web]\ntier = 'web'\n");
    let world = World::new(Which::BuiltIn, &balanced).await;
    world.apply().await;
    world.assert_converged("a load balancer").await;
    let hand = Hand::new(&world.emulator.config());
    let balancers = hand.elb.describe_load_balancers().send().await.unwrap();
    let arn = balancers.load_balancers()[0].load_balancer_arn().unwrap();
    let listeners = hand.elb.describe_listeners().load_balancer_arn(arn).send().await.unwrap();
    let listener = listeners.listeners()[0].listener_arn().unwrap();
    let elsewhere = RedirectActionConfig::builder()
        .host("example.com")
        .status_code(RedirectActionStatusCodeEnum::Http302)
        .build();
    hand.elb
        .create_rule()
        .listener_arn(listener)
        .priority(1)
        .conditions(RuleCondition::builder().field("path-pattern").values("*").build())
        .actions(Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(elsewhere).build())
        .send()
        .await
        .unwrap();
    let plan = world.plan().await;
    let [step] = plan.steps.as_slice() else { panic!("{:?}", plan.steps) };
    assert_eq!(step.addr.to_string(), "elb.load-balancer.web");
    let said = format!("{:?}", step.changes);
    assert!(said.contains("1: path-pattern *: redirect to example.com"), "{said}");
    world.apply().await;
    world.assert_converged("without the rule").await;
    let rules = hand.elb.describe_rules().listener_arn(listener).send().await.unwrap();
    assert_eq!(rules.rules().len(), 1, "the default rule is left");
}

#[tokio::test(start_paused = true)]
async fn a_group_that_cannot_launch_is_not_in_sync_and_says_what_aws_said() {
    let world = World::new(Which::BuiltIn, &file("instance_type = 't3.micro'")).await;
    world.apply().await;
    let hand = Hand::new(&world.emulator.config());
    // Somebody names an image that is gone, and the instances end.
    let gone = RequestLaunchTemplateData::builder().image_id("ami-00000000").build();
    let version = hand
        .ec2
        .create_launch_template_version()
        .launch_template_name("shop-web")
        .launch_template_data(gone)
        .send()
        .await
        .unwrap();
    let number = version.launch_template_version().unwrap().version_number().unwrap();
    hand.ec2
        .modify_launch_template()
        .launch_template_name("shop-web")
        .default_version(number.to_string())
        .send()
        .await
        .unwrap();
    let groups = hand.autoscaling.describe_auto_scaling_groups().send().await.unwrap();
    for instance in groups.auto_scaling_groups()[0].instances() {
        let id = instance.instance_id().unwrap();
        hand.ec2.terminate_instances().instance_ids(id).send().await.unwrap();
    }
    let plan = world.plan().await;
    let group = plan.findings.iter().find(|finding| finding.addr.kind() == "autoscaling.group").unwrap();
    assert_eq!(group.severity, Severity::Error);
    let expected = "0 of 2 instances are in service; AWS could not launch another: ";
    assert!(
        group.message.starts_with(expected) && group.message.contains("ami-00000000"),
        "{}",
        group.message
    );
    // The template is repaired, and what AWS tries by itself succeeds.
    world.apply().await;
    world.assert_converged("with its image again").await;
}
