//! Flow logs.

use aws_sdk_ec2::types::{FlowLogsResourceType, LogDestinationType, TrafficType};

use super::{REGION, code, sandbox, vpc};
use crate::sandbox::Sandbox;
use crate::sandbox::testing::config;

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
    assert_eq!(code(interval.send().await), "InvalidParameterValue");
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
