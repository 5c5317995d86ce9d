use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudtrail::types::*;
use serde_json::{Value, json};

use crate::sandbox::organizations::Organization;
use crate::sandbox::testing::{config, config_for};
use crate::sandbox::{Profile, Sandbox};

const ACCOUNT: &str = "123456789012";
const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main";
const LOGS: &str = "arn:aws:s3:::my-logs";
const OBJECTS: &str = "arn:aws:s3:::my-logs/AWSLogs/123456789012/*";

fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, SdkError<E, R>>,
) -> String {
    answer.unwrap_err().code().unwrap_or_default().to_owned()
}

fn allow(action: &str, resource: &str, condition: Value) -> Value {
    let service = json!({"Service": "cloudtrail.amazonaws.com"});
    json!({"Effect": "Allow", "Principal": service, "Action": action, "Resource": resource, "Condition": condition})
}

fn from(arn: &str) -> Value {
    json!({"StringEquals": {"aws:SourceArn": arn}})
}

fn written(arn: &str) -> Value {
    json!({"StringEquals": {"aws:SourceArn": arn, "s3:x-amz-acl": "bucket-owner-full-control"}})
}

/// The bucket policy that AWS documents (CT-4).
fn bucket_policy() -> Vec<Value> {
    vec![allow("s3:GetBucketAcl", LOGS, from(TRAIL)), allow("s3:PutObject", OBJECTS, written(TRAIL))]
}

struct World {
    sandbox: Sandbox,
    trails: Client,
}

impl World {
    fn new(profile: Profile) -> Self {
        let sandbox = Sandbox::new(profile, 1);
        let trails = Client::new(&config(&sandbox, "us-east-1"));
        Self { sandbox, trails }
    }

    /// A world with a bucket that has the given policy.
    async fn with(statements: Vec<Value>) -> Self {
        let world = Self::new(Profile::Instant);
        world.s3().create_bucket().bucket("my-logs").send().await.unwrap();
        world.policy(statements).await;
        world
    }

    fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&config(&self.sandbox, "us-east-1"))
    }

    fn kms(&self, region: &str) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&config(&self.sandbox, region))
    }

    fn in_region(&self, region: &str) -> Client {
        Client::new(&config(&self.sandbox, region))
    }

    async fn policy(&self, statements: Vec<Value>) {
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        self.s3().put_bucket_policy().bucket("my-logs").policy(policy).send().await.unwrap();
    }

    /// A key whose policy has the given statements beside the account's own.
    async fn key(&self, region: &str, mut statements: Vec<Value>) -> String {
        let root = json!({"AWS": "arn:aws:iam::123456789012:root"});
        statements.push(json!({"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}));
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let key = self.kms(region).create_key().policy(policy).send().await.unwrap();
        key.key_metadata.unwrap().arn.unwrap()
    }

    fn create(&self) -> aws_sdk_cloudtrail::operation::create_trail::builders::CreateTrailFluentBuilder {
        self.trails.create_trail().name("main").s3_bucket_name("my-logs")
    }
}

/// The key policy that AWS documents (CT-5).
fn key_policy() -> Vec<Value> {
    let context = "arn:aws:cloudtrail:*:123456789012:trail/*";
    vec![
        allow(
            "kms:GenerateDataKey*",
            "*",
            json!({
                "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": context},
                "StringEquals": {"aws:SourceArn": TRAIL},
            }),
        ),
        allow("kms:DescribeKey", "*", from(TRAIL)),
    ]
}

#[tokio::test]
async fn ct_4_a_bucket_without_the_right_policy_is_refused() {
    let world = World::with(bucket_policy()).await;
    let tls = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [LOGS, OBJECTS],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
    let other = "arn:aws:cloudtrail:us-east-1:123456789012:trail/other";
    let elsewhere = "arn:aws:s3:::my-logs/AWSLogs/999988887777/*";
    let [acl, put] = <[Value; 2]>::try_from(bucket_policy()).unwrap();
    for wrong in [
        vec![acl.clone()],
        vec![put.clone()],
        vec![acl.clone(), allow("s3:PutObject", OBJECTS, written(other))],
        vec![acl.clone(), allow("s3:PutObject", elsewhere, written(TRAIL))],
        vec![allow("s3:GetBucketAcl", OBJECTS, from(TRAIL)), put.clone()],
        vec![
            acl.clone(),
            put.clone(),
            json!({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
            "Resource": OBJECTS, "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}),
        ],
    ] {
        world.policy(wrong.clone()).await;
        assert_eq!(code(world.create().send().await), "InsufficientS3BucketPolicyException", "{wrong:?}");
    }
    world.policy(vec![acl, put, tls]).await;
    // With a prefix the logs go elsewhere.
    assert_eq!(code(world.create().s3_key_prefix("x").send().await), "InsufficientS3BucketPolicyException");
    world.create().send().await.unwrap();
    world.s3().delete_bucket_policy().bucket("my-logs").send().await.unwrap();
    let update = world.trails.update_trail().name("main").enable_log_file_validation(true).send().await;
    assert_eq!(code(update), "InsufficientS3BucketPolicyException");
    let missing = world.trails.update_trail().name("main").s3_bucket_name("missing").send().await;
    assert_eq!(code(missing), "S3BucketDoesNotExistException");
}

#[tokio::test]
async fn ct_5_a_key_without_the_right_policy_is_refused() {
    let world = World::with(bucket_policy()).await;
    let other = allow(
        "kms:GenerateDataKey*",
        "*",
        json!({"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:123456789012:trail/other"}}),
    );
    let foreign = allow(
        "kms:GenerateDataKey*",
        "*",
        json!({"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:999988887777:trail/*"}}),
    );
    let [data, describe] = <[Value; 2]>::try_from(key_policy()).unwrap();
    for wrong in
        [vec![], vec![data], vec![describe.clone()], vec![other, describe.clone()], vec![foreign, describe]]
    {
        let key = world.key("us-east-1", wrong.clone()).await;
        let create = world.create().kms_key_id(key).send().await;
        assert_eq!(code(create), "InsufficientEncryptionPolicyException", "{wrong:?}");
    }
    let key = world.key("us-east-1", key_policy()).await;
    world.kms("us-east-1").create_alias().alias_name("alias/trail").target_key_id(&key).send().await.unwrap();
    let made = world.create().kms_key_id("alias/trail").send().await.unwrap();
    assert_eq!(made.kms_key_id(), Some(key.as_str()), "CT-14");
    world.kms("us-east-1").disable_key().key_id(&key).send().await.unwrap();
    let update = world.trails.update_trail().name("main").kms_key_id(&key).send().await;
    assert_eq!(code(update), "KmsException");
    // An empty text takes the key away.
    world.trails.update_trail().name("main").kms_key_id("").send().await.unwrap();
    let trail = world.trails.get_trail().name("main").send().await.unwrap().trail.unwrap();
    assert_eq!(trail.kms_key_id(), None);
}

#[tokio::test]
async fn ct_5_a_bucket_key_needs_decryption_too() {
    use aws_sdk_s3::types::*;
    let world = World::with(bucket_policy()).await;
    let key = world.key("us-east-1", key_policy()).await;
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id(&key)
        .build()
        .unwrap();
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(true)
        .build();
    let encryption = ServerSideEncryptionConfiguration::builder().rules(rule).build().unwrap();
    let put =
        world.s3().put_bucket_encryption().bucket("my-logs").server_side_encryption_configuration(encryption);
    put.send().await.unwrap();
    let refused = world.create().kms_key_id(key).send().await;
    assert_eq!(code(refused), "InsufficientEncryptionPolicyException");
    let mut with_decryption = key_policy();
    with_decryption.push(allow("kms:Decrypt", "*", json!({})));
    let key = world.key("us-east-1", with_decryption).await;
    world.create().kms_key_id(key).send().await.unwrap();
}

#[tokio::test]
async fn ct_6_the_key_is_in_the_region_of_the_bucket() {
    let world = World::with(bucket_policy()).await;
    let far = world.key("eu-west-1", key_policy()).await;
    assert_eq!(code(world.create().kms_key_id(far).send().await), "KmsKeyNotFoundException");
    let none = "arn:aws:kms:us-east-1:123456789012:key/none";
    assert_eq!(code(world.create().kms_key_id(none).send().await), "KmsKeyNotFoundException");
}

#[tokio::test]
async fn ct_10_a_policy_just_written_is_not_seen_yet() {
    let world = World::new(Profile::Hostile);
    let later = |seconds: i64| world.sandbox.with_world(|world| world.clock += seconds * 1000);
    world.s3().create_bucket().bucket("my-logs").send().await.unwrap();
    later(60);
    world.policy(bucket_policy()).await;
    assert_eq!(code(world.create().send().await), "InsufficientS3BucketPolicyException");
    later(60);
    world.create().send().await.unwrap();
    assert_eq!(code(world.trails.get_trail().name("main").send().await), "TrailNotFoundException");
    later(60);
    world.trails.get_trail().name("main").send().await.unwrap();
}

#[tokio::test]
async fn ct_2_a_trail_of_all_regions_has_shadows_that_cannot_be_changed() {
    let world = World::with(bucket_policy()).await;
    world.create().is_multi_region_trail(true).send().await.unwrap();
    let europe = world.in_region("eu-west-1");
    let shown = europe.describe_trails().send().await.unwrap();
    assert_eq!(shown.trail_list()[0].home_region(), Some("us-east-1"));
    let own = europe.describe_trails().include_shadow_trails(false).send().await.unwrap();
    assert!(own.trail_list().is_empty());
    europe.get_trail_status().name(TRAIL).send().await.unwrap();
    assert_eq!(code(europe.get_trail_status().name("main").send().await), "TrailNotFoundException");
    for refused in [
        code(europe.start_logging().name(TRAIL).send().await),
        code(europe.update_trail().name("main").send().await),
        code(europe.delete_trail().name(TRAIL).send().await),
    ] {
        assert_eq!(refused, "InvalidHomeRegionException");
    }
    let again = europe.create_trail().name("main").s3_bucket_name("my-logs").send().await;
    assert_eq!(code(again), "TrailAlreadyExistsException");
    assert_eq!(code(world.create().send().await), "TrailAlreadyExistsException");
    assert_eq!(code(world.trails.update_trail().name("missing").send().await), "TrailNotFoundException");
    let partly = world.trails.update_trail().name("main").include_global_service_events(false).send().await;
    assert_eq!(code(partly), "InvalidParameterCombinationException");
}

#[tokio::test]
async fn ct_3_a_new_trail_does_not_log() {
    let world = World::with(bucket_policy()).await;
    world.create().send().await.unwrap();
    let logging = || async {
        let status = world.trails.get_trail_status().name("main").send().await.unwrap();
        status.is_logging().unwrap()
    };
    assert!(!logging().await);
    world.trails.start_logging().name("main").send().await.unwrap();
    assert!(logging().await);
    world.trails.stop_logging().name("main").send().await.unwrap();
    assert!(!logging().await);
    world.trails.delete_trail().name("main").send().await.unwrap();
    // CT-13
    world.s3().head_bucket().bucket("my-logs").send().await.unwrap();
}

#[tokio::test]
async fn a_region_takes_five_trails_and_the_shadows_count() {
    let statements = vec![
        allow("s3:GetBucketAcl", LOGS, json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}})),
        allow("s3:PutObject", OBJECTS, json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}})),
    ];
    let world = World::with(statements).await;
    let europe = world.in_region("eu-west-1");
    for number in 0..5 {
        let trail = world.trails.create_trail().name(format!("trail-{number}")).s3_bucket_name("my-logs");
        trail.is_multi_region_trail(number == 0).send().await.unwrap();
    }
    assert_eq!(code(world.create().send().await), "MaximumNumberOfTrailsExceededException");
    for number in 5..9 {
        europe.create_trail().name(format!("trail-{number}")).s3_bucket_name("my-logs").send().await.unwrap();
    }
    let tenth = europe.create_trail().name("tenth").s3_bucket_name("my-logs").send().await;
    assert_eq!(code(tenth), "MaximumNumberOfTrailsExceededException");
    let listed: Vec<_> = europe.list_trails().into_paginator().items().send().try_collect().await.unwrap();
    assert_eq!(listed.len(), 5);
}

