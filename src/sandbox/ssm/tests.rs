//! Parameter Store as the SDK sees it.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::ProvideErrorMetadata as _;
use aws_sdk_ssm::types::{ParameterType, ResourceTypeForTagging, Tag};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

fn client() -> Client {
    Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"))
}

fn put(
    ssm: &Client,
    value: &str,
) -> aws_sdk_ssm::operation::put_parameter::builders::PutParameterFluentBuilder {
    ssm.put_parameter().name("/team/lock").r#type(ParameterType::String).value(value)
}

#[tokio::test]
async fn only_the_first_of_two_creations_succeeds() {
    let ssm = client();
    assert_eq!(put(&ssm, "one").send().await.unwrap().version(), 1);
    let error = put(&ssm, "two").send().await.unwrap_err();
    assert_eq!(error.code(), Some("ParameterAlreadyExists"));
    let read = ssm.get_parameter().name("/team/lock").send().await.unwrap();
    assert_eq!(read.parameter().unwrap().value(), Some("one"));
}

#[tokio::test]
async fn every_overwrite_is_a_version_and_a_hundred_are_kept() {
    let ssm = client();
    for number in 1..=103 {
        let answer = put(&ssm, &format!("value {number}")).overwrite(true).send().await.unwrap();
        assert_eq!(answer.version(), number);
    }
    let history = ssm.get_parameter_history().name("/team/lock").into_paginator().send();
    let pages = history.try_collect().await.unwrap();
    let kept: Vec<i64> =
        pages.iter().flat_map(|page| page.parameters()).map(|written| written.version()).collect();
    assert_eq!(kept, (4..=103).collect::<Vec<_>>());
    let third = ssm.get_parameter().name("/team/lock:3").send().await.unwrap_err();
    assert_eq!(third.code(), Some("ParameterVersionNotFound"));
    let fourth = ssm.get_parameter().name("/team/lock:4").send().await.unwrap();
    assert_eq!(fourth.parameter().unwrap().value(), Some("value 4"));
}

#[tokio::test]
async fn tags_come_with_the_creation_and_never_with_an_overwrite() {
    let ssm = client();
    let tag = Tag::builder().key("team").value("network").build().unwrap();
    let error = put(&ssm, "x").overwrite(true).tags(tag.clone()).send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
    put(&ssm, "x").tags(tag.clone()).send().await.unwrap();
    let list = || {
        ssm.list_tags_for_resource()
            .resource_type(ResourceTypeForTagging::Parameter)
            .resource_id("/team/lock")
            .send()
    };
    assert_eq!(list().await.unwrap().tag_list(), [tag]);
    ssm.delete_parameter().name("/team/lock").send().await.unwrap();
    assert_eq!(list().await.unwrap_err().code(), Some("InvalidResourceId"));
}

#[tokio::test]
async fn what_was_deleted_is_not_found() {
    let ssm = client();
    for error in [
        ssm.get_parameter().name("/none").send().await.unwrap_err().code().map(str::to_owned),
        ssm.delete_parameter().name("/none").send().await.unwrap_err().code().map(str::to_owned),
        ssm.get_parameter_history().name("/none").send().await.unwrap_err().code().map(str::to_owned),
    ] {
        assert_eq!(error.as_deref(), Some("ParameterNotFound"));
    }
    let answer = ssm.get_parameters().names("/none").send().await.unwrap();
    assert_eq!(answer.invalid_parameters(), ["/none"]);
}

#[tokio::test]
async fn a_name_that_aws_keeps_for_itself_is_refused() {
    let ssm = client();
    for name in ["/aws", "/ssm/x", "ssm-x", "a/b", "/a//b", "/a b"] {
        let error = put(&ssm, "x").name(name).send().await.unwrap_err();
        assert_eq!(error.code(), Some("ValidationException"), "{name}");
    }
    let error = put(&ssm, "x").name("/aws/x").send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn a_parameter_is_found_by_its_arn_and_with_and_without_its_first_slash() {
    let ssm = client();
    put(&ssm, "x").name("/top").send().await.unwrap();
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/top";
    for name in ["/top", "top", arn, "top:1", "arn:aws:ssm:us-east-1:123456789012:parameter/top:1"] {
        let found = ssm.get_parameter().name(name).send().await.unwrap().parameter.unwrap();
        assert_eq!((found.arn(), found.value()), (Some(arn), Some("x")), "{name}");
    }
    let twice = ssm.get_parameters().names("top").names("top").send().await.unwrap();
    assert_eq!(twice.parameters().len(), 1);
    let gone = ssm.delete_parameters().names("top").names("none").send().await.unwrap();
    assert_eq!((gone.deleted_parameters().len(), gone.invalid_parameters().len()), (1, 1));
    let unknown = ssm.get_parameter().name("/aws/service/none").send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("NotImplemented"));
}
