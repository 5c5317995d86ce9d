//! Endpoints.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, VpcEndpoint, VpcEndpointType};

use super::{code, filter, group, sandbox, subnet, vpc, wait};
use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

const S3: &str = "com.amazonaws.eu-west-1.s3";
const SSM: &str = "com.amazonaws.eu-west-1.ssm";

async fn table(ec2: &Client, vpc: &str) -> String {
    let made = ec2.create_route_table().vpc_id(vpc).send().await.unwrap();
    made.route_table().unwrap().route_table_id().unwrap().to_owned()
}

/// A VPC in which instances have names, which private DNS needs.
async fn named(ec2: &Client) -> String {
    let vpc = vpc(ec2, "10.0.0.0/16").await;
    let on = AttributeBooleanValue::builder().value(true).build();
    ec2.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(on).send().await.unwrap();
    vpc
}

async fn gateway_to_s3(ec2: &Client, vpc: &str, table: &str) -> String {
    let made =
        ec2.create_vpc_endpoint().vpc_id(vpc).service_name(S3).route_table_ids(table).send().await.unwrap();
    made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned()
}

async fn read(ec2: &Client, id: &str) -> VpcEndpoint {
    let listed = ec2.describe_vpc_endpoints().vpc_endpoint_ids(id).send().await.unwrap();
    listed.vpc_endpoints()[0].clone()
}

#[tokio::test]
async fn aws_writes_the_route_of_a_gateway_endpoint_and_takes_it_away() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let (one, other) = (table(&ec2, &vpc).await, table(&ec2, &vpc).await);
    let id = gateway_to_s3(&ec2, &vpc, &one).await;
    let leads = async |table: &str| {
        let found = ec2.describe_route_tables().route_table_ids(table).send().await.unwrap();
        let routes = found.route_tables()[0].routes().iter();
        let to = routes.filter_map(|route| Some((route.destination_prefix_list_id()?, route.gateway_id()?)));
        to.map(|(list, gateway)| format!("{list} {gateway}")).collect::<Vec<_>>()
    };
    let list = ec2.describe_prefix_lists().filters(filter("prefix-list-name", S3)).send().await.unwrap();
    let list = &list.prefix_lists()[0];
    assert!(!list.cidrs().is_empty());
    let list = list.prefix_list_id().unwrap();
    assert_eq!(leads(&one).await, [format!("{list} {id}")]);
    let again = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(S3).route_table_ids(&one);
    assert_eq!(code(again.send().await), "RouteAlreadyExists");
    let moved = ec2.modify_vpc_endpoint().vpc_endpoint_id(&id);
    moved.add_route_table_ids(&other).remove_route_table_ids(&one).send().await.unwrap();
    assert_eq!((leads(&one).await.len(), leads(&other).await.len()), (0, 1));
    // A rule of a group may name the list, as nobody but AWS has made it.
    let named = group(&ec2, &vpc, "named").await;
    let to = aws_sdk_ec2::types::PrefixListId::builder().prefix_list_id(list).build();
    let rule = aws_sdk_ec2::types::IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443);
    let rule = rule.prefix_list_ids(to).build();
    ec2.authorize_security_group_egress().group_id(&named).ip_permissions(rule).send().await.unwrap();
    let deleted = ec2.delete_vpc_endpoints().vpc_endpoint_ids(&id).send().await.unwrap();
    assert!(deleted.unsuccessful().is_empty());
    assert!(leads(&other).await.is_empty());
    let unknown = ec2.delete_vpc_endpoints().vpc_endpoint_ids(&id).send().await.unwrap();
    let error = unknown.unsuccessful()[0].error().unwrap();
    assert_eq!(error.code(), Some("InvalidVpcEndpointId.NotFound"));
}

