use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::*;

use crate::sandbox::testing::{config, config_for};
use crate::sandbox::{Profile, Sandbox};

fn world() -> (Sandbox, Client) {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let client = Client::new(&config(&sandbox, "us-east-1"));
    (sandbox, client)
}

async fn with_bucket() -> (Sandbox, Client) {
    let (sandbox, s3) = world();
    s3.create_bucket().bucket("my-logs").send().await.unwrap();
    (sandbox, s3)
}

fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, SdkError<E, R>>,
) -> String {
    answer.unwrap_err().code().unwrap_or_default().to_owned()
}

fn located(region: &str) -> CreateBucketConfiguration {
    CreateBucketConfiguration::builder().location_constraint(region.into()).build()
}

fn policy(effect: &str, principal: &str, action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"{action}","Resource":["arn:aws:s3:::my-logs","arn:aws:s3:::my-logs/*"]}}]}}"#
    )
}

#[tokio::test]
async fn s3_3_a_location_is_wanted_everywhere_but_in_us_east_1() {
    let (sandbox, s3) = world();
    let named = s3.create_bucket().bucket("aaa").create_bucket_configuration(located("us-east-1"));
    assert_eq!(code(named.send().await), "InvalidLocationConstraint");
    let europe = Client::new(&config(&sandbox, "eu-west-1"));
    assert_eq!(code(europe.create_bucket().bucket("aaa").send().await), "IllegalLocationConstraintException");
    let wrong = europe.create_bucket().bucket("aaa").create_bucket_configuration(located("eu-central-1"));
    assert_eq!(code(wrong.send().await), "IllegalLocationConstraintException");
    let right = europe.create_bucket().bucket("aaa").create_bucket_configuration(located("eu-west-1"));
    right.send().await.unwrap();
    let place = europe.get_bucket_location().bucket("aaa").send().await.unwrap();
    assert_eq!(place.location_constraint().unwrap().as_str(), "eu-west-1");
    s3.create_bucket().bucket("bbb").send().await.unwrap();
    let place = s3.get_bucket_location().bucket("bbb").send().await.unwrap();
    assert!(place.location_constraint().is_none_or(|place| place.as_str().is_empty()), "S3-25");
    // From the wrong region the bucket says where it is.
    assert_eq!(code(s3.get_bucket_versioning().bucket("aaa").send().await), "PermanentRedirect");
    assert_eq!(code(s3.create_bucket().bucket("A_b").send().await), "InvalidBucketName");
}

#[tokio::test]
async fn s3_4_only_us_east_1_lets_its_owner_create_a_bucket_twice() {
    let (sandbox, s3) = with_bucket().await;
    s3.create_bucket().bucket("my-logs").send().await.unwrap();
    let europe = Client::new(&config(&sandbox, "eu-west-1"));
    for expected in [None, Some("BucketAlreadyOwnedByYou")] {
        let again = europe.create_bucket().bucket("mine").create_bucket_configuration(located("eu-west-1"));
        assert_eq!(
            again.send().await.err().and_then(|error| error.code().map(str::to_owned)).as_deref(),
            expected
        );
    }
    let stranger = Client::new(&config_for(&sandbox, "us-east-1", "111122223333"));
    assert_eq!(code(stranger.create_bucket().bucket("my-logs").send().await), "BucketAlreadyExists");
}

