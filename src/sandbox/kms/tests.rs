use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::types::{KeyState, Tag};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

const DAY: i64 = 86_400_000;

fn client() -> (Sandbox, Client) {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let client = Client::new(&config(&sandbox, "us-east-1"));
    (sandbox, client)
}

fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, SdkError<E, R>>,
) -> String {
    answer.unwrap_err().code().unwrap_or_default().to_owned()
}

async fn key(kms: &Client) -> String {
    kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id
}

fn policy(principal: &str, action: &str) -> String {
    serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}]})
    .to_string()
}

const ROOT: &str = "arn:aws:iam::123456789012:root";

#[tokio::test]
async fn a_key_is_found_by_id_arn_alias_and_alias_arn() {
    let (_sandbox, kms) = client();
    let tag = Tag::builder().tag_key("baseline:id").tag_value("main").build().unwrap();
    let made = kms.create_key().description("logs").tags(tag).send().await.unwrap().key_metadata.unwrap();
    kms.create_alias().alias_name("alias/main").target_key_id(&made.key_id).send().await.unwrap();
    for name in [
        made.key_id.as_str(),
        made.arn().unwrap(),
        "alias/main",
        "arn:aws:kms:us-east-1:123456789012:alias/main",
    ] {
        let found = kms.describe_key().key_id(name).send().await.unwrap().key_metadata.unwrap();
        assert_eq!((found.key_id(), found.description()), (made.key_id(), Some("logs")));
        assert_eq!(found.key_state(), Some(&KeyState::Enabled));
    }
    let tags = kms.list_resource_tags().key_id(&made.key_id).send().await.unwrap();
    assert_eq!(tags.tags()[0].tag_value(), "main");
    // Everything but DescribeKey wants the key itself.
    assert_eq!(code(kms.enable_key().key_id("alias/main").send().await), "NotFoundException");
}

#[tokio::test]
async fn kms_2_aliases_of_aws_have_no_key_until_somebody_asks() {
    let (_sandbox, kms) = client();
    let pages: Vec<_> = kms.list_aliases().into_paginator().items().send().try_collect().await.unwrap();
    let ebs = pages.iter().find(|alias| alias.alias_name() == Some("alias/aws/ebs")).unwrap();
    assert_eq!(ebs.target_key_id(), None);
    let made = kms.describe_key().key_id("alias/aws/ebs").send().await.unwrap().key_metadata.unwrap();
    assert_eq!(made.key_manager().unwrap().as_str(), "AWS");
    let pages: Vec<_> = kms.list_aliases().into_paginator().items().send().try_collect().await.unwrap();
    let ebs = pages.iter().find(|alias| alias.alias_name() == Some("alias/aws/ebs")).unwrap();
    assert_eq!(ebs.target_key_id(), Some(made.key_id()));
}

#[tokio::test]
async fn kms_4_a_policy_that_locks_its_writer_out_is_refused() {
    let (_sandbox, kms) = client();
    let id = key(&kms).await;
    let locked = policy(ROOT, "kms:Describe*");
    let put = kms.put_key_policy().key_id(&id).policy(&locked).send().await;
    assert_eq!(code(put), "MalformedPolicyDocumentException");
    let put = kms.put_key_policy().key_id(&id).policy(&locked).bypass_policy_lockout_safety_check(true);
    put.send().await.unwrap();
    // From then on nobody reads it either: the policy of a key decides, whatever rights somebody has.
    assert_eq!(code(kms.get_key_policy().key_id(&id).send().await), "AccessDeniedException");
    kms.describe_key().key_id(&id).send().await.unwrap();
}

#[tokio::test]
async fn kms_5_a_principal_that_does_not_exist_makes_a_policy_invalid() {
    let (_sandbox, kms) = client();
    let nobody = policy("arn:aws:iam::123456789012:role/nobody", "kms:*");
    let refused = kms.create_key().policy(nobody).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("MalformedPolicyDocumentException"));
    assert!(refused.message().unwrap().contains("invalid principals"));
}

#[tokio::test]
async fn kms_6_a_disabled_key_does_not_change_its_rotation() {
    let (_sandbox, kms) = client();
    let id = key(&kms).await;
    kms.enable_key_rotation().key_id(&id).rotation_period_in_days(180).send().await.unwrap();
    let status = kms.get_key_rotation_status().key_id(&id).send().await.unwrap();
    assert_eq!((status.key_rotation_enabled(), status.rotation_period_in_days()), (true, Some(180)));
    kms.disable_key().key_id(&id).send().await.unwrap();
    assert_eq!(code(kms.disable_key_rotation().key_id(&id).send().await), "DisabledException");
    let refused = kms.enable_key_rotation().key_id(&id).rotation_period_in_days(89).send().await;
    assert_eq!(code(refused), "ValidationException");
}

#[tokio::test]
async fn kms_12_a_key_is_deleted_at_the_end_of_its_window_and_its_alias_with_it() {
    let (sandbox, kms) = client();
    let id = key(&kms).await;
    kms.create_alias().alias_name("alias/main").target_key_id(&id).send().await.unwrap();
    kms.schedule_key_deletion().key_id(&id).pending_window_in_days(7).send().await.unwrap();
    // The alias still holds its name.
    let other = key(&kms).await;
    let taken = kms.create_alias().alias_name("alias/main").target_key_id(&other).send().await;
    assert_eq!(code(taken), "AlreadyExistsException");
    sandbox.with_world(|world| world.clock += 8 * DAY);
    assert_eq!(code(kms.describe_key().key_id("alias/main").send().await), "NotFoundException");
    assert_eq!(code(kms.describe_key().key_id(&id).send().await), "NotFoundException");
    kms.create_alias().alias_name("alias/main").target_key_id(&other).send().await.unwrap();
}