#[tokio::test]
async fn an_interface_endpoint_has_an_interface_in_each_subnet_and_the_name_of_its_service_once() {
    let (_sandbox, ec2) = sandbox();
    let vpc = named(&ec2).await;
    let (one, same_zone) = (subnet(&ec2, &vpc, "10.0.1.0/24").await, subnet(&ec2, &vpc, "10.0.2.0/24").await);
    let own = group(&ec2, &vpc, "own").await;
    let create = || {
        let call = ec2.create_vpc_endpoint().vpc_id(&vpc).vpc_endpoint_type(VpcEndpointType::Interface);
        call.subnet_ids(&one).security_group_ids(&own)
    };
    let made = create().service_name(SSM).send().await.unwrap();
    let id = made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned();
    let there = read(&ec2, &id).await;
    assert_eq!((there.private_dns_enabled(), there.groups()[0].group_id()), (Some(true), Some(own.as_str())));
    let interface = there.network_interface_ids()[0].clone();
    let interfaces =
        ec2.describe_network_interfaces().network_interface_ids(&interface).send().await.unwrap();
    let kind = interfaces.network_interfaces()[0].interface_type().unwrap();
    assert_eq!(kind.as_str(), "vpc_endpoint");
    assert_eq!(code(ec2.delete_subnet().subnet_id(&one).send().await), "DependencyViolation");
    assert_eq!(code(ec2.delete_security_group().group_id(&own).send().await), "DependencyViolation");
    let twice = create().service_name(SSM).send().await;
    assert_eq!(code(twice), "InvalidParameter");
    create().service_name(SSM).private_dns_enabled(false).send().await.unwrap();
    let crowded = ec2.modify_vpc_endpoint().vpc_endpoint_id(&id).add_subnet_ids(&same_zone).send().await;
    assert_eq!(code(crowded), "DuplicateSubnetsInSameZone");
    let moved = ec2.modify_vpc_endpoint().vpc_endpoint_id(&id);
    moved.add_subnet_ids(&same_zone).remove_subnet_ids(&one).send().await.unwrap();
    assert_eq!(read(&ec2, &id).await.subnet_ids(), [same_zone]);
}

#[tokio::test]
async fn what_aws_refuses_of_an_endpoint_is_refused_by_name() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let subnet = subnet(&ec2, &vpc, "10.0.1.0/24").await;
    let create = |service: &str| ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(service);
    let interface = |service: &str| create(service).vpc_endpoint_type(VpcEndpointType::Interface);
    assert_eq!(code(create("com.amazonaws.eu-west-1.nothing").send().await), "InvalidServiceName");
    assert_eq!(code(create("com.amazonaws.us-east-1.s3").send().await), "InvalidServiceName");
    assert_eq!(code(create(SSM).send().await), "InvalidParameter");
    assert_eq!(code(interface(S3).send().await), "InvalidParameter");
    // Nothing in this VPC has names.
    assert_eq!(code(interface(SSM).subnet_ids(&subnet).send().await), "InvalidParameter");
    assert_eq!(code(create(S3).policy_document("{}").send().await), "InvalidPolicyDocument");
    assert_eq!(code(create(S3).route_table_ids("rtb-00000000").send().await), "InvalidRouteTableID.NotFound");
    let read = ec2.describe_vpc_endpoints().vpc_endpoint_ids("vpce-00000000").send().await;
    assert_eq!(code(read), "InvalidVpcEndpointId.NotFound");
}

#[tokio::test]
async fn an_interface_endpoint_takes_its_time_to_come_and_to_go() {
    let sandbox = Sandbox::new(Profile::Realistic, 1);
    let ec2 = Client::new(&config(&sandbox, super::REGION));
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    wait(&sandbox, 60);
    let subnet = subnet(&ec2, &vpc, "10.0.1.0/24").await;
    wait(&sandbox, 60);
    let made = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(SSM).private_dns_enabled(false);
    let made = made.vpc_endpoint_type(VpcEndpointType::Interface).subnet_ids(&subnet).send().await.unwrap();
    let id = made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned();
    wait(&sandbox, 20);
    assert_eq!(read(&ec2, &id).await.state().unwrap().as_str(), "pending");
    let early = ec2.modify_vpc_endpoint().vpc_endpoint_id(&id).private_dns_enabled(false).send().await;
    assert_eq!(code(early), "IncorrectState");
    wait(&sandbox, 120);
    assert_eq!(read(&ec2, &id).await.state().unwrap().as_str(), "available");
    ec2.delete_vpc_endpoints().vpc_endpoint_ids(&id).send().await.unwrap();
    wait(&sandbox, 15);
    assert_eq!(read(&ec2, &id).await.state().unwrap().as_str(), "deleting");
    assert_eq!(code(ec2.delete_subnet().subnet_id(&subnet).send().await), "DependencyViolation");
    wait(&sandbox, 120);
    ec2.delete_subnet().subnet_id(&subnet).send().await.unwrap();
    let services = ec2.describe_vpc_endpoint_services().filters(filter("service-type", "Gateway"));
    let services = services.send().await.unwrap();
    assert_eq!(services.service_names(), ["com.amazonaws.eu-west-1.dynamodb", S3]);
}
