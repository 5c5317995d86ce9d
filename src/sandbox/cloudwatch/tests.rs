//! Alarms, through the SDK.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::ProvideErrorMetadata;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, Statistic, Tag};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

fn alarm(client: &Client, name: &str) -> PutMetricAlarmFluentBuilder {
    client
        .put_metric_alarm()
        .alarm_name(name)
        .namespace("AWS/EC2")
        .metric_name("CPUUtilization")
        .dimensions(Dimension::builder().name("AutoScalingGroupName").value("web").build())
        .statistic(Statistic::Average)
        .period(300)
        .evaluation_periods(2)
        .threshold(70.5)
        .comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold)
}

#[tokio::test]
async fn an_alarm_is_written_whole_read_by_name_and_deleted_once() {
    let client = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
    alarm(&client, "web-high").alarm_actions("arn:aws:autoscaling:x").send().await.unwrap();
    alarm(&client, "web-low").send().await.unwrap();
    let read = client.describe_alarms().alarm_names("web-high").send().await.unwrap();
    let [found] = read.metric_alarms() else { panic!("{read:?}") };
    assert_eq!(
        (found.threshold(), found.period(), found.evaluation_periods()),
        (Some(70.5), Some(300), Some(2))
    );
    assert_eq!((found.actions_enabled(), found.alarm_actions().len()), (Some(true), 1));
    assert_eq!(found.dimensions()[0].value(), Some("web"));
    assert!(found.alarm_arn().unwrap().ends_with(":alarm:web-high"));
    alarm(&client, "web-high").threshold(80.0).send().await.unwrap();
    let read = client.describe_alarms().alarm_name_prefix("web-h").send().await.unwrap();
    let found = &read.metric_alarms()[0];
    assert_eq!((found.threshold(), found.alarm_actions().len()), (Some(80.0), 0), "a put replaces it");
    let gone =
        client.delete_alarms().alarm_names("web-high").alarm_names("web-mid").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("ResourceNotFound"));
    let left = client.describe_alarms().send().await.unwrap();
    assert_eq!(left.metric_alarms().len(), 1, "the one that there was is gone");
}

#[tokio::test]
async fn an_alarm_has_the_tags_of_the_call_that_made_it() {
    let client = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
    let tag = |value: &str| Tag::builder().key("team").value(value).build();
    alarm(&client, "web").tags(tag("red")).send().await.unwrap();
    alarm(&client, "web").tags(tag("blue")).send().await.unwrap();
    let read = client.describe_alarms().send().await.unwrap();
    let arn = read.metric_alarms()[0].alarm_arn().unwrap();
    let tags = client.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags(), [tag("red")]);
    let unknown = client.list_tags_for_resource().resource_arn(format!("{arn}-not")).send().await;
    assert_eq!(unknown.unwrap_err().code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn an_alarm_that_cannot_be_is_refused() {
    let client = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
    for wrong in [alarm(&client, "web").period(45), alarm(&client, "web").evaluation_periods(1000)] {
        let refused = wrong.send().await.unwrap_err();
        assert_eq!(refused.code(), Some("ValidationError"), "{refused:?}");
    }
}
