//! NAT gateways.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{DomainType, NatGateway};

use super::{code, filter, gateway, sandbox, subnet, vpc, wait};
use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

async fn address(ec2: &Client) -> String {
    ec2.allocate_address().domain(DomainType::Vpc).send().await.unwrap().allocation_id.unwrap()
}

async fn read(ec2: &Client, id: &str) -> NatGateway {
    let listed = ec2.describe_nat_gateways().nat_gateway_ids(id).send().await.unwrap();
    listed.nat_gateways()[0].clone()
}

async fn state(ec2: &Client, id: &str) -> String {
    read(ec2, id).await.state().unwrap().as_str().to_owned()
}

#[tokio::test]
async fn a_gateway_is_answered_as_pending_and_holds_its_address() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let subnet = subnet(&ec2, &vpc, "10.0.1.0/24").await;
    let internet = gateway(&ec2, &vpc).await;
    let address = address(&ec2).await;
    let made = ec2.create_nat_gateway().subnet_id(&subnet).allocation_id(&address).send().await.unwrap();
    let made = made.nat_gateway().unwrap();
    assert_eq!(made.state().unwrap().as_str(), "pending");
    let id = made.nat_gateway_id().unwrap();
    let now = read(&ec2, id).await;
    assert_eq!((now.state().unwrap().as_str(), now.vpc_id()), ("available", Some(vpc.as_str())));
    let held = &now.nat_gateway_addresses()[0];
    assert_eq!(held.allocation_id(), Some(address.as_str()));
    assert!(held.public_ip().is_some() && held.network_interface_id().is_some());
    // Its address is not the caller's to take away (NET-14), nor its subnet or internet gateway (NET-13).
    let release = || ec2.release_address().allocation_id(&address).send();
    assert_eq!(code(release().await), "AuthFailure");
    assert_eq!(code(ec2.delete_subnet().subnet_id(&subnet).send().await), "DependencyViolation");
    let detach = ec2.detach_internet_gateway().internet_gateway_id(&internet).vpc_id(&vpc);
    assert_eq!(code(detach.send().await), "DependencyViolation");
    ec2.delete_nat_gateway().nat_gateway_id(id).send().await.unwrap();
    assert_eq!(state(&ec2, id).await, "deleted");
    release().await.unwrap();
    ec2.delete_subnet().subnet_id(&subnet).send().await.unwrap();
    assert_eq!(code(ec2.delete_nat_gateway().nat_gateway_id(id).send().await), "NatGatewayNotFound");
}

#[tokio::test]
async fn making_and_deleting_take_their_time_and_a_corpse_is_listed_for_an_hour_net_15() {
    let sandbox = Sandbox::new(Profile::Realistic, 1);
    let ec2 = Client::new(&config(&sandbox, "eu-west-1"));
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    wait(&sandbox, 5);
    let subnet = subnet(&ec2, &vpc, "10.0.1.0/24").await;
    gateway_later(&sandbox, &ec2, &vpc).await;
    let address = address(&ec2).await;
    wait(&sandbox, 5);
    let made = ec2.create_nat_gateway().subnet_id(&subnet).allocation_id(&address).send().await.unwrap();
    let id = made.nat_gateway().unwrap().nat_gateway_id().unwrap().to_owned();
    wait(&sandbox, 10);
    assert_eq!(state(&ec2, &id).await, "pending");
    let table = ec2.create_route_table().vpc_id(&vpc).send().await.unwrap();
    let table = table.route_table().unwrap().route_table_id().unwrap().to_owned();
    wait(&sandbox, 10);
    let route = || {
        let route = ec2.create_route().route_table_id(&table).destination_cidr_block("0.0.0.0/0");
        route.nat_gateway_id(&id).send()
    };
    assert_eq!(code(route().await), "InvalidNatGatewayID.NotFound", "NET-5");
    wait(&sandbox, 90);
    assert_eq!(state(&ec2, &id).await, "available");
    route().await.unwrap();
    ec2.delete_nat_gateway().nat_gateway_id(&id).send().await.unwrap();
    wait(&sandbox, 10);
    assert_eq!(state(&ec2, &id).await, "deleting");
    let release = || ec2.release_address().allocation_id(&address).send();
    assert_eq!(code(release().await), "AuthFailure", "NET-14");
    wait(&sandbox, 52);
    // Deleted, but the address is held a little longer (NET-14), and the route leads nowhere (NET-15).
    assert_eq!(state(&ec2, &id).await, "deleted");
    assert_eq!(code(release().await), "AuthFailure", "NET-14");
    let listed =
        ec2.describe_route_tables().filters(filter("route.state", "blackhole")).send().await.unwrap();
    assert_eq!(listed.route_tables().len(), 1);
    wait(&sandbox, 5);
    release().await.unwrap();
    wait(&sandbox, 3_600);
    let gone = ec2.describe_nat_gateways().nat_gateway_ids(&id).send().await;
    assert_eq!(code(gone), "NatGatewayNotFound");
}

async fn gateway_later(sandbox: &Sandbox, ec2: &Client, vpc: &str) {
    let made = ec2.create_internet_gateway().send().await.unwrap();
    let id = made.internet_gateway().unwrap().internet_gateway_id().unwrap().to_owned();
    wait(sandbox, 5);
    ec2.attach_internet_gateway().internet_gateway_id(&id).vpc_id(vpc).send().await.unwrap();
}

#[tokio::test]
async fn a_gateway_without_a_way_out_or_with_a_taken_address_fails_in_the_background() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let subnet = subnet(&ec2, &vpc, "10.0.1.0/24").await;
    let address = address(&ec2).await;
    let create = || ec2.create_nat_gateway().subnet_id(&subnet).allocation_id(&address).send();
    let id = create().await.unwrap().nat_gateway.unwrap().nat_gateway_id.unwrap();
    assert_eq!(read(&ec2, &id).await.failure_code(), Some("Gateway.NotAttached"), "NET-5");
    gateway(&ec2, &vpc).await;
    create().await.unwrap();
    let id = create().await.unwrap().nat_gateway.unwrap().nat_gateway_id.unwrap();
    assert_eq!(read(&ec2, &id).await.failure_code(), Some("Resource.AlreadyAssociated"));
    let unknown = ec2.create_nat_gateway().subnet_id(&subnet).allocation_id("eipalloc-0123456789abcdef0");
    assert_eq!(code(unknown.send().await), "InvalidAllocationID.NotFound", "NET-10");
}

#[tokio::test]
async fn the_same_token_answers_with_the_same_gateway_even_a_dead_one_net_20() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let subnet = subnet(&ec2, &vpc, "10.0.1.0/24").await;
    gateway(&ec2, &vpc).await;
    let (address, other) = (address(&ec2).await, address(&ec2).await);
    let create = |address: &str| {
        ec2.create_nat_gateway().subnet_id(&subnet).allocation_id(address).client_token("once").send()
    };
    let first = create(&address).await.unwrap().nat_gateway.unwrap();
    let id = first.nat_gateway_id().unwrap();
    assert_eq!(create(&address).await.unwrap().nat_gateway.unwrap().nat_gateway_id(), Some(id));
    assert_eq!(code(create(&other).await), "IdempotentParameterMismatch");
    ec2.delete_nat_gateway().nat_gateway_id(id).send().await.unwrap();
    let dead = create(&address).await.unwrap().nat_gateway.unwrap();
    assert_eq!((dead.nat_gateway_id(), dead.state().unwrap().as_str()), (Some(id), "deleted"));
}
