//! IAM through the real SDK.

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::{EntityType, SummaryKeyType, Tag};
use aws_sdk_iam::{Client, Config};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::sandbox::testing::config;
use crate::sandbox::world::DEFAULT_ACCOUNT;
use crate::sandbox::{Profile, Sandbox};

const EC2: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

fn iam(profile: Profile) -> (Sandbox, Client) {
    let sandbox = Sandbox::new(profile, 1);
    let client = Client::from_conf(Config::new(&config(&sandbox, "us-east-1")));
    (sandbox, client)
}

fn code<T: std::fmt::Debug, E>(result: Result<T, SdkError<E, HttpResponse>>) -> String
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    result.unwrap_err().code().unwrap_or_default().to_owned()
}

async fn role(iam: &Client, name: &str) -> aws_sdk_iam::types::Role {
    let made = iam.create_role().role_name(name).assume_role_policy_document(EC2).send().await.unwrap();
    made.role().unwrap().clone()
}

fn trusting(arn: &str) -> String {
    EC2.replace(r#"{"Service":"ec2.amazonaws.com"}"#, &format!(r#"{{"AWS":"{arn}"}}"#))
}

#[tokio::test]
async fn a_role_reads_back_as_it_was_written() {
    let (_sandbox, iam) = iam(Profile::Instant);
    let tag = Tag::builder().key("team").value("web & <db>".replace(['&', '<', '>'], "-")).build().unwrap();
    iam.create_role()
        .role_name("web")
        .path("/app/")
        .assume_role_policy_document(EC2)
        .description("runs <the> \"web\" & more")
        .max_session_duration(7_200)
        .tags(tag.clone())
        .send()
        .await
        .unwrap();
    let answer = iam.get_role().role_name("web").send().await.unwrap();
    let role = answer.role().unwrap();
    assert_eq!(role.arn(), format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role/app/web"));
    assert_eq!(role.description(), Some("runs <the> \"web\" & more"));
    assert_eq!((role.max_session_duration(), role.tags()), (Some(7_200), [tag].as_slice()));
    assert!(role.role_id().starts_with("AROA") && role.role_id().len() == 21);
    // Documents come percent-encoded and the SDK leaves them so (IAM-15).
    let document = role.assume_role_policy_document().unwrap();
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22"), "{document}");
    let decoded = percent_encoding::percent_decode_str(document).decode_utf8().unwrap();
    assert_eq!(decoded, EC2);
}

#[tokio::test]
async fn names_are_unique_whatever_their_case() {
    let (_sandbox, iam) = iam(Profile::Instant);
    role(&iam, "Web").await;
    let again = iam.create_role().role_name("wEB").path("/x/").assume_role_policy_document(EC2);
    assert_eq!(code(again.send().await), "EntityAlreadyExists");
    iam.create_instance_profile().instance_profile_name("p").send().await.unwrap();
    assert_eq!(
        code(iam.create_instance_profile().instance_profile_name("P").send().await),
        "EntityAlreadyExists"
    );
}

#[tokio::test]
async fn a_principal_must_exist_and_turns_into_its_id_when_deleted() {
    let (_sandbox, iam) = iam(Profile::Instant);
    let arn = format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role/caller");
    let trust = trusting(&arn);
    let create = || iam.create_role().role_name("target").assume_role_policy_document(&trust).send();
    let error = create().await.unwrap_err();
    assert_eq!(error.code(), Some("MalformedPolicyDocument"));
    assert_eq!(error.message(), Some(format!("Invalid principal in policy: \"AWS\":\"{arn}\"").as_str()));

    let id = role(&iam, "caller").await.role_id().to_owned();
    create().await.unwrap();
    let trust_now = || async {
        let answer = iam.get_role().role_name("target").send().await.unwrap();
        let document = answer.role().unwrap().assume_role_policy_document().unwrap().to_owned();
        percent_encoding::percent_decode_str(&document).decode_utf8().unwrap().into_owned()
    };
    assert_eq!(trust_now().await, trust);
    iam.delete_role().role_name("caller").send().await.unwrap();
    assert_eq!(trust_now().await, trusting(&id));
    // A new role of the same name is somebody else (IAM-14).
    role(&iam, "caller").await;
    assert_eq!(trust_now().await, trusting(&id));
}

#[tokio::test]
async fn a_role_is_deleted_only_when_nothing_hangs_on_it() {
    let (_sandbox, iam) = iam(Profile::Instant);
    role(&iam, "web").await;
    let audit = "arn:aws:iam::aws:policy/SecurityAudit";
    iam.attach_role_policy().role_name("web").policy_arn(audit).send().await.unwrap();
    iam.put_role_policy().role_name("web").policy_name("read").policy_document(READ).send().await.unwrap();
    iam.create_instance_profile().instance_profile_name("web").send().await.unwrap();
    let add = || iam.add_role_to_instance_profile().instance_profile_name("web").role_name("web").send();
    add().await.unwrap();
    assert_eq!(code(add().await), "LimitExceeded");
    let delete = || iam.delete_role().role_name("web").send();
    assert_eq!(code(delete().await), "DeleteConflict");
    iam.remove_role_from_instance_profile()
        .instance_profile_name("web")
        .role_name("web")
        .send()
        .await
        .unwrap();
    assert_eq!(code(delete().await), "DeleteConflict");
    iam.detach_role_policy().role_name("web").policy_arn(audit).send().await.unwrap();
    assert_eq!(code(delete().await), "DeleteConflict");
    iam.delete_role_policy().role_name("web").policy_name("read").send().await.unwrap();
    delete().await.unwrap();
    assert_eq!(code(delete().await), "NoSuchEntity");
}

#[tokio::test]
async fn a_managed_policy_has_five_versions_at_most_and_one_in_force() {
    let (_sandbox, iam) = iam(Profile::Instant);
    let made = iam.create_policy().policy_name("read").policy_document(READ).send().await.unwrap();
    let arn = made.policy().unwrap().arn().unwrap().to_owned();
    let version =
        || iam.create_policy_version().policy_arn(&arn).policy_document(READ).set_as_default(true).send();
    for _ in 0..4 {
        version().await.unwrap();
    }
    assert_eq!(code(version().await), "LimitExceeded");
    let delete = |version: &str| iam.delete_policy_version().policy_arn(&arn).version_id(version).send();
    assert_eq!(code(delete("v5").await), "DeleteConflict");
    delete("v1").await.unwrap();
    let made = version().await.unwrap();
    assert_eq!(made.policy_version().unwrap().version_id(), Some("v6"));
    assert_eq!(code(iam.delete_policy().policy_arn(&arn).send().await), "DeleteConflict");
    let listed = iam.list_policy_versions().policy_arn(&arn).send().await.unwrap();
    let ids: Vec<_> = listed.versions().iter().map(|version| version.version_id().unwrap()).collect();
    assert_eq!(ids, ["v6", "v5", "v4", "v3", "v2"]);
}

#[tokio::test]
async fn a_document_that_is_no_policy_is_refused() {
    let (_sandbox, iam) = iam(Profile::Instant);
    role(&iam, "web").await;
    let encoded = percent_encoding::utf8_percent_encode(READ, percent_encoding::NON_ALPHANUMERIC).to_string();
    for document in ["{", "[]", EC2, &encoded, &READ.replace("Allow", "allow")] {
        let put = iam.put_role_policy().role_name("web").policy_name("x").policy_document(document);
        assert_eq!(code(put.send().await), "MalformedPolicyDocument", "{document}");
    }
    let long = READ.replace("s3:GetObject", &format!("s3:{}", "a".repeat(10_240)));
    let put = iam.put_role_policy().role_name("web").policy_name("x").policy_document(long);
    assert_eq!(code(put.send().await), "LimitExceeded");
}

#[tokio::test]
async fn lists_come_in_pages_by_marker() {
    let (_sandbox, iam) = iam(Profile::Instant);
    for index in 0..5 {
        iam.create_user().user_name(format!("user-{index}")).send().await.unwrap();
    }
    let pages: Vec<_> = iam.list_users().max_items(2).into_paginator().send().try_collect().await.unwrap();
    let names: Vec<_> = pages.iter().map(|page| page.users().len()).collect();
    assert_eq!(names, [2, 2, 1]);
    assert_eq!(code(iam.list_users().marker("nonsense").send().await), "ValidationError");
    let (_sandbox, hostile) = self::iam(Profile::Hostile);
    let roles: Vec<_> = hostile.list_roles().into_paginator().items().send().try_collect().await.unwrap();
    assert_eq!(roles.len(), 3);
}

#[tokio::test]
async fn the_password_policy_is_replaced_as_a_whole() {
    let (_sandbox, iam) = iam(Profile::Instant);
    assert_eq!(code(iam.get_account_password_policy().send().await), "NoSuchEntity");
    let set = iam.update_account_password_policy().minimum_password_length(14).max_password_age(90);
    set.send().await.unwrap();
    iam.update_account_password_policy().require_symbols(true).send().await.unwrap();
    let answer = iam.get_account_password_policy().send().await.unwrap();
    let policy = answer.password_policy().unwrap();
    assert_eq!((policy.minimum_password_length(), policy.require_symbols()), (Some(6), true));
    assert_eq!((policy.max_password_age(), policy.expire_passwords()), (None, false));
    assert_eq!(
        code(iam.update_account_password_policy().max_password_age(0).send().await),
        "ValidationError"
    );
    iam.delete_account_password_policy().send().await.unwrap();
    assert_eq!(code(iam.delete_account_password_policy().send().await), "NoSuchEntity");
}

#[tokio::test]
async fn a_user_is_deleted_only_when_nothing_hangs_on_it() {
    let (_sandbox, iam) = iam(Profile::Instant);
    iam.create_user().user_name("ada").send().await.unwrap();
    iam.create_group().group_name("admins").send().await.unwrap();
    iam.add_user_to_group().user_name("ada").group_name("admins").send().await.unwrap();
    let key = iam.create_access_key().user_name("ada").send().await.unwrap();
    let key = key.access_key().unwrap().access_key_id().to_owned();
    iam.create_access_key().user_name("ada").send().await.unwrap();
    assert_eq!(code(iam.create_access_key().user_name("ada").send().await), "LimitExceeded");
    let weak = iam.create_login_profile().user_name("ada").password("short");
    assert_eq!(code(weak.send().await), "PasswordPolicyViolation");
    iam.create_login_profile().user_name("ada").password("Correct1horse").send().await.unwrap();
    let delete = || iam.delete_user().user_name("ada").send();
    assert_eq!(code(delete().await), "DeleteConflict");
    iam.delete_login_profile().user_name("ada").send().await.unwrap();
    iam.delete_access_key().user_name("ada").access_key_id(&key).send().await.unwrap();
    let keys = iam.list_access_keys().user_name("ada").send().await.unwrap();
    let left = keys.access_key_metadata()[0].access_key_id().unwrap();
    iam.delete_access_key().user_name("ada").access_key_id(left).send().await.unwrap();
    assert_eq!(code(iam.delete_group().group_name("admins").send().await), "DeleteConflict");
    iam.remove_user_from_group().user_name("ada").group_name("admins").send().await.unwrap();
    delete().await.unwrap();
    iam.delete_group().group_name("admins").send().await.unwrap();
}

#[tokio::test]
async fn a_key_that_was_issued_is_its_user_until_it_is_switched_off() {
    let (sandbox, iam) = iam(Profile::Instant);
    iam.create_user().user_name("ada").send().await.unwrap();
    let own =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}}"#;
    iam.put_user_policy().user_name("ada").policy_name("own").policy_document(own).send().await.unwrap();
    let made = iam.create_access_key().user_name("ada").send().await.unwrap();
    let key = made.access_key().unwrap();
    let keys = (key.access_key_id(), key.secret_access_key(), None);
    let theirs = Client::new(&crate::sandbox::testing::config_with(&sandbox, "us-east-1", keys));
    assert_eq!(theirs.get_user().send().await.unwrap().user().unwrap().user_name(), "ada");
    let off =
        iam.update_access_key().user_name("ada").access_key_id(key.access_key_id()).status("Inactive".into());
    off.send().await.unwrap();
    assert_eq!(code(theirs.get_user().send().await), "InvalidClientTokenId");
}

