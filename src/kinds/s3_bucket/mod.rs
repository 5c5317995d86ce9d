//! A bucket with all its settings (aws-truths 1.2).

pub(in crate::kinds) mod lifecycle;
pub(in crate::kinds) mod read;
pub(in crate::kinds) mod update;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::trace::chains;
use crate::aws::{Account, Class, Error};
use crate::kinds::s3_account_public_access::PublicAccessBlock;
use crate::kinds::{
    DeleteRequest, Deletion, Holder, Holders, KindMeta, ReadRequest, ReadResult, Replace, Resource, Update,
};
use crate::model::{Addr, Dict, Document, Link, Obstacle, ResourceSpec, Set, bucket_name};

/// A bucket. Its ARN is computable, so it has no outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The globally unique name.
    pub bucket: String,
    /// Object ownership: `BucketOwnerEnforced` switches ACLs off (S3-8); `none` where AWS has no record of it.
    pub ownership: String,
    /// What its ACL grants to others than the owner. A grant counts until ACLs are off, and AWS does not switch them off while there
    /// is one, so it is taken away first. Read only where ACLs are on and the file wants them off.
    pub acl: Set<AclGrant>,
    /// The bucket's own public-access block.
    pub public_access: PublicAccessBlock,
    /// Encryption of new objects.
    pub encryption: Encryption,
    /// `Enabled`, `Suspended`, or `Unset` where it was never switched on.
    pub versioning: String,
    /// The bucket policy; none may exist where absent.
    pub policy: Option<Document>,
    /// Lifecycle rules by their id.
    pub lifecycle: Dict<LifecycleRule>,
    /// Server access logging; off where absent.
    pub logging: Option<Logging>,
    /// Object Lock, which can never be switched off again; unmanaged where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_lock: Option<ObjectLock>,
}

/// A grant of an ACL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AclGrant {
    /// The canonical id of an account, or the URI of a group such as S3's log delivery.
    pub grantee: String,
    /// The permission, such as `WRITE`.
    pub permission: String,
}

/// Encryption of new objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// `AES256` (SSE-S3), `aws:kms`, or `none` where AWS has no record of it.
    pub algorithm: String,
    /// The full ARN of the key for `aws:kms` (S3-9).
    pub kms_key: Option<Link>,
    /// A bucket key, which saves calls to KMS; false for `AES256`, where it means nothing.
    pub bucket_key: bool,
}

/// One lifecycle rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// Whether it is in force.
    pub enabled: bool,
    /// The objects it covers; empty for the whole bucket (S3-27).
    pub prefix: String,
    /// When current versions move to cheaper storage.
    pub transitions: Set<Transition>,
    /// Days until current versions expire.
    pub expire_after_days: Option<i64>,
    /// Days until noncurrent versions are deleted.
    pub noncurrent_expire_after_days: Option<i64>,
    /// Days until an incomplete upload is dropped.
    pub abort_incomplete_after_days: Option<i64>,
    /// What a live rule has that this vocabulary does not cover, in words; never wanted.
    pub unsupported: Option<String>,
}

/// One move to cheaper storage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// Days after creation.
    pub after_days: i64,
    /// The storage class, such as `GLACIER` or `STANDARD_IA`.
    pub storage_class: String,
}

/// Server access logging.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// The bucket that receives the logs, by name.
    pub target: String,
    /// What the log objects' keys start with.
    pub prefix: String,
}

/// Object Lock with its default retention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectLock {
    /// `GOVERNANCE` or `COMPLIANCE`; no default retention where absent.
    pub mode: Option<String>,
    /// Days of default retention.
    pub days: Option<i64>,
}

impl ResourceSpec for Bucket {
    const KIND: &'static str = "s3.bucket";
}

/// The one region whose buckets take no location constraint (S3-3).
const FIRST_REGION: &str = "us-east-1";

/// Buckets.
pub struct Buckets;

impl Resource for Buckets {
    type Spec = Bucket;
    const META: KindMeta = KindMeta {
        located_by: Some("bucket"),
        immutable: &["bucket"],
        replace: Replace::Never("a bucket cannot be renamed; declare a new one and move what it holds"),
        deletion: Deletion::Named,
        consistent_reads: 3,
        // Lifecycle and versioning take minutes to be seen everywhere (S3-19).
        settle_seconds: 300,
        read_actions: &[
            "s3:GetBucketVersioning",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetBucketLogging",
            "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketAcl",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetBucketTagging",
            "s3:ListAllMyBuckets",
        ],
        write_actions: &[
            "s3:CreateBucket",
            "s3:TagResource",
            "s3:PutBucketTagging",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketAcl",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutEncryptionConfiguration",
            "s3:PutBucketVersioning",
            "s3:PutBucketPolicy",
            "s3:DeleteBucketPolicy",
            "s3:PutLifecycleConfiguration",
            "s3:PutBucketLogging",
            "s3:PutBucketObjectLockConfiguration",
            "s3:DeleteBucket",
        ],
        practices: &[6, 7, 13],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<Bucket>>) -> Vec<ReadResult<Bucket>> {
        let questions = asked.into_iter().map(|question| async move {
            let bucket = read::bucket(account, &question.wanted).await;
            (question.addr, bucket.into())
        });
        chains(questions).await
    }

