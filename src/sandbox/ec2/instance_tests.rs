//! Instances through the real SDK: launched, shown and terminated.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    Filter, IamInstanceProfileSpecification, InstanceType, MetadataDefaultHttpTokensState, ResourceType, Tag,
    TagSpecification,
};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

fn run(ec2: &Client) -> RunInstancesFluentBuilder {
    let request = ec2.run_instances().image_id("ami-12c6146b").instance_type(InstanceType::T3Micro);
    request.min_count(1).max_count(1)
}

async fn launched(request: RunInstancesFluentBuilder) -> String {
    request.send().await.unwrap().instances()[0].instance_id().unwrap().to_owned()
}

async fn refused(request: RunInstancesFluentBuilder) -> String {
    request.send().await.unwrap_err().code().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_instance_boots_and_shuts_down_by_the_clock_and_holds_its_interface_meanwhile() {
    let sandbox = Sandbox::new(Profile::Realistic, 1);
    let ec2 = Client::new(&config(&sandbox, "us-east-1"));
    let wait = |seconds: i64| sandbox.with_world(|world| world.clock += seconds * 1_000);
    let id = launched(run(&ec2)).await;
    let state = || async {
        let answer = ec2.describe_instances().instance_ids(&id).send().await.unwrap();
        let reservation = &answer.reservations()[0];
        assert!(reservation.reservation_id().unwrap().starts_with("r-0"));
        reservation.instances()[0].state().unwrap().name().unwrap().as_str().to_owned()
    };
    wait(5);
    assert_eq!(state().await, "pending");
    wait(10);
    assert_eq!(state().await, "running");
    let interfaces = || async {
        let own = Filter::builder().name("attachment.instance-id").values(&id).build();
        ec2.describe_network_interfaces().filters(own).send().await.unwrap().network_interfaces().len()
    };
    assert_eq!(interfaces().await, 1);
    ec2.terminate_instances().instance_ids(&id).send().await.unwrap();
    assert_eq!((state().await.as_str(), interfaces().await), ("shutting-down", 1));
    wait(31);
    assert_eq!((state().await.as_str(), interfaces().await), ("terminated", 0));
    wait(3_600);
    let gone = ec2.describe_instances().instance_ids(&id).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("InvalidInstanceID.NotFound"));
}

#[tokio::test]
async fn what_cannot_be_launched_has_its_code_iam_8() {
    let ec2 = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
    let profile = IamInstanceProfileSpecification::builder().name("web").build();
    for (request, code) in [
        (run(&ec2).image_id("ami-00000000"), "InvalidAMIID.NotFound"),
        (run(&ec2).instance_type(InstanceType::T4gMicro), "InvalidParameterValue"),
        (run(&ec2).subnet_id("subnet-0123456789abcdef0"), "InvalidSubnetID.NotFound"),
        (run(&ec2).security_group_ids("sg-0123456789abcdef0"), "InvalidGroup.NotFound"),
        (run(&ec2).iam_instance_profile(profile), "InvalidParameterValue"),
        (run(&ec2).min_count(3), "InvalidParameterValue"),
        (run(&ec2).dry_run(true), "DryRunOperation"),
    ] {
        assert_eq!(refused(request).await, code);
    }
    let vpc = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
    let vpc = vpc.vpc().unwrap().vpc_id().unwrap().to_owned();
    let group = ec2.create_security_group().group_name("web").description("web").vpc_id(vpc);
    let group = group.send().await.unwrap().group_id.unwrap();
    assert_eq!(refused(run(&ec2).security_group_ids(group)).await, "InvalidParameter");
}

#[tokio::test]
async fn a_token_launches_once_net_20() {
    let ec2 = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
    let first = launched(run(&ec2).client_token("once")).await;
    assert_eq!(launched(run(&ec2).client_token("once")).await, first);
    let other = run(&ec2).client_token("once").instance_type(InstanceType::T3Small);
    assert_eq!(refused(other).await, "IdempotentParameterMismatch");
}

#[tokio::test]
async fn a_launch_that_names_no_tokens_takes_those_of_the_account_acc_4() {
    let ec2 = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
    let required = MetadataDefaultHttpTokensState::Required;
    ec2.modify_instance_metadata_defaults().http_tokens(required).send().await.unwrap();
    let name = Tag::builder().key("Name").value("web").build();
    let tags = TagSpecification::builder().resource_type(ResourceType::Instance).tags(name).build();
    launched(run(&ec2).tag_specifications(tags)).await;
    let by_tag = Filter::builder().name("tag:Name").values("we*").build();
    let found = ec2.describe_instances().filters(by_tag).send().await.unwrap();
    let instance = &found.reservations()[0].instances()[0];
    assert_eq!(instance.metadata_options().unwrap().http_tokens().unwrap().as_str(), "required");
}

