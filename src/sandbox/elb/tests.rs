//! Load balancers through the real SDK: what AWS refuses, and what it gives back.

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::error::ProvideErrorMetadata;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, LoadBalancer, LoadBalancerAttribute, LoadBalancerSchemeEnum,
    ProtocolEnum, RedirectActionConfig, RedirectActionStatusCodeEnum, Tag, TargetGroup,
};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

/// A region with its default VPC: subnets in several zones, a gateway, a default security group.
struct Room {
    sandbox: Sandbox,
    elb: Client,
    ec2: aws_sdk_ec2::Client,
    subnets: Vec<String>,
    vpc: String,
}

impl Room {
    fn new(profile: Profile) -> Self {
        let sandbox = Sandbox::new(profile, 1);
        let config = config(&sandbox, "us-east-1");
        let (mut subnets, mut vpc) = (Vec::new(), String::new());
        sandbox.with_world(|world| {
            let ec2 = &world.region("123456789012", "us-east-1").ec2;
            let mut zones: Vec<_> =
                ec2.subnets.iter().map(|(id, s)| (s.truth().zone.clone(), id.clone())).collect();
            zones.sort();
            subnets.extend(zones.into_iter().map(|(_, id)| id));
            vpc.push_str(ec2.default_vpc().unwrap());
        });
        Self { elb: Client::new(&config), ec2: aws_sdk_ec2::Client::new(&config), sandbox, subnets, vpc }
    }

    fn wait(&self, seconds: i64) {
        self.sandbox.with_world(|world| world.clock += seconds * 1_000);
    }

    async fn balancer(&self, name: &str) -> LoadBalancer {
        let subnets = self.subnets[..2].to_vec();
        let answer =
            self.elb.create_load_balancer().name(name).set_subnets(Some(subnets)).send().await.unwrap();
        answer.load_balancers.unwrap().remove(0)
    }

    async fn group(&self, name: &str) -> TargetGroup {
        let request = self.elb.create_target_group().name(name).protocol(ProtocolEnum::Http).port(80);
        request.vpc_id(&self.vpc).send().await.unwrap().target_groups.unwrap().remove(0)
    }

    async fn listen(&self, balancer: &str, port: i32, group: &str) -> Result<String, String> {
        let request = self.elb.create_listener().load_balancer_arn(balancer).protocol(ProtocolEnum::Http);
        let answer = request.port(port).default_actions(forward(group)).send().await;
        answer
            .map(|answer| answer.listeners()[0].listener_arn().unwrap().to_owned())
            .map_err(|error| code(&error))
    }

    async fn interfaces(&self) -> usize {
        let filter = aws_sdk_ec2::types::Filter::builder().name("requester-id").values("amazon-elb").build();
        self.ec2
            .describe_network_interfaces()
            .filters(filter)
            .send()
            .await
            .unwrap()
            .network_interfaces()
            .len()
    }
}

fn forward(group: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build()
}

fn code(error: &impl ProvideErrorMetadata) -> String {
    error.code().unwrap_or_default().to_owned()
}

fn attribute(key: &str, value: &str) -> LoadBalancerAttribute {
    LoadBalancerAttribute::builder().key(key).value(value).build()
}

