//! `[bucket.NAME]`: a private bucket with all its settings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::kms_key::KmsKey;
use super::names::Names;
use super::policies::bucket_access::{self, BucketUses};
use super::policies::{self, statement::Statement};
use super::reader::Reader;
use super::section::section;
use super::types::{BucketName, Declared, KeyType, List, ObjectPrefix, OrOff, Sectioned, Whole, choice};
use super::{Diagnostic, Span};
use crate::kinds::kms_key::Key;
use crate::kinds::s3_account_public_access::PublicAccessBlock;
use crate::kinds::s3_bucket;
use crate::model::{DecodeError, Dict, Origin, ResourceSpec as _, Set, Wanted, bucket_name};

choice! {
    /// A cheaper storage class.
    StorageClass {
        /// Minutes to hours to read.
        Glacier = "GLACIER",
        /// Read at once, for what is read once a quarter.
        GlacierIr = "GLACIER_IR",
        /// Hours to read.
        DeepArchive = "DEEP_ARCHIVE",
        /// Read at once, for what is read seldom.
        StandardIa = "STANDARD_IA",
        /// The same, in one zone.
        OneZoneIa = "ONEZONE_IA",
        /// Moved by S3 as it is read.
        IntelligentTiering = "INTELLIGENT_TIERING",
    }
}

choice! {
    /// Who may shorten a retention.
    LockMode {
        /// Principals with a special permission.
        Governance = "governance",
        /// Nobody, not even the account's root.
        Compliance = "compliance",
    }
}

section! {
    /// How long objects are kept.
    #[practices(6)]
    Lifecycle {
        /// Days until objects move to cheaper storage.
        archive_after_days: Whole<1, 36500>, absent "never";
        /// The cheaper storage.
        archive_class: StorageClass, default "\"GLACIER\"";
        /// Days until objects expire.
        expire_after_days: Whole<1, 36500>, absent "never";
        /// Days until former versions are deleted; `false` for never.
        noncurrent_expire_after_days: OrOff<Whole<1, 36500>>, default "30";
        /// Days until the parts of an upload that was never finished are dropped; `false` for never.
        abort_incomplete_after_days: OrOff<Whole<1, 36500>>, default "7";
    }
}

section! {
    /// A default retention. Object Lock can never be switched off again.
    #[practices(7)]
    ObjectLock {
        /// Who may shorten it.
        mode: LockMode, required;
        /// How many days objects cannot be deleted or overwritten.
        days: Whole<1, 36500>, required;
    }
}

section! {
    /// A private bucket: public access blocked, ACLs switched off, encrypted, versioned, TLS only.
    ///
    /// Its policy follows from what uses it: the trail, access logs of other buckets, load balancers, flow
    /// logs. A bucket that receives logs refuses their deletion; only its lifecycle removes them.
    #[practices(6, 7, 13)]
    Bucket {
        /// The bucket's name in AWS, unique in the world.
        name: BucketName, absent "`BASELINE-NAME-${account}`";
        /// The bucket that receives the access logs of this one; `false` for none.
        access_log: OrOff<Declared<Bucket>>, absent "false";
        /// What the keys of those access logs start with.
        access_log_prefix: ObjectPrefix, absent "`NAME/`";
        /// `"sse-s3"` for the key of S3, `"kms:NAME"` for a key of this file. Access logs and logs of load
        /// balancers can only be received with `"sse-s3"`.
        encryption: Encryption, default "\"sse-s3\"";
        /// Saves calls to KMS, where the bucket uses a key of this file.
        bucket_key: bool, default "true";
        /// Keeps former versions.
        versioning: bool, default "true";
        /// How long objects are kept; `false` for no rule at all.
        lifecycle: OrOff<Lifecycle>, default "{}";
        /// A default retention.
        object_lock: ObjectLock, absent "not managed";
        /// Refuses the deletion of objects by anybody.
        deny_deletion: bool, absent "true where logs are received";
        /// More statements for the policy.
        statements: List<Statement>, default "[]";
    }
}

impl Sectioned for Bucket {
    const SECTION: &'static str = "bucket";
    const WORDS: &'static str = "bucket";
}

/// What new objects are encrypted with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// The key of S3.
    SseS3,
    /// A key of the file.
    Kms(Declared<KmsKey>),
}

impl KeyType for Encryption {
    fn read(value: &toml::de::DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(text) = value.as_str() else {
            reader.wrong_type(span, &Self::describe(), value);
            return None;
        };
        if text == "sse-s3" {
            return Some(Self::SseS3);
        }
        match text.strip_prefix("kms:") {
            Some(name) => {
                let name = toml::de::DeValue::String(name.into());
                Declared::read(&name, span, reader).map(Self::Kms)
            }
            None => {
                reader.bad_value(span, format!("must be {}", Self::describe()));
                None
            }
        }
    }

    fn describe() -> String {
        "\"sse-s3\" or \"kms:NAME\"".to_owned()
    }

    fn schema() -> Json {
        serde_json::json!({ "type": "string", "pattern": "^(sse-s3|kms:.+)$" })
    }
}

