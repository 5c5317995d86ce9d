//! Auto Scaling groups through the real SDK: what AWS refuses, and what it gives back.

use aws_sdk_autoscaling::Client;
use aws_sdk_autoscaling::error::ProvideErrorMetadata;
use aws_sdk_autoscaling::operation::create_auto_scaling_group::builders::CreateAutoScalingGroupFluentBuilder;
use aws_sdk_autoscaling::types::{
    AutoScalingGroup, Filter, LaunchTemplateSpecification, MetricType, PredefinedMetricSpecification, Tag,
    TargetTrackingConfiguration,
};
use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateIamInstanceProfileSpecificationRequest, RequestLaunchTemplateData,
};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

/// A region with its default VPC and a launch template called `web`.
struct Room {
    sandbox: Sandbox,
    asg: Client,
    ec2: aws_sdk_ec2::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    iam: aws_sdk_iam::Client,
    subnets: Vec<String>,
    vpc: String,
}

fn micro() -> aws_sdk_ec2::types::builders::RequestLaunchTemplateDataBuilder {
    RequestLaunchTemplateData::builder().image_id("ami-12c6146b").instance_type(InstanceType::T3Micro)
}

fn template(version: &str) -> LaunchTemplateSpecification {
    LaunchTemplateSpecification::builder().launch_template_name("web").version(version).build()
}

