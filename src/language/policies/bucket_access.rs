//! The policy of a bucket: what delivers logs into it, what nobody may do, and what the file adds.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{access_logs, cloudtrail, flow_logs, load_balancer_logs};
use crate::language::bucket::Bucket;
use crate::language::names::Names;
use crate::language::types::Entry;

/// What delivers logs into a bucket.
#[derive(Clone, Default)]
pub(in crate::language) struct BucketUses<'a> {
    /// The trail.
    trail: bool,
    /// The buckets whose access logs come here.
    pub(in crate::language) access_logs: Vec<&'a Entry<Bucket>>,
    /// Load balancers.
    pub(in crate::language) load_balancer_logs: bool,
    /// The network's flow logs.
    flow_logs: bool,
}

impl<'a> BucketUses<'a> {
    /// Every bucket that logs are delivered into, in one walk through the file.
    pub(in crate::language) fn by_bucket(names: &Names<'a>) -> BTreeMap<&'a str, Self> {
        let file = names.file;
        let mut uses: BTreeMap<&str, Self> = BTreeMap::new();
        if let Some(trail) = &file.cloudtrail {
            uses.entry(trail.bucket.name()).or_default().trail = true;
        }
        for source in file.bucket.iter() {
            if let Some(target) = source.section.access_log() {
                uses.entry(target).or_default().access_logs.push(source);
            }
        }
        for target in file.load_balancer.iter().filter_map(|balancer| balancer.section.log_bucket()) {
            uses.entry(target).or_default().load_balancer_logs = true;
        }
        if let Some(target) = file.network.as_ref().and_then(|network| network.flow_log_bucket()) {
            uses.entry(target).or_default().flow_logs = true;
        }
        if let Some(target) = file.default_network.as_ref().and_then(|network| network.flow_log_bucket()) {
            uses.entry(target).or_default().flow_logs = true;
        }
        uses
    }

    fn any(&self) -> bool {
        self.trail || !self.access_logs.is_empty() || self.load_balancer_logs || self.flow_logs
    }
}

/// The statements of a bucket's policy.
pub(in crate::language) fn statements(
    names: &Names<'_>,
    name: &str,
    bucket: &Bucket,
    uses: &BucketUses<'_>,
) -> Vec<Json> {
    let arn = names.bucket_arn(name);
    let objects = format!("{arn}/*");
    let mut statements = derived(names, name, bucket, uses);
    statements.extend(bucket.statements.iter().map(|statement| statement.json(names, &[&arn, &objects])));
    statements
}

/// The statements that follow from what uses the bucket.
pub(in crate::language) fn derived(
    names: &Names<'_>,
    name: &str,
    bucket: &Bucket,
    uses: &BucketUses<'_>,
) -> Vec<Json> {
    let arn = names.bucket_arn(name);
    let objects = format!("{arn}/*");
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
    for source in &uses.access_logs {
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