#[tokio::test]
async fn ct_14_selectors_are_the_default_until_others_are_put() {
    let world = World::with(bucket_policy()).await;
    world.create().send().await.unwrap();
    let trails = &world.trails;
    let custom = || async {
        let trail = trails.get_trail().name("main").send().await.unwrap().trail.unwrap();
        trail.has_custom_event_selectors().unwrap()
    };
    let born = trails.get_event_selectors().trail_name("main").send().await.unwrap();
    assert_eq!(born.event_selectors()[0].read_write_type(), Some(&ReadWriteType::All));
    assert!(!custom().await);
    let objects = DataResource::builder().r#type("AWS::S3::Object").values("arn:aws:s3").build();
    let selector = EventSelector::builder()
        .read_write_type(ReadWriteType::WriteOnly)
        .include_management_events(true)
        .exclude_management_event_sources("kms.amazonaws.com")
        .data_resources(objects)
        .build();
    trails.put_event_selectors().trail_name(TRAIL).event_selectors(selector.clone()).send().await.unwrap();
    let kept = trails.get_event_selectors().trail_name("main").send().await.unwrap();
    assert_eq!(kept.event_selectors(), [selector]);
    assert!(custom().await);
    let field =
        |name: &str, value: &str| AdvancedFieldSelector::builder().field(name).equals(value).build().unwrap();
    let advanced = AdvancedEventSelector::builder().field_selectors(field("eventCategory", "Management"));
    let put =
        trails.put_event_selectors().trail_name("main").advanced_event_selectors(advanced.build().unwrap());
    put.send().await.unwrap();
    let kept = trails.get_event_selectors().trail_name("main").send().await.unwrap();
    assert_eq!((kept.event_selectors().len(), kept.advanced_event_selectors().len()), (0, 1));
    let data =
        AdvancedEventSelector::builder().field_selectors(field("eventCategory", "Data")).build().unwrap();
    let wrong = trails.put_event_selectors().trail_name("main").advanced_event_selectors(data).send().await;
    assert_eq!(code(wrong), "InvalidEventSelectorsException");
    assert_eq!(
        code(trails.put_event_selectors().trail_name("main").send().await),
        "InvalidEventSelectorsException"
    );
}