#[tokio::test]
async fn s3_1_a_bucket_of_another_owner_is_refused() {
    let (sandbox, s3) = with_bucket().await;
    let theirs =
        s3.get_bucket_versioning().bucket("my-logs").expected_bucket_owner("111122223333").send().await;
    assert_eq!(code(theirs), "AccessDenied");
    s3.get_bucket_versioning().bucket("my-logs").expected_bucket_owner("123456789012").send().await.unwrap();
    let stranger = Client::new(&config_for(&sandbox, "us-east-1", "111122223333"));
    let head = stranger.head_bucket().bucket("my-logs").send().await.unwrap_err();
    assert_eq!(head.raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(code(stranger.get_bucket_policy().bucket("my-logs").send().await), "AccessDenied");
}

#[tokio::test]
async fn s3_11_a_stranger_with_permission_is_told_that_policies_are_not_for_them() {
    let (sandbox, s3) = with_bucket().await;
    let open = policy("Allow", r#"{"AWS":"111122223333"}"#, "s3:*");
    s3.put_bucket_policy().bucket("my-logs").policy(open).send().await.unwrap();
    let stranger = Client::new(&config_for(&sandbox, "us-east-1", "111122223333"));
    assert_eq!(code(stranger.get_bucket_policy().bucket("my-logs").send().await), "MethodNotAllowed");
    // S3-2: a bucket that answers need not be one's own.
    stranger.head_bucket().bucket("my-logs").send().await.unwrap();
}

#[tokio::test]
async fn s3_25_what_is_unset_has_a_code_of_its_own_each() {
    let (_sandbox, s3) = with_bucket().await;
    let bucket = "my-logs";
    let codes = [
        code(s3.get_bucket_policy().bucket(bucket).send().await),
        code(s3.get_bucket_lifecycle_configuration().bucket(bucket).send().await),
        code(s3.get_object_lock_configuration().bucket(bucket).send().await),
        code(s3.get_bucket_tagging().bucket(bucket).send().await),
        code(s3.get_bucket_replication().bucket(bucket).send().await),
        code(s3.get_bucket_cors().bucket(bucket).send().await),
        code(s3.get_bucket_website().bucket(bucket).send().await),
    ];
    assert_eq!(
        codes,
        [
            "NoSuchBucketPolicy",
            "NoSuchLifecycleConfiguration",
            "ObjectLockConfigurationNotFoundError",
            "NoSuchTagSet",
            "ReplicationConfigurationNotFoundError",
            "NoSuchCORSConfiguration",
            "NoSuchWebsiteConfiguration",
        ]
    );
    assert!(s3.get_bucket_logging().bucket(bucket).send().await.unwrap().logging_enabled().is_none());
    assert!(s3.get_bucket_versioning().bucket(bucket).send().await.unwrap().status().is_none());
    assert!(s3.get_bucket_accelerate_configuration().bucket(bucket).send().await.unwrap().status().is_none());
    s3.get_bucket_notification_configuration().bucket(bucket).send().await.unwrap();
    let payer = s3.get_bucket_request_payment().bucket(bucket).send().await.unwrap();
    assert_eq!(payer.payer(), Some(&Payer::BucketOwner));
    s3.delete_public_access_block().bucket(bucket).send().await.unwrap();
    s3.delete_bucket_ownership_controls().bucket(bucket).send().await.unwrap();
    let block = code(s3.get_public_access_block().bucket(bucket).send().await);
    let controls = code(s3.get_bucket_ownership_controls().bucket(bucket).send().await);
    assert_eq!(
        (block.as_str(), controls.as_str()),
        ("NoSuchPublicAccessBlockConfiguration", "OwnershipControlsNotFoundError")
    );
    assert_eq!(code(s3.get_bucket_policy().bucket("no-such").send().await), "NoSuchBucket");
}

#[tokio::test]
async fn s3_26_a_new_bucket_is_encrypted_and_deleting_that_brings_it_back() {
    let (_sandbox, s3) = with_bucket().await;
    let key = "arn:aws:kms:us-east-1:123456789012:key/typo";
    let default = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::AwsKms);
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default.kms_master_key_id(key).build().unwrap())
        .bucket_key_enabled(true)
        .build();
    let wanted = ServerSideEncryptionConfiguration::builder().rules(rule).build().unwrap();
    let first = |answer: aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput| {
        answer.server_side_encryption_configuration().unwrap().rules()[0].clone()
    };
    let born = first(s3.get_bucket_encryption().bucket("my-logs").send().await.unwrap());
    assert_eq!(
        born.apply_server_side_encryption_by_default().unwrap().sse_algorithm(),
        &ServerSideEncryption::Aes256
    );
    assert_eq!(born.blocked_encryption_types().unwrap().encryption_type(), [EncryptionType::SseC]);
    // S3-9: nobody looks for the key.
    let put = s3.put_bucket_encryption().bucket("my-logs").server_side_encryption_configuration(wanted);
    put.send().await.unwrap();
    let kept = first(s3.get_bucket_encryption().bucket("my-logs").send().await.unwrap());
    assert_eq!(kept.apply_server_side_encryption_by_default().unwrap().kms_master_key_id(), Some(key));
    assert_eq!(kept.bucket_key_enabled(), Some(true));
    assert!(kept.blocked_encryption_types().is_none());
    s3.delete_bucket_encryption().bucket("my-logs").send().await.unwrap();
    assert_eq!(first(s3.get_bucket_encryption().bucket("my-logs").send().await.unwrap()), born);
}

