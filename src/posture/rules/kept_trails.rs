//! Buckets keep what trails write for as long as the file asks.

use std::collections::BTreeMap;

use super::trails::own;
use crate::posture::asked::{AuditAsked, Declared};
use crate::posture::control::nist;
use crate::posture::facts::{Lifecycle, LifecycleEnd, Trail, Versions};
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// The bucket of every trail keeps its log files long enough.
pub const RETENTION: Rule = Rule {
    id: "trail-bucket-retention",
    title: "the bucket of every trail keeps its log files long enough",
    severity: Severity::Medium,
    practice: 6,
    controls: &[nist("AU-11")],
    risk: "an intrusion is found after months, and what would show its beginning is gone",
    remedy: "Raise the days of the lifecycle rules that end log files, or lock the objects.",
    calls: &[
        "ec2:DescribeRegions",
        "cloudtrail:DescribeTrails",
        "s3:ListBuckets",
        "s3:GetBucketLifecycleConfiguration",
        "s3:GetBucketVersioning",
        "s3:GetObjectLockConfiguration",
    ],
};

/// A bucket of another account is judged there.
pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.trail_retention_days else { return };
    let rules = [&RETENTION];
    let Some(trails) = own(facts, &rules, findings) else { return };
    let Some(buckets) = findings.require(&rules, &facts.buckets) else { return };
    let mut written: BTreeMap<&str, Vec<&Trail>> = BTreeMap::new();
    for trail in trails.into_values() {
        written.entry(&trail.bucket).or_default().push(trail);
    }
    let here: Vec<_> = buckets.iter().filter(|bucket| written.contains_key(bucket.name.as_str())).collect();
    findings.checked(&RETENTION, here.len());
    for bucket in here {
        let Some(lifecycle) = findings.require(&rules, &bucket.lifecycle) else { continue };
        let mut evidence: Vec<String> = Vec::new();
        for trail in &written[bucket.name.as_str()] {
            let shortest = shortest(lifecycle, &trail.path).filter(|(_, days)| *days < demand.value);
            let Some((end, days)) = shortest else { continue };
            // What the lifecycle cannot delete it cannot end; unread, it may hold longer.
            let Some(versions) = findings.require(&rules, &lifecycle.versions) else { continue };
            let Some(kept) = kept_days(lifecycle, versions, &trail.path, days) else { continue };
            if kept < demand.value {
                let when = end
                    .days
                    .map_or_else(|| "on a fixed date".to_owned(), |days| format!("after {}", of(days)));
                evidence.push(format!(
                    "its lifecycle rule {} expires files of the trail {} {when}, so they are kept for {}",
                    end.rule,
                    trail.name,
                    of(kept)
                ));
            }
        }
        if evidence.is_empty() {
            continue;
        }
        let name = &bucket.name;
        let found = Found {
            resource: Resource {
                kind: "bucket",
                id: format!("arn:{}:s3:::{name}", facts.partition),
                region: bucket.region.clone(),
            },
            message: format!(
                "the bucket {name} keeps log files of a trail for less than {} days",
                demand.value
            ),
            evidence,
            next: match asked.sections.get(&Declared::Bucket(name.clone())) {
                Some(section) => {
                    format!(
                        "raise `expire_after_days` in `[{section}.lifecycle]` to {}, then apply",
                        demand.value
                    )
                }
                None => format!(
                    "write lifecycle rules that keep them for {} days, then run: aws s3api \
                     put-bucket-lifecycle-configuration --bucket {name} --lifecycle-configuration file://FILE",
                    demand.value
                ),
            },
            origin: &demand.origin,
        };
        findings.report(&RETENTION, found);
    }
}

fn of(days: i64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// Whether a lifecycle rule speaks of some file below that path.
fn covers(end: &LifecycleEnd, path: &str) -> bool {
    end.prefix.starts_with(path) || path.starts_with(&end.prefix)
}

/// The rule that ends current files below that path first, and after how many days. One with a date ends whatever is written
/// after it, too (S3 User Guide, "Elements to describe lifecycle actions").
fn shortest<'a>(lifecycle: &'a Lifecycle, path: &str) -> Option<(&'a LifecycleEnd, i64)> {
    let ends = lifecycle.ends.iter().filter(|end| end.current && covers(end, path));
    ends.map(|end| (end, end.days.unwrap_or(0))).min_by_key(|(_, days)| *days)
}

/// For how many days a file can be read in one version or another; nothing where for ever.
fn kept_days(lifecycle: &Lifecycle, versions: &Versions, path: &str, days: i64) -> Option<i64> {
    let former = lifecycle.ends.iter().filter(|end| !end.current && covers(end, path));
    let kept = if versions.kept { days + former.filter_map(|end| end.days).min()? } else { days };
    Some(kept.max(versions.locked_days.unwrap_or(0)))
}