#[tokio::test]
async fn an_mfa_device_belongs_to_one_user_and_is_deactivated_before_it_is_deleted() {
    let (_sandbox, iam) = iam(Profile::Instant);
    iam.create_user().user_name("ada").send().await.unwrap();
    let made = iam.create_virtual_mfa_device().virtual_mfa_device_name("phone").send().await.unwrap();
    let serial = made.virtual_mfa_device().unwrap().serial_number().to_owned();
    let enable = |code: &str| {
        iam.enable_mfa_device()
            .user_name("ada")
            .serial_number(&serial)
            .authentication_code1(code)
            .authentication_code2("654321")
            .send()
    };
    assert_eq!(code(enable("65432x").await), "InvalidAuthenticationCode");
    enable("123456").await.unwrap();
    assert_eq!(code(enable("123456").await), "EntityAlreadyExists");
    let listed = iam.list_virtual_mfa_devices().send().await.unwrap();
    assert_eq!(listed.virtual_mfa_devices()[0].user().unwrap().user_name(), "ada");
    assert_eq!(code(iam.delete_virtual_mfa_device().serial_number(&serial).send().await), "DeleteConflict");
    iam.deactivate_mfa_device().user_name("ada").serial_number(&serial).send().await.unwrap();
    iam.delete_virtual_mfa_device().serial_number(&serial).send().await.unwrap();
}

