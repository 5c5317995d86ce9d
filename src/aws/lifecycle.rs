//! Lifecycle rules of buckets as AWS answers them, which kinds and posture both read.

use aws_sdk_s3::types::{LifecycleRule, LifecycleRuleFilter};

/// How the keys of a rule's objects begin, in whichever of its three places that stands; empty for the whole bucket (S3-27).
#[expect(deprecated, reason = "old rules still answer with the prefix outside the filter")]
pub fn lifecycle_prefix(rule: &LifecycleRule) -> &str {
    let filter = rule.filter();
    filter
        .and_then(LifecycleRuleFilter::prefix)
        .or_else(|| filter.and_then(|filter| filter.and()).and_then(|and| and.prefix()))
        .or_else(|| rule.prefix())
        .unwrap_or_default()
}
