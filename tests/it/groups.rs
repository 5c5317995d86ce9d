//! Groups of instances: what they start from, whether they run, and what their load balancer does.

use aws_sdk_ec2::types::RequestLaunchTemplateData;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, RedirectActionConfig, RedirectActionStatusCodeEnum, RuleCondition,
};
use baseline::plan::{Choices, Severity, Sight};

use crate::emulator::Which;
use crate::hand::Hand;
use crate::world::World;

const UBUNTU: &str = "ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id";

/// A group in a network, with more keys of its own.
fn file(keys: &str) -> String {
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
        let Some(Sight::Unreadable(unread)) = live.sights.get(&template) else { panic!("{keys}: {plan:?}") };
        assert!(unread.message.contains(words), "{}", unread.message);
        let group = plan.steps.iter().find(|step| step.addr.kind() == "autoscaling.group").unwrap();
        assert!(group.held.is_some(), "the group would be made without it");
    }
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