fn code(error: &impl ProvideErrorMetadata) -> (String, String) {
    (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}

impl Room {
    async fn new(profile: Profile, data: RequestLaunchTemplateData) -> Self {
        let sandbox = Sandbox::new(profile, 1);
        let config = config(&sandbox, "us-east-1");
        let (mut subnets, mut vpc) = (Vec::new(), String::new());
        sandbox.with_world(|world| {
            let ec2 = &world.region("123456789012", "us-east-1").ec2;
            subnets.extend(ec2.subnets.keys().take(2).cloned());
            vpc.push_str(ec2.default_vpc().unwrap());
        });
        let ec2 = aws_sdk_ec2::Client::new(&config);
        let request = ec2.create_launch_template().launch_template_name("web");
        request.launch_template_data(data).send().await.unwrap();
        let room = Self {
            asg: Client::new(&config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            ec2,
            sandbox,
            subnets,
            vpc,
        };
        room.wait(60);
        room
    }

    fn wait(&self, seconds: i64) {
        self.sandbox.with_world(|world| world.clock += seconds * 1_000);
    }

    fn create(&self, name: &str) -> CreateAutoScalingGroupFluentBuilder {
        self.asg
            .create_auto_scaling_group()
            .auto_scaling_group_name(name)
            .launch_template(template("$Default"))
            .vpc_zone_identifier(self.subnets.join(","))
            .min_size(2)
            .max_size(4)
    }

    async fn read(&self, name: &str) -> Option<AutoScalingGroup> {
        let answer = self.asg.describe_auto_scaling_groups().auto_scaling_group_names(name).send().await;
        answer.unwrap().auto_scaling_groups.unwrap_or_default().pop()
    }

    async fn group(&self) -> AutoScalingGroup {
        self.read("web").await.unwrap()
    }

    async fn target_group(&self, name: &str) -> String {
        let request = self.elb.create_target_group().name(name).protocol("HTTP".into()).port(80);
        let answer = request.vpc_id(&self.vpc).send().await.unwrap();
        answer.target_groups()[0].target_group_arn().unwrap().to_owned()
    }
}

#[tokio::test]
async fn what_is_left_out_has_the_defaults_of_the_api_asg_7() {
    let room = Room::new(Profile::Instant, micro().build()).await;
    room.create("web").send().await.unwrap();
    let group = room.group().await;
    assert_eq!((group.desired_capacity(), group.default_cooldown()), (Some(2), Some(300)));
    assert_eq!((group.health_check_type(), group.health_check_grace_period()), (Some("EC2"), Some(0)));
    assert_eq!(group.termination_policies(), ["Default"]);
    assert_eq!(group.vpc_zone_identifier(), Some(room.subnets.join(",").as_str()));
    let template = group.launch_template().unwrap();
    assert!(template.launch_template_id().unwrap().starts_with("lt-"));
    assert_eq!((template.launch_template_name(), template.version()), (Some("web"), Some("$Default")));
    assert_eq!(group.availability_zones().len(), 2);
    assert_eq!(group.status(), None);
}

#[tokio::test]
async fn an_unknown_name_is_an_empty_list_to_a_read_and_a_validation_error_to_a_write_asg_1() {
    let room = Room::new(Profile::Instant, micro().build()).await;
    assert!(room.read("web").await.is_none());
    let refused =
        room.asg.update_auto_scaling_group().auto_scaling_group_name("web").min_size(1).send().await;
    let (code, message) = code(&refused.unwrap_err());
    assert_eq!(code, "ValidationError");
    assert!(message.contains("not found"), "{message}");
}

#[tokio::test]
async fn a_second_group_of_a_name_already_exists_asg_8() {
    let room = Room::new(Profile::Instant, micro().build()).await;
    room.create("web").send().await.unwrap();
    assert_eq!(code(&room.create("web").send().await.unwrap_err()).0, "AlreadyExists");
}

#[tokio::test]
async fn what_a_group_is_made_of_must_be_there_asg_3() {
    let room = Room::new(Profile::Instant, micro().build()).await;
    let missing = LaunchTemplateSpecification::builder().launch_template_name("api").build();
    let nowhere = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef";
    for (request, words) in [
        (room.create("web").vpc_zone_identifier("subnet-0123456789abcdef0"), "does not exist"),
        (room.create("web").launch_template(missing), "launch template"),
        (room.create("web").launch_template(template("7")), "version"),
        (room.create("web").target_group_arns(nowhere), "Target Groups"),
        (room.create("web").max_size(1), "must be greater"),
        (room.create("web").desired_capacity(9), "must be between"),
        (room.create("web").health_check_type("PING"), "health check"),
        (room.create("we:b"), "colon"),
    ] {
        let (code, message) = code(&request.send().await.unwrap_err());
        assert_eq!(code, "ValidationError", "{message}");
        assert!(message.contains(words), "{message}");
    }
    let wrong_image = RequestLaunchTemplateData::builder().image_id("ami-00000000").build();
    let version = room.ec2.create_launch_template_version().launch_template_name("web");
    version.launch_template_data(wrong_image).send().await.unwrap();
    let refused = room.create("web").launch_template(template("$Latest")).send().await.unwrap_err();
    assert!(code(&refused).1.contains("The image id '[ami-00000000]' does not exist"));
}

#[tokio::test]
async fn a_new_instance_profile_is_not_usable_at_once_iam_7_iam_8() {
    let profile = LaunchTemplateIamInstanceProfileSpecificationRequest::builder().name("web").build();
    let room = Room::new(Profile::Realistic, micro().iam_instance_profile(profile).build()).await;
    let refused = code(&room.create("web").send().await.unwrap_err());
    assert_eq!(refused.0, "ValidationError");
    assert!(refused.1.contains("Invalid IAM Instance Profile"), "{}", refused.1);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    room.iam.create_role().role_name("web").assume_role_policy_document(trust).send().await.unwrap();
    room.iam.create_instance_profile().instance_profile_name("web").send().await.unwrap();
    room.wait(60);
    let join = room.iam.add_role_to_instance_profile().instance_profile_name("web").role_name("web");
    join.send().await.unwrap();
    assert!(code(&room.create("web").send().await.unwrap_err()).1.contains("Invalid IAM Instance Profile"));
    let launch =
        aws_sdk_ec2::types::LaunchTemplateSpecification::builder().launch_template_name("web").build();
    let run = room.ec2.run_instances().launch_template(launch).min_count(1).max_count(1).send().await;
    let run = run.unwrap_err();
    assert_eq!(aws_sdk_ec2::error::ProvideErrorMetadata::code(&run), Some("InvalidParameterValue"));
    room.wait(60);
    room.create("web").send().await.unwrap();
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else_asg_2() {
    let room = Room::new(Profile::Instant, micro().build()).await;
    room.create("web").health_check_grace_period(30).send().await.unwrap();
    let update = || room.asg.update_auto_scaling_group().auto_scaling_group_name("web");
    update().max_size(6).desired_capacity(3).send().await.unwrap();
    let group = room.group().await;
    assert_eq!((group.min_size(), group.max_size(), group.desired_capacity()), (Some(2), Some(6), Some(3)));
    assert_eq!((group.health_check_grace_period(), group.instances().len()), (Some(30), 3));
    update().min_size(5).send().await.unwrap();
    assert_eq!(room.group().await.desired_capacity(), Some(5), "desired follows the bounds");
    assert_eq!(code(&update().desired_capacity(1).send().await.unwrap_err()).0, "ValidationError");
}

#[tokio::test]
async fn instances_come_into_service_register_with_target_groups_and_are_replaced_asg_4() {
    let room = Room::new(Profile::Realistic, micro().build()).await;
    let target = room.target_group("web").await;
    room.wait(60);
    let tag = Tag::builder().key("team").value("web").propagate_at_launch(true).build();
    room.create("web").target_group_arns(&target).tags(tag).send().await.unwrap();
    room.wait(5);
    let states = |group: &AutoScalingGroup| -> Vec<String> {
        group.instances().iter().map(|i| i.lifecycle_state().unwrap().as_str().to_owned()).collect()
    };
    assert_eq!(states(&room.group().await), ["Pending", "Pending"]);
    room.wait(30);
    let group = room.group().await;
    assert_eq!(states(&group), ["InService", "InService"]);
    let health = room.elb.describe_target_health().target_group_arn(&target).send().await.unwrap();
    assert_eq!(health.target_health_descriptions().len(), 2);
    let first = group.instances()[0].instance_id().unwrap().to_owned();
    let live = room.ec2.describe_instances().instance_ids(&first).send().await.unwrap();
    let live = &live.reservations()[0].instances()[0];
    assert!(live.tags().iter().any(|tag| tag.key() == Some("team")));
    assert_eq!(live.network_interfaces().len(), 1);
    room.ec2.terminate_instances().instance_ids(&first).send().await.unwrap();
    room.wait(60);
    room.group().await;
    room.wait(60);
    let group = room.group().await;
    assert_eq!(group.instances().len(), 2);
    assert!(group.instances().iter().all(|instance| instance.instance_id() != Some(&first)));
}

#[tokio::test]
async fn a_group_with_instances_is_deleted_only_by_force_and_goes_with_the_last_of_them_asg_6() {
    let room = Room::new(Profile::Realistic, micro().build()).await;
    room.create("web").send().await.unwrap();
    room.wait(5);
    let delete =
        |force| room.asg.delete_auto_scaling_group().auto_scaling_group_name("web").force_delete(force);
    assert_eq!(code(&delete(false).send().await.unwrap_err()).0, "ScalingActivityInProgress");
    room.wait(60);
    assert_eq!(code(&delete(false).send().await.unwrap_err()).0, "ResourceInUse");
    delete(true).send().await.unwrap();
    room.wait(5);
    assert_eq!(room.group().await.status(), Some("Delete in progress"));
    assert_eq!(code(&room.create("web").send().await.unwrap_err()).0, "AlreadyExists");
    room.wait(60);
    assert!(room.read("web").await.is_none());
    let interfaces = room.ec2.describe_network_interfaces().max_results(5).send().await.unwrap();
    assert!(interfaces.network_interfaces().is_empty());
}

#[tokio::test]
async fn a_deleted_template_stops_the_next_launch_and_says_so_lt_5() {
    let room = Room::new(Profile::Instant, micro().build()).await;
    room.create("web").send().await.unwrap();
    room.ec2.delete_launch_template().launch_template_name("web").send().await.unwrap();
    let update = room.asg.set_desired_capacity().auto_scaling_group_name("web").desired_capacity(3);
    update.send().await.unwrap();
    assert_eq!(room.group().await.instances().len(), 2);
    let activities =
        room.asg.describe_scaling_activities().auto_scaling_group_name("web").send().await.unwrap();
    assert_eq!(activities.activities()[0].status_code().unwrap().as_str(), "Failed");
}

#[tokio::test]
async fn a_target_tracking_policy_is_an_upsert_and_names_its_alarms_asg_7_asg_8() {
    let room = Room::new(Profile::Instant, micro().build()).await;
    room.create("web").send().await.unwrap();
    let put = |metric: MetricType, label: Option<&str>, target: f64| {
        let metric = PredefinedMetricSpecification::builder()
            .predefined_metric_type(metric)
            .set_resource_label(label.map(str::to_owned))
            .build();
        let tracking = TargetTrackingConfiguration::builder()
            .predefined_metric_specification(metric)
            .target_value(target)
            .build();
        let request = room.asg.put_scaling_policy().auto_scaling_group_name("web").policy_name("cpu");
        request.policy_type("TargetTrackingScaling").target_tracking_configuration(tracking).send()
    };
    let first = put(MetricType::AsgAverageCpuUtilization, None, 60.0).await.unwrap();
    let second = put(MetricType::AsgAverageCpuUtilization, None, 42.5).await.unwrap();
    assert_eq!(first.policy_arn(), second.policy_arn());
    let read = room.asg.describe_policies().auto_scaling_group_name("web").send().await.unwrap();
    let [policy] = read.scaling_policies() else { panic!("{read:?}") };
    let tracking = policy.target_tracking_configuration().unwrap();
    assert_eq!((tracking.target_value(), tracking.disable_scale_in()), (Some(42.5), Some(false)));
    assert_eq!((policy.alarms().len(), policy.enabled()), (2, Some(true)));
    let label = "app/web/0123456789abcdef/targetgroup/web/0123456789abcdef";
    let refused = put(MetricType::AlbRequestCountPerTarget, Some(label), 10.0).await.unwrap_err();
    assert_eq!(code(&refused).0, "ValidationError", "ASG-3: the target group is not attached");
    room.asg.delete_policy().auto_scaling_group_name("web").policy_name("cpu").send().await.unwrap();
    let gone = room.asg.delete_policy().auto_scaling_group_name("web").policy_name("cpu").send().await;
    assert_eq!(code(&gone.unwrap_err()).0, "ValidationError");
}

#[tokio::test]
async fn groups_are_found_by_their_tags() {
    let room = Room::new(Profile::Instant, micro().build()).await;
    for name in ["web", "api"] {
        let tag = Tag::builder().key("name").value(name).build();
        room.create(name).tags(tag).send().await.unwrap();
    }
    let tag = Tag::builder().resource_id("api").resource_type("auto-scaling-group").key("team").value("a");
    room.asg.create_or_update_tags().tags(tag.clone().build()).send().await.unwrap();
    let find = |name: &str, value: &str| {
        let filter = Filter::builder().name(name).values(value).build();
        room.asg.describe_auto_scaling_groups().filters(filter).send()
    };
    assert_eq!(find("tag:name", "web").await.unwrap().auto_scaling_groups().len(), 1);
    assert_eq!(find("tag-key", "name").await.unwrap().auto_scaling_groups().len(), 2);
    assert_eq!(
        find("tag:team", "a").await.unwrap().auto_scaling_groups()[0].auto_scaling_group_name(),
        Some("api")
    );
    room.asg.delete_tags().tags(tag.build()).send().await.unwrap();
    assert!(find("tag:team", "a").await.unwrap().auto_scaling_groups().is_empty());
}

#[tokio::test]
async fn target_groups_are_attached_and_detached() {
    let room = Room::new(Profile::Instant, micro().build()).await;
    room.create("web").send().await.unwrap();
    let target = room.target_group("web").await;
    let attach = || {
        room.asg
            .attach_load_balancer_target_groups()
            .auto_scaling_group_name("web")
            .target_group_arns(&target)
    };
    attach().send().await.unwrap();
    assert_eq!(room.group().await.target_group_arns(), std::slice::from_ref(&target));
    let read =
        room.asg.describe_load_balancer_target_groups().auto_scaling_group_name("web").send().await.unwrap();
    assert_eq!(read.load_balancer_target_groups()[0].state(), Some("InService"));
    let detach = || {
        room.asg
            .detach_load_balancer_target_groups()
            .auto_scaling_group_name("web")
            .target_group_arns(&target)
    };
    detach().send().await.unwrap();
    assert!(room.group().await.target_group_arns().is_empty());
    assert_eq!(code(&detach().send().await.unwrap_err()).0, "ValidationError");
}

#[tokio::test]
async fn one_refresh_at_a_time_and_none_of_a_moving_version_is_rolled_back_asg_2_lt_2() {
    let room = Room::new(Profile::Realistic, micro().build()).await;
    room.create("web").send().await.unwrap();
    room.wait(60);
    let start = || room.asg.start_instance_refresh().auto_scaling_group_name("web");
    start().send().await.unwrap();
    assert_eq!(code(&start().send().await.unwrap_err()).0, "InstanceRefreshInProgress");
    let back = room.asg.rollback_instance_refresh().auto_scaling_group_name("web").send().await.unwrap_err();
    assert_eq!(code(&back).0, "IrreversibleInstanceRefresh");
    room.wait(300);
    let read = room.asg.describe_instance_refreshes().auto_scaling_group_name("web").send().await.unwrap();
    assert_eq!(read.instance_refreshes()[0].status().unwrap().as_str(), "Successful");
}

#[tokio::test]
async fn the_first_group_makes_the_role_of_the_service_asg_3() {
    let room = Room::new(Profile::Hostile, micro().build()).await;
    let first = code(&room.create("web").send().await.unwrap_err());
    assert_eq!(first.0, "ServiceLinkedRoleFailure");
    room.wait(60);
    room.create("web").send().await.unwrap();
    let role = room.iam.get_role().role_name("AWSServiceRoleForAutoScaling").send().await;
    assert!(role.is_ok());
}
