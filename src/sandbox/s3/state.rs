//! Buckets and their contents, in one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::object_headers::{Asked, STORAGE};
use crate::sandbox::gone::lingering;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::policy::Document;
use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::Milliseconds;
use crate::sandbox::world::partition_of;

/// Buckets and their contents, in one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Buckets by their name.
    pub buckets: BTreeMap<String, Bucket>,
    /// What was deleted lately: ListBuckets still names it (S3-19).
    #[serde(default)]
    pub gone: Gone,
}

lingering! {
    State,
    |world, account, _region| &mut world.account(account).s3,
    buckets: Bucket,
}

/// Who holds a bucket name, in the one table of all accounts (S3-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The account's twelve digits.
    pub account: String,
    /// The bucket's region.
    pub region: String,
    /// When the bucket was deleted; its name is blocked for a time after that (S3-23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Milliseconds>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its region.
    pub region: String,
    /// When it was made.
    pub created: Milliseconds,
    /// When its configuration was last written.
    pub written: Milliseconds,
    /// Settings by their query key (`versioning`), each as it was sent; one that is unset holds nothing.
    ///
    /// They are eventually consistent, unlike the objects (S3-19).
    pub settings: BTreeMap<String, Versioned<Option<Value>>>,
    /// The bucket policy.
    pub policy: Versioned<Option<Document>>,
    /// When its tags were last written.
    pub tagged: Milliseconds,
    /// Versions by key, the newest last.
    pub objects: BTreeMap<String, Vec<Version>>,
    /// Uploads that were begun, by their id.
    pub uploads: BTreeMap<String, Upload>,
    /// Uploads in parts that were finished, by id.
    #[serde(default)]
    pub finished: BTreeMap<String, Finished>,
}

/// One version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// `null` where the bucket had no versioning.
    pub id: String,
    /// When it was written.
    pub modified: Milliseconds,
    /// What it holds; nothing for a delete marker.
    pub content: Option<Content>,
    /// Until when Object Lock keeps it, and whether nobody may shorten that (`COMPLIANCE`).
    pub kept: Option<(Milliseconds, bool)>,
    /// Whether a legal hold keeps it.
    #[serde(default)]
    pub hold: bool,
}

/// What an object holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Its bytes, as base64.
    pub bytes: String,
    /// How many they are.
    pub size: usize,
    /// The entity tag, without quotes.
    pub etag: String,
    /// The content type.
    pub kind: String,
    /// Headers that come back: encryption and metadata.
    pub headers: BTreeMap<String, String>,
    /// How many bytes each part has; empty for what was not uploaded in parts.
    #[serde(default)]
    pub parts: Vec<usize>,
}

/// An upload in parts that was finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// The key of what it made.
    pub key: String,
    /// The entity tag of that.
    pub etag: String,
    /// The entity tags of its parts, as they were named.
    pub parts: Vec<String>,
}

/// An upload in parts that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The object's key.
    pub key: String,
    /// When it was begun.
    pub begun: Milliseconds,
    /// What the object will have beside its bytes.
    #[serde(default)]
    pub asked: Asked,
    /// The header of the checksum that its parts and the whole are to have.
    #[serde(default)]
    pub checksum: Option<String>,
    /// The parts, by their number: the bytes as base64, and the time.
    #[serde(default)]
    pub parts: BTreeMap<u16, (String, Milliseconds)>,
}

impl Content {
    /// Where its bytes lie, such as `STANDARD`.
    pub fn storage_class(&self) -> &str {
        self.headers.get(STORAGE).map_or("STANDARD", String::as_str)
    }
}

impl Bucket {
    /// A bucket as AWS makes it: SSE-S3, ACLs off, closed to the public (S3-8, S3-26).
    pub fn born(region: &str, now: Milliseconds) -> Self {
        let born = [
            ("encryption", default_encryption()),
            ("ownershipControls", json!({"Rule": {"ObjectOwnership": "BucketOwnerEnforced"}})),
            (
                "publicAccessBlock",
                json!({
                    "BlockPublicAcls": "true",
                    "IgnorePublicAcls": "true",
                    "BlockPublicPolicy": "true",
                    "RestrictPublicBuckets": "true",
                }),
            ),
        ];
        Self {
            region: region.to_owned(),
            created: now,
            written: 0,
            // What a bucket is born with is there as soon as the bucket is.
            settings: born
                .into_iter()
                .map(|(name, set)| (name.into(), Versioned::new(Some(set), 0)))
                .collect(),
            policy: Versioned::new(None, 0),
            tagged: now,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            finished: BTreeMap::new(),
        }
    }

