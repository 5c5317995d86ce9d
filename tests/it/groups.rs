//! Groups of instances: what they start from, whether they run, and what their load balancer does.

use baseline::plan::{Choices, Sight};

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
