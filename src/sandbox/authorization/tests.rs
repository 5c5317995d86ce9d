//! What callers with few rights are told, by every sort of policy that has a say.

use aws_config::SdkConfig;
use aws_sdk_sts::error::ProvideErrorMetadata as _;

use crate::sandbox::testing::{config, config_for, config_with};
use crate::sandbox::world::DEFAULT_ACCOUNT;
use crate::sandbox::{Profile, Sandbox};

const REGION: &str = "us-east-1";

/// A document with these statements.
fn document(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

fn allow(actions: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"{resource}"}}"#)
}

/// A user with that policy, and the clients that sign with its key.
async fn user(sandbox: &Sandbox, name: &str, policy: &str) -> SdkConfig {
    let iam = aws_sdk_iam::Client::new(&config(sandbox, REGION));
    iam.create_user().user_name(name).send().await.unwrap();
    iam.put_user_policy().user_name(name).policy_name("own").policy_document(policy).send().await.unwrap();
    let key = iam.create_access_key().user_name(name).send().await.unwrap().access_key.unwrap();
    config_with(sandbox, REGION, (&key.access_key_id, &key.secret_access_key, None))
}

/// What a user with that policy is told when it lists buckets; nothing where it may.
async fn told(config: &SdkConfig) -> Option<String> {
    let answer = aws_sdk_s3::Client::new(config).list_buckets().send().await;
    answer
        .err()
        .map(|error| format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default()))
}

const LIST: &str = r#""s3:ListAllMyBuckets""#;

