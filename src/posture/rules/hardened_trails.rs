//! Trails write digests and encrypt what they write, whoever made them.

use super::trails::own;
use crate::posture::asked::AuditAsked;
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::facts::Trail;
use crate::posture::judgement::{Found, Judgement};
use crate::posture::{Facts, Resource, Rule, Severity};

/// Every trail of the account writes digests.
pub const VALIDATION: Rule = Rule {
    id: "trail-validation",
    title: "every trail of the account writes digests",
    severity: Severity::Low,
    practice: 6,
    controls: &[cis3("3.2"), cis5("3.2"), hub("CloudTrail.4"), nist("AU-9"), nist("SI-7"), nist("SI-7(1)")],
    risk: "a log file that was changed or deleted afterwards looks like any other",
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
    calls: &["ec2:DescribeRegions", "cloudtrail:DescribeTrails"],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, judgement: &mut Judgement) {
    let Some(demand) = &asked.hardened_trails else { return };
    let rules = [&VALIDATION, &ENCRYPTION];
    let Some(trails) = own(facts, &rules, judgement) else { return };
    for (rule, is_kept, message, option) in [
        (
            &VALIDATION,
            (|trail: &Trail| trail.validation) as fn(&Trail) -> bool,
            "writes no digests",
            "--enable-log-file-validation",
        ),
        (&ENCRYPTION, |trail| trail.key.is_some(), "does not encrypt with a key of KMS", "--kms-key-id ARN"),
    ] {
        judgement.checked(rule, trails.len());
        for trail in trails.values().filter(|trail| !is_kept(trail)) {
            let resource =
                Resource { kind: "trail", id: trail.arn.clone(), region: Some(trail.home.clone()) };
            let first = match rule.id == ENCRYPTION.id {
                true => "let CloudTrail use a key of the bucket's region in its policy, then",
                false => "run",
            };
            judgement.find(
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
