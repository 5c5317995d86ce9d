//! Flow logs.

use aws_sdk_ec2::operation::create_flow_logs::builders::CreateFlowLogsFluentBuilder;
use aws_sdk_ec2::types::{FlowLogsResourceType, LogDestinationType, TrafficType};
use aws_sdk_s3::types::CreateBucketConfiguration;

use super::{DEFAULT_ACCOUNT, REGION, code, filter, sandbox, vpc};
use crate::sandbox::Sandbox;
use crate::sandbox::testing::{config, config_for};

/// Makes the role `flows`, which trusts a service.
async fn role(sandbox: &Sandbox, service: &str) {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},
        "Action":"sts:AssumeRole"}}]}}"#
    );
    let iam = aws_sdk_iam::Client::new(&config(sandbox, REGION));
    iam.create_role().role_name("flows").assume_role_policy_document(trust).send().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_logged_is_listed_in_a_200_net_9() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let create = |bucket: &str| {
        ec2.create_flow_logs()
            .resource_type(FlowLogsResourceType::Vpc)
            .resource_ids(&vpc)
            .traffic_type(TrafficType::All)
            .log_destination_type(LogDestinationType::S3)
            .log_destination(bucket)
    };
    let answer = create("arn:aws:s3:::nowhere").send().await.unwrap();
    assert!(answer.flow_log_ids().is_empty());
    assert_eq!(answer.unsuccessful()[0].resource_id(), Some(vpc.as_str()));
    let interval = create("arn:aws:s3:::nowhere").max_aggregation_interval(30);
    assert_eq!(code(interval.send().await), "InvalidParameter");
    let gone = ec2.delete_flow_logs().flow_log_ids("fl-0123456789abcdef0").send().await.unwrap();
    assert_eq!(gone.unsuccessful()[0].error().unwrap().code(), Some("InvalidFlowLogId.NotFound"));
}

#[tokio::test]
async fn a_flow_log_to_a_log_group_is_read_back_and_not_made_twice_net_9() {
    let (sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let create = || {
        ec2.create_flow_logs()
            .resource_type(FlowLogsResourceType::Vpc)
            .resource_ids(&vpc)
            .traffic_type(TrafficType::Reject)
            .log_group_name("flows")
            .deliver_logs_permission_arn("arn:aws:iam::123456789012:role/flows")
            .max_aggregation_interval(60)
            .send()
    };
    assert_eq!(code(create().await), "InvalidParameter", "NET-8: no such role");
    role(&sandbox, "ec2.amazonaws.com").await;
    assert_eq!(code(create().await), "InvalidParameter", "NET-8: a role that trusts another service");
    let iam = aws_sdk_iam::Client::new(&config(&sandbox, REGION));
    iam.delete_role().role_name("flows").send().await.unwrap();
    role(&sandbox, "vpc-flow-logs.amazonaws.com").await;
    let made = create().await.unwrap();
    let id = &made.flow_log_ids()[0];
    let listed = ec2.describe_flow_logs().flow_log_ids(id).send().await.unwrap();
    let log = &listed.flow_logs()[0];
    assert_eq!((log.resource_id(), log.log_group_name()), (Some(vpc.as_str()), Some("flows")));
    assert_eq!((log.traffic_type(), log.max_aggregation_interval()), (Some(&TrafficType::Reject), Some(60)));
    let again = create().await.unwrap();
    assert_eq!(again.unsuccessful()[0].error().unwrap().code(), Some("FlowLogAlreadyExists"));
    ec2.delete_flow_logs().flow_log_ids(id).send().await.unwrap();
    let gone = ec2.describe_flow_logs().flow_log_ids(id).send().await;
    assert_eq!(code(gone), "InvalidFlowLogId.NotFound");
}

/// A bucket of an account, and its S3 client.
pub(super) async fn bucket(sandbox: &Sandbox, account: &str, name: &str) -> aws_sdk_s3::Client {
    let s3 = aws_sdk_s3::Client::new(&config_for(sandbox, REGION, account));
    let place = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    s3.create_bucket().bucket(name).create_bucket_configuration(place).send().await.unwrap();
    s3
}

async fn policy(s3: &aws_sdk_s3::Client, bucket: &str) -> String {
    s3.get_bucket_policy().bucket(bucket).send().await.unwrap().policy.unwrap()
}

fn to_bucket(ec2: &aws_sdk_ec2::Client, vpc: &str, destination: &str) -> CreateFlowLogsFluentBuilder {
    ec2.create_flow_logs()
        .resource_type(FlowLogsResourceType::Vpc)
        .resource_ids(vpc)
        .traffic_type(TrafficType::All)
        .log_destination_type(LogDestinationType::S3)
        .log_destination(destination)
}

const OTHER: &str = "210987654321";

/// A bucket policy that denies plain HTTP, and lets the delivery of flow logs in where told to.
fn written(bucket: &str, account: &str, lets_in: bool) -> String {
    let deny = format!(
        r#"{{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::{bucket}/*",
        "Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}"#
    );
    let delivery = format!(
        r#",{{"Effect":"Allow","Principal":{{"Service":"delivery.logs.amazonaws.com"}},"Action":"s3:PutObject",
        "Resource":"arn:aws:s3:::{bucket}/net/AWSLogs/{account}/*","Condition":{{
        "StringEquals":{{"aws:SourceAccount":"{account}","s3:x-amz-acl":"bucket-owner-full-control"}}}}}},
        {{"Effect":"Allow","Principal":{{"Service":"delivery.logs.amazonaws.com"}},"Action":"s3:GetBucketAcl",
        "Resource":"arn:aws:s3:::{bucket}"}}"#
    );
    let delivery = if lets_in { delivery } else { String::new() };
    format!(r#"{{"Version":"2012-10-17","Statement":[{deny}{delivery}]}}"#)
}

