//! Buckets that the world, or every AWS customer, can reach.

use std::collections::BTreeSet;

use super::access_point_ways::through_doors;
use super::outsiders::{is_denied, outsiders};
use crate::policy::{Reach, reach};
use crate::posture::asked::AuditAsked;
use crate::posture::control::{Control, hub, nist};
use crate::posture::facts::{Bucket, Grant, PublicAccessBlock};
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Seen, Severity};

/// No bucket can be read or listed by the world.
pub const READ: Rule = Rule {
    id: "public-bucket-read",
    title: "no bucket can be read or listed by the world",
    severity: Severity::Critical,
    practice: 13,
    controls: &[
        hub("S3.2"),
        nist("AC-3"),
        nist("AC-3(7)"),
        nist("AC-4"),
        nist("AC-6"),
        nist("AC-21"),
        nist("SC-7"),
    ],
    risk: "everything in it is as good as published, and people who look for such buckets find it within hours",
    remedy: "Take the grant out of the policy or ACL, and block public access of the bucket: aws s3api put-public-access-block.",
    calls: CALLS,
};

/// No bucket can be written by the world.
pub const WRITE: Rule = Rule {
    id: "public-bucket-write",
    title: "no bucket can be written by the world",
    severity: Severity::Critical,
    practice: 13,
    controls: &[
        hub("S3.3"),
        nist("AC-3"),
        nist("AC-3(7)"),
        nist("AC-4"),
        nist("AC-6"),
        nist("AC-21"),
        nist("SC-7"),
    ],
    risk: "strangers can replace what others fetch, delete it, or store at the cost of the account",
    remedy: "Take the grant out of the policy or ACL, and block public access of the bucket: aws s3api put-public-access-block.",
    calls: CALLS,
};

/// What decides it. Access points are asked for only where a bucket's policy lets everybody in through them.
pub(in crate::posture) const CALLS: &[&str] = &[
    "s3:ListBuckets",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketAcl",
    "s3:GetPublicAccessBlock",
    "s3control:ListAccessPoints",
    "s3control:GetAccessPoint",
    "s3control:GetAccessPointPolicy",
    "s3control:GetAccessPointPolicyStatus",
    "s3control:ListMultiRegionAccessPoints",
    "s3control:GetMultiRegionAccessPointPolicy",
    "s3control:GetMultiRegionAccessPointPolicyStatus",
];

/// Who the groups of ACLs are that hold strangers.
const GROUPS: [(&str, &str); 2] = [
    ("http://acs.amazonaws.com/groups/global/AllUsers", "everybody"),
    ("http://acs.amazonaws.com/groups/global/AuthenticatedUsers", "every AWS customer"),
];

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let rules: [&'static Rule; 2] = [&READ, &WRITE];
    let Some(buckets) = findings.require(&rules, &facts.buckets) else { return };
    for rule in rules {
        findings.checked(rule, buckets.len());
    }
    let of_trails = of_trails(facts, asked, findings);
    for bucket in buckets {
        let is_allowed = asked.public_buckets.value.contains(&bucket.name);
        let mut ways = Vec::new();
        for found in [by_policy(facts, bucket), by_acl(facts, bucket), through_doors(facts, bucket)] {
            match found {
                Ok(found) => ways.extend(found),
                Err(unread) => {
                    if of_trails.contains(bucket.name.as_str()) {
                        findings
                            .doubt(&READ, &TRAIL_BUCKETS, || format!("{} could not be read", bucket.name));
                    }
                    if is_allowed {
                        // The file asks nothing of it, and the controls do.
                        for rule in rules {
                            findings.narrowed(rule, format!("{} could not be read", bucket.name));
                        }
                        continue;
                    }
                    for seen in unread {
                        findings.require(&rules, &seen);
                    }
                }
            }
        }
        if of_trails.contains(bucket.name.as_str()) && !ways.is_empty() {
            findings.lapse(&READ, &TRAIL_BUCKETS, asked.account_is_blocked);
        }
        if is_allowed {
            for (rule, is_open) in
                [(&READ, ways.iter().any(|it| it.reads)), (&WRITE, ways.iter().any(|it| it.writes))]
            {
                if is_open {
                    findings.exempt(rule);
                }
            }
            continue;
        }
        report(facts, asked, bucket, &ways, findings);
    }
}

