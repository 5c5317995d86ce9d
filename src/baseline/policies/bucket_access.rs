//! The policy of a bucket: what delivers logs into it, what nobody may do, and what the file adds.

use serde_json::{Value as Json, json};

use super::{access_logs, cloudtrail, flow_logs, load_balancer_logs};
use crate::baseline::bucket::Bucket;
use crate::baseline::names::Names;

/// What delivers logs into a bucket.
pub(in crate::baseline) struct BucketUses {
    /// The trail.
    pub(in crate::baseline) trail: bool,
    /// The access logs of these buckets.
    pub(in crate::baseline) access_logs: Vec<String>,
    /// Load balancers.
    pub(in crate::baseline) load_balancer_logs: bool,
    /// The network's flow logs.
    pub(in crate::baseline) flow_logs: bool,
}

impl BucketUses {
    pub(in crate::baseline) fn of(names: &Names<'_>, name: &str) -> Self {
        let file = names.file;
        Self {
            trail: file.cloudtrail.as_ref().is_some_and(|trail| trail.bucket.name() == name),
            access_logs: file
                .bucket
                .iter()
                .filter(|source| source.section.access_log() == Some(name))
                .map(|source| source.name.clone())
                .collect(),
            load_balancer_logs: file
                .load_balancer
                .iter()
                .any(|balancer| balancer.section.log_bucket() == Some(name)),
            flow_logs: file.network.as_ref().is_some_and(|network| network.flow_log_bucket() == Some(name)),
        }
    }

    fn any(&self) -> bool {
        self.trail || !self.access_logs.is_empty() || self.load_balancer_logs || self.flow_logs
    }
}

/// The statements of a bucket's policy.
pub(in crate::baseline) fn statements(names: &Names<'_>, name: &str, bucket: &Bucket) -> Vec<Json> {
    let arn = names.bucket_arn(name);
    let objects = format!("{arn}/*");
    let mut statements = derived(names, name, bucket);
    statements.extend(bucket.statements.iter().map(|statement| statement.json(names, &[&arn, &objects])));
    statements
}

/// The statements that follow from what uses the bucket.
pub(in crate::baseline) fn derived(names: &Names<'_>, name: &str, bucket: &Bucket) -> Vec<Json> {
    let arn = names.bucket_arn(name);
    let objects = format!("{arn}/*");
    let uses = BucketUses::of(names, name);
    // Requests of AWS services carry the key and are made over TLS, so deliveries are not hit (S3-17).
    let mut statements = vec![json!({
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, objects],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })];
    if bucket.deny_deletion.as_ref().map_or_else(|| uses.any(), |deny| deny.value) {
        // The lifecycle is no principal: it still removes what has expired.
        statements.push(json!({
            "Sid": "DenyDeletion",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": objects,
        }));
    }
    if let Some(trail) = names.file.cloudtrail.as_ref().filter(|_| uses.trail) {
        let prefix = trail.prefix.as_ref().map(|prefix| prefix.fill(names.place, names.region()));
        let prefix = match prefix.as_deref().map(|prefix| prefix.trim_end_matches('/')) {
            Some(prefix) if !prefix.is_empty() => format!("{prefix}/"),
            Some(_) | None => String::new(),
        };
        statements.extend(cloudtrail::bucket(names, &arn, &prefix, trail.organization_id()));
    }
    for source in names.file.bucket.iter().filter(|source| source.section.access_log() == Some(name)) {
        let prefix = source.section.access_log_prefix(names, &source.name);
        statements.push(access_logs::bucket(names, &arn, &source.name, &prefix));
    }
    if uses.load_balancer_logs {
        statements.extend(load_balancer_logs::bucket(names, &arn));
    }
    if uses.flow_logs {
        statements.extend(flow_logs::bucket(names, &arn));
    }
    statements
}
