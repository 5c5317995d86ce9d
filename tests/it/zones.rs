//! Fewer zones: what runs in a subnet that is left over keeps its way out until the subnet is pruned.

use aws_sdk_ec2::types::Filter;
use baseline::plan::Choices;

use crate::emulator::Which;
use crate::hand::Hand;
use crate::world::World;

fn file(zones: u8, more: &str) -> String {
    format!(
        "name = \"shop\"\nregion = 'us-east-1'\n[network]\ncidr = '10.0.0.0/16'\nzones = {zones}\nflow_logs = false\n\
         [network.tier.web]\npublic = true\naccept = [{{ from = 'internet', port = 443 }}{more}]\n"
    )
}

/// How many subnets the ACL and the route table of the tier have.
async fn subnets(hand: &Hand) -> (usize, usize) {
    let ours = || Filter::builder().name("tag:baseline:name").values("shop").build();
    let acls = hand.ec2.describe_network_acls().filters(ours()).send().await.unwrap();
    let tables = hand.ec2.describe_route_tables().filters(ours()).send().await.unwrap();
    (acls.network_acls()[0].associations().len(), tables.route_tables()[0].associations().len())
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_is_left_over_keeps_its_acl_and_its_routes_until_it_is_pruned() {
    let mut world = World::new(Which::BuiltIn, &file(3, "")).await;
    let hand = Hand::new(&world.emulator.config());
    world.apply().await;
    assert_eq!(subnets(&hand).await, (3, 3));

    world.declare(&file(2, ""));
    let plan = world.plan().await;
    assert!(plan.is_converged(), "{:#?}", plan.steps);
    assert_eq!(plan.undeclared.len(), 1, "{:?}", plan.undeclared);

    // Another change of the same things takes nothing away either.
    world.declare(&file(2, ", { from = '203.0.113.0/24', port = 8443 }"));
    world.apply().await;
    assert_eq!(subnets(&hand).await, (3, 3));

    world.apply_with(&Choices { prune: true, ..Choices::default() }).await;
    assert_eq!(subnets(&hand).await, (2, 2));
}