    /// A setting as this call sees it.
    pub fn seen(&self, lens: Lens, bucket: &str, setting: &str) -> Option<&Value> {
        self.settings.get(setting)?.seen(lens, &format!("{bucket}/{setting}"))?.as_ref()
    }

    /// A setting as it is.
    pub fn truth(&self, setting: &str) -> Option<&Value> {
        self.settings.get(setting)?.truth().as_ref()
    }

    /// The bucket policy as this call sees it.
    pub fn policy_seen(&self, lens: Lens, bucket: &str) -> Option<&Document> {
        self.policy.seen(lens, &format!("{bucket}/policy"))?.as_ref()
    }

    /// Its tags, as far as they count in authorization: only with attribute-based access control.
    pub fn tags_that_count(&self, lens: Lens, bucket: &str) -> BTreeMap<String, String> {
        let counts = text(self.truth("abac"), &["Status"]) == "Enabled";
        if counts { tags_of(self.seen(lens, bucket, "tagging")) } else { BTreeMap::new() }
    }

    /// Changes or unsets a setting.
    pub fn set(&mut self, setting: &str, value: Option<Value>, now: Milliseconds) {
        let kept = self.settings.entry(setting.to_owned()).or_insert_with(|| Versioned::new(None, 0));
        *kept.change(now) = value;
    }

    /// `Enabled`, `Suspended`, or empty where versioning was never switched on.
    pub fn versioning(&self) -> &str {
        text(self.truth("versioning"), &["Status"])
    }

    /// Whether versions and the versioning itself are guarded by the root user's second factor.
    pub fn mfa_delete(&self) -> bool {
        text(self.truth("versioning"), &["MfaDelete"]) == "Enabled"
    }

    /// How ACLs are treated; `ObjectWriter` where no rule says otherwise.
    pub fn ownership(&self) -> &str {
        match text(self.truth("ownershipControls"), &["Rule", "ObjectOwnership"]) {
            "" => "ObjectWriter",
            rule => rule,
        }
    }

    /// Whether a bucket key stands between objects and their KMS key.
    pub fn uses_bucket_key(&self, lens: Lens, bucket: &str) -> bool {
        let encryption = self.seen(lens, bucket, "encryption");
        text(encryption, &["Rule", "BucketKeyEnabled"]) == "true"
            && text(encryption, &["Rule", "ApplyServerSideEncryptionByDefault", "SSEAlgorithm"])
                .starts_with("aws:kms")
    }

    /// The tags.
    pub fn tags(&self) -> BTreeMap<String, String> {
        tags_of(self.truth("tagging"))
    }
}

/// SSE-S3, and no customer-provided keys (S3-26).
pub fn default_encryption() -> Value {
    json!({"Rule": {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": "false",
        "BlockedEncryptionTypes": {"EncryptionType": "SSE-C"},
    }})
}

/// Text inside kept settings; empty where there is none.
pub fn text<'a>(value: Option<&'a Value>, path: &[&str]) -> &'a str {
    let found = value.and_then(|value| path.iter().try_fold(value, |at, part| at.get(*part)));
    found.and_then(Value::as_str).unwrap_or_default()
}

/// The tags inside a kept `Tagging`.
pub fn tags_of(tagging: Option<&Value>) -> BTreeMap<String, String> {
    let set = tagging.and_then(|tagging| tagging.get("TagSet")?.get("Tag"));
    let pair = |tag: &Value| {
        let part = |name| text(Some(tag), &[name]).to_owned();
        (part("Key"), part("Value"))
    };
    match set {
        Some(Value::Array(tags)) => tags.iter().map(pair).collect(),
        Some(tag) => [pair(tag)].into(),
        None => BTreeMap::new(),
    }
}

impl Index for State {
    fn tagged(&self, _account: &str, region: &str) -> Vec<Tagged> {
        let had_tags = |bucket: &Bucket| bucket.settings.contains_key("tagging");
        let here = self.buckets.iter().filter(|(_, bucket)| bucket.region == region && had_tags(bucket));
        here.map(|(name, bucket)| Tagged {
            arn: format!("arn:{}:s3:::{name}", partition_of(region)),
            tags: bucket.tags(),
            since: bucket.tagged,
        })
        .collect()
    }
}