#[tokio::test]
async fn a_load_balancer_has_ipv6_only_in_subnets_that_have_it() {
    let room = Room::new(Profile::Instant);
    let create = || {
        let subnets = Some(room.subnets[..2].to_vec());
        room.elb
            .create_load_balancer()
            .name("web")
            .set_subnets(subnets)
            .ip_address_type("dualstack".into())
            .send()
    };
    assert_eq!(code(&create().await.unwrap_err()), "ValidationError");
    let associate = room.ec2.associate_vpc_cidr_block().vpc_id(&room.vpc);
    let made = associate.amazon_provided_ipv6_cidr_block(true).send().await.unwrap();
    let range = made.ipv6_cidr_block_association().unwrap().ipv6_cidr_block().unwrap().to_owned();
    for (place, subnet) in room.subnets[..2].iter().enumerate() {
        let part = range.replace("00::/56", &format!("0{place}::/64"));
        let associate = room.ec2.associate_subnet_cidr_block().subnet_id(subnet);
        associate.ipv6_cidr_block(part).send().await.unwrap();
    }
    let made = create().await.unwrap().load_balancers.unwrap().remove(0);
    let arn = made.load_balancer_arn().unwrap();
    let addresses = async || {
        let found = room.ec2.describe_network_interfaces().send().await.unwrap();
        found.network_interfaces().iter().map(|interface| interface.ipv6_addresses().len()).sum::<usize>()
    };
    assert_eq!((made.ip_address_type().unwrap().as_str(), addresses().await), ("dualstack", 2));
    let change = |kind: &str| {
        room.elb.set_ip_address_type().load_balancer_arn(arn).ip_address_type(kind.into()).send()
    };
    change("ipv4").await.unwrap();
    assert_eq!(addresses().await, 0);
    change("dualstack").await.unwrap();
    assert_eq!(addresses().await, 2);
}

#[tokio::test]
async fn a_load_balancer_needs_two_zones_elb_4() {
    let room = Room::new(Profile::Instant);
    let create = |subnets: &[String]| {
        room.elb.create_load_balancer().name("web").set_subnets(Some(subnets.to_vec())).send()
    };
    assert_eq!(code(&create(&room.subnets[..1]).await.unwrap_err()), "ValidationError");
    let twice = room
        .ec2
        .create_subnet()
        .vpc_id(&room.vpc)
        .availability_zone("us-east-1a")
        .cidr_block("172.31.240.0/24")
        .send()
        .await
        .unwrap();
    let same_zone = twice.subnet().unwrap().subnet_id().unwrap().to_owned();
    let refused = create(&[room.subnets[0].clone(), same_zone]).await.unwrap_err();
    assert_eq!(code(&refused), "InvalidConfigurationRequest");
    let unknown =
        create(&["subnet-0123456789abcdef0".to_owned(), room.subnets[0].clone()]).await.unwrap_err();
    assert_eq!(code(&unknown), "InvalidSubnetID.NotFound");
}

#[tokio::test]
async fn an_internet_facing_load_balancer_needs_a_gateway_elb_4() {
    let room = Room::new(Profile::Instant);
    let vpc = room.ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
    let vpc = vpc.vpc().unwrap().vpc_id().unwrap().to_owned();
    let mut subnets = Vec::new();
    for (zone, range) in [("us-east-1a", "10.0.0.0/24"), ("us-east-1b", "10.0.1.0/24")] {
        let request = room.ec2.create_subnet().vpc_id(&vpc).availability_zone(zone).cidr_block(range);
        subnets.push(request.send().await.unwrap().subnet().unwrap().subnet_id().unwrap().to_owned());
    }
    let create = || room.elb.create_load_balancer().name("web").set_subnets(Some(subnets.clone()));
    let refused = create().send().await.unwrap_err();
    assert_eq!(code(&refused), "InvalidSubnet");
    assert!(refused.message().unwrap().contains("has no internet gateway"));
    assert!(create().scheme(LoadBalancerSchemeEnum::Internal).send().await.is_ok());
}

