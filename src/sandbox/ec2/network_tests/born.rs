//! What a fresh region comes with.

use super::{filter, sandbox};
use crate::sandbox::Sandbox;
use crate::sandbox::profile::Profile;
use crate::sandbox::testing::config;

#[tokio::test]
async fn a_fresh_region_has_a_default_vpc_with_a_subnet_in_every_zone_and_a_way_out() {
    let (_sandbox, ec2) = sandbox();
    let vpcs = ec2.describe_vpcs().filters(filter("is-default", "true")).send().await.unwrap();
    let vpc = &vpcs.vpcs()[0];
    let id = vpc.vpc_id().unwrap();
    assert_eq!((vpcs.vpcs().len(), vpc.cidr_block()), (1, Some("172.31.0.0/16")));
    let subnets = ec2.describe_subnets().filters(filter("vpc-id", id)).send().await.unwrap();
    let zones = ec2.describe_availability_zones().send().await.unwrap();
    assert_eq!(subnets.subnets().len(), zones.availability_zones().len());
    assert!(subnets.subnets().iter().all(|subnet| {
        subnet.default_for_az() == Some(true)
            && subnet.map_public_ip_on_launch() == Some(true)
            && subnet.available_ip_address_count() == Some(4091)
    }));
    let gateways =
        ec2.describe_internet_gateways().filters(filter("attachment.vpc-id", id)).send().await.unwrap();
    let gateway = gateways.internet_gateways()[0].internet_gateway_id();
    let tables = ec2.describe_route_tables().filters(filter("vpc-id", id)).send().await.unwrap();
    let routes = tables.route_tables()[0].routes();
    assert_eq!((routes[0].gateway_id(), routes[1].gateway_id()), (Some("local"), gateway));
    let attributes = ec2.describe_account_attributes().send().await.unwrap();
    let values: Vec<_> = attributes
        .account_attributes()
        .iter()
        .flat_map(|a| a.attribute_values())
        .filter_map(|v| v.attribute_value())
        .collect();
    assert!(values.contains(&id));
    let dhcp = ec2.describe_dhcp_options().send().await.unwrap();
    assert_eq!(dhcp.dhcp_options()[0].dhcp_options_id(), vpc.dhcp_options_id());
}

#[tokio::test]
async fn the_default_vpc_is_seen_by_the_first_call_even_where_new_things_are_not() {
    let sandbox = Sandbox::new(Profile::Hostile, 1);
    let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox, "us-east-1"));
    let vpcs = ec2.describe_vpcs().send().await.unwrap();
    assert_eq!(vpcs.vpcs().len(), 1);
}

#[tokio::test]
async fn every_enabled_region_is_listed() {
    let (_sandbox, ec2) = sandbox();
    let regions = ec2.describe_regions().send().await.unwrap();
    assert_eq!(regions.regions().len(), 17);
    let one = ec2.describe_regions().region_names("eu-west-1").send().await.unwrap();
    assert_eq!(one.regions()[0].endpoint(), Some("ec2.eu-west-1.amazonaws.com"));
    assert_eq!(
        super::code(ec2.describe_regions().region_names("mars-1").send().await),
        "InvalidParameterValue"
    );
}
