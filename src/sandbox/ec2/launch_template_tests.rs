//! Launch templates through the real SDK: what AWS refuses, and what it gives back.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateEbsBlockDeviceRequest,
    LaunchTemplateHttpTokensState, LaunchTemplateInstanceMetadataOptionsRequest,
    LaunchTemplateTagSpecificationRequest, RequestLaunchTemplateData, ResourceType,
    ResponseLaunchTemplateData, Tag, TagSpecification,
};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

fn client() -> Client {
    Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"))
}

fn micro() -> RequestLaunchTemplateData {
    RequestLaunchTemplateData::builder().instance_type(InstanceType::T3Micro).build()
}

async fn create(ec2: &Client, name: &str, data: RequestLaunchTemplateData) -> String {
    let answer =
        ec2.create_launch_template().launch_template_name(name).launch_template_data(data).send().await;
    answer.unwrap().launch_template.unwrap().launch_template_id.unwrap()
}

async fn read(ec2: &Client, id: &str, version: &str) -> (i64, ResponseLaunchTemplateData) {
    let answer =
        ec2.describe_launch_template_versions().launch_template_id(id).versions(version).send().await;
    let version = answer.unwrap().launch_template_versions.unwrap().remove(0);
    (version.version_number.unwrap(), version.launch_template_data.unwrap())
}

fn code<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    result.unwrap_err().code().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_set_is_read_back_and_metadata_options_have_their_defaults_lt_6() {
    let ec2 = client();
    let ebs = LaunchTemplateEbsBlockDeviceRequest::builder().encrypted(true).volume_size(20).build();
    let data = RequestLaunchTemplateData::builder()
        .image_id("resolve:ssm:/golden")
        .security_group_ids("sg-b")
        .security_group_ids("sg-a")
        .user_data("IyEvYmluL3No")
        .metadata_options(
            LaunchTemplateInstanceMetadataOptionsRequest::builder()
                .http_tokens(LaunchTemplateHttpTokensState::Required)
                .build(),
        )
        .block_device_mappings(
            LaunchTemplateBlockDeviceMappingRequest::builder().device_name("/dev/xvda").ebs(ebs).build(),
        )
        .tag_specifications(
            LaunchTemplateTagSpecificationRequest::builder()
                .resource_type(ResourceType::Instance)
                .tags(Tag::builder().key("Name").value("web").build())
                .build(),
        )
        .build();
    let id = create(&ec2, "web", data).await;
    let (number, data) = read(&ec2, &id, "$Latest").await;
    assert_eq!(number, 1);
    assert_eq!(data.image_id(), Some("resolve:ssm:/golden"));
    assert_eq!(data.security_group_ids(), ["sg-b", "sg-a"]);
    assert_eq!(data.user_data(), Some("IyEvYmluL3No"));
    let metadata = data.metadata_options().unwrap();
    assert_eq!(metadata.http_tokens().unwrap().as_str(), "required");
    assert_eq!(metadata.http_put_response_hop_limit(), Some(1));
    assert_eq!(metadata.http_endpoint().unwrap().as_str(), "enabled");
    let ebs = data.block_device_mappings()[0].ebs().unwrap();
    assert_eq!((ebs.encrypted(), ebs.volume_size()), (Some(true), Some(20)));
    assert_eq!(data.tag_specifications()[0].tags()[0].value(), Some("web"));
}

#[tokio::test]
async fn a_new_version_inherits_only_from_a_source_and_does_not_become_the_default_lt_1_lt_3() {
    let ec2 = client();
    let id = create(&ec2, "web", micro()).await;
    let image = || RequestLaunchTemplateData::builder().image_id("ami-1").build();
    let version = || ec2.create_launch_template_version().launch_template_id(&id);
    version().launch_template_data(image()).send().await.unwrap();
    version().launch_template_data(image()).source_version("1").send().await.unwrap();
    assert_eq!(read(&ec2, &id, "2").await.1.instance_type(), None);
    assert_eq!(read(&ec2, &id, "$Latest").await.1.instance_type(), Some(&InstanceType::T3Micro));
    assert_eq!(read(&ec2, &id, "$Default").await.0, 1);
    ec2.modify_launch_template().launch_template_id(&id).default_version("3").send().await.unwrap();
    assert_eq!(read(&ec2, &id, "$Default").await.0, 3);
    let none = version().launch_template_data(image()).source_version("9").send().await;
    assert_eq!(code(none), "InvalidLaunchTemplateId.VersionNotFound");
}