#[tokio::test]
async fn the_neglected_account_is_seen_for_what_it_is() {
    let (sandbox, iam) = iam(Profile::Instant);
    sandbox.seed(crate::sandbox::Seed::Neglected).unwrap();
    let summary = iam.get_account_summary().send().await.unwrap();
    let map = summary.summary_map().unwrap();
    let entry = |key: &str| map[&SummaryKeyType::from(key)];
    assert_eq!((entry("AccountAccessKeysPresent"), entry("AccountMFAEnabled"), entry("Users")), (1, 0, 3));
    assert_eq!(code(iam.get_credential_report().send().await), "ReportNotPresent");
    iam.generate_credential_report().send().await.unwrap();
    let report = iam.get_credential_report().send().await.unwrap();
    let text = String::from_utf8(report.content().unwrap().clone().into_inner()).unwrap();
    let root = text.lines().nth(1).unwrap();
    assert!(root.starts_with("<root_account>,arn:aws:iam::123456789012:root,"), "{root}");
    let columns: Vec<usize> = text.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(columns, [22, 22, 22, 22, 22]);
}

#[tokio::test]
async fn the_authorization_details_hold_everything_at_once() {
    let (_sandbox, iam) = iam(Profile::Instant);
    let made = iam.create_policy().policy_name("read").policy_document(READ).send().await.unwrap();
    let arn = made.policy().unwrap().arn().unwrap().to_owned();
    role(&iam, "web").await;
    iam.attach_role_policy().role_name("web").policy_arn(&arn).send().await.unwrap();
    iam.put_role_policy().role_name("web").policy_name("inline").policy_document(READ).send().await.unwrap();
    let details = iam
        .get_account_authorization_details()
        .filter(EntityType::Role)
        .filter(EntityType::LocalManagedPolicy);
    let answer = details.send().await.unwrap();
    let web = answer.role_detail_list().iter().find(|role| role.role_name() == Some("web")).unwrap();
    assert_eq!(web.attached_managed_policies()[0].policy_arn(), Some(arn.as_str()));
    assert!(web.role_policy_list()[0].policy_document().unwrap().starts_with("%7B"));
    assert_eq!(answer.policies()[0].policy_version_list()[0].version_id(), Some("v1"));
    assert!(answer.user_detail_list().is_empty());
}

