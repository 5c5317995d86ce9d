//! Buckets as one meets them: one everybody may read, one everybody may list, one that keeps a trail's logs.

use serde_json::json;

use super::acl::canned;
use super::state::{Bucket, Content, Owner, Version};
use crate::sandbox::lag::Versioned;
use crate::sandbox::policy::Document;
use crate::sandbox::world::{Milliseconds, World};

const DAY: Milliseconds = 86_400_000;
const REGION: &str = "us-east-1";

/// The bucket that the neglected account's trail writes to, named as the console names one.
pub fn neglected_log_bucket(account: &str) -> String {
    format!("aws-cloudtrail-logs-{account}-5f3c2a1b")
}

/// Makes an account's buckets neglected; its own public access block was never switched on.
pub fn neglect(world: &mut World, account: &str) {
    let now = world.clock;

    let name = format!("shop-assets-{account}");
    let mut bucket = unguarded(now - 940 * DAY);
    bucket.policy = everybody_reads(&name, now - 930 * DAY);
    hold(&mut bucket, "exports/customers.csv", "id,name,mail\n1,Ada,ada@example.com\n", now - 300 * DAY);
    put(world, account, name, bucket);

    let name = format!("upload-inbox-{account}");
    let mut bucket = unguarded(now - 820 * DAY);
    bucket.set("ownershipControls", Some(json!({"Rule": {"ObjectOwnership": "ObjectWriter"}})), 0);
    bucket.set("acl", Some(canned(account, "public-read")), 0);
    hold(&mut bucket, "invoice-0042.txt", "not for everybody\n", now - 90 * DAY);
    put(world, account, name, bucket);

    let name = neglected_log_bucket(account);
    let mut bucket = Bucket::born(REGION, now - 700 * DAY);
    bucket.policy = trail_writes(account, &name, now - 700 * DAY);
    put(world, account, name, bucket);
}

/// A bucket whose public access block somebody deleted.
fn unguarded(created: Milliseconds) -> Bucket {
    let mut bucket = Bucket::born(REGION, created);
    bucket.set("publicAccessBlock", None, 0);
    bucket
}

fn everybody_reads(bucket: &str, written: Milliseconds) -> Versioned<Option<Document>> {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "website",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{bucket}/*"),
    }]});
    Versioned::new(Some(Document::trusted(policy.to_string())), written)
}

/// What CreateTrail asks of a bucket (CT-4), and no more.
fn trail_writes(account: &str, bucket: &str, written: Milliseconds) -> Versioned<Option<Document>> {
    let service = json!({"Service": "cloudtrail.amazonaws.com"});
    let arn = format!("arn:aws:s3:::{bucket}");
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn},
        {
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": format!("{arn}/AWSLogs/{account}/*"),
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    ]});
    Versioned::new(Some(Document::trusted(policy.to_string())), written)
}

fn hold(bucket: &mut Bucket, key: &str, text: &str, modified: Milliseconds) {
    let content = Content {
        bytes: aws_smithy_types::base64::encode(text),
        size: text.len(),
        etag: super::checksum::md5_hex(text.as_bytes()),
        kind: "text/plain".to_owned(),
        headers: [("x-amz-server-side-encryption".to_owned(), "AES256".to_owned())].into(),
        parts: Vec::new(),
    };
    let version =
        Version { id: "null".to_owned(), modified, content: Some(content), kept: None, hold: false };
    bucket.objects.insert(key.to_owned(), vec![version]);
}

fn put(world: &mut World, account: &str, name: String, bucket: Bucket) {
    let owner = Owner { account: account.to_owned(), region: REGION.to_owned(), released: None };
    world.buckets.insert(name.clone(), owner);
    world.account(account).s3.buckets.insert(name, bucket);
}