#[tokio::test]
async fn a_refusal_says_who_what_where_and_which_sort_of_policy() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let nobody = user(&sandbox, "nobody", &document(&allow(r#""ec2:Describe*""#, "*"))).await;
    assert_eq!(
        told(&nobody).await.unwrap(),
        "AccessDenied: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: \
         s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"
    );
    let denied = format!(r#"{},{{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#, allow(LIST, "*"));
    let denied = user(&sandbox, "denied", &document(&denied)).await;
    let words = "with an explicit deny in an identity-based policy";
    assert!(told(&denied).await.unwrap().ends_with(words));
    let refused = aws_sdk_ec2::Client::new(&nobody).create_vpc().cidr_block("10.0.0.0/16").send().await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Some("UnauthorizedOperation"));
    assert!(
        refused
            .message()
            .unwrap()
            .contains("ec2:CreateVpc on resource: arn:aws:ec2:us-east-1:123456789012:vpc/*")
    );
    let refused = aws_sdk_kms::Client::new(&nobody).list_keys().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn a_boundary_a_session_policy_and_a_policy_of_the_organization_each_limit() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let all = document(&allow(r#""*""#, "*"));
    let may = user(&sandbox, "may", &all).await;
    assert_eq!(told(&may).await, None);
    let iam = aws_sdk_iam::Client::new(&config(&sandbox, REGION));
    let boundary = document(&allow(r#""ec2:*","sts:*""#, "*"));
    let boundary = iam.create_policy().policy_name("edge").policy_document(&boundary).send().await.unwrap();
    let arn = boundary.policy().unwrap().arn().unwrap();
    iam.put_user_permissions_boundary().user_name("may").permissions_boundary(arn).send().await.unwrap();
    assert!(told(&may).await.unwrap().contains("because no permissions boundary allows"));
    iam.delete_user_permissions_boundary().user_name("may").send().await.unwrap();

    let trust = document(
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}"#,
    );
    iam.create_role().role_name("work").assume_role_policy_document(trust).send().await.unwrap();
    iam.put_role_policy().role_name("work").policy_name("all").policy_document(&all).send().await.unwrap();
    let sts = aws_sdk_sts::Client::new(&may);
    let become_it = |limit: Option<String>| {
        let request =
            sts.assume_role().role_arn("arn:aws:iam::123456789012:role/work").role_session_name("me");
        request.set_policy(limit).send()
    };
    let session = |made: aws_sdk_sts::operation::assume_role::AssumeRoleOutput| {
        let keys = made.credentials.unwrap();
        let keys =
            (keys.access_key_id.as_str(), keys.secret_access_key.as_str(), Some(keys.session_token.as_str()));
        config_with(&sandbox, REGION, keys)
    };
    assert_eq!(told(&session(become_it(None).await.unwrap())).await, None);
    let limited = session(become_it(Some(document(&allow(r#""ec2:*""#, "*")))).await.unwrap());
    assert!(told(&limited).await.unwrap().contains("because no session policy allows"));

    let deny = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
    let organization = document(&format!("{},{deny}", allow(r#""*""#, "*")));
    sandbox.with_world(|world| {
        world.account(DEFAULT_ACCOUNT).service_control_policies.push(organization);
    });
    assert!(told(&may).await.unwrap().ends_with("with an explicit deny in a service control policy"));
}

#[tokio::test]
async fn a_bucket_of_another_account_needs_both_sides_and_one_s_own_needs_one() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let theirs = aws_sdk_s3::Client::new(&config_for(&sandbox, REGION, "111122223333"));
    theirs.create_bucket().bucket("theirs").send().await.unwrap();
    let to_user = document(
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/reader"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::theirs"}"#,
    );
    let reader = user(&sandbox, "reader", &document(&allow(r#""s3:ListBucket""#, "*"))).await;
    let list = || aws_sdk_s3::Client::new(&reader).list_objects_v2().bucket("theirs").send();
    assert!(list().await.unwrap_err().message().unwrap().contains("because no resource-based policy allows"));
    theirs.put_bucket_policy().bucket("theirs").policy(to_user).send().await.unwrap();
    list().await.unwrap();
    let iam = aws_sdk_iam::Client::new(&config(&sandbox, REGION));
    iam.delete_user_policy().user_name("reader").policy_name("own").send().await.unwrap();
    assert!(list().await.unwrap_err().message().unwrap().contains("because no identity-based policy allows"));

    // Of one's own account the bucket's policy alone is enough, and its deny binds administrators.
    let ours = aws_sdk_s3::Client::new(&config(&sandbox, REGION));
    ours.create_bucket().bucket("ours").send().await.unwrap();
    let policy = document(
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/reader"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::ours"},
        {"Effect":"Deny","Principal":"*","Action":"s3:PutBucketVersioning","Resource":"arn:aws:s3:::ours"}"#,
    );
    ours.put_bucket_policy().bucket("ours").policy(policy).send().await.unwrap();
    aws_sdk_s3::Client::new(&reader).list_objects_v2().bucket("ours").send().await.unwrap();
    let on = aws_sdk_s3::types::VersioningConfiguration::builder()
        .status(aws_sdk_s3::types::BucketVersioningStatus::Enabled)
        .build();
    let put =
        ours.put_bucket_versioning().bucket("ours").versioning_configuration(on).send().await.unwrap_err();
    assert!(put.message().unwrap().ends_with("with an explicit deny in a resource-based policy"));
}

#[tokio::test]
async fn tags_decide_where_the_reference_says_that_the_action_carries_them() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let own = r#""Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}"#;
    let policy = format!(
        r#"{},{{"Effect":"Allow","Action":"ec2:DeleteVpc","Resource":"arn:aws:ec2:*:*:vpc/*",{own}}},
        {{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{{"StringEquals":{{"ec2:CreateAction":"CreateVpc","aws:RequestTag/team":"blue"}}}}}}"#,
        allow(r#""ec2:CreateVpc""#, "*")
    );
    let ec2 = aws_sdk_ec2::Client::new(&user(&sandbox, "blue", &document(&policy)).await);
    let make = |team: &str| {
        let tag = aws_sdk_ec2::types::Tag::builder().key("team").value(team).build();
        let tags = aws_sdk_ec2::types::TagSpecification::builder()
            .resource_type(aws_sdk_ec2::types::ResourceType::Vpc)
            .tags(tag)
            .build();
        ec2.create_vpc().cidr_block("10.0.0.0/16").tag_specifications(tags).send()
    };
    let red = make("red").await.unwrap_err();
    assert!(
        red.message()
            .unwrap()
            .contains("ec2:CreateTags on resource: arn:aws:ec2:us-east-1:123456789012:vpc/*")
    );
    let blue = make("blue").await.unwrap();
    let id = blue.vpc().unwrap().vpc_id().unwrap();
    // Later the same tags are out of reach: only the creating call may put them on.
    let tag = aws_sdk_ec2::types::Tag::builder().key("team").value("blue").build();
    assert_eq!(
        ec2.create_tags().resources(id).tags(tag).send().await.unwrap_err().code(),
        Some("UnauthorizedOperation")
    );
    let other = aws_sdk_ec2::Client::new(&config(&sandbox, REGION));
    let plain = other.create_vpc().cidr_block("10.1.0.0/16").send().await.unwrap();
    let plain = plain.vpc().unwrap().vpc_id().unwrap();
    assert_eq!(
        ec2.delete_vpc().vpc_id(plain).send().await.unwrap_err().code(),
        Some("UnauthorizedOperation")
    );
    ec2.delete_vpc().vpc_id(id).send().await.unwrap();
    // What does not exist is missing, whoever asks.
    assert_eq!(ec2.delete_vpc().vpc_id(id).send().await.unwrap_err().code(), Some("InvalidVpcID.NotFound"));
}

#[tokio::test]
async fn what_is_not_evaluated_is_refused_by_name_and_only_where_it_decides() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let small = r#"{"Effect":"Allow","Action":"ec2:CreateSubnet","Resource":"*"},
        {"Effect":"Deny","Action":"ec2:CreateSubnet","Resource":"*","Condition":{"StringEquals":{"ec2:Tenancy":"dedicated"}}}"#;
    let ec2 = aws_sdk_ec2::Client::new(&user(&sandbox, "small", &document(small)).await);
    let vpcs = aws_sdk_ec2::Client::new(&config(&sandbox, REGION)).describe_vpcs().send().await.unwrap();
    let vpc = vpcs.vpcs()[0].vpc_id().unwrap();
    let refused = ec2.create_subnet().vpc_id(vpc).cidr_block("172.31.200.0/24").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("NotImplemented"));
    assert!(refused.message().unwrap().contains("the condition key ec2:Tenancy"), "{refused:?}");
}

#[tokio::test]
async fn a_second_factor_is_a_fact_of_the_session() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let guarded = format!(
        r#"{},{{"Effect":"Deny","NotAction":"sts:GetSessionToken","Resource":"*","Condition":{{"BoolIfExists":{{"aws:MultiFactorAuthPresent":"false"}}}}}}"#,
        allow(LIST, "*")
    );
    let ada = user(&sandbox, "ada", &document(&guarded)).await;
    assert!(told(&ada).await.unwrap().ends_with("with an explicit deny in an identity-based policy"));
    let sts = aws_sdk_sts::Client::new(&ada);
    for (code, allowed) in [(None, false), (Some("123456"), true)] {
        let serial = code.map(|_| "arn:aws:iam::123456789012:mfa/ada".to_owned());
        let made =
            sts.get_session_token().set_serial_number(serial).set_token_code(code.map(str::to_owned)).send();
        let keys = made.await.unwrap().credentials.unwrap();
        let keys =
            (keys.access_key_id.as_str(), keys.secret_access_key.as_str(), Some(keys.session_token.as_str()));
        assert_eq!(told(&config_with(&sandbox, REGION, keys)).await.is_none(), allowed, "{code:?}");
    }
}

#[tokio::test]
async fn each_object_of_a_deletion_is_asked_for_and_a_version_needs_an_action_of_its_own() {
    use aws_sdk_s3::primitives::ByteStream;
    use aws_sdk_s3::types::{BucketVersioningStatus, Delete, ObjectIdentifier, VersioningConfiguration};
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let owner = aws_sdk_s3::Client::new(&config(&sandbox, REGION));
    owner.create_bucket().bucket("logs").send().await.unwrap();
    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    owner.put_bucket_versioning().bucket("logs").versioning_configuration(on).send().await.unwrap();
    let mut version = String::new();
    for key in ["mine/a", "theirs/a"] {
        let put = owner.put_object().bucket("logs").key(key).body(ByteStream::from_static(b"x"));
        version = put.send().await.unwrap().version_id.unwrap();
    }
    let own = allow(r#""s3:DeleteObject","s3:GetObject""#, "arn:aws:s3:::logs/mine/*");
    let theirs = allow(r#""s3:GetObject","s3:DeleteObject""#, "arn:aws:s3:::logs/theirs/*");
    let some = user(&sandbox, "some", &document(&own)).await;
    let some = aws_sdk_s3::Client::new(&some);
    let object = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().objects(object("mine/a")).objects(object("theirs/a")).build().unwrap();
    let gone = some.delete_objects().bucket("logs").delete(delete).send().await.unwrap();
    assert_eq!(gone.deleted()[0].key(), Some("mine/a"));
    let [error] = gone.errors() else { panic!("{gone:?}") };
    assert_eq!((error.key(), error.code()), (Some("theirs/a"), Some("AccessDenied")));

    let other = user(&sandbox, "other", &document(&theirs)).await;
    let other = aws_sdk_s3::Client::new(&other);
    other.get_object().bucket("logs").key("theirs/a").send().await.unwrap();
    let get = other.get_object().bucket("logs").key("theirs/a").version_id(&version);
    assert_eq!(get.send().await.unwrap_err().code(), Some("AccessDenied"));
    let delete = other.delete_object().bucket("logs").key("theirs/a").version_id(&version);
    assert_eq!(delete.send().await.unwrap_err().code(), Some("AccessDenied"));
}