/// How strangers get into a bucket by its policy and its ACL, in words; nothing of what could not be read.
pub(in crate::posture) fn ways_in(facts: &Facts, bucket: &Bucket) -> Vec<String> {
    let found = [by_policy(facts, bucket), by_acl(facts, bucket)];
    found.into_iter().filter_map(Result::ok).flatten().map(|way| way.evidence).collect()
}

/// The control about the buckets that trails write into.
const TRAIL_BUCKETS: [Control; 1] = [hub("CloudTrail.6")];

/// The buckets that the account's own trails write into, which the control is about.
fn of_trails<'a>(facts: &'a Facts, asked: &AuditAsked, findings: &mut Findings) -> BTreeSet<&'a str> {
    let Seen::Seen(regions) = &facts.regions else { return BTreeSet::new() };
    findings.measure(&READ, &TRAIL_BUCKETS, "buckets of trails that are not public");
    let mut names = BTreeSet::new();
    for (name, region) in regions {
        match &region.trails {
            Seen::Seen(trails) => {
                let own = trails.iter().filter(|trail| trail.account() == Some(&facts.account));
                names.extend(own.map(|trail| trail.bucket.as_str()));
            }
            _ => findings.doubt(&READ, &TRAIL_BUCKETS, || format!("the trails of {name} could not be read")),
        }
    }
    if let Some(regions) = &asked.regions {
        findings.doubt(&READ, &TRAIL_BUCKETS, || format!("only {} looked at", regions.join(", ")));
    }
    names
}

/// A way in.
pub(super) struct Way {
    pub(super) reads: bool,
    pub(super) writes: bool,
    pub(super) evidence: String,
    pub(super) next: String,
}

/// What could not be read and would have decided.
pub(super) type Undecided = Vec<Seen<()>>;

fn report(facts: &Facts, asked: &AuditAsked, bucket: &Bucket, ways: &[Way], findings: &mut Findings) {
    let name = &bucket.name;
    for (rule, what) in [(&READ, "read or listed"), (&WRITE, "written")] {
        let open: Vec<&Way> =
            ways.iter().filter(|way| if rule.id == READ.id { way.reads } else { way.writes }).collect();
        if open.is_empty() {
            continue;
        }
        let mut evidence: Vec<String> = open.iter().map(|way| way.evidence.clone()).collect();
        evidence.push("neither the bucket nor the account blocks it".to_owned());
        let mut next: Vec<String> = open.iter().map(|way| way.next.clone()).collect();
        next.dedup();
        let blocked = if asked.account_is_blocked {
            "apply: `block_public_buckets` closes it for the whole account".to_owned()
        } else {
            format!(
                "block it: aws s3api put-public-access-block --bucket {name} --public-access-block-configuration \
                 BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true, or \
                 declare `[account]` with `block_public_buckets = true`"
            )
        };
        next.insert(0, blocked);
        let found = Found {
            resource: Resource {
                kind: "bucket",
                id: format!("arn:{}:s3:::{name}", facts.partition),
                region: bucket.region.clone(),
            },
            message: format!("the bucket {name} can be {what} by strangers"),
            evidence,
            next: next.join("; then "),
            origin: &asked.public_buckets.origin,
        };
        findings.report_fixable(rule, found, asked.account_is_blocked);
    }
}

/// Whether one of the two blocks surely does it, or neither does; nothing where that is not known (S3-7).
pub(super) fn blocked(
    facts: &Facts,
    bucket: &Bucket,
    does: fn(&PublicAccessBlock) -> bool,
) -> Result<bool, Undecided> {
    let blocks = [&facts.account_block, &bucket.block];
    let read = |seen: &Seen<PublicAccessBlock>| matches!(seen, Seen::Seen(block) if does(block));
    if blocks.iter().any(|seen| read(seen)) {
        return Ok(true);
    }
    let unread: Undecided = blocks.into_iter().filter_map(unread).collect();
    if unread.is_empty() { Ok(false) } else { Err(unread) }
}

