use aws_sdk_s3control::Client;
use aws_sdk_s3control::error::ProvideErrorMetadata;
use aws_sdk_s3control::types::{PublicAccessBlockConfiguration, Tag};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

const ACCOUNT: &str = "123456789012";

#[tokio::test]
async fn acc_1_an_account_without_a_block_says_so_and_keeps_the_four_it_is_given() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let control = Client::new(&config(&sandbox, "us-east-1"));
    let unset = control.get_public_access_block().account_id(ACCOUNT).send().await.unwrap_err();
    assert_eq!(unset.code(), Some("NoSuchPublicAccessBlockConfiguration"));
    let block =
        PublicAccessBlockConfiguration::builder().block_public_acls(true).block_public_policy(true).build();
    let put = control.put_public_access_block().account_id(ACCOUNT).public_access_block_configuration(block);
    put.send().await.unwrap();
    // The block is the account's, whatever the region.
    let elsewhere = Client::new(&config(&sandbox, "eu-west-1"));
    let kept = elsewhere.get_public_access_block().account_id(ACCOUNT).send().await.unwrap();
    let kept = kept.public_access_block_configuration().unwrap();
    assert_eq!(
        [
            kept.block_public_acls(),
            kept.ignore_public_acls(),
            kept.block_public_policy(),
            kept.restrict_public_buckets()
        ],
        [Some(true), Some(false), Some(true), Some(false)]
    );
    control.delete_public_access_block().account_id(ACCOUNT).send().await.unwrap();
    assert!(control.get_public_access_block().account_id(ACCOUNT).send().await.is_err());
    let foreign = control.get_public_access_block().account_id("111122223333").send().await.unwrap_err();
    assert_eq!(foreign.code(), Some("AccessDenied"));
}

#[tokio::test]
async fn tags_of_a_bucket_are_the_same_by_either_api() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let config = config(&sandbox, "us-east-1");
    let (s3, control) = (aws_sdk_s3::Client::new(&config), Client::new(&config));
    s3.create_bucket().bucket("my-logs").send().await.unwrap();
    let arn = "arn:aws:s3:::my-logs";
    let tag = Tag::builder().key("team").value("core").build().unwrap();
    control.tag_resource().account_id(ACCOUNT).resource_arn(arn).tags(tag).send().await.unwrap();
    let tags = s3.get_bucket_tagging().bucket("my-logs").send().await.unwrap();
    assert_eq!(tags.tag_set()[0].value(), "core");
    let listed = control.list_tags_for_resource().account_id(ACCOUNT).resource_arn(arn).send().await.unwrap();
    assert_eq!(listed.tags()[0].key(), "team");
    control.untag_resource().account_id(ACCOUNT).resource_arn(arn).tag_keys("team").send().await.unwrap();
    let gone = s3.get_bucket_tagging().bucket("my-logs").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchTagSet"));
}