#[tokio::test]
async fn creating_the_same_again_is_answered_and_another_of_the_name_is_refused_elb_10() {
    let room = Room::new(Profile::Instant);
    let first = room.balancer("web").await;
    assert_eq!(room.balancer("web").await.load_balancer_arn(), first.load_balancer_arn());
    let other = room.elb.create_load_balancer().name("web").set_subnets(Some(room.subnets[..3].to_vec()));
    assert_eq!(code(&other.send().await.unwrap_err()), "DuplicateLoadBalancerName");
    let group = room.group("web").await;
    assert_eq!(room.group("web").await.target_group_arn(), group.target_group_arn());
    let other =
        room.elb.create_target_group().name("web").protocol(ProtocolEnum::Http).port(81).vpc_id(&room.vpc);
    assert_eq!(code(&other.send().await.unwrap_err()), "DuplicateTargetGroupName");
    let (balancer, group) = (first.load_balancer_arn().unwrap(), group.target_group_arn().unwrap());
    let listener = room.listen(balancer, 80, group).await.unwrap();
    assert_eq!(room.listen(balancer, 80, group).await, Ok(listener));
    let second = room.group("api").await;
    let other = room.listen(balancer, 80, second.target_group_arn().unwrap()).await;
    assert_eq!(other, Err("DuplicateListener".to_owned()));
}

#[tokio::test]
async fn names_have_32_letters_at_most_elb_1() {
    let room = Room::new(Profile::Instant);
    for name in ["a-name-of-thirty-three-characters", "-web", "web_1", "internal-web"] {
        let request =
            room.elb.create_load_balancer().name(name).set_subnets(Some(room.subnets[..2].to_vec()));
        assert_eq!(code(&request.send().await.unwrap_err()), "ValidationError", "{name}");
    }
}

#[tokio::test]
async fn what_does_not_exist_has_its_code_and_a_missing_load_balancer_is_deleted_elb_1_elb_8() {
    let room = Room::new(Profile::Instant);
    let by_name = room.elb.describe_load_balancers().names("web").send().await.unwrap_err();
    assert_eq!(code(&by_name), "LoadBalancerNotFound");
    let by_name = room.elb.describe_target_groups().names("web").send().await.unwrap_err();
    assert_eq!(code(&by_name), "TargetGroupNotFound");
    let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/0123456789abcdef";
    assert_eq!(
        code(&room.elb.describe_listeners().load_balancer_arn(arn).send().await.unwrap_err()),
        "LoadBalancerNotFound"
    );
    room.elb.delete_load_balancer().load_balancer_arn(arn).send().await.unwrap();
}

#[tokio::test]
async fn attributes_have_the_defaults_of_aws_and_only_named_ones_change_elb_9() {
    let room = Room::new(Profile::Instant);
    let balancer = room.balancer("web").await;
    let arn = balancer.load_balancer_arn().unwrap();
    let read = |key: &'static str| {
        let request = room.elb.describe_load_balancer_attributes().load_balancer_arn(arn);
        async move {
            let answer = request.send().await.unwrap();
            let found = answer.attributes().iter().find(|attribute| attribute.key() == Some(key));
            found.and_then(|attribute| attribute.value()).map(str::to_owned)
        }
    };
    let write = |key: &str, value: &str| {
        room.elb
            .modify_load_balancer_attributes()
            .load_balancer_arn(arn)
            .attributes(attribute(key, value))
            .send()
    };
    for (key, value) in [
        ("idle_timeout.timeout_seconds", "60"),
        ("client_keep_alive.seconds", "3600"),
        ("routing.http2.enabled", "true"),
        ("routing.http.desync_mitigation_mode", "defensive"),
        ("load_balancing.cross_zone.enabled", "true"),
        ("deletion_protection.enabled", "false"),
    ] {
        assert_eq!(read(key).await.as_deref(), Some(value), "{key}");
    }
    write("routing.http.drop_invalid_header_fields.enabled", "true").await.unwrap();
    assert_eq!(read("routing.http.drop_invalid_header_fields.enabled").await.as_deref(), Some("true"));
    assert_eq!(read("idle_timeout.timeout_seconds").await.as_deref(), Some("60"));
    for (key, value) in [
        ("idle_timeout.timeout_seconds", "4001"),
        ("load_balancing.cross_zone.enabled", "false"),
        ("routing.http2.enabled", "yes"),
        ("made.up", "true"),
    ] {
        assert_eq!(code(&write(key, value).await.unwrap_err()), "ValidationError", "{key}");
    }
}

