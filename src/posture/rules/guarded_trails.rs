//! Nobody but administrators can stop, blind or delete what records.

use std::collections::{BTreeMap, BTreeSet};

use super::public_buckets::blocked;
use super::role_trust::{STRANGER, accounts, names_in, request};
use super::trails::own;
use crate::model::Origin;
use crate::policy::{Ask, Policy, Who};
use crate::posture::asked::AuditAsked;
use crate::posture::control::nist;
use crate::posture::effective::{Act, InEffect, reaching};
use crate::posture::facts::Trail;
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Seen, Severity};

/// Nobody but administrators can tamper with a trail.
pub const GUARDED: Rule = Rule {
    id: "trail-tampering",
    title: "nobody but administrators can tamper with a trail",
    severity: Severity::High,
    practice: 6,
    controls: &[nist("AU-9"), nist("AU-9(4)")],
    risk: "an intruder who can stop the record does that first, and nobody learns what came after",
    remedy: "Take these actions out of the grants, or deny them to everybody but administrators by a boundary or a service control policy.",
    calls: &[
        "ec2:DescribeRegions",
        "cloudtrail:DescribeTrails",
        "iam:GetAccountAuthorizationDetails",
        "s3:GetBucketPolicy",
        "kms:GetKeyPolicy",
    ],
};

/// What stops, blinds or deletes the trail itself. `cloudtrail:PutInsightSelectors` is none of the ways: what AWS concludes from the
/// record (CloudTrail Insights) is not the record.
const ON_TRAIL: [&str; 4] = [
    "cloudtrail:StopLogging",
    "cloudtrail:DeleteTrail",
    "cloudtrail:UpdateTrail",
    "cloudtrail:PutEventSelectors",
];
/// What keeps it from its bucket, lets strangers write there, or lets what is in there end early. An ACL grants `WRITE` to any
/// account, where the bucket takes ACLs ("Access control list overview"). Owner settings, versioning and object lock are none of the
/// ways: changing them takes nothing away that is there, and what is lost afterwards is lost by writing or deleting, which
/// stands below ("Using S3 Versioning", "Using S3 Object Lock").
const ON_BUCKET: [&str; 5] = [
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:DeleteBucket",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketAcl",
];
/// What deletes log files, or puts others in their place: without versions the file is gone, and with them it is no longer the one
/// that is read.
const ON_OBJECTS: [&str; 3] = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"];
/// What makes log files unreadable, and keeps new ones from being written.
/// Grants are none of the ways: CloudTrail works by the key's policy.
const ON_KEY: [&str; 4] =
    ["kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:DeleteImportedKeyMaterial"];