impl Bucket {
    /// The bucket that receives its access logs.
    pub fn access_log(&self) -> Option<&str> {
        self.access_log.as_ref().and_then(|target| target.on()).map(|target| target.name.as_str())
    }

    /// What the keys of its access logs start with.
    pub(super) fn access_log_prefix(&self, names: &Names<'_>, name: &str) -> String {
        match &self.access_log_prefix {
            Some(prefix) => prefix.fill(names.place, names.region()),
            None => format!("{name}/"),
        }
    }
}

/// The one region that gave other names than those of today, until March 2018 (S3-33).
const OLDEST_REGION: &str = "us-east-1";

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, &Bucket> = BTreeMap::new();
    let (uses, unused) = (BucketUses::by_bucket(names), BucketUses::default());
    let loops = log_loops(names);
    for entry in names.file.bucket.iter() {
        let (name, bucket) = (entry.name.as_str(), &entry.section);
        let uses = uses.get(name).unwrap_or(&unused);
        let in_aws = names.bucket(name);
        let span = bucket.name.as_ref().map_or(&bucket.header.span, |name| &name.span);
        let new = bucket_name::check_new(&in_aws);
        if let (Err(reason), Some(name), OLDEST_REGION) = (&new, &bucket.name, names.region()) {
            problems.push(
                Diagnostic::warning(
                    "old-name",
                    &name.span,
                    format!("S3 makes no bucket of this name any more: {reason}"),
                )
                .label("a bucket of this name is taken over where there is one")
                .hint("if there is no such bucket yet, choose another `name`"),
            );
        } else if let Err(reason) = new {
            problems.push(
                Diagnostic::error(
                    "bad-name",
                    span,
                    format!("{in_aws:?} cannot be a bucket's name: {reason}"),
                )
                .hint("set `name` to a shorter one"),
            );
        }
        if let Some(first) = seen.get(&in_aws) {
            problems.push(
                Diagnostic::error("duplicate-name", span, format!("two buckets would be called {in_aws}"))
                    .related(&first.header.span, "the other bucket")
                    .hint("give one of them another `name`"),
            );
        }
        seen.entry(in_aws).or_insert(bucket);
        check_lifecycle(bucket, problems);
        if let Some(target) = bucket.access_log.as_ref().filter(|_| loops.contains(name)) {
            // Each delivery would be logged by another delivery (S3-15).
            problems.push(
                Diagnostic::error("log-loop", &target.span, "the access logs of this bucket come back to it")
                    .hint("name a bucket that has `access_log = false`"),
            );
        }
        check_received_logs(bucket, uses, problems);
        if bucket.object_lock.is_some() && !bucket.versioning.value {
            problems.push(
                Diagnostic::error("bad-combination", &bucket.versioning.span, "Object Lock needs versioning")
                    .hint("leave `versioning` out"),
            );
        }
        check_statements(names, name, bucket, uses, problems);
    }
}

/// What AWS refuses about the statements that the file adds, each by itself and all together.
fn check_statements(
    names: &Names<'_>,
    name: &str,
    bucket: &Bucket,
    uses: &BucketUses<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    if bucket.statements.iter().next().is_none() {
        return;
    }
    let mut taken: BTreeMap<String, Option<&Span>> = bucket_access::derived(names, name, bucket, uses)
        .iter()
        .filter_map(|statement| Some((statement.get("Sid")?.as_str()?.to_owned(), None)))
        .collect();
    for statement in bucket.statements.iter() {
        statement.check_private(problems);
        statement.check_document(names, name, problems);
        let Some(sid) = &statement.sid else { continue };
        let text = sid.fill(names.place, names.region());
        match taken.get(&text) {
            Some(first) => {
                let message = format!("two statements of this bucket's policy would be called {text:?}");
                let problem = Diagnostic::error("duplicate-name", &sid.span, message)
                    .hint("give this one another `sid`, or leave it out");
                problems.push(match first {
                    Some(first) => problem.related(first, "the other statement"),
                    None => problem.label("baseline writes one of that name itself"),
                });
            }
            None => {
                taken.insert(text, Some(&sid.span));
            }
        }
    }
}

/// What AWS refuses about moves and expiry.
fn check_lifecycle(bucket: &Bucket, problems: &mut Vec<Diagnostic>) {
    let Some(rule) = bucket.lifecycle.on() else { return };
    let Some(archive) = &rule.archive_after_days else { return };
    let class = rule.archive_class.value;
    if matches!(class, StorageClass::StandardIa | StorageClass::OneZoneIa) && archive.0 < 30 {
        problems.push(
            Diagnostic::error(
                "bad-retention",
                &archive.span,
                format!("objects can move to {} after 30 days at the earliest", class.word()),
            )
            .hint("wait for 30 days or choose another `archive_class`"),
        );
    }
    if let Some(expire) = rule.expire_after_days.as_ref().filter(|expire| expire.0 <= archive.0) {
        problems.push(
            Diagnostic::error("bad-retention", &expire.span, "objects would expire before they are archived")
                .related(&archive.span, "archived then")
                .hint("expire later, or leave `archive_after_days` out"),
        );
    }
}

