use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::*;

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

fn world() -> Client {
    Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"))
}

async fn with_bucket() -> Client {
    let s3 = world();
    s3.create_bucket().bucket("my-logs").send().await.unwrap();
    s3
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    error.code().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_copy_has_the_bytes_and_the_metadata_of_its_source_and_a_missing_source_is_refused() {
    let s3 = with_bucket().await;
    let put = s3.put_object().bucket("my-logs").key("a b").body(ByteStream::from_static(b"bytes"));
    let put = put.metadata("team", "blue").cache_control("no-store").storage_class(StorageClass::StandardIa);
    let put = put.send().await.unwrap();
    assert_eq!(put.e_tag(), Some("\"4b3a6218bb3e3a7303e8a171a60fcf92\""));
    let copy = |source: &str| s3.copy_object().bucket("my-logs").key("copy").copy_source(source);
    copy("my-logs/a%20b").send().await.unwrap();
    let read = s3.get_object().bucket("my-logs").key("copy").send().await.unwrap();
    assert_eq!(read.metadata().unwrap().get("team").map(String::as_str), Some("blue"));
    assert_eq!((read.cache_control(), read.storage_class()), (Some("no-store"), None));
    assert_eq!(&read.body.collect().await.unwrap().into_bytes()[..], b"bytes");
    assert_eq!(code(&copy("my-logs/none").send().await.unwrap_err()), "NoSuchKey");
    assert_eq!(code(&copy("my-logs/copy").send().await.unwrap_err()), "InvalidRequest");
    let replaced =
        copy("my-logs/copy").metadata_directive(MetadataDirective::Replace).metadata("team", "red");
    replaced.send().await.unwrap();
    let head = s3.head_object().bucket("my-logs").key("copy").send().await.unwrap();
    assert_eq!(head.metadata().unwrap().get("team").map(String::as_str), Some("red"));
    assert_eq!(head.cache_control(), None);
}

#[tokio::test]
async fn reads_and_writes_keep_to_their_conditions_and_ranges() {
    let s3 = with_bucket().await;
    let put = || s3.put_object().bucket("my-logs").key("a").body(ByteStream::from_static(b"0123456789"));
    assert_eq!(code(&put().if_match("\"x\"").send().await.unwrap_err()), "NoSuchKey");
    let etag = put().if_none_match("*").send().await.unwrap().e_tag().unwrap().to_owned();
    assert_eq!(code(&put().if_none_match("*").send().await.unwrap_err()), "PreconditionFailed");
    assert_eq!(code(&put().if_match("\"x\"").send().await.unwrap_err()), "PreconditionFailed");
    put().if_match(&etag).send().await.unwrap();
    let get = || s3.get_object().bucket("my-logs").key("a");
    for (range, bytes) in
        [("bytes=2-4", "234"), ("bytes=7-", "789"), ("bytes=-2", "89"), ("lines=1-2", "0123456789")]
    {
        let part = get().range(range).send().await.unwrap();
        assert_eq!(part.content_range().is_some(), bytes.len() < 10, "{range}");
        assert_eq!(&part.body.collect().await.unwrap().into_bytes()[..], bytes.as_bytes(), "{range}");
    }
    assert_eq!(code(&get().range("bytes=10-").send().await.unwrap_err()), "InvalidRange");
    assert_eq!(code(&get().if_match("\"x\"").send().await.unwrap_err()), "PreconditionFailed");
    let same = get().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(same.raw_response().map(|response| response.status().as_u16()), Some(304));
}

#[tokio::test]
async fn bytes_that_do_not_match_their_checksum_are_refused_and_the_checksum_is_read_back() {
    let s3 = with_bucket().await;
    let put = || s3.put_object().bucket("my-logs").key("a").body(ByteStream::from_static(b"bytes"));
    assert_eq!(code(&put().checksum_sha256("eA==").send().await.unwrap_err()), "BadDigest");
    assert_eq!(code(&put().content_md5("4B==").send().await.unwrap_err()), "InvalidDigest");
    let put = put().checksum_algorithm(ChecksumAlgorithm::Crc32C).send().await.unwrap();
    let head = s3
        .head_object()
        .bucket("my-logs")
        .key("a")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert!(head.checksum_crc32_c().is_some());
    assert_eq!(head.checksum_crc32_c(), put.checksum_crc32_c());
}

#[tokio::test]
async fn a_version_is_kept_as_long_as_its_own_headers_say() {
    let s3 = world();
    s3.create_bucket().bucket("my-locked").object_lock_enabled_for_bucket(true).send().await.unwrap();
    let put =
        |key: &str| s3.put_object().bucket("my-locked").key(key).body(ByteStream::from_static(b"bytes"));
    let until = aws_sdk_s3::primitives::DateTime::from_secs(4_000_000_000);
    let kept = put("kept").object_lock_mode(ObjectLockMode::Compliance).object_lock_retain_until_date(until);
    let kept = kept.send().await.unwrap().version_id().unwrap().to_owned();
    let held = put("held").object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On).send().await.unwrap();
    let held = held.version_id().unwrap().to_owned();
    for (key, id) in [("kept", &kept), ("held", &held)] {
        let delete = s3.delete_object().bucket("my-locked").key(key).version_id(id);
        let delete = delete.bypass_governance_retention(true).send().await.unwrap_err();
        assert_eq!(code(&delete), "AccessDenied", "{key}");
    }
    let head = s3.head_object().bucket("my-locked").key("kept").send().await.unwrap();
    assert_eq!(head.object_lock_retain_until_date(), Some(&until));
    let one = put("half").object_lock_mode(ObjectLockMode::Governance).send().await.unwrap_err();
    assert_eq!(code(&one), "InvalidArgument");
}