#[tokio::test]
async fn a_running_instance_takes_a_profile_once_and_metadata_options_at_any_time() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let ec2 = Client::new(&config(&sandbox, "us-east-1"));
    let iam = aws_sdk_iam::Client::new(&config(&sandbox, "us-east-1"));
    let id = launched(run(&ec2)).await;
    let associate = || {
        let profile = IamInstanceProfileSpecification::builder().name("web").build();
        ec2.associate_iam_instance_profile().instance_id(&id).iam_instance_profile(profile).send()
    };
    assert_eq!(associate().await.unwrap_err().code(), Some("InvalidParameterValue"));
    iam.create_instance_profile().instance_profile_name("web").send().await.unwrap();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    iam.create_role().role_name("web").assume_role_policy_document(trust).send().await.unwrap();
    let add = iam.add_role_to_instance_profile().instance_profile_name("web").role_name("web");
    add.send().await.unwrap();
    associate().await.unwrap();
    assert_eq!(associate().await.unwrap_err().code(), Some("IncorrectState"));
    let tokens = || ec2.modify_instance_metadata_options().instance_id(&id);
    tokens().http_tokens(aws_sdk_ec2::types::HttpTokensState::Required).send().await.unwrap();
    tokens().http_put_response_hop_limit(2).send().await.unwrap();
    let shown = ec2.describe_instances().instance_ids(&id).send().await.unwrap();
    let instance = &shown.reservations()[0].instances()[0];
    let options = instance.metadata_options().unwrap();
    assert_eq!(options.http_tokens().unwrap().as_str(), "required");
    assert_eq!(options.http_put_response_hop_limit(), Some(2));
    assert!(instance.iam_instance_profile().unwrap().arn().unwrap().ends_with("/web"));
    ec2.terminate_instances().instance_ids(&id).send().await.unwrap();
    let late = tokens().http_put_response_hop_limit(1).send().await.unwrap_err();
    assert_eq!(late.code(), Some("IncorrectInstanceState"));
}

#[tokio::test]
async fn a_launch_is_one_reservation_and_has_the_zone_groups_and_address_it_asks_for() {
    let ec2 = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
    let group = ec2.create_security_group().group_name("web").description("web").send().await.unwrap();
    let zone = |name: &str| aws_sdk_ec2::types::Placement::builder().availability_zone(name).build();
    let several = run(&ec2).max_count(3).placement(zone("us-east-1c")).security_groups("web");
    let several = several.send().await.unwrap();
    assert_eq!(several.instances()[0].state().unwrap().name().unwrap().as_str(), "pending");
    let shown = ec2.describe_instances().send().await.unwrap();
    let [reservation] = shown.reservations() else { panic!("{shown:?}") };
    assert_eq!(reservation.reservation_id(), several.reservation_id());
    for (index, instance) in reservation.instances().iter().enumerate() {
        assert_eq!(instance.ami_launch_index(), i32::try_from(index).ok());
        assert_eq!(instance.placement().unwrap().availability_zone(), Some("us-east-1c"));
        assert_eq!(instance.security_groups()[0].group_id(), group.group_id());
        let address = instance.public_ip_address().unwrap().replace('.', "-");
        assert_eq!(
            instance.public_dns_name(),
            Some(format!("ec2-{address}.compute-1.amazonaws.com").as_str())
        );
        assert_eq!(instance.block_device_mappings()[0].device_name(), instance.root_device_name());
    }
    let subnet = reservation.instances()[0].subnet_id().unwrap();
    let found = ec2.describe_subnets().subnet_ids(subnet).send().await.unwrap();
    let range: ipnet::Ipv4Net = found.subnets()[0].cidr_block().unwrap().parse().unwrap();
    let address = |at: usize| range.hosts().nth(at).unwrap().to_string();
    let at = |ip: &str| run(&ec2).subnet_id(subnet).private_ip_address(ip);
    let placed = at(&address(50)).send().await.unwrap();
    assert_eq!(placed.instances()[0].private_ip_address(), Some(address(50).as_str()));
    for (request, code) in [
        (at(&address(50)), "InvalidIPAddress.InUse"),
        (at(&address(2)), "InvalidParameterValue"),
        (at("10.0.0.9"), "InvalidParameterValue"),
        (run(&ec2).placement(zone("eu-west-1a")), "InvalidParameterValue"),
        (run(&ec2).security_groups("none"), "InvalidGroup.NotFound"),
        (run(&ec2).kernel_id("aki-1"), "NotImplemented"),
    ] {
        assert_eq!(refused(request).await, code);
    }
}

#[tokio::test]
async fn an_instance_that_is_protected_is_not_terminated() {
    let ec2 = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
    let id = launched(run(&ec2).disable_api_termination(true)).await;
    let refused = ec2.terminate_instances().instance_ids(&id).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("OperationNotPermitted"));
    let several = ec2.terminate_instances().instance_ids("i-12345678").instance_ids("i-12345668");
    let several = several.send().await.unwrap_err();
    assert_eq!(several.message(), Some("The instance IDs 'i-12345678, i-12345668' do not exist"));
}