#[tokio::test]
async fn deletion_protection_is_operation_not_permitted_elb_8() {
    let room = Room::new(Profile::Instant);
    let balancer = room.balancer("web").await;
    let arn = balancer.load_balancer_arn().unwrap();
    let protect = |on: &str| {
        let request = room.elb.modify_load_balancer_attributes().load_balancer_arn(arn);
        request.attributes(attribute("deletion_protection.enabled", on)).send()
    };
    protect("true").await.unwrap();
    let refused = room.elb.delete_load_balancer().load_balancer_arn(arn).send().await.unwrap_err();
    assert_eq!(code(&refused), "OperationNotPermitted");
    protect("false").await.unwrap();
    room.elb.delete_load_balancer().load_balancer_arn(arn).send().await.unwrap();
}

#[tokio::test]
async fn access_logs_need_a_bucket_that_aws_may_write_to_elb_6() {
    let room = Room::new(Profile::Instant);
    let balancer = room.balancer("web").await;
    let arn = balancer.load_balancer_arn().unwrap();
    let request = || room.elb.modify_load_balancer_attributes().load_balancer_arn(arn);
    let on = || attribute("access_logs.s3.enabled", "true");
    let without = request().attributes(on()).send().await.unwrap_err();
    assert_eq!(code(&without), "InvalidConfigurationRequest");
    let s3 = aws_sdk_s3::Client::new(&config(&room.sandbox, "us-east-1"));
    s3.create_bucket().bucket("balancer-logs").send().await.unwrap();
    let switch =
        || request().attributes(on()).attributes(attribute("access_logs.s3.bucket", "balancer-logs")).send();
    let denied = switch().await.unwrap_err();
    assert_eq!(code(&denied), "InvalidConfigurationRequest");
    assert!(denied.message().unwrap().contains("Access Denied for bucket: balancer-logs"));
    let policy = |principal: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:PutObject","Resource":"arn:aws:s3:::balancer-logs/AWSLogs/123456789012/*"}}]}}"#
        );
        s3.put_bucket_policy().bucket("balancer-logs").policy(text).send()
    };
    policy(r#"{"Service":"cloudtrail.amazonaws.com"}"#).await.unwrap();
    assert_eq!(code(&switch().await.unwrap_err()), "InvalidConfigurationRequest");
    for principal in [
        r#"{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"}"#,
        r#"{"AWS":"arn:aws:iam::127311923021:root"}"#,
    ] {
        policy(principal).await.unwrap();
        switch().await.unwrap();
    }
    let file = s3.list_objects_v2().bucket("balancer-logs").send().await.unwrap();
    assert_eq!(file.contents()[0].key(), Some("AWSLogs/123456789012/ELBAccessLogTestFile"));
}

#[tokio::test]
async fn a_load_balancer_is_provisioned_first_and_its_interfaces_outlive_it_elb_7_elb_8() {
    let room = Room::new(Profile::Realistic);
    let balancer = room.balancer("web").await;
    assert_eq!(balancer.state().unwrap().code().unwrap().as_str(), "provisioning");
    room.wait(61);
    let arn = balancer.load_balancer_arn().unwrap();
    let read = room.elb.describe_load_balancers().load_balancer_arns(arn).send().await.unwrap();
    assert_eq!(read.load_balancers()[0].state().unwrap().code().unwrap().as_str(), "active");
    assert_eq!(room.interfaces().await, 2);
    room.elb.delete_load_balancer().load_balancer_arn(arn).send().await.unwrap();
    assert_eq!(room.interfaces().await, 2);
    room.wait(31);
    assert_eq!(room.interfaces().await, 0);
}

#[tokio::test]
async fn a_target_group_in_use_stays_and_a_freed_one_goes_a_little_later_elb_3() {
    let room = Room::new(Profile::Realistic);
    let (balancer, group) = (room.balancer("web").await, room.group("web").await);
    room.wait(61);
    let (balancer, group) = (balancer.load_balancer_arn().unwrap(), group.target_group_arn().unwrap());
    let listener = room.listen(balancer, 80, group).await.unwrap();
    room.wait(61);
    let delete = || room.elb.delete_target_group().target_group_arn(group).send();
    assert_eq!(code(&delete().await.unwrap_err()), "ResourceInUse");
    room.elb.delete_listener().listener_arn(&listener).send().await.unwrap();
    assert_eq!(code(&delete().await.unwrap_err()), "ResourceInUse");
    room.wait(11);
    delete().await.unwrap();
}

#[tokio::test]
async fn a_health_check_has_its_defaults_and_is_all_that_changes_in_place_elb_2_elb_9() {
    let room = Room::new(Profile::Instant);
    let group = room.group("web").await;
    assert_eq!(group.health_check_protocol(), Some(&ProtocolEnum::Http));
    assert_eq!((group.health_check_path(), group.health_check_port()), (Some("/"), Some("traffic-port")));
    assert_eq!(
        (group.health_check_interval_seconds(), group.health_check_timeout_seconds()),
        (Some(30), Some(5))
    );
    assert_eq!((group.healthy_threshold_count(), group.unhealthy_threshold_count()), (Some(5), Some(2)));
    assert_eq!(group.matcher().unwrap().http_code(), Some("200"));
    let modify = || room.elb.modify_target_group().target_group_arn(group.target_group_arn().unwrap());
    let after = modify().health_check_path("/health").health_check_interval_seconds(10).send().await.unwrap();
    let after = &after.target_groups()[0];
    assert_eq!(
        (after.health_check_path(), after.health_check_interval_seconds()),
        (Some("/health"), Some(10))
    );
    let slow = modify().health_check_timeout_seconds(10).send().await.unwrap_err();
    assert_eq!(code(&slow), "ValidationError");
}

#[tokio::test]
async fn a_forward_is_answered_in_both_spellings_and_a_redirect_in_full_elb_9() {
    let room = Room::new(Profile::Instant);
    let (balancer, group) = (room.balancer("web").await, room.group("web").await);
    let (balancer, group) = (balancer.load_balancer_arn().unwrap(), group.target_group_arn().unwrap());
    let listener = room.listen(balancer, 80, group).await.unwrap();
    let read = || async {
        let answer = room.elb.describe_listeners().listener_arns(&listener).send().await.unwrap();
        answer.listeners()[0].default_actions()[0].clone()
    };
    let action = read().await;
    assert_eq!(action.target_group_arn(), Some(group));
    let listed = action.forward_config().unwrap().target_groups();
    assert_eq!((listed[0].target_group_arn(), listed[0].weight()), (Some(group), Some(1)));
    let redirect = |protocol: &str, port: &str| {
        let config = RedirectActionConfig::builder()
            .protocol(protocol)
            .port(port)
            .status_code(RedirectActionStatusCodeEnum::Http301)
            .build();
        let action = Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(config).build();
        room.elb.modify_listener().listener_arn(&listener).default_actions(action).send()
    };
    assert_eq!(code(&redirect("HTTP", "80").await.unwrap_err()), "InvalidLoadBalancerAction");
    redirect("HTTPS", "443").await.unwrap();
    let action = read().await;
    let config = action.redirect_config().unwrap();
    assert_eq!(
        (config.host(), config.path(), config.query()),
        (Some("#{host}"), Some("/#{path}"), Some("#{query}"))
    );
    let rules = room.elb.describe_rules().listener_arn(&listener).send().await.unwrap();
    assert_eq!((rules.rules().len(), rules.rules()[0].is_default()), (1, Some(true)));
}

#[tokio::test]
async fn https_needs_a_certificate_that_exists_elb_7() {
    let room = Room::new(Profile::Instant);
    let (balancer, group) = (room.balancer("web").await, room.group("web").await);
    let listen = |certificate: Option<&str>| {
        let certificate = certificate.map(|arn| vec![Certificate::builder().certificate_arn(arn).build()]);
        room.elb
            .create_listener()
            .load_balancer_arn(balancer.load_balancer_arn().unwrap())
            .protocol(ProtocolEnum::Https)
            .port(443)
            .set_certificates(certificate)
            .default_actions(forward(group.target_group_arn().unwrap()))
            .send()
    };
    assert_eq!(code(&listen(None).await.unwrap_err()), "ValidationError");
    let elsewhere = "arn:aws:acm:eu-west-1:123456789012:certificate/one";
    assert_eq!(code(&listen(Some(elsewhere)).await.unwrap_err()), "CertificateNotFound");
    let here = "arn:aws:acm:us-east-1:123456789012:certificate/one";
    let answer = listen(Some(here)).await.unwrap();
    let listener = &answer.listeners()[0];
    assert_eq!(listener.certificates()[0].certificate_arn(), Some(here));
    assert_eq!(listener.ssl_policy(), Some("ELBSecurityPolicy-2016-08"));
}

#[tokio::test]
async fn subnets_and_security_groups_change_in_place_with_the_interfaces_elb_2() {
    let room = Room::new(Profile::Instant);
    let balancer = room.balancer("web").await;
    let arn = balancer.load_balancer_arn().unwrap();
    let made = room.ec2.create_security_group().group_name("web").description("web").vpc_id(&room.vpc);
    let group = made.send().await.unwrap().group_id.unwrap();
    room.elb.set_security_groups().load_balancer_arn(arn).security_groups(&group).send().await.unwrap();
    let three = Some(room.subnets[1..4].to_vec());
    room.elb.set_subnets().load_balancer_arn(arn).set_subnets(three).send().await.unwrap();
    let read = room.elb.describe_load_balancers().names("web").send().await.unwrap();
    let live = &read.load_balancers()[0];
    assert_eq!(live.security_groups(), std::slice::from_ref(&group));
    assert_eq!(live.availability_zones().len(), 3);
    assert_eq!(room.interfaces().await, 3);
    // As long as an interface is in it, the group cannot be deleted (NET-13).
    assert!(room.ec2.delete_security_group().group_id(&group).send().await.is_err());
}

#[tokio::test]
async fn tags_are_put_on_at_creation_and_later_tag_2() {
    let room = Room::new(Profile::Instant);
    let group = room.group("web").await;
    let arn = group.target_group_arn().unwrap();
    for (key, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
        let tag = Tag::builder().key(key).value(value).build();
        room.elb.add_tags().resource_arns(arn).tags(tag).send().await.unwrap();
    }
    room.elb.remove_tags().resource_arns(arn).tag_keys("b").send().await.unwrap();
    let answer = room.elb.describe_tags().resource_arns(arn).send().await.unwrap();
    let tags = answer.tag_descriptions()[0].tags();
    assert_eq!((tags.len(), tags[0].key(), tags[0].value()), (1, Some("a"), Some("3")));
    let reserved = room.elb.add_tags().resource_arns(arn).tags(Tag::builder().key("aws:x").build());
    assert_eq!(code(&reserved.send().await.unwrap_err()), "ValidationError", "TAG-1");
    let unknown = arn.replace("web", "api");
    assert_eq!(
        code(&room.elb.describe_tags().resource_arns(unknown).send().await.unwrap_err()),
        "TargetGroupNotFound"
    );
}

#[tokio::test]
async fn lists_come_in_pages_by_marker() {
    let room = Room::new(Profile::Hostile);
    for name in ["a", "b", "c", "d", "e"] {
        room.group(name).await;
    }
    room.wait(60);
    let pages = room.elb.describe_target_groups().into_paginator().items().send();
    let groups: Result<Vec<_>, _> = pages.collect().await;
    assert_eq!(groups.unwrap().len(), 5);
}