#[tokio::test]
async fn aws_overwrites_a_policy_that_does_not_let_the_delivery_in_and_keeps_one_that_does_net_8() {
    let (sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let s3 = bucket(&sandbox, DEFAULT_ACCOUNT, "flows").await;
    let put = |text: String| s3.put_bucket_policy().bucket("flows").policy(text).send();
    put(written("flows", DEFAULT_ACCOUNT, true)).await.unwrap();
    let made = to_bucket(&ec2, &vpc, "arn:aws:s3:::flows/net").send().await.unwrap();
    assert!(made.unsuccessful().is_empty(), "{made:?}");
    assert!(policy(&s3, "flows").await.contains("Tls"));
    // The same bucket twice is no duplicate where the prefix is another.
    put(written("flows", DEFAULT_ACCOUNT, false)).await.unwrap();
    let made = to_bucket(&ec2, &vpc, "arn:aws:s3:::flows").send().await.unwrap();
    assert!(made.unsuccessful().is_empty(), "{made:?}");
    let after = policy(&s3, "flows").await;
    assert!(!after.contains("Tls") && after.contains("AWSLogDeliveryWrite"), "{after}");
    let listed = ec2.describe_flow_logs().filter(filter("resource-id", &vpc)).send().await.unwrap();
    let destinations: Vec<_> = listed.flow_logs().iter().filter_map(|log| log.log_destination()).collect();
    assert!(destinations.contains(&"arn:aws:s3:::flows/net") && destinations.len() == 2);
    let again = to_bucket(&ec2, &vpc, "arn:aws:s3:::flows").send().await.unwrap();
    assert_eq!(again.unsuccessful()[0].error().unwrap().code(), Some("FlowLogAlreadyExists"), "NET-9");
}

#[tokio::test]
async fn somebody_elses_bucket_must_let_the_delivery_in_already_net_8() {
    let (sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let s3 = bucket(&sandbox, OTHER, "theirs").await;
    let create = || to_bucket(&ec2, &vpc, "arn:aws:s3:::theirs/net").send();
    let refused = create().await.unwrap();
    let message = refused.unsuccessful()[0].error().unwrap().message().unwrap();
    assert!(message.starts_with("Access Denied for LogDestination: theirs"), "{message}");
    let text = written("theirs", DEFAULT_ACCOUNT, true);
    s3.put_bucket_policy().bucket("theirs").policy(text).send().await.unwrap();
    assert_eq!(create().await.unwrap().flow_log_ids().len(), 1);
}