#[tokio::test]
async fn s3_5_a_public_policy_is_refused_where_the_bucket_or_the_account_blocks_it() {
    let (sandbox, s3) = with_bucket().await;
    let public = policy("Allow", r#""*""#, "s3:GetObject");
    let put = || s3.put_bucket_policy().bucket("my-logs").policy(&public).send();
    let refused = put().await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.raw_response().unwrap().status().as_u16()),
        (Some("AccessDenied"), 403)
    );
    s3.delete_public_access_block().bucket("my-logs").send().await.unwrap();
    let control = aws_sdk_s3control::Client::new(&config(&sandbox, "us-east-1"));
    let block =
        aws_sdk_s3control::types::PublicAccessBlockConfiguration::builder().block_public_policy(true).build();
    let all =
        control.put_public_access_block().account_id("123456789012").public_access_block_configuration(block);
    all.send().await.unwrap();
    assert_eq!(code(put().await), "AccessDenied", "S3-7");
    control.delete_public_access_block().account_id("123456789012").send().await.unwrap();
    put().await.unwrap();
    let status = s3.get_bucket_policy_status().bucket("my-logs").send().await.unwrap();
    assert_eq!(status.policy_status().unwrap().is_public(), Some(true));
    let kept = s3.get_bucket_policy().bucket("my-logs").send().await.unwrap();
    assert_eq!(kept.policy(), Some(public.as_str()));
}