pub(super) fn unread<T>(seen: &Seen<T>) -> Option<Seen<()>> {
    match seen {
        Seen::Seen(_) => None,
        Seen::Unreadable(unread) => Some(Seen::Unreadable(unread.clone())),
        Seen::NotAsked => Some(Seen::NotAsked),
    }
}

fn by_policy(facts: &Facts, bucket: &Bucket) -> Result<Vec<Way>, Undecided> {
    if blocked(facts, bucket, |block| block.restrict) == Ok(true) {
        return Ok(Vec::new());
    }
    let Seen::Seen(policy) = &bucket.policy else { return Err(unread(&bucket.policy).into_iter().collect()) };
    let Some(policy) = policy else { return Ok(Vec::new()) };
    let on_bucket = format!("arn:{}:s3:::{}", facts.partition, bucket.name);
    let outsiders = outsiders(None);
    let found: Vec<Reach> = reach(policy)
        .into_iter()
        .filter(|reach| !is_denied(policy, reach, &outsiders, &on_bucket, &format!("{on_bucket}/key")))
        .collect();
    let next = format!(
        "take the grant out of the policy: aws s3api put-bucket-policy --bucket {} --policy file://FILE",
        bucket.name
    );
    let says = match &bucket.policy_is_public {
        Seen::Seen(says) => *says,
        Seen::Unreadable(_) | Seen::NotAsked => None,
    };
    let lets_in = |reach: &Reach| reach.reads || reach.lists || reach.writes;
    let ways = match (found.iter().any(lets_in), says) {
        // What it lets strangers do is none of the above, or was not found: it is public all the same.
        (false, Some(true)) => {
            let mut evidence = vec!["AWS calls its policy public (s3:GetBucketPolicyStatus)".to_owned()];
            evidence.extend(of(found.into_iter(), &next).into_iter().map(|way| way.evidence));
            vec![Way { reads: true, writes: true, evidence: evidence.join(": "), next }]
        }
        // AWS looks deeper into conditions than this does. A grant without any is certain.
        (true, Some(false)) => of(found.into_iter().filter(|reach| reach.conditions.is_empty()), &next),
        _ => of(found.into_iter(), &next),
    };
    // A block that could not be read decides only where there is something to block.
    if !ways.is_empty() {
        blocked(facts, bucket, |block| block.restrict)?;
    }
    Ok(ways)
}

fn of(found: impl Iterator<Item = Reach>, next: &str) -> Vec<Way> {
    found
        .map(|reach| {
            let under = if reach.conditions.is_empty() {
                String::new()
            } else {
                format!(", under conditions that bind nobody: {}", reach.conditions.join("; "))
            };
            let mut can = Vec::new();
            can.extend(reach.reads.then_some("read"));
            can.extend(reach.lists.then_some("list"));
            can.extend(reach.writes.then_some("write"));
            Way {
                reads: reach.reads || reach.lists,
                writes: reach.writes,
                evidence: format!(
                    "{} of its policy lets {} {}{under}",
                    reach.statement,
                    reach.whom,
                    if can.is_empty() { "in".to_owned() } else { can.join(", ") }
                ),
                next: next.to_owned(),
            }
        })
        .collect()
}

fn by_acl(facts: &Facts, bucket: &Bucket) -> Result<Vec<Way>, Undecided> {
    if blocked(facts, bucket, |block| block.ignore_acls) == Ok(true) {
        return Ok(Vec::new());
    }
    let Seen::Seen(grants) = &bucket.grants else { return Err(unread(&bucket.grants).into_iter().collect()) };
    let ways: Vec<Way> = grants.iter().filter_map(|grant| open(bucket, grant)).collect();
    if !ways.is_empty() {
        blocked(facts, bucket, |block| block.ignore_acls)?;
    }
    Ok(ways)
}

fn open(bucket: &Bucket, grant: &Grant) -> Option<Way> {
    let (_, whom) = GROUPS.iter().find(|(uri, _)| *uri == grant.grantee)?;
    let permission = grant.permission.as_str();
    let all = permission == "FULL_CONTROL";
    Some(Way {
        reads: all || permission.starts_with("READ"),
        writes: all || permission.starts_with("WRITE"),
        evidence: format!("its ACL grants {permission} to {whom}"),
        next: format!("take the grant away: aws s3api put-bucket-acl --bucket {} --acl private", bucket.name),
    })
}