/// The buckets whose access logs come back to them, straight or by way of others.
fn log_loops<'a>(names: &Names<'a>) -> BTreeSet<&'a str> {
    let next = |at: &str| names.file.bucket.get(at).and_then(Bucket::access_log);
    let (mut seen, mut loops) = (BTreeSet::new(), BTreeSet::new());
    for entry in names.file.bucket.iter() {
        let mut path = Vec::new();
        let mut at = Some(entry.name.as_str());
        while let Some(bucket) = at.filter(|bucket| seen.insert(*bucket)) {
            path.push(bucket);
            at = next(bucket);
        }
        // The walk ended at a bucket of an earlier walk, or at one of its own: those from there on go round.
        let start = path.iter().position(|bucket| Some(*bucket) == at);
        loops.extend(start.into_iter().flat_map(|start| &path[start..]));
    }
    loops
}

/// What AWS refuses about buckets that receive logs.
fn check_received_logs(bucket: &Bucket, uses: &BucketUses<'_>, problems: &mut Vec<Diagnostic>) {
    let received = if uses.access_logs.is_empty() { "logs of load balancers" } else { "access logs" };
    let receives = !uses.access_logs.is_empty() || uses.load_balancer_logs;
    if receives && matches!(bucket.encryption.value, Encryption::Kms(_)) {
        // S3-13, ELB-5.
        problems.push(
            Diagnostic::error(
                "bad-encryption",
                &bucket.encryption.span,
                format!("AWS delivers {received} only into buckets with \"sse-s3\""),
            )
            .hint("leave `encryption` out"),
        );
    }
    if !uses.access_logs.is_empty()
        && let Some(lock) = &bucket.object_lock
    {
        // S3-14.
        problems.push(
            Diagnostic::error(
                "bad-combination",
                &lock.span,
                "AWS delivers no access logs into a bucket with a default retention",
            )
            .hint("leave `object_lock` out; deletion is refused by the bucket's policy"),
        );
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let (uses, unused) = (BucketUses::by_bucket(names), BucketUses::default());
    for entry in names.file.bucket.iter() {
        let (name, bucket) = (entry.name.as_str(), &entry.section);
        let uses = uses.get(name).unwrap_or(&unused);
        let encryption = match &bucket.encryption.value {
            Encryption::SseS3 => s3_bucket::Encryption {
                algorithm: "AES256".to_owned(),
                kms_key: None,
                // It has no meaning without KMS, and AWS says no for new buckets.
                bucket_key: false,
            },
            Encryption::Kms(key) => s3_bucket::Encryption {
                algorithm: "aws:kms".to_owned(),
                kms_key: Some(Key::output(&key.name, "arn")),
                bucket_key: bucket.bucket_key.value,
            },
        };
        let attributes = s3_bucket::Bucket {
            bucket: names.bucket(name),
            ownership: "BucketOwnerEnforced".to_owned(),
            acl: Set::default(),
            public_access: PublicAccessBlock::all(true),
            encryption,
            versioning: if bucket.versioning.value { "Enabled" } else { "Suspended" }.to_owned(),
            policy: Some(policies::document(bucket_access::statements(names, name, bucket, uses))?),
            lifecycle: lifecycle(bucket),
            logging: bucket.access_log().map(|target| s3_bucket::Logging {
                target: names.bucket(target),
                prefix: bucket.access_log_prefix(names, name),
            }),
            object_lock: bucket.object_lock.as_ref().map(|lock| s3_bucket::ObjectLock {
                mode: Some(lock.mode.word().to_uppercase()),
                days: Some(lock.days.0),
            }),
        };
        // PutBucketLogging checks that the target lets the logs in.
        let after = bucket.access_log().map(s3_bucket::Bucket::addr);
        wanted.add(name, &attributes, after, &Origin::from(&bucket.header))?;
    }
    Ok(())
}

fn lifecycle(bucket: &Bucket) -> Dict<s3_bucket::LifecycleRule> {
    let Some(rule) = bucket.lifecycle.on() else { return Dict::default() };
    let transitions: Set<s3_bucket::Transition> = rule
        .archive_after_days
        .iter()
        .map(|days| s3_bucket::Transition {
            after_days: days.0,
            storage_class: rule.archive_class.word().to_owned(),
        })
        .collect();
    let attributes = s3_bucket::LifecycleRule {
        enabled: true,
        prefix: String::new(),
        expire_after_days: rule.expire_after_days.as_ref().map(|days| days.0),
        noncurrent_expire_after_days: rule.noncurrent_expire_after_days.on().map(|days| days.0),
        abort_incomplete_after_days: rule.abort_incomplete_after_days.on().map(|days| days.0),
        unsupported: None,
        transitions,
    };
    let empty = attributes.transitions.0.is_empty()
        && attributes.expire_after_days.is_none()
        && attributes.noncurrent_expire_after_days.is_none()
        && attributes.abort_incomplete_after_days.is_none();
    // AWS refuses a rule that does nothing.
    if empty { Dict::default() } else { Dict::from_iter([("retention".to_owned(), attributes)]) }
}