#[tokio::test]
async fn a_policy_names_this_bucket_and_principals_that_exist() {
    let (_sandbox, s3) = with_bucket().await;
    let put = |text: String| s3.put_bucket_policy().bucket("my-logs").policy(text).send();
    let nobody = r#"{"AWS":"arn:aws:iam::123456789012:role/nobody"}"#;
    for bad in [
        "not json".to_owned(),
        policy("Allow", nobody, "s3:GetObject"),
        policy("Allow", r#"{"AWS":"111122223333"}"#, "ec2:RunInstances"),
        policy("Allow", r#"{"AWS":"111122223333"}"#, "s3:*").replace("my-logs/*", "other/*"),
    ] {
        assert_eq!(code(put(bad).await), "MalformedPolicy");
    }
}

#[tokio::test]
async fn s3_8_a_bucket_whose_owner_owns_everything_has_no_acls() {
    let (_sandbox, s3) = with_bucket().await;
    let put =
        || s3.put_bucket_acl().bucket("my-logs").acl(BucketCannedAcl::from("log-delivery-write")).send();
    assert_eq!(code(put().await), "AccessControlListNotSupported");
    let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerPreferred);
    let controls = OwnershipControls::builder().rules(rule.build().unwrap()).build().unwrap();
    let own = |controls: &OwnershipControls| {
        s3.put_bucket_ownership_controls().bucket("my-logs").ownership_controls(controls.clone()).send()
    };
    own(&controls).await.unwrap();
    put().await.unwrap();
    let acl = s3.get_bucket_acl().bucket("my-logs").send().await.unwrap();
    assert_eq!(acl.grants().len(), 3);
    assert_eq!(acl.grants()[1].grantee().unwrap().r#type(), &Type::Group);
    // Back again only once nobody else is let in.
    let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced);
    let enforced = OwnershipControls::builder().rules(rule.build().unwrap()).build().unwrap();
    assert_eq!(code(own(&enforced).await), "InvalidBucketAclWithObjectOwnership");
    s3.put_bucket_acl().bucket("my-logs").acl(BucketCannedAcl::Private).send().await.unwrap();
    own(&enforced).await.unwrap();
}

fn lifecycle(rules: impl IntoIterator<Item = LifecycleRule>) -> BucketLifecycleConfiguration {
    BucketLifecycleConfiguration::builder().set_rules(Some(rules.into_iter().collect())).build().unwrap()
}

fn rule() -> aws_sdk_s3::types::builders::LifecycleRuleBuilder {
    LifecycleRule::builder().status(ExpirationStatus::Enabled)
}

fn whole() -> LifecycleRuleFilter {
    LifecycleRuleFilter::builder().prefix("").build()
}

fn expire(days: i32) -> LifecycleExpiration {
    LifecycleExpiration::builder().days(days).build()
}

#[tokio::test]
async fn s3_27_a_lifecycle_rule_is_kept_with_an_id_and_a_minimum_size() {
    let (_sandbox, s3) = with_bucket().await;
    let step = Transition::builder().days(30).storage_class(TransitionStorageClass::StandardIa).build();
    let rules = lifecycle([
        rule().filter(whole()).transitions(step).expiration(expire(90)).build().unwrap(),
        rule()
            .id("second")
            .filter(LifecycleRuleFilter::builder().build())
            .expiration(expire(1))
            .build()
            .unwrap(),
    ]);
    s3.put_bucket_lifecycle_configuration()
        .bucket("my-logs")
        .lifecycle_configuration(rules)
        .send()
        .await
        .unwrap();
    let kept = s3.get_bucket_lifecycle_configuration().bucket("my-logs").send().await.unwrap();
    assert_eq!(kept.transition_default_minimum_object_size().unwrap().as_str(), "all_storage_classes_128K");
    let [first, second] = kept.rules() else { panic!("two rules") };
    assert!(first.id().is_some_and(|id| !id.is_empty()));
    assert_eq!(first.filter().unwrap().prefix(), Some(""));
    assert_eq!(first.transitions()[0].days(), Some(30));
    assert_eq!((second.id(), second.expiration().unwrap().days()), (Some("second"), Some(1)));
    assert!(second.filter().is_some_and(|filter| filter.prefix().is_none()));
}

#[tokio::test]
async fn s3_27_rules_that_make_no_sense_are_refused() {
    let (_sandbox, s3) = with_bucket().await;
    let early = Transition::builder().days(29).storage_class(TransitionStorageClass::StandardIa).build();
    let late = Transition::builder().days(90).storage_class(TransitionStorageClass::Glacier).build();
    let tag = Tag::builder().key("a").value("b").build().unwrap();
    for (rules, expected) in [
        (vec![rule().filter(whole()).build().unwrap()], "InvalidRequest"),
        (vec![rule().expiration(expire(1)).build().unwrap()], "MalformedXML"),
        (vec![rule().filter(whole()).expiration(expire(0)).build().unwrap()], "InvalidArgument"),
        (vec![rule().filter(whole()).transitions(early).build().unwrap()], "InvalidArgument"),
        (
            vec![rule().filter(whole()).transitions(late).expiration(expire(90)).build().unwrap()],
            "InvalidArgument",
        ),
        (vec![rule().id("a").filter(whole()).expiration(expire(1)).build().unwrap(); 2], "InvalidArgument"),
        (
            vec![
                rule()
                    .filter(LifecycleRuleFilter::builder().prefix("a").tag(tag).build())
                    .expiration(expire(1))
                    .build()
                    .unwrap(),
            ],
            "MalformedXML",
        ),
    ] {
        let put = s3.put_bucket_lifecycle_configuration().bucket("my-logs");
        assert_eq!(
            code(put.lifecycle_configuration(lifecycle(rules.clone())).send().await),
            expected,
            "{rules:?}"
        );
    }
}

fn logging(target: &str) -> BucketLoggingStatus {
    let format = TargetObjectKeyFormat::builder().simple_prefix(SimplePrefix::builder().build()).build();
    let enabled =
        LoggingEnabled::builder().target_bucket(target).target_prefix("").target_object_key_format(format);
    BucketLoggingStatus::builder().logging_enabled(enabled.build().unwrap()).build()
}

#[tokio::test]
async fn s3_12_the_target_of_access_logs_is_of_the_same_account_and_region() {
    let (sandbox, s3) = with_bucket().await;
    let put = |target: &str| {
        s3.put_bucket_logging().bucket("my-logs").bucket_logging_status(logging(target)).send()
    };
    assert_eq!(code(put("missing").await), "InvalidTargetBucketForLogging");
    let stranger = Client::new(&config_for(&sandbox, "us-east-1", "111122223333"));
    stranger.create_bucket().bucket("theirs").send().await.unwrap();
    assert_eq!(code(put("theirs").await), "InvalidTargetBucketForLogging");
    let europe = Client::new(&config(&sandbox, "eu-west-1"));
    let far = europe.create_bucket().bucket("far").create_bucket_configuration(located("eu-west-1"));
    far.send().await.unwrap();
    assert_eq!(code(put("far").await), "CrossLocationLoggingProhibited");
    // S3-18: the target has no policy that lets the logs in, and nobody says so.
    s3.create_bucket().bucket("access").send().await.unwrap();
    put("access").await.unwrap();
    let kept = s3.get_bucket_logging().bucket("my-logs").send().await.unwrap();
    let kept = kept.logging_enabled().unwrap();
    assert_eq!((kept.target_bucket(), kept.target_prefix()), ("access", ""));
    assert!(kept.target_object_key_format().unwrap().simple_prefix().is_some(), "S3-29");
    let off = BucketLoggingStatus::builder().build();
    s3.put_bucket_logging().bucket("my-logs").bucket_logging_status(off).send().await.unwrap();
    assert!(s3.get_bucket_logging().bucket("my-logs").send().await.unwrap().logging_enabled().is_none());
}

fn versioning(status: BucketVersioningStatus) -> VersioningConfiguration {
    VersioningConfiguration::builder().status(status).build()
}

fn retention(days: i32) -> ObjectLockConfiguration {
    let default = DefaultRetention::builder().mode(ObjectLockRetentionMode::Governance).days(days).build();
    ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(ObjectLockRule::builder().default_retention(default).build())
        .build()
}

#[tokio::test]
async fn object_lock_needs_versioning_and_keeps_it_on() {
    let (_sandbox, s3) = with_bucket().await;
    let lock = || {
        s3.put_object_lock_configuration().bucket("my-logs").object_lock_configuration(retention(7)).send()
    };
    let version = |status| {
        s3.put_bucket_versioning().bucket("my-logs").versioning_configuration(versioning(status)).send()
    };
    assert_eq!(code(lock().await), "InvalidBucketState");
    version(BucketVersioningStatus::Enabled).await.unwrap();
    lock().await.unwrap();
    assert_eq!(code(version(BucketVersioningStatus::Suspended).await), "InvalidBucketState");
    let kept = s3.get_object_lock_configuration().bucket("my-logs").send().await.unwrap();
    assert_eq!(kept.object_lock_configuration(), Some(&retention(7)));
    // S3-14: such a bucket receives no access logs.
    let target = s3.put_bucket_logging().bucket("my-logs").bucket_logging_status(logging("my-logs"));
    assert_eq!(code(target.send().await), "InvalidTargetBucketForLogging");
}

#[tokio::test]
async fn tags_and_object_lock_can_come_with_the_bucket() {
    let (_sandbox, s3) = world();
    let tag = Tag::builder().key("team").value("core").build().unwrap();
    let create = s3
        .create_bucket()
        .bucket("my-logs")
        .object_lock_enabled_for_bucket(true)
        .create_bucket_configuration(CreateBucketConfiguration::builder().tags(tag.clone()).build());
    create.send().await.unwrap();
    let status = s3.get_bucket_versioning().bucket("my-logs").send().await.unwrap();
    assert_eq!(status.status(), Some(&BucketVersioningStatus::Enabled));
    let tags = s3.get_bucket_tagging().bucket("my-logs").send().await.unwrap();
    assert_eq!(tags.tag_set(), [tag]);
    // TAG-2: a put replaces them all.
    let other = Tag::builder().key("other").value("x").build().unwrap();
    let tagging = Tagging::builder().tag_set(other.clone()).build().unwrap();
    s3.put_bucket_tagging().bucket("my-logs").tagging(tagging).send().await.unwrap();
    let tags = s3.get_bucket_tagging().bucket("my-logs").send().await.unwrap();
    assert_eq!(tags.tag_set(), [other]);
}

#[tokio::test]
async fn s3_20_a_bucket_is_only_deleted_without_versions_and_markers() {
    let (_sandbox, s3) = with_bucket().await;
    let enabled = versioning(BucketVersioningStatus::Enabled);
    s3.put_bucket_versioning().bucket("my-logs").versioning_configuration(enabled).send().await.unwrap();
    for body in ["one", "two"] {
        s3.put_object()
            .bucket("my-logs")
            .key("a/b")
            .body(ByteStream::from_static(body.as_bytes()))
            .send()
            .await
            .unwrap();
    }
    let read = s3.get_object().bucket("my-logs").key("a/b").send().await.unwrap();
    assert_eq!(&read.body.collect().await.unwrap().into_bytes()[..], b"two");
    let groups = s3.list_objects_v2().bucket("my-logs").delimiter("/").send().await.unwrap();
    assert_eq!(groups.common_prefixes()[0].prefix(), Some("a/"));
    s3.delete_object().bucket("my-logs").key("a/b").send().await.unwrap();
    assert_eq!(code(s3.get_object().bucket("my-logs").key("a/b").send().await), "NoSuchKey");
    assert_eq!(s3.list_objects_v2().bucket("my-logs").send().await.unwrap().key_count(), Some(0));
    assert_eq!(code(s3.delete_bucket().bucket("my-logs").send().await), "BucketNotEmpty");
    let page = s3.list_object_versions().bucket("my-logs").max_keys(2).send().await.unwrap();
    assert_eq!((page.delete_markers().len(), page.versions().len(), page.is_truncated()), (1, 1, Some(true)));
    let rest = s3
        .list_object_versions()
        .bucket("my-logs")
        .key_marker(page.next_key_marker().unwrap())
        .version_id_marker(page.next_version_id_marker().unwrap());
    let rest = rest.send().await.unwrap();
    let ids = page.delete_markers().iter().map(|marker| marker.version_id());
    let ids = ids.chain(page.versions().iter().chain(rest.versions()).map(|version| version.version_id()));
    let objects =
        ids.map(|id| ObjectIdentifier::builder().key("a/b").version_id(id.unwrap()).build().unwrap());
    let delete = Delete::builder().set_objects(Some(objects.collect())).quiet(true).build().unwrap();
    let gone = s3.delete_objects().bucket("my-logs").delete(delete).send().await.unwrap();
    assert!(gone.errors().is_empty());
    s3.delete_bucket().bucket("my-logs").send().await.unwrap();
    let head = s3.head_bucket().bucket("my-logs").send().await.unwrap_err();
    assert_eq!(head.raw_response().unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn a_locked_version_is_not_deleted_and_the_answer_is_still_200() {
    let (_sandbox, s3) = world();
    s3.create_bucket().bucket("my-logs").object_lock_enabled_for_bucket(true).send().await.unwrap();
    s3.put_object_lock_configuration()
        .bucket("my-logs")
        .object_lock_configuration(retention(7))
        .send()
        .await
        .unwrap();
    let id = s3.put_object().bucket("my-logs").key("a").send().await.unwrap().version_id.unwrap();
    let object = ObjectIdentifier::builder().key("a").version_id(id).build().unwrap();
    let delete = Delete::builder().objects(object).build().unwrap();
    let answer = s3.delete_objects().bucket("my-logs").delete(delete).send().await.unwrap();
    assert_eq!(answer.errors()[0].code(), Some("AccessDenied"));
}

#[tokio::test]
async fn s3_23_a_name_is_blocked_for_a_time_after_its_bucket_is_deleted() {
    let sandbox = Sandbox::new(Profile::Realistic, 1);
    let s3 = Client::new(&config(&sandbox, "us-east-1"));
    s3.create_bucket().bucket("my-logs").send().await.unwrap();
    sandbox.with_world(|world| world.clock += 60_000);
    s3.delete_bucket().bucket("my-logs").send().await.unwrap();
    assert_eq!(code(s3.create_bucket().bucket("my-logs").send().await), "OperationAborted");
    let stranger = Client::new(&config_for(&sandbox, "us-east-1", "111122223333"));
    sandbox.with_world(|world| world.clock += 60_000);
    assert_eq!(code(stranger.create_bucket().bucket("my-logs").send().await), "OperationAborted");
    s3.create_bucket().bucket("my-logs").send().await.unwrap();
}

#[tokio::test]
async fn two_writes_to_one_bucket_at_once_abort_the_second() {
    let sandbox = Sandbox::new(Profile::Hostile, 1);
    let s3 = Client::new(&config(&sandbox, "us-east-1"));
    s3.create_bucket().bucket("my-logs").send().await.unwrap();
    // S3-19: at first the bucket itself is not known everywhere.
    assert_eq!(code(s3.delete_bucket_policy().bucket("my-logs").send().await), "NoSuchBucket");
    sandbox.with_world(|world| world.clock += 60_000);
    let enabled = versioning(BucketVersioningStatus::Enabled);
    let put =
        || s3.put_bucket_versioning().bucket("my-logs").versioning_configuration(enabled.clone()).send();
    s3.delete_bucket_cors().bucket("my-logs").send().await.unwrap();
    assert_eq!(code(put().await), "OperationAborted");
    sandbox.with_world(|world| world.clock += 1_000);
    put().await.unwrap();
    // S3-19: and then its setting is not.
    assert!(s3.get_bucket_versioning().bucket("my-logs").send().await.unwrap().status().is_none());
    sandbox.with_world(|world| world.clock += 60_000);
    assert!(s3.get_bucket_versioning().bucket("my-logs").send().await.unwrap().status().is_some());
}

#[tokio::test]
async fn buckets_are_listed_with_their_regions_and_uploads_with_their_keys() {
    let (sandbox, s3) = with_bucket().await;
    let europe = Client::new(&config(&sandbox, "eu-west-1"));
    europe
        .create_bucket()
        .bucket("far")
        .create_bucket_configuration(located("eu-west-1"))
        .send()
        .await
        .unwrap();
    let listed = s3.list_buckets().send().await.unwrap();
    let shown: Vec<_> =
        listed.buckets().iter().map(|b| (b.name().unwrap(), b.bucket_region().unwrap())).collect();
    assert_eq!(shown, [("far", "eu-west-1"), ("my-logs", "us-east-1")]);
    let pages: Vec<_> = s3.list_buckets().max_buckets(1).into_paginator().send().try_collect().await.unwrap();
    assert_eq!(pages.len(), 2);
    let upload = s3.create_multipart_upload().bucket("my-logs").key("big").send().await.unwrap();
    let listed = s3.list_multipart_uploads().bucket("my-logs").send().await.unwrap();
    assert_eq!(listed.uploads()[0].key(), Some("big"));
    let abort =
        s3.abort_multipart_upload().bucket("my-logs").key("big").upload_id(upload.upload_id().unwrap());
    abort.send().await.unwrap();
}

#[tokio::test]
async fn rules_of_cors_and_the_like_come_back_as_they_were_sent() {
    let (_sandbox, s3) = with_bucket().await;
    let rule = CorsRule::builder().allowed_methods("GET").allowed_methods("PUT").allowed_origins("*");
    let cors = CorsConfiguration::builder().cors_rules(rule.build().unwrap()).build().unwrap();
    s3.put_bucket_cors().bucket("my-logs").cors_configuration(cors.clone()).send().await.unwrap();
    let kept = s3.get_bucket_cors().bucket("my-logs").send().await.unwrap();
    assert_eq!(kept.cors_rules(), cors.cors_rules());
    s3.delete_bucket_cors().bucket("my-logs").send().await.unwrap();
    assert_eq!(code(s3.get_bucket_cors().bucket("my-logs").send().await), "NoSuchCORSConfiguration");
    let nothing = NotificationConfiguration::builder().build();
    let put =
        s3.put_bucket_notification_configuration().bucket("my-logs").notification_configuration(nothing);
    put.send().await.unwrap();
}
