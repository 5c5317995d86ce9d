//! EventBridge Scheduler as the SDK sees it.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::ProvideErrorMetadata as _;
use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, Target};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

const ROLE: &str = "arn:aws:iam::123456789012:role/ends";

/// A role that the service may assume, with these rights.
async fn role(sandbox: &Sandbox, allows: &str) {
    let iam = aws_sdk_iam::Client::new(&config(sandbox, "us-east-1"));
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"scheduler.amazonaws.com"},
        "Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012",
        "aws:SourceArn":"arn:aws:scheduler:us-east-1:123456789012:schedule-group/default"}}}]}"#;
    iam.create_role().role_name("ends").assume_role_policy_document(trust).send().await.unwrap();
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{allows}","Resource":"*"}}]}}"#
    );
    iam.put_role_policy().role_name("ends").policy_name("own").policy_document(policy).send().await.unwrap();
}

fn target(operation: &str, input: &str) -> Target {
    let arn = format!("arn:aws:scheduler:::aws-sdk:ec2:{operation}");
    Target::builder().arn(arn).role_arn(ROLE).input(input).build().unwrap()
}

/// A schedule in so many seconds.
fn schedule(
    sandbox: &Sandbox,
    seconds: i64,
    target: Target,
) -> aws_sdk_scheduler::operation::create_schedule::builders::CreateScheduleFluentBuilder {
    let client = Client::new(&config(sandbox, "us-east-1"));
    let now = sandbox.with_world(|world| world.clock);
    let at = jiff::Timestamp::from_second(now / 1_000 + seconds).unwrap();
    let off = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().unwrap();
    client
        .create_schedule()
        .name("close")
        .schedule_expression(format!("at({})", at.strftime("%Y-%m-%dT%H:%M:%S")))
        .flexible_time_window(off)
        .action_after_completion(ActionAfterCompletion::Delete)
        .target(target)
}

async fn has_tag(sandbox: &Sandbox, vpc: &str) -> bool {
    let ec2 = aws_sdk_ec2::Client::new(&config(sandbox, "us-east-1"));
    let answer = ec2.describe_vpcs().vpc_ids(vpc).send().await.unwrap();
    answer.vpcs()[0].tags().iter().any(|tag| tag.key() == Some("open"))
}

#[tokio::test(start_paused = true)]
async fn a_schedule_calls_ec2_with_the_rights_of_its_role_at_its_time_and_goes() {
    for (allows, happens) in [("ec2:DeleteTags", true), ("ec2:CreateTags", false)] {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        role(&sandbox, allows).await;
        let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox, "us-east-1"));
        let vpc = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
        let vpc = vpc.vpc().unwrap().vpc_id().unwrap().to_owned();
        let open = aws_sdk_ec2::types::Tag::builder().key("open").value("now").build();
        ec2.create_tags().resources(&vpc).tags(open).send().await.unwrap();
        let input = format!(r#"{{"Resources":["{vpc}"],"Tags":[{{"Key":"open"}}]}}"#);
        schedule(&sandbox, 60, target("deleteTags", &input)).send().await.unwrap();
        let client = Client::new(&config(&sandbox, "us-east-1"));
        let listed = client.list_schedules().name_prefix("clo").send().await.unwrap();
        assert_eq!(listed.schedules().len(), 1);
        assert!(has_tag(&sandbox, &vpc).await, "before its time");
        tokio::time::advance(std::time::Duration::from_secs(120)).await;
        assert_eq!(has_tag(&sandbox, &vpc).await, !happens, "{allows}");
        let gone = client.get_schedule().name("close").send().await;
        // A call that fails is tried again, for a day.
        assert_eq!(gone.is_err(), happens, "{gone:?}");
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_and_what_is_not_carried_out_is_refused_by_name() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let close = || target("deleteTags", "{}");
    let refused = schedule(&sandbox, 60, close()).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ValidationException"), "no such role: {refused:?}");
    role(&sandbox, "ec2:DeleteTags").await;
    schedule(&sandbox, 60, close()).send().await.unwrap();
    let twice = schedule(&sandbox, 60, close()).send().await.unwrap_err();
    assert_eq!(twice.code(), Some("ConflictException"));
    let cases = [
        (schedule(&sandbox, 60, close()).name("a b"), "ValidationException"),
        (
            schedule(&sandbox, 60, close()).name("b").schedule_expression("at(tomorrow)"),
            "ValidationException",
        ),
        (schedule(&sandbox, 60, close()).name("c").schedule_expression("rate(1 day)"), "NotImplemented"),
        (schedule(&sandbox, 60, target("describeVpcs", "{}")).name("d"), "ValidationException"),
        (schedule(&sandbox, 60, target("deleteTags", "none")).name("e"), "ValidationException"),
        (schedule(&sandbox, 60, close()).name("f").group_name("mine"), "ResourceNotFoundException"),
    ];
    for (asked, code) in cases {
        let refused = asked.send().await.unwrap_err();
        assert_eq!(refused.code(), Some(code), "{refused:?}");
    }
    let client = Client::new(&config(&sandbox, "us-east-1"));
    let one = client.get_schedule().name("close").send().await.unwrap();
    assert_eq!(one.target().unwrap().role_arn(), ROLE);
    client.delete_schedule().name("close").send().await.unwrap();
    let gone = client.delete_schedule().name("close").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("ResourceNotFoundException"));
}
