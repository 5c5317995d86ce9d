//! Subnets.

use aws_sdk_ec2::types::AttributeBooleanValue;

use super::{REGION, code, filter, sandbox, subnet, vpc};
use crate::sandbox::Sandbox;
use crate::sandbox::ec2::network_interface::NewInterface;
use crate::sandbox::world::DEFAULT_ACCOUNT;

fn on(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

/// Puts an interface into a subnet, as a load balancer would.
fn add_interface(sandbox: &Sandbox, subnet: &str) -> String {
    sandbox.with_world(|world| {
        let (mut ids, now) = (world.ids.clone(), world.clock);
        let new = NewInterface {
            subnet: subnet.to_owned(),
            description: "ELB app/web/0123456789abcdef".to_owned(),
            interface_type: "interface".to_owned(),
            requester: "amazon-elb".to_owned(),
            public: true,
            ..NewInterface::default()
        };
        let id = world.region(DEFAULT_ACCOUNT, REGION).ec2.add_interface(&mut ids, now, new).unwrap();
        world.ids = ids;
        id
    })
}

#[tokio::test]
async fn ranges_lie_in_the_vpc_and_apart_from_each_other() {
    let (_sandbox, ec2) = sandbox();
    let id = vpc(&ec2, "10.0.0.0/16").await;
    subnet(&ec2, &id, "10.0.1.7/24").await;
    let listed = ec2.describe_subnets().filters(filter("vpc-id", &id)).send().await.unwrap();
    assert_eq!(listed.subnets()[0].cidr_block(), Some("10.0.1.0/24"), "NET-17");
    for (cidr, expected) in [
        ("10.0.1.0/24", "InvalidSubnet.Conflict"),
        ("10.0.1.128/25", "InvalidSubnet.Conflict"),
        ("10.0.0.0/20", "InvalidSubnet.Conflict"),
        ("10.1.0.0/24", "InvalidSubnet.Range"),
        ("10.0.0.0/15", "InvalidSubnet.Range"),
        ("10.0.2.0/29", "InvalidSubnet.Range"),
        ("10.0.2", "InvalidParameterValue"),
    ] {
        let create = ec2.create_subnet().vpc_id(&id).cidr_block(cidr);
        assert_eq!(code(create.send().await), expected, "{cidr}");
    }
    let elsewhere = ec2.create_subnet().vpc_id(&id).cidr_block("10.0.3.0/24").availability_zone("us-east-1a");
    assert_eq!(code(elsewhere.send().await), "InvalidParameterValue");
}

#[tokio::test]
async fn what_was_asked_for_is_read_back() {
    let (_sandbox, ec2) = sandbox();
    let id = vpc(&ec2, "10.0.0.0/16").await;
    let made = ec2.create_subnet().vpc_id(&id).cidr_block("10.0.1.0/24").availability_zone("eu-west-1b");
    let made = made.send().await.unwrap().subnet.unwrap();
    let id = made.subnet_id().unwrap();
    assert_eq!(made.availability_zone(), Some("eu-west-1b"));
    assert_eq!((made.available_ip_address_count(), made.default_for_az()), (Some(251), Some(false)));
    let modify = || ec2.modify_subnet_attribute().subnet_id(id);
    modify().map_public_ip_on_launch(on(true)).send().await.unwrap();
    modify().enable_resource_name_dns_a_record_on_launch(on(true)).send().await.unwrap();
    // One attribute a call (NET-4).
    let two = modify().map_public_ip_on_launch(on(true)).enable_dns64(on(false));
    assert_eq!(code(two.send().await), "InvalidParameterCombination");
    let listed = ec2.describe_subnets().subnet_ids(id).send().await.unwrap();
    assert_eq!(listed.subnets()[0].map_public_ip_on_launch(), Some(true));
    let names = listed.subnets()[0].private_dns_name_options_on_launch().unwrap();
    assert_eq!(names.enable_resource_name_dns_a_record(), Some(true));
}

#[tokio::test]
async fn a_subnet_with_an_interface_is_not_deleted_net_13() {
    let (sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let gateway = super::gateway(&ec2, &vpc).await;
    let id = subnet(&ec2, &vpc, "10.0.1.0/24").await;
    let interface = add_interface(&sandbox, &id);
    assert_eq!(code(ec2.delete_subnet().subnet_id(&id).send().await), "DependencyViolation");
    let detach = || ec2.detach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc).send();
    assert_eq!(code(detach().await), "DependencyViolation", "a public address is in use");
    let listed = ec2.describe_network_interfaces().filters(filter("subnet-id", &id)).send().await.unwrap();
    let shown = &listed.network_interfaces()[0];
    assert_eq!(shown.description(), Some("ELB app/web/0123456789abcdef"));
    assert_eq!(shown.private_ip_address(), Some("10.0.1.4"), "the first four addresses are AWS's");
    assert!(shown.requester_managed().unwrap() && shown.association().unwrap().public_ip().is_some());
    let subnets = ec2.describe_subnets().subnet_ids(&id).send().await.unwrap();
    assert_eq!(subnets.subnets()[0].available_ip_address_count(), Some(250));
    sandbox.with_world(|world| world.region(DEFAULT_ACCOUNT, REGION).ec2.remove_interface(&interface));
    detach().await.unwrap();
    ec2.delete_subnet().subnet_id(&id).send().await.unwrap();
    assert_eq!(code(ec2.delete_subnet().subnet_id(&id).send().await), "InvalidSubnetID.NotFound");
}

#[tokio::test]
async fn a_subnet_is_full_when_its_addresses_are_used() {
    let (sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let id = subnet(&ec2, &vpc, "10.0.1.0/28").await;
    for _ in 0..11 {
        add_interface(&sandbox, &id);
    }
    let full = sandbox.with_world(|world| {
        let mut ids = world.ids.clone();
        let new = NewInterface { subnet: id.clone(), ..NewInterface::default() };
        world.region(DEFAULT_ACCOUNT, REGION).ec2.add_interface(&mut ids, 0, new)
    });
    assert_eq!(full.unwrap_err().code, "InsufficientFreeAddressesInSubnet");
}