#[tokio::test]
async fn the_same_token_makes_one_version_and_another_request_with_it_is_refused_net_20() {
    let ec2 = client();
    let id = create(&ec2, "web", micro()).await;
    let version = |data| {
        let request = ec2.create_launch_template_version().launch_template_id(&id).client_token("once");
        request.launch_template_data(data).send()
    };
    for _ in 0..2 {
        let answer = version(micro()).await.unwrap();
        assert_eq!(answer.launch_template_version().unwrap().version_number(), Some(2));
    }
    let other = RequestLaunchTemplateData::builder().image_id("ami-1").build();
    assert_eq!(code(version(other).await), "IdempotentParameterMismatch");
}

#[tokio::test]
async fn names_are_unique_and_what_does_not_exist_has_its_code_lt_1_lt_4() {
    let ec2 = client();
    create(&ec2, "web", micro()).await;
    let again = ec2.create_launch_template().launch_template_name("web").launch_template_data(micro()).send();
    assert_eq!(code(again.await), "InvalidLaunchTemplateName.AlreadyExistsException");
    let by_id = |id: &str| ec2.describe_launch_templates().launch_template_ids(id).send();
    assert_eq!(code(by_id("lt-0123456789abcdef0").await), "InvalidLaunchTemplateId.NotFound");
    assert_eq!(code(by_id("lt-x").await), "InvalidLaunchTemplateId.Malformed");
    let by_name = ec2.describe_launch_templates().launch_template_names("db").send().await;
    assert_eq!(code(by_name), "InvalidLaunchTemplateName.NotFoundException");
}

#[tokio::test]
async fn user_data_that_is_not_base64_is_refused_lt_6() {
    let ec2 = client();
    let data = RequestLaunchTemplateData::builder().user_data("#!/bin/sh").build();
    let answer = ec2.create_launch_template().launch_template_name("web").launch_template_data(data).send();
    assert_eq!(code(answer.await), "InvalidUserData.Malformed");
}

#[tokio::test]
async fn deletion_takes_all_versions_and_the_default_one_alone_cannot_go_lt_5() {
    let ec2 = client();
    let id = create(&ec2, "web", micro()).await;
    ec2.create_launch_template_version()
        .launch_template_id(&id)
        .launch_template_data(micro())
        .send()
        .await
        .unwrap();
    let answer = ec2
        .delete_launch_template_versions()
        .launch_template_id(&id)
        .versions("1")
        .versions("2")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.successfully_deleted_launch_template_versions()[0].version_number(), Some(2));
    assert_eq!(answer.unsuccessfully_deleted_launch_template_versions()[0].version_number(), Some(1));
    ec2.delete_launch_template().launch_template_id(&id).send().await.unwrap();
    let gone = ec2.describe_launch_template_versions().launch_template_id(&id).send().await;
    assert_eq!(code(gone), "InvalidLaunchTemplateId.NotFound");
}

#[tokio::test]
async fn default_versions_of_all_templates_come_in_pages_and_tags_filter_templates() {
    let ec2 = client();
    for name in ["web", "api", "jobs"] {
        create(&ec2, name, micro()).await;
    }
    let pages = ec2.describe_launch_template_versions().versions("$Default").max_results(2);
    let versions: Result<Vec<_>, _> = pages.into_paginator().items().send().collect().await;
    assert_eq!(versions.unwrap().len(), 3);
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::LaunchTemplate)
        .tags(Tag::builder().key("team").value("db").build());
    let request = ec2.create_launch_template().launch_template_name("data").launch_template_data(micro());
    request.tag_specifications(tags.build()).send().await.unwrap();
    let team = aws_sdk_ec2::types::Filter::builder().name("tag:team").values("db").build();
    let found = ec2.describe_launch_templates().filters(team).send().await.unwrap();
    assert_eq!(found.launch_templates().len(), 1);
    assert_eq!(found.launch_templates()[0].tags()[0].key(), Some("team"));
}
