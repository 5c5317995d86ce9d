//! AWS rotates the keys that it can rotate.

use super::every_region::{self, Departure, Words};
use crate::posture::asked::AuditAsked;
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::facts::Region;
use crate::posture::findings::Findings;
use crate::posture::{Facts, Resource, Rule, Seen, Severity};

/// AWS rotates every key of KMS that it can rotate.
pub const KEY_ROTATION: Rule = Rule {
    id: "key-rotation",
    title: "AWS rotates every key of KMS that it can rotate",
    severity: Severity::Low,
    practice: 6,
    controls: &[cis3("3.6"), cis5("3.6"), hub("KMS.4"), nist("SC-12"), nist("SC-12(2)"), nist("SC-28(3)")],
    risk: "material that leaked once opens everything that was ever encrypted with the key",
    remedy: "Switch rotation on: aws kms enable-key-rotation.",
    calls: &["ec2:DescribeRegions", "kms:ListKeys", "kms:DescribeKey", "kms:GetKeyRotationStatus"],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.key_rotation else { return };
    let words = Words {
        message: |bare, all| format!("{bare} of {all} keys are not rotated"),
        next: "for each: aws kms enable-key-rotation --region REGION --key-id ARN; what was encrypted before stays readable",
    };
    let look = |region: &str, read: &Region, findings: &mut Findings| {
        let keys = findings.require(&[&KEY_ROTATION], &read.keys)?.iter();
        let keys: Vec<_> = keys.filter(|key| key.rotates != Seen::NotAsked).collect();
        let mut bare = Vec::new();
        for key in &keys {
            if findings.require(&[&KEY_ROTATION], &key.rotates) == Some(&false) {
                let resource = Resource { kind: "key", id: key.arn.clone(), region: Some(region.to_owned()) };
                bare.push(Departure { resource, evidence: key.arn.clone() });
            }
        }
        Some((keys.len(), bare))
    };
    every_region::judge(facts, &KEY_ROTATION, &demand.origin, findings, &words, look);
}