pub(in crate::posture) fn judge<'a>(
    facts: &'a Facts,
    asked: &AuditAsked,
    in_effect: &InEffect<'a>,
    findings: &mut Findings,
) {
    let Some(demand) = &asked.guarded_trails else { return };
    let rules = [&GUARDED];
    let Some(iam) = findings.require(&rules, &facts.iam) else { return };
    let Some(buckets) = findings.require(&rules, &facts.buckets) else { return };
    let Some(trails) = own(facts, &rules, findings) else { return };
    let mut acts = Vec::new();
    let mut add = |actions: &[&'static str], resource: &str, policy, decides| {
        let act = |action: &&'static str| Act { action, resource: resource.to_owned(), policy, decides };
        acts.extend(actions.iter().map(act));
    };
    for trail in trails.values() {
        add(&ON_TRAIL, &trail.arn, None, false);
        // A bucket and a key of another account are guarded there.
        if let Some(bucket) = buckets.iter().find(|bucket| bucket.name == trail.bucket)
            && let Some(policy) = findings.require(&rules, &bucket.policy)
        {
            let arn = format!("arn:{}:s3:::{}", facts.partition, bucket.name);
            add(&ON_BUCKET, &arn, policy.as_ref(), false);
            for files in files(facts, trail) {
                add(&ON_OBJECTS, &format!("{arn}/{files}"), policy.as_ref(), false);
            }
        }
        let own_key = trail.key.as_deref().filter(|key| key.split(':').nth(4) == Some(&facts.account));
        // Nobody may do anything with a key that its policy does not allow, or leave to the account.
        if let Some(key) = own_key
            && let Some(policy) = findings.require(&rules, &trail.key_policy)
        {
            add(&ON_KEY, key, policy.as_ref(), policy.is_some());
        }
    }
    // Several trails may share a bucket or a key.
    let mut known = BTreeSet::new();
    acts.retain(|act: &Act<'_>| known.insert((act.action, act.resource.clone())));
    others(facts, asked, &acts, &demand.origin, findings);
    let (strong, _) = in_effect.administrators(iam);
    // Whoever can become an administrator is one, and stands with the rules about that.
    let strong: BTreeSet<&str> = strong.iter().map(|it| it.identity.arn.as_str()).collect();
    let reached = reaching(iam, in_effect, &acts, |identity| {
        !identity.is_of_aws() && !strong.contains(identity.arn.as_str())
    });
    for reason in reached.missing {
        findings.undecided(&GUARDED, &*reason);
    }
    findings.note(&GUARDED, reached.kept_out);
    let identities =
        iam.users.iter().map(|user| &user.identity).chain(iam.roles.iter().map(|role| &role.identity));
    let judged = identities.filter(|it| !it.is_of_aws() && !strong.contains(it.arn.as_str())).count();
    findings.checked(&GUARDED, judged);
    for one in reached.found {
        let name = &one.identity.name;
        let kind = one.identity.kind();
        findings.report(
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

/// The keys of log files and of their digests, with wildcards: below the account's id, and for an organization's trail below that of
/// the organization, too (CloudTrail User Guide, "Finding your CloudTrail log files"). Other services log below `AWSLogs`, too.
fn files(facts: &Facts, trail: &Trail) -> Vec<String> {
    let mut owners = vec![facts.account.clone()];
    if trail.organization {
        owners.push("o-?*/????????????".to_owned());
    }
    // Regions of a partition begin alike: `us-`, `eusc-`.
    let beginning = trail.home.split('-').next().unwrap_or_default().len();
    let any = format!("{}-?*-?", "?".repeat(beginning));
    let region = if trail.all_regions { &any } else { &trail.home };
    let kinds: &[&str] =
        if trail.validation { &["CloudTrail", "CloudTrail-Digest"] } else { &["CloudTrail"] };
    let file = |owner: &String| {
        let of_kind = |kind: &&str| format!("{}{owner}/{kind}/{region}/????/??/??/?*.json.gz", trail.path);
        kinds.iter().map(of_kind).collect::<Vec<_>>()
    };
    owners.iter().flat_map(file).collect()
}

/// Accounts of others, and everybody, whom the policy of a trail's bucket or key lets tamper with it.
fn others(facts: &Facts, asked: &AuditAsked, acts: &[Act<'_>], origin: &Origin, findings: &mut Findings) {
    let mut found: BTreeMap<(String, Option<String>), Vec<String>> = BTreeMap::new();
    for act in acts {
        let Some(policy) = act.policy else { continue };
        let named = accounts(policy, &[act.action]).into_iter().filter(|account| {
            *account != facts.account && !asked.trusted_accounts.value.iter().any(|known| known == account)
        });
        let everybody = !is_shut(facts, act);
        let others: BTreeSet<Option<&str>> = named.map(Some).chain(everybody.then_some(None)).collect();
        for account in others {
            let Some(line) = lets_in(facts, act, policy, account) else { continue };
            found.entry((act.place().to_owned(), account.map(str::to_owned))).or_default().push(line);
        }
    }
    let open: BTreeSet<String> =
        found.keys().filter(|(_, account)| account.is_none()).map(|(on, _)| on.clone()).collect();
    // Whom everybody is, nobody needs to be told by account.
    found.retain(|(on, account), _| account.is_none() || !open.contains(on));
    for ((on, account), evidence) in found {
        let kind = if on.contains(":kms:") { "key" } else { "bucket" };
        let region = on.split(':').nth(3).filter(|region| !region.is_empty()).map(str::to_owned);
        let (whom, known) = match &account {
            Some(account) => (
                format!("the account {account}"),
                format!(", or add {account} to `trusted_accounts` if it keeps the logs for you"),
            ),
            None => ("every AWS account".to_owned(), String::new()),
        };
        let message = format!("the policy of the {kind} {on} lets {whom} tamper with a trail");
        let found = Found {
            resource: Resource { kind, id: on, region },
            message,
            evidence,
            next: format!("take these actions out of the policy of the {kind}{known}"),
            origin,
        };
        findings.report(&GUARDED, found);
    }
}

/// Whether the thing is a bucket whose block of public access keeps everybody out whom a public policy lets in.
fn is_shut(facts: &Facts, act: &Act<'_>) -> bool {
    let Seen::Seen(buckets) = &facts.buckets else { return false };
    let name = act.resource.split([':', '/']).nth(5).unwrap_or_default();
    let bucket = buckets.iter().find(|bucket| !act.decides && bucket.name == name);
    bucket.is_some_and(|bucket| blocked(facts, bucket, |block| block.restrict) == Ok(true))
}

/// The statement by which somebody of an account, or of any where nothing, may do it.
fn lets_in(facts: &Facts, act: &Act<'_>, policy: &Policy, account: Option<&str>) -> Option<String> {
    let strange = account.unwrap_or(STRANGER);
    let things = act.names(["*".to_owned()]);
    names_in(&facts.partition, policy, strange).iter().find_map(|arn| {
        let context = request(facts, strange).with("aws:PrincipalArn", arn.as_str());
        let who = Who::Aws { account: strange, arn, identity: arn };
        things.iter().find_map(|thing| {
            let ask = Ask { who, action: act.action, resource: thing, context: &context };
            if policy.denying(&ask).is_some() {
                return None;
            }
            let statement = policy.allowing(&ask)?;
            // What is bound to somebody is not for everybody.
            if account.is_none() && statement.is_bound() {
                return None;
            }
            Some(format!("{}: {} of its policy", act.words(), statement.label))
        })
    })
}