#[tokio::test]
async fn parts_become_one_object_and_a_part_too_small_is_refused() {
    let s3 = with_bucket().await;
    let begun = s3.create_multipart_upload().bucket("my-logs").key("big").metadata("team", "blue");
    let id = begun.send().await.unwrap().upload_id().unwrap().to_owned();
    let part = async |number: i32, bytes: Vec<u8>| {
        let part = s3.upload_part().bucket("my-logs").key("big").upload_id(&id).part_number(number);
        let etag = part.body(bytes.into()).send().await.unwrap().e_tag().unwrap().to_owned();
        CompletedPart::builder().part_number(number).e_tag(etag).build()
    };
    let (first, small) = (part(1, vec![b'a'; 5 << 20]).await, part(2, b"b".to_vec()).await);
    let last = part(3, b"c".to_vec()).await;
    let complete = |parts: &[&CompletedPart]| {
        let all =
            parts.iter().fold(CompletedMultipartUpload::builder(), |all, part| all.parts((*part).clone()));
        s3.complete_multipart_upload()
            .bucket("my-logs")
            .key("big")
            .upload_id(&id)
            .multipart_upload(all.build())
    };
    assert_eq!(code(&complete(&[&first, &small, &last]).send().await.unwrap_err()), "EntityTooSmall");
    assert_eq!(code(&complete(&[&last, &first]).send().await.unwrap_err()), "InvalidPartOrder");
    let done = complete(&[&first, &last]).send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""));
    let read = s3.get_object().bucket("my-logs").key("big").send().await.unwrap();
    assert_eq!(read.content_length(), Some((5 << 20) + 1));
    assert_eq!(read.metadata().unwrap().get("team").map(String::as_str), Some("blue"));
    let again = complete(&[&first, &last]).send().await.unwrap();
    assert_eq!(again.e_tag(), done.e_tag(), "to finish it once more is the same");
    assert_eq!(code(&complete(&[&first]).send().await.unwrap_err()), "NoSuchUpload");
}

#[tokio::test]
async fn a_header_that_the_account_does_not_have_is_refused_by_name_and_changes_nothing() {
    let s3 = with_bucket().await;
    let put = s3.put_object().bucket("my-logs").key("a").tagging("team=blue").send().await.unwrap_err();
    assert_eq!(code(&put), "NotImplemented");
    let said = put.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default().to_owned();
    assert_eq!(said, "The account in memory does not have x-amz-tagging of PutObject");
    assert!(s3.list_objects_v2().bucket("my-logs").send().await.unwrap().contents().is_empty());
}

#[tokio::test]
async fn parts_are_known_after_an_upload_and_their_checksums_are_put_together() {
    let s3 = with_bucket().await;
    let upload = s3.create_multipart_upload().bucket("my-logs").key("big");
    let upload = upload.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let mut parts = CompletedMultipartUpload::builder();
    for (number, body) in [(1, vec![b'0'; 5 << 20]), (2, b"1".to_vec())] {
        let part = s3.upload_part().bucket("my-logs").key("big").upload_id(id).part_number(number);
        let part = part.body(body.into()).send().await.unwrap();
        parts =
            parts.parts(CompletedPart::builder().part_number(number).e_tag(part.e_tag().unwrap()).build());
    }
    let complete = s3.complete_multipart_upload().bucket("my-logs").key("big").upload_id(id);
    complete.multipart_upload(parts.build()).send().await.unwrap();
    let head = |part: i32| s3.head_object().bucket("my-logs").key("big").part_number(part).send();
    let second = head(2).await.unwrap();
    assert_eq!((second.content_length(), second.parts_count()), (Some(1), Some(2)));
    assert!(head(3).await.is_err());
    let whole = s3.get_object().bucket("my-logs").key("big").checksum_mode(ChecksumMode::Enabled);
    let whole = whole.send().await.unwrap();
    assert!(whole.checksum_sha256().unwrap().ends_with("-2"), "{whole:?}");
    assert_eq!(whole.checksum_type().unwrap().as_str(), "COMPOSITE");
}

#[tokio::test]
async fn what_lies_in_an_archive_is_not_read_and_not_copied() {
    let s3 = with_bucket().await;
    let put = s3.put_object().bucket("my-logs").key("old").storage_class(StorageClass::Glacier);
    put.send().await.unwrap();
    let get = s3.get_object().bucket("my-logs").key("old").send().await.unwrap_err();
    assert_eq!(get.code(), Some("InvalidObjectState"));
    let copy =
        s3.copy_object().bucket("my-logs").key("new").copy_source("my-logs/old").send().await.unwrap_err();
    assert_eq!(copy.code(), Some("ObjectNotInActiveTierError"));
    s3.head_object().bucket("my-logs").key("old").send().await.unwrap();
    let malformed = s3.get_object().bucket("my-logs").key("old").version_id("none").send().await.unwrap_err();
    assert_eq!(malformed.code(), Some("InvalidArgument"));
}
