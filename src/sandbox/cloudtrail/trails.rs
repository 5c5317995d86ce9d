//! Making, changing and deleting trails.

use super::find::{change, truth, writable};
use super::state::Trail;
use super::tags::read_tags;
use super::{find, names, preflight};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateTrail", create_trail),
    operation("UpdateTrail", update_trail),
    operation("DeleteTrail", delete_trail),
];

/// A region takes no more, shadows included, and none can be bought (aws-truths 1.3 g).
const MOST: usize = 5;

/// Puts what was sent into a trail: what is not sent stays, and an empty text takes away.
fn apply(params: &Params, trail: &mut Trail) -> Result<(), Fault> {
    let text = |name: &str, kept: &mut Option<String>| {
        if let Some(sent) = params.text(name) {
            *kept = Some(sent.to_owned()).filter(|sent| !sent.is_empty());
        }
    };
    if let Some(bucket) = params.text("S3BucketName") {
        bucket.clone_into(&mut trail.bucket);
    }
    text("S3KeyPrefix", &mut trail.prefix);
    text("KmsKeyId", &mut trail.key);
    for (name, kept) in [
        ("IncludeGlobalServiceEvents", &mut trail.global_events),
        ("IsMultiRegionTrail", &mut trail.multi_region),
        ("EnableLogFileValidation", &mut trail.validation),
        ("IsOrganizationTrail", &mut trail.organization),
    ] {
        *kept = params.flag(name)?.unwrap_or(*kept);
    }
    let group = (params.text("CloudWatchLogsLogGroupArn"), params.text("CloudWatchLogsRoleArn"));
    trail.log_group = match group {
        (None, None) => trail.log_group.take(),
        (Some(""), None | Some("")) | (None, Some("")) => None,
        (Some(group), Some(role)) if !group.is_empty() && !role.is_empty() => {
            Some((group.to_owned(), role.to_owned()))
        }
        _ => {
            let message = "The log group and the role that writes to it must be named together";
            return Err(Fault::client("InvalidParameterCombinationException", message));
        }
    };
    if params.text("SnsTopicName").is_some_and(|topic| !topic.is_empty()) {
        // CT-8: there is no SNS here, so no topic can have the policy.
        let message = "SNS Topic does not exist or the topic policy is incorrect!";
        return Err(Fault::client("InsufficientSnsTopicPolicyException", message));
    }
    Ok(())
}

fn settings(place: &find::Place, account: &str, trail: &Trail) -> Fields {
    let (group, role) = trail.log_group.clone().unzip();
    Fields::new()
        .with("Name", &place.name)
        .with("S3BucketName", &trail.bucket)
        .maybe("S3KeyPrefix", trail.prefix.clone())
        .with("IncludeGlobalServiceEvents", trail.global_events)
        .with("IsMultiRegionTrail", trail.multi_region)
        .with("TrailARN", place.arn(account))
        .with("LogFileValidationEnabled", trail.validation)
        .maybe("CloudWatchLogsLogGroupArn", group)
        .maybe("CloudWatchLogsRoleArn", role)
        .maybe("KmsKeyId", trail.key.clone())
        .with("IsOrganizationTrail", trail.organization)
}

/// A trail as the reads show it.
pub(super) fn shown(place: &find::Place, account: &str, trail: &Trail) -> Fields {
    settings(place, account, trail)
        .with("HomeRegion", &place.home)
        .with("HasCustomEventSelectors", trail.selectors.is_some())
        .with("HasInsightSelectors", trail.insights.is_some())
}

/// Refuses a trail for which a region has no room left.
fn check_room(cx: &mut Context<'_>, multi_region: bool) -> Result<(), Fault> {
    let (here, account) = (cx.region.clone(), cx.account_id().to_owned());
    cx.home();
    let regions = &cx.account().regions;
    let everywhere: usize = regions
        .values()
        .map(|region| region.cloudtrail.trails.values().filter(|trail| trail.truth().multi_region).count())
        .sum();
    for (name, region) in regions {
        let own = region.cloudtrail.trails.values().filter(|trail| !trail.truth().multi_region).count();
        if (multi_region || *name == here) && own + everywhere >= MOST {
            let message = format!("User: {account} already has {MOST} trails in {name}.");
            return Err(Fault::client("MaximumNumberOfTrailsExceededException", message));
        }
    }
    Ok(())
}

fn create_trail(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.text("Name").unwrap_or_default();
    names::check(name)?;
    let place = find::Place { home: cx.region.clone(), name: name.to_owned(), owner: None };
    let (now, account) = (cx.now(), cx.account_id().to_owned());
    let mut trail = Trail { global_events: true, tags: read_tags(params)?, tagged: now, ..Trail::default() };
    apply(params, &mut trail)?;
    params
        .required("S3BucketName")
        .map_err(|_| Fault::client("InvalidS3BucketNameException", "Bucket name cannot be blank!"))?;
    let taken =
        truth(cx, &place).is_some()
            || cx.account().regions.values().any(|region| {
                region.cloudtrail.trails.get(name).is_some_and(|trail| trail.truth().multi_region)
            });
    if taken {
        let message = format!("Trail {name} already exists for customer: {account}");
        return Err(Fault::client("TrailAlreadyExistsException", message));
    }
    check_room(cx, trail.multi_region)?;
    trail.key = preflight::check(cx, &place.arn(&account), &trail)?;
    let answer = settings(&place, &account, &trail);
    cx.home().cloudtrail.trails.insert(place.name, Versioned::new(trail, now));
    Ok(answer.into())
}

fn update_trail(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = writable(cx, params, "Name")?;
    let account = cx.account_id().to_owned();
    let before = truth(cx, &place).ok_or_else(|| find::unknown(cx, &place.name))?;
    let mut trail = before.clone();
    apply(params, &mut trail)?;
    if trail.multi_region && !before.multi_region {
        let clash = cx.account().regions.iter().any(|(region, state)| {
            *region != place.home && state.cloudtrail.trails.contains_key(&place.name)
        });
        if clash {
            let message = format!("Trail {} already exists in another region", place.name);
            return Err(Fault::client("InvalidParameterCombinationException", message));
        }
    }
    trail.key = preflight::check(cx, &place.arn(&account), &trail)?;
    let answer = settings(&place, &account, &trail);
    change(cx, &place, |kept, _| *kept = trail);
    Ok(answer.into())
}

/// Bucket, objects and log group stay (CT-13).
fn delete_trail(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = writable(cx, params, "Name")?;
    cx.home().cloudtrail.trails.remove(&place.name);
    Ok(Answer::empty())
}
