//! Nobody but administrators can stop, blind or delete what records.

use std::collections::{BTreeMap, BTreeSet};

use super::trails::own;
use crate::model::Origin;
use crate::policy::{Ask, Context, Who};
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
        "kms:GetKeyPolicy",
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
/// Grants are none of the ways: CloudTrail works by the key's policy.
const ON_KEY: [&str; 4] =
    ["kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:DeleteImportedKeyMaterial"];

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
    let mut add = |actions: &[&'static str], resource: &str, policy, decides| {
        let act = |action: &&'static str| Act { action, resource: resource.to_owned(), policy, decides };
        acts.extend(actions.iter().map(act));
    };
    for trail in trails.values() {
        add(&ON_TRAIL, &trail.arn, None, false);
        // A bucket and a key of another account are guarded there.
        if let Some(bucket) = buckets.iter().find(|bucket| bucket.name == trail.bucket)
            && let Some(policy) = judgement.need(&rules, &bucket.policy)
        {
            let arn = format!("arn:{}:s3:::{}", facts.partition, bucket.name);
            add(&ON_BUCKET, &arn, policy.as_ref(), false);
            add(
                &ON_OBJECTS,
                &format!("{arn}/AWSLogs/{}/file.json.gz", facts.account),
                policy.as_ref(),
                false,
            );
        }
        let own_key = trail.key.as_deref().filter(|key| key.split(':').nth(4) == Some(&facts.account));
        // Nobody may do anything with a key that its policy does not allow, or leave to the account.
        if let Some(key) = own_key
            && let Some(policy) = judgement.need(&rules, &trail.key_policy)
        {
            add(&ON_KEY, key, policy.as_ref(), policy.is_some());
        }
    }
    others(facts, asked, &acts, &demand.origin, judgement);
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

/// Accounts of others that the policy of a trail's bucket or key lets tamper with it.
fn others(facts: &Facts, asked: &AuditAsked, acts: &[Act<'_>], origin: &Origin, judgement: &mut Judgement) {
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for act in acts {
        let Some(policy) = act.policy else { continue };
        let named = policy.allows().filter_map(|statement| statement.principals.as_ref());
        let names: BTreeSet<&str> =
            named.flat_map(|principals| &principals.aws).map(String::as_str).collect();
        for name in names {
            let account = name.split(':').nth(4).unwrap_or(name);
            let is_known = account == facts.account
                || asked.trusted_accounts.value.iter().any(|known| known == account)
                || account.len() != 12;
            if is_known {
                continue;
            }
            let context = Context::open()
                .with("aws:PrincipalAccount", account)
                .with("aws:PrincipalIsAWSService", "false")
                .with("aws:CurrentTime", facts.now.to_string());
            let who = Who::Aws { account, arn: name, identity: name };
            let ask = Ask { who, action: act.action, resource: &act.resource, context: &context };
            if policy.denying(&ask).is_some() {
                continue;
            }
            if let Some(statement) = policy.allowing(&ask) {
                let on = act.resource.split('/').next().unwrap_or_default();
                let on = if act.decides { &act.resource } else { on };
                let line = format!("{} on {}: {} of its policy", act.action, act.resource, statement.label);
                found.entry((on.to_owned(), account.to_owned())).or_default().push(line);
            }
        }
    }
    for ((on, account), evidence) in found {
        let kind = if on.contains(":kms:") { "key" } else { "bucket" };
        let region = on.split(':').nth(3).filter(|region| !region.is_empty()).map(str::to_owned);
        let message = format!("the policy of the {kind} {on} lets the account {account} tamper with a trail");
        let found = Found {
            resource: Resource { kind, id: on, region },
            message,
            evidence,
            next: format!(
                "take these actions out of the policy of the {kind}, or add {account} to `trusted_accounts` if it keeps the \
                 logs for you"
            ),
            origin,
        };
        judgement.find(&GUARDED, found);
    }
}