    /// The read before it matters: in us-east-1 a bucket of ours that exists is answered with success (S3-4).
    async fn create(account: &Account, addr: &Addr, wanted: &Bucket) -> Result<(), Error> {
        let tags = update::all_tags(account, addr)?;
        let mut configuration = CreateBucketConfiguration::builder();
        if account.region != FIRST_REGION {
            configuration =
                configuration.location_constraint(BucketLocationConstraint::from(account.region.as_str()));
        }
        let request = account
            .s3
            .create_bucket()
            .bucket(&wanted.bucket)
            .create_bucket_configuration(configuration.clone().set_tags(Some(tags)).build())
            // AWS recommends a service control policy that refuses a bucket made without it.
            .object_ownership(ObjectOwnership::from(wanted.ownership.as_str()))
            .set_object_lock_enabled_for_bucket(wanted.object_lock.is_some().then_some(true));
        match account.call(|| request.clone().send()).await {
            // The name is unique: the tags may come second where a region takes none here.
            Err(error) if update::is_unsupported(&error) => {
                let request = request.create_bucket_configuration(configuration.build());
                account.call(|| request.clone().send()).await?;
                update::tag(account, addr, &wanted.bucket).await
            }
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    /// S3 gives no more what some buckets that exist are called: a create would be refused.
    async fn holders(_: &Account, asked: &[ReadRequest<Bucket>]) -> Result<Holders<Bucket>, Error> {
        let refused = asked.iter().filter_map(|question| {
            let name = &question.wanted.bucket;
            let reason = bucket_name::check_new(name).err()?;
            let message =
                format!("there is no bucket {name}, and S3 makes none of this name any more: {reason}");
            let obstacle = Obstacle { addr: None, message, next: "choose another `name`" };
            Some((question.addr.clone(), Holder::Another(obstacle)))
        });
        Ok(refused.collect())
    }

    async fn update(account: &Account, update: &Update<Bucket>) -> Result<(), Error> {
        update::bucket(account, update).await
    }

    /// Deletes an empty bucket; one that holds anything is never emptied here (S3-20, S3-22).
    async fn delete(account: &Account, request: &DeleteRequest<Bucket>) -> Result<(), Error> {
        let bucket = &request.live.attributes.bucket;
        let request = account.s3.delete_bucket().bucket(bucket).expected_bucket_owner(account.id());
        match account.find(|| request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(error) if error.class == Class::Blocked => Err(Error {
                message: format!(
                    "{}; the bucket {bucket} still holds objects or old versions: stop what writes to it, \
                     delete every version and delete marker, then run this again",
                    error.message
                ),
                ..error
            }),
            Err(error) => Err(error),
        }
    }

    fn example(seed: u8) -> Bucket {
        let odd = seed % 2 == 1;
        let name = "baseline-example-bucket";
        let rule = LifecycleRule {
            enabled: odd,
            prefix: if odd { "logs/".into() } else { String::new() },
            transitions: odd
                .then(|| Transition { after_days: 30, storage_class: "GLACIER".into() })
                .into_iter()
                .collect(),
            expire_after_days: Some(if odd { 90 } else { 365 }),
            noncurrent_expire_after_days: odd.then_some(7),
            abort_incomplete_after_days: odd.then_some(3),
            unsupported: None,
        };
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Sid": if odd { "AccessLogs" } else { "DeliverAccessLogs" },
            "Effect": "Allow",
            "Principal": { "Service": "logging.s3.amazonaws.com" },
            "Action": "s3:PutObject",
            "Resource": format!("arn:aws:s3:::{name}/*"),
            "Condition": { "ArnLike": { "aws:SourceArn": format!("arn:aws:s3:::{name}") } },
        }]});
        Bucket {
            bucket: name.into(),
            ownership: if odd { "BucketOwnerEnforced" } else { "BucketOwnerPreferred" }.into(),
            acl: Set::default(),
            public_access: PublicAccessBlock::all(odd),
            encryption: Encryption {
                algorithm: if odd { "AES256" } else { "aws:kms" }.into(),
                kms_key: None,
                bucket_key: !odd,
            },
            versioning: if odd { "Enabled" } else { "Suspended" }.into(),
            policy: Document::new(&policy).ok(),
            lifecycle: [("expire".to_owned(), rule)].into_iter().collect(),
            // Another bucket would have to exist first; a bucket that logs to itself never gets empty (S3-15).
            logging: None,
            object_lock: None,
        }
    }
}