#[tokio::test]
async fn kms_13_a_pending_key_refuses_and_kms_15_comes_back_disabled() {
    let (_sandbox, kms) = client();
    let id = key(&kms).await;
    kms.enable_key_rotation().key_id(&id).send().await.unwrap();
    kms.schedule_key_deletion().key_id(&id).send().await.unwrap();
    let again = kms.schedule_key_deletion().key_id(&id).send().await.unwrap_err();
    assert_eq!(again.code(), Some("KMSInvalidStateException"));
    assert!(again.message().unwrap().contains("is pending deletion"));
    for refused in [
        code(kms.enable_key().key_id(&id).send().await),
        code(kms.update_key_description().key_id(&id).description("x").send().await),
        code(kms.enable_key_rotation().key_id(&id).send().await),
        code(kms.create_alias().alias_name("alias/x").target_key_id(&id).send().await),
    ] {
        assert_eq!(refused, "KMSInvalidStateException");
    }
    let status = kms.get_key_rotation_status().key_id(&id).send().await.unwrap();
    assert!(!status.key_rotation_enabled(), "KMS-17");
    kms.cancel_key_deletion().key_id(&id).send().await.unwrap();
    let key = kms.describe_key().key_id(&id).send().await.unwrap().key_metadata.unwrap();
    assert_eq!(key.key_state(), Some(&KeyState::Disabled));
    let status = kms.get_key_rotation_status().key_id(&id).send().await.unwrap();
    assert!(status.key_rotation_enabled());
    assert_eq!(code(kms.cancel_key_deletion().key_id(&id).send().await), "KMSInvalidStateException");
}

#[tokio::test]
async fn kms_8_a_new_key_is_not_found_at_first() {
    let sandbox = Sandbox::new(Profile::Hostile, 1);
    let kms = Client::new(&config(&sandbox, "us-east-1"));
    let id = key(&kms).await;
    assert_eq!(code(kms.describe_key().key_id(&id).send().await), "NotFoundException");
    assert_eq!(
        code(kms.put_key_policy().key_id(&id).policy(policy(ROOT, "kms:*")).send().await),
        "NotFoundException"
    );
    sandbox.with_world(|world| world.clock += 60_000);
    kms.describe_key().key_id(&id).send().await.unwrap();
}

#[tokio::test]
async fn an_alias_moves_from_key_to_key() {
    let (_sandbox, kms) = client();
    let (first, second) = (key(&kms).await, key(&kms).await);
    kms.create_alias().alias_name("alias/main").target_key_id(&first).send().await.unwrap();
    kms.update_alias().alias_name("alias/main").target_key_id(&second).send().await.unwrap();
    let of_second = kms.list_aliases().key_id(&second).send().await.unwrap();
    assert_eq!(of_second.aliases()[0].alias_name(), Some("alias/main"));
    kms.delete_alias().alias_name("alias/main").send().await.unwrap();
    assert_eq!(code(kms.delete_alias().alias_name("alias/main").send().await), "NotFoundException");
    let reserved = kms.create_alias().alias_name("alias/aws/mine").target_key_id(&first).send().await;
    assert_eq!(code(reserved), "NotAuthorizedException");
}

#[tokio::test]
async fn keys_tags_and_grants_are_listed_in_pages() {
    let (_sandbox, kms) = client();
    let mut made = vec![key(&kms).await, key(&kms).await, key(&kms).await];
    made.sort();
    let listed: Vec<_> =
        kms.list_keys().limit(2).into_paginator().items().send().try_collect().await.unwrap();
    assert_eq!(listed.iter().map(|key| key.key_id().unwrap()).collect::<Vec<_>>(), made);
    let grant = kms
        .create_grant()
        .key_id(&made[0])
        .grantee_principal(ROOT)
        .operations(aws_sdk_kms::types::GrantOperation::Decrypt);
    let grant = grant.send().await.unwrap().grant_id.unwrap();
    let grants = kms.list_grants().key_id(&made[0]).send().await.unwrap();
    assert_eq!(grants.grants()[0].grant_id(), Some(grant.as_str()));
    kms.revoke_grant().key_id(&made[0]).grant_id(grant).send().await.unwrap();
    assert!(kms.list_grants().key_id(&made[0]).send().await.unwrap().grants().is_empty());
}

#[tokio::test]
async fn iam_14_a_deleted_principal_shows_as_its_unique_id() {
    let (sandbox, kms) = client();
    let iam = aws_sdk_iam::Client::new(&config(&sandbox, "us-east-1"));
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    let role = iam.create_role().role_name("reader").assume_role_policy_document(trust).send().await.unwrap();
    let role = role.role.unwrap();
    let statement = |principal: &str, action: &str| serde_json::json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"});
    let statements = [statement(ROOT, "kms:*"), statement(role.arn(), "kms:Decrypt")];
    let text = serde_json::json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let made = kms.create_key().policy(&text).send().await.unwrap().key_metadata.unwrap();
    let shown = || async { kms.get_key_policy().key_id(&made.key_id).send().await.unwrap().policy.unwrap() };
    assert_eq!(shown().await, text);
    iam.delete_role().role_name("reader").send().await.unwrap();
    assert!(shown().await.contains(role.role_id()) && !shown().await.contains(role.arn()));
    // What is shown cannot be put back: nobody has that id any more (POL-5).
    let again = kms.put_key_policy().key_id(&made.key_id).policy(shown().await).send().await;
    assert_eq!(code(again), "MalformedPolicyDocumentException");
}