#[tokio::test]
async fn a_trail_without_insights_says_so() {
    let world = World::with(bucket_policy()).await;
    world.create().send().await.unwrap();
    let trails = &world.trails;
    let get = || trails.get_insight_selectors().trail_name("main").send();
    assert_eq!(code(get().await), "InsightNotEnabledException");
    let kind = InsightSelector::builder().insight_type(InsightType::ApiCallRateInsight).build();
    let put = |list: Vec<InsightSelector>| {
        trails.put_insight_selectors().trail_name("main").set_insight_selectors(Some(list)).send()
    };
    put(vec![kind.clone()]).await.unwrap();
    assert_eq!(get().await.unwrap().insight_selectors(), [kind]);
    put(Vec::new()).await.unwrap();
    assert_eq!(code(get().await), "InsightNotEnabledException");
}

#[tokio::test]
async fn tags_are_read_by_arn_and_added_in_the_home_region() {
    let world = World::with(bucket_policy()).await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    world.create().is_multi_region_trail(true).tags_list(tag("a", "1")).send().await.unwrap();
    world.trails.add_tags().resource_id(TRAIL).tags_list(tag("b", "2")).send().await.unwrap();
    world.trails.remove_tags().resource_id(TRAIL).tags_list(tag("a", "")).send().await.unwrap();
    let listed = world.trails.list_tags().resource_id_list(TRAIL).send().await.unwrap();
    assert_eq!(listed.resource_tag_list()[0].tags_list(), [tag("b", "2")]);
    let europe = world.in_region("eu-west-1");
    let far = europe.add_tags().resource_id(TRAIL).tags_list(tag("c", "3")).send().await;
    assert_eq!(code(far), "InvalidHomeRegionException");
    let by_name = world.trails.list_tags().resource_id_list("main").send().await;
    assert_eq!(code(by_name), "CloudTrailARNInvalidException");
    let missing = format!("{TRAIL}-missing");
    assert_eq!(
        code(world.trails.list_tags().resource_id_list(missing).send().await),
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn ct_9_an_organizations_trail_needs_the_organization_and_both_paths() {
    let world = World::with(bucket_policy()).await;
    let create = || world.create().is_organization_trail(true).send();
    assert_eq!(code(create().await), "OrganizationsNotInUseException");
    let trust = |trusted: bool| {
        world.sandbox.with_world(|world| {
            let mut organization =
                Organization::of("o-exampleorgid", ACCOUNT, &["111122223333"], world.clock);
            organization.trusted.extend(trusted.then(|| "cloudtrail.amazonaws.com".to_owned()));
            world.account(ACCOUNT).organizations.organization = Some(organization);
        });
    };
    trust(false);
    assert_eq!(code(create().await), "CloudTrailAccessNotEnabledException");
    trust(true);
    assert_eq!(code(create().await), "InsufficientS3BucketPolicyException");
    let mut statements = bucket_policy();
    statements.push(allow("s3:PutObject", "arn:aws:s3:::my-logs/AWSLogs/o-exampleorgid/*", written(TRAIL)));
    world.policy(statements).await;
    create().await.unwrap();
    let member = Client::new(&config_for(&world.sandbox, "us-east-1", "111122223333"));
    let theirs = member.create_trail().name("own").s3_bucket_name("my-logs").is_organization_trail(true);
    assert_eq!(code(theirs.send().await), "NotOrganizationMasterAccountException");
}

#[tokio::test]
async fn a_log_group_needs_its_star_and_a_role_that_exists() {
    let world = World::with(bucket_policy()).await;
    let role = "arn:aws:iam::123456789012:role/nobody";
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:trail";
    let create = |group: &str| {
        world.create().cloud_watch_logs_log_group_arn(group).cloud_watch_logs_role_arn(role).send()
    };
    assert_eq!(code(create(group).await), "InvalidCloudWatchLogsLogGroupArnException");
    assert_eq!(code(create(&format!("{group}:*")).await), "InvalidCloudWatchLogsRoleArnException");
    let alone = world.create().cloud_watch_logs_log_group_arn(group).send().await;
    assert_eq!(code(alone), "InvalidParameterCombinationException");
}
