//! Ways into a bucket through its access points: the bucket's policy and that of the access point must both let strangers in.

use super::outsiders::{Outsider, is_denied, outsiders};
use super::public_buckets::{Undecided, Way, blocked, unread};
use crate::policy::{Context, Policy, Reach, reach, through_access_points};
use crate::posture::facts::{AccessPoint, Bucket};
use crate::posture::{Facts, Seen};

/// The ways through access points from the internet that nothing blocks.
pub(super) fn through_doors(facts: &Facts, bucket: &Bucket) -> Result<Vec<Way>, Undecided> {
    if blocked(facts, bucket, |block| block.restrict) == Ok(true) {
        return Ok(Vec::new());
    }
    // A policy that could not be read is said where it decides by itself.
    let Seen::Seen(Some(policy)) = &bucket.policy else { return Ok(Vec::new()) };
    if through_access_points(policy, &Context::open()).is_empty() {
        return Ok(Vec::new());
    }
    let Seen::Seen(points) = &bucket.access_points else {
        return Err(unread(&bucket.access_points).into_iter().collect());
    };
    let (mut ways, mut undecided) = (Vec::new(), Vec::new());
    for point in points.iter().filter(|point| point.from_internet) {
        match through(facts, bucket, policy, point) {
            Ok(found) => ways.extend(found),
            Err(seen) => undecided.extend(seen),
        }
    }
    if !ways.is_empty() {
        undecided.extend(blocked(facts, bucket, |block| block.restrict).err().into_iter().flatten());
    }
    if undecided.is_empty() { Ok(ways) } else { Err(undecided) }
}

fn through(
    facts: &Facts,
    bucket: &Bucket,
    on_bucket: &Policy,
    point: &AccessPoint,
) -> Result<Vec<Way>, Undecided> {
    if matches!(&point.block, Seen::Seen(block) if block.restrict) {
        return Ok(Vec::new());
    }
    let Seen::Seen(policy) = &point.policy else { return Err(unread(&point.policy).into_iter().collect()) };
    let Some(policy) = policy else { return Ok(Vec::new()) };
    let context = Context::open()
        .with("s3:DataAccessPointAccount", &facts.account)
        .with("s3:DataAccessPointArn", &point.arn);
    let outsiders = outsiders(Some((&facts.account, &point.arn)));
    let arn = format!("arn:{}:s3:::{}", facts.partition, bucket.name);
    let left =
        open(on_bucket, through_access_points(on_bucket, &context), &outsiders, &arn, &format!("{arn}/key"));
    let inside = format!("{}/object/key", point.arn);
    let mut given = open(policy, reach(policy), &outsiders, &point.arn, &inside);
    let says = match &point.policy_is_public {
        Seen::Seen(says) => *says,
        Seen::Unreadable(_) | Seen::NotAsked => None,
    };
    if says == Some(false) {
        // AWS looks deeper into conditions than this does. A grant without any is certain.
        given.retain(|reach| reach.conditions.is_empty());
    }
    let next = format!(
        "take the grant out of the policy of the access point: aws s3control {} --account-id {} {}",
        if point.several_regions {
            "put-multi-region-access-point-policy --region us-west-2"
        } else {
            "put-access-point-policy"
        },
        facts.account,
        if point.several_regions {
            format!("--details Name={},Policy=JSON", point.name)
        } else {
            format!("--name {} --policy file://FILE", point.name)
        },
    );
    let mut ways = Vec::new();
    for outer in &left {
        for inner in &given {
            let both = |does: fn(&Reach) -> bool| does(outer) && does(inner);
            let (reads, writes) = (both(|it| it.reads) || both(|it| it.lists), both(|it| it.writes));
            if reads || writes {
                ways.push(Way {
                    reads,
                    writes,
                    evidence: format!(
                        "{} of the policy of its access point {} lets {} in, and {} of its own policy leaves that to access points",
                        inner.statement, point.name, inner.whom, outer.statement
                    ),
                    next: next.clone(),
                });
            }
        }
    }
    if given.is_empty() && says == Some(true) && !left.is_empty() {
        ways.push(Way {
            reads: left.iter().any(|it| it.reads || it.lists),
            writes: left.iter().any(|it| it.writes),
            evidence: format!(
                "AWS calls the policy of its access point {} public (s3control:GetAccessPointPolicyStatus), and {} of its own \
                 policy leaves that to access points",
                point.name, left[0].statement
            ),
            next,
        });
    }
    if !ways.is_empty() {
        let undecided: Undecided = unread(&point.block).into_iter().collect();
        if !undecided.is_empty() {
            return Err(undecided);
        }
    }
    Ok(ways)
}

/// Those of the grants that the same policy does not deny again.
fn open(policy: &Policy, found: Vec<Reach>, outsiders: &[Outsider], whole: &str, inside: &str) -> Vec<Reach> {
    found.into_iter().filter(|reach| !is_denied(policy, reach, outsiders, whole, inside)).collect()
}
