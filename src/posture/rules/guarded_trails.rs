//! Nobody but administrators can stop, blind or delete what records.

use std::collections::BTreeSet;

use super::trails::own;
use crate::posture::asked::AuditAsked;
use crate::posture::control::nist;
use crate::posture::effective::{Act, InEffect, reaching};
use crate::posture::judgement::{Found, Judgement};
use crate::posture::{Facts, Resource, Rule, Severity};

/// Nobody but administrators can tamper with a trail.
pub const GUARDED: Rule = Rule {
    id: "trail-tampering",
    title: "nobody but administrators can tamper with a trail",
    severity: Severity::High,
    practice: 6,
    controls: &[nist("AU-9"), nist("AU-9(4)")],
    risk: "an intruder who can stop the record does that first, and nobody learns what came after",
    calls: &[
        "ec2:DescribeRegions",
        "cloudtrail:DescribeTrails",
        "iam:GetAccountAuthorizationDetails",
        "s3:GetBucketPolicy",
    ],
};

/// What stops, blinds or deletes the trail itself.
const ON_TRAIL: [&str; 4] = [
    "cloudtrail:StopLogging",
    "cloudtrail:DeleteTrail",
    "cloudtrail:UpdateTrail",
    "cloudtrail:PutEventSelectors",
];
/// What keeps it from its bucket, or lets what is in there end early.
const ON_BUCKET: [&str; 4] =
    ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:DeleteBucket", "s3:PutLifecycleConfiguration"];
/// What deletes log files.
const ON_OBJECTS: [&str; 2] = ["s3:DeleteObject", "s3:DeleteObjectVersion"];
/// What makes log files unreadable, and keeps new ones from being written.
const ON_KEY: [&str; 3] = ["kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"];

pub(in crate::posture) fn judge<'a>(
    facts: &'a Facts,
    asked: &AuditAsked,
    in_effect: &InEffect<'a>,
    judgement: &mut Judgement,
) {
    let Some(demand) = &asked.guarded_trails else { return };
    let rules = [&GUARDED];
    let Some(iam) = judgement.need(&rules, &facts.iam) else { return };
    let Some(buckets) = judgement.need(&rules, &facts.buckets) else { return };
    let Some(trails) = own(facts, &rules, judgement) else { return };
    let mut acts = Vec::new();
    let mut add = |actions: &[&'static str], resource: &str, policy| {
        let act = |action: &&'static str| Act { action, resource: resource.to_owned(), policy };
        acts.extend(actions.iter().map(act));
    };
    for trail in trails.values() {
        add(&ON_TRAIL, &trail.arn, None);
        // A bucket and a key of another account are guarded there.
        if let Some(bucket) = buckets.iter().find(|bucket| bucket.name == trail.bucket)
            && let Some(policy) = judgement.need(&rules, &bucket.policy)
        {
            let arn = format!("arn:{}:s3:::{}", facts.partition, bucket.name);
            add(&ON_BUCKET, &arn, policy.as_ref());
            add(&ON_OBJECTS, &format!("{arn}/AWSLogs/{}/file.json.gz", facts.account), policy.as_ref());
        }
        let own_key = trail.key.as_deref().filter(|key| key.split(':').nth(4) == Some(&facts.account));
        if let Some(key) = own_key {
            add(&ON_KEY, key, None);
        }
    }
    let (strong, _) = in_effect.administrators(iam);
    // Whoever can become an administrator is one, and stands with the rules about that.
    let strong: BTreeSet<&str> = strong.iter().map(|it| it.identity.arn.as_str()).collect();
    let (found, missing) = reaching(iam, in_effect, &acts, |identity| {
        !identity.is_of_aws() && !strong.contains(identity.arn.as_str())
    });
    for reason in missing {
        judgement.undecided(&GUARDED, &*reason);
    }
    let identities =
        iam.users.iter().map(|user| &user.identity).chain(iam.roles.iter().map(|role| &role.identity));
    let judged = identities.filter(|it| !it.is_of_aws() && !strong.contains(it.arn.as_str())).count();
    judgement.checked(&GUARDED, judged);
    for one in found {
        let name = &one.identity.name;
        let kind = one.identity.kind();
        judgement.find(
            &GUARDED,
            Found {
                resource: Resource { kind, id: one.identity.arn.clone(), region: None },
                message: format!("the {kind} {name} is no administrator and can tamper with a trail"),
                evidence: one.way,
                next: format!(
                    "take these actions out of the grants of {name}, or deny them to everybody but administrators: by a \
                     permissions boundary, or for the whole account by a service control policy"
                ),
                origin: &demand.origin,
            },
        );
    }
}
