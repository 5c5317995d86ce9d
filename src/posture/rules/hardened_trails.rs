//! Trails write digests and encrypt what they write, whoever made them.

use std::collections::BTreeSet;

use super::trails::own;
use crate::posture::asked::{AuditAsked, Declared, Demand};
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::facts::{Bucket, Trail};
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Seen, Severity};

/// Every trail of the account writes digests.
pub const VALIDATION: Rule = Rule {
    id: "trail-validation",
    title: "every trail of the account writes digests",
    severity: Severity::Low,
    practice: 6,
    controls: &[cis3("3.2"), cis5("3.2"), hub("CloudTrail.4"), nist("AU-9"), nist("SI-7"), nist("SI-7(1)")],
    risk: "a log file that was changed or deleted afterwards looks like any other",
    remedy: "Switch digests on: aws cloudtrail update-trail --enable-log-file-validation.",
    calls: &["ec2:DescribeRegions", "cloudtrail:DescribeTrails"],
};

/// Every trail of the account encrypts with a key of KMS.
pub const ENCRYPTION: Rule = Rule {
    id: "trail-encryption",
    title: "every trail of the account encrypts with a key of KMS",
    severity: Severity::Medium,
    practice: 6,
    controls: &[cis3("3.5"), cis5("3.5"), hub("CloudTrail.2"), nist("AU-9"), nist("SC-13"), nist("SC-28")],
    risk: "whoever may read the bucket reads every log, with no second permission in between",
    remedy: "Give the trail a key of KMS whose policy lets CloudTrail in: aws cloudtrail update-trail --kms-key-id.",
    calls: &["ec2:DescribeRegions", "cloudtrail:DescribeTrails"],
};

/// The bucket of every trail logs who reads and writes in it.
pub const ACCESS_LOGS: Rule = Rule {
    id: "trail-bucket-logging",
    title: "the bucket of every trail logs who reads and writes in it",
    severity: Severity::Low,
    practice: 6,
    controls: &[cis3("3.4"), cis5("3.4"), hub("CloudTrail.7"), nist("AU-9"), nist("AU-12")],
    risk: "nobody learns who read the record of everything, or took a file out of it",
    remedy: "Log into another bucket of the region, or declare the bucket with `access_log`.",
    calls: &["ec2:DescribeRegions", "cloudtrail:DescribeTrails", "s3:ListBuckets", "s3:GetBucketLogging"],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.hardened_trails else { return };
    let rules = [&VALIDATION, &ENCRYPTION, &ACCESS_LOGS];
    let Some(trails) = own(facts, &rules, findings) else { return };
    access_logs(facts, trails.values().copied(), asked, demand, findings);
    for (rule, is_kept, message, option) in [
        (
            &VALIDATION,
            (|trail: &Trail| trail.validation) as fn(&Trail) -> bool,
            "writes no digests",
            "--enable-log-file-validation",
        ),
        (&ENCRYPTION, |trail| trail.key.is_some(), "does not encrypt with a key of KMS", "--kms-key-id ARN"),
    ] {
        findings.checked(rule, trails.len());
        for trail in trails.values().filter(|trail| !is_kept(trail)) {
            let resource =
                Resource { kind: "trail", id: trail.arn.clone(), region: Some(trail.home.clone()) };
            let first = match rule.id == ENCRYPTION.id {
                true => "let CloudTrail use a key of the bucket's region in its policy, then",
                false => "run",
            };
            findings.report(
                rule,
                Found {
                    resource,
                    message: format!("the trail {} {message}", trail.name),
                    evidence: vec![format!("{} in {}", trail.arn, trail.home)],
                    next: format!(
                        "{first}: aws cloudtrail update-trail --region {} --name {} {option}",
                        trail.home, trail.name
                    ),
                    origin: &demand.origin,
                },
            );
        }
    }
}

/// A bucket of another account is judged there, and one that the file declares by what the file says of it.
fn access_logs<'a>(
    facts: &Facts,
    trails: impl Iterator<Item = &'a Trail>,
    asked: &AuditAsked,
    demand: &Demand<()>,
    findings: &mut Findings,
) {
    let (rules, controls) = ([&ACCESS_LOGS], ACCESS_LOGS.controls);
    let Some(buckets) = findings.require(&rules, &facts.buckets) else { return };
    findings.measure(&ACCESS_LOGS, controls, "an access log of the bucket of every trail");
    let names: BTreeSet<&str> = trails.map(|trail| trail.bucket.as_str()).collect();
    let written: Vec<&Bucket> =
        buckets.iter().filter(|bucket| names.contains(bucket.name.as_str())).collect();
    for bucket in written {
        let name = &bucket.name;
        let is_declared = asked.sections.contains_key(&Declared::Bucket(name.clone()));
        if is_declared && asked.unlogged_buckets.contains(name) {
            findings.lapse(&ACCESS_LOGS, controls, false);
            continue;
        }
        if is_declared {
            if bucket.access_logs == Seen::Seen(false) {
                findings.lapse(&ACCESS_LOGS, controls, true);
            }
            continue;
        }
        findings.checked(&ACCESS_LOGS, 1);
        if findings.require(&rules, &bucket.access_logs) != Some(&false) {
            continue;
        }
        findings.lapse(&ACCESS_LOGS, controls, false);
        let id = format!("arn:{}:s3:::{name}", facts.partition);
        let found = Found {
            resource: Resource { kind: "bucket", id: id.clone(), region: bucket.region.clone() },
            message: format!("the bucket {name} of a trail does not log who reads and writes in it"),
            evidence: vec![format!("{id} has no server access logging")],
            next: format!(
                "log into another bucket of the region: aws s3api put-bucket-logging --bucket {name} \
                 --bucket-logging-status file://FILE, or declare the bucket with `access_log`"
            ),
            origin: &demand.origin,
        };
        findings.report(&ACCESS_LOGS, found);
    }
    findings.checked(&ACCESS_LOGS, 0);
}