#[tokio::test]
async fn the_role_of_a_service_is_not_for_people_to_change() {
    let (_sandbox, iam) = iam(Profile::Instant);
    let create = || iam.create_service_linked_role().aws_service_name("autoscaling.amazonaws.com").send();
    let made = create().await.unwrap();
    let name = made.role().unwrap().role_name().to_owned();
    assert_eq!(name, "AWSServiceRoleForAutoScaling");
    assert_eq!(code(create().await), "InvalidInput");
    let put = iam.put_role_policy().role_name(&name).policy_name("x").policy_document(READ);
    assert_eq!(code(put.send().await), "UnmodifiableEntity");
    assert_eq!(code(iam.delete_role().role_name(&name).send().await), "UnmodifiableEntity");
    let task = iam.delete_service_linked_role().role_name(&name).send().await.unwrap();
    let status = iam.get_service_linked_role_deletion_status().deletion_task_id(task.deletion_task_id());
    assert_eq!(status.send().await.unwrap().status().as_str(), "SUCCEEDED");
}

#[tokio::test]
async fn a_new_role_is_hidden_at_first_and_then_stays() {
    let (sandbox, iam) = iam(Profile::Hostile);
    role(&iam, "web").await;
    let get = || iam.get_role().role_name("web").send();
    assert_eq!(code(get().await), "NoSuchEntity");
    sandbox.with_world(|world| world.clock += 30_000);
    for _ in 0..10 {
        assert!(get().await.unwrap().role().unwrap().arn().starts_with("arn:"));
    }
}
