//! Buckets themselves.

use super::find::{aborted, bucket, canonical, configured, locate};
use super::names;
use super::state::{Bucket, Owner};
use crate::sandbox::context::Context;
use crate::sandbox::kept::keep;
use crate::sandbox::profile::Profile;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::{Milliseconds, REGIONS, partition_of};
use serde_json::json;

pub(super) const OPERATIONS: &[Operation] = &[
    rest("ListBuckets", "GET", At::Service, "", Body::Raw, list_buckets),
    rest("CreateBucket", "PUT", At::Bucket, "", Body::MaybeXml("CreateBucketConfiguration"), create_bucket),
    rest("HeadBucket", "HEAD", At::Bucket, "", Body::Raw, head_bucket),
    rest("DeleteBucket", "DELETE", At::Bucket, "", Body::Raw, delete_bucket),
    rest("GetBucketLocation", "GET", At::Bucket, "location", Body::Raw, get_bucket_location),
];

const MINUTE: Milliseconds = 60_000;

/// The region a bucket is asked for (S3-3).
fn wanted_region(cx: &Context<'_>, params: &Params) -> Result<String, Fault> {
    let constraint = params.map("CreateBucketConfiguration").and_then(|body| body.text("LocationConstraint"));
    let constraint = match constraint.filter(|text| !text.is_empty()) {
        Some("EU") => Some("eu-west-1"),
        other => other,
    };
    let here = cx.region.as_str();
    let incompatible = |what: &str| {
        Fault::client(
            "IllegalLocationConstraintException",
            format!(
                "The {what} location constraint is incompatible for the region specific endpoint this request was \
                 sent to."
            ),
        )
    };
    match constraint {
        None if here == "us-east-1" => Ok(here.to_owned()),
        None => Err(incompatible("unspecified")),
        Some(region) if here == "us-east-1" && (region == here || !is_beside(region, here)) => {
            Err(Fault::client("InvalidLocationConstraint", "The specified location-constraint is not valid")
                .detail("LocationConstraint", region))
        }
        // The endpoint of us-east-1 is the global one.
        Some(region) if region == here || here == "us-east-1" => Ok(region.to_owned()),
        Some(region) => Err(incompatible(region)),
    }
}

/// Whether there is such a region in the partition of the other.
fn is_beside(region: &str, here: &str) -> bool {
    REGIONS.contains(&region) && partition_of(region) == partition_of(here)
}

/// Whether a partition knows tags in CreateBucket and those of S3 Control; the others took them over later.
pub fn has_tags_by_arn(partition: &str) -> bool {
    partition == "aws"
}

/// How long the name of a deleted bucket stays blocked (S3-23).
fn blocked(cx: &Context<'_>, before: &Owner, region: &str) -> Milliseconds {
    let same = before.account == cx.account_id() && before.region == region;
    match (cx.world.profile, same) {
        (Profile::Instant, _) => 0,
        (Profile::Realistic, true) => MINUTE,
        (Profile::Realistic, false) | (Profile::Hostile, _) => 60 * MINUTE,
    }
}

fn create_bucket(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("Bucket")?.to_owned();
    if !names::is_valid(&name) {
        let fault = Fault::client("InvalidBucketName", "The specified bucket is not valid.");
        return Err(fault.detail("BucketName", name));
    }
    let region = wanted_region(cx, params)?;
    let (now, account) = (cx.now(), cx.account_id().to_owned());
    let answer = Answer { status: 200, ..Answer::empty() }
        .header("location", format!("/{name}"))
        .header("x-amz-bucket-arn", format!("arn:{}:s3:::{name}", cx.partition()));
    match cx.world.buckets.get(&name) {
        Some(before) if before.released.is_some_and(|at| now - at < blocked(cx, before, &region)) => {
            return Err(aborted());
        }
        Some(Owner { released: Some(_), .. }) | None => {}
        Some(owner) if owner.account != account => {
            return Err(Fault::new(
                409,
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the \
                 system. Please select a different name and try again.",
            )
            .detail("BucketName", name));
        }
        Some(owner) if owner.region == "us-east-1" && region == "us-east-1" => {
            // S3-4: the oldest region says yes again, and takes the ACL away.
            if let Some(bucket) = cx.account().s3.buckets.get_mut(&name) {
                bucket.set("acl", None, now);
            }
            return Ok(answer);
        }
        Some(_) => {
            return Err(Fault::new(
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            )
            .detail("BucketName", name));
        }
    }
    let mut bucket = Bucket::born(&region, now);
    let owner = |rule: &str| Some(json!({"Rule": {"ObjectOwnership": rule}}));
    if let Some(rule) = params.text("x-amz-object-ownership") {
        super::settings::check_ownership(rule)?;
        bucket.set("ownershipControls", owner(rule), 0);
    }
    let granted = super::acl::by_header(params)?;
    let has_acl = granted.is_some() || params.text("x-amz-acl").is_some_and(|acl| acl != "private");
    if has_acl && bucket.ownership() == "BucketOwnerEnforced" {
        return Err(Fault::client(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        ));
    }
    if let Some(granted) = granted {
        if params.text("x-amz-acl").is_some() {
            let message = "Specifying both Canned ACLs and Header Grants is not allowed";
            return Err(Fault::client("InvalidRequest", message));
        }
        bucket.set("acl", Some(granted), 0);
    }
    if let Some(acl) = params.text("x-amz-acl") {
        super::acl::check_canned(params, acl)?;
        if acl.starts_with("public") {
            return Err(super::find::denied());
        }
        bucket.set("acl", Some(super::acl::canned(&account, acl)), 0);
    }
    if params.flag("x-amz-bucket-object-lock-enabled")? == Some(true) {
        bucket.set("versioning", Some(json!({"Status": "Enabled"})), 0);
        bucket.set("object-lock", Some(json!({"ObjectLockEnabled": "Enabled"})), 0);
    }
    let tags = params.map("CreateBucketConfiguration").and_then(|body| body.map("Tags"));
    if let Some(tags) = tags {
        if !has_tags_by_arn(cx.partition()) {
            let message = "The argument Tags is not supported";
            return Err(Fault::client("UnsupportedArgument", message).detail("ArgumentName", "tags"));
        }
        super::tagging::check(tags)?;
        bucket.set("tagging", Some(json!({"TagSet": keep(tags)})), 0);
    }
    let owner = Owner { account, region, released: None };
    cx.world.buckets.insert(name.clone(), owner);
    cx.account().s3.buckets.insert(name, bucket);
    Ok(answer)
}

fn head_bucket(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let region = bucket(cx, &place)?.region.clone();
    let arn = format!("arn:{}:s3:::{}", cx.partition(), place.name);
    Ok(Answer { status: 200, raw: Some(Default::default()), ..Answer::empty() }
        .header("content-type", "application/xml")
        .header("x-amz-bucket-region", region)
        .header("x-amz-bucket-arn", arn)
        .header("x-amz-access-point-alias", "false"))
}

fn delete_bucket(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let now = cx.now();
    if !bucket(cx, &place)?.objects.is_empty() {
        // S3-20: versions and delete markers count too.
        let message = match bucket(cx, &place)?.versioning() {
            "" => "The bucket you tried to delete is not empty",
            _ => "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
        };
        return Err(Fault::new(409, "BucketNotEmpty", message).detail("BucketName", place.name));
    }
    cx.world.account(&place.account).s3.buckets.remove(&place.name);
    if let Some(owner) = cx.world.buckets.get_mut(&place.name) {
        owner.released = Some(now);
    }
    Ok(Answer::status(204))
}

/// Null for us-east-1 (S3-25).
fn get_bucket_location(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let (lens, found) = (cx.lens(), bucket(cx, &place)?);
    if !lens.sees(found.created, &place.name) {
        return Err(super::find::no_such_bucket(&place.name));
    }
    let region = if found.region == "us-east-1" { "" } else { found.region.as_str() };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><LocationConstraint xmlns=\"{}\">{region}</LocationConstraint>",
        super::SERVICE.namespace
    );
    Ok(Answer::raw(body).header("content-type", "application/xml"))
}

fn list_buckets(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let limit = params.number_in("max-buckets", 1..=10_000)?.unwrap_or(10_000);
    let prefix = params.text("prefix").unwrap_or_default().to_owned();
    let only = params.text("bucket-region");
    let lens = cx.lens();
    let found: Vec<(String, Milliseconds, String)> = cx
        .account()
        .s3
        .buckets
        .iter()
        .filter(|(name, bucket)| {
            name.starts_with(&prefix)
                && only.is_none_or(|region| bucket.region == region)
                && lens.sees(bucket.created, name)
        })
        .map(|(name, bucket)| (name.clone(), bucket.created, bucket.region.clone()))
        .collect();
    // Only a caller who asks for pages gets them.
    let (found, next) = match params.has("max-buckets") || params.has("continuation-token") {
        true => cx
            .page(
                found,
                |(name, ..)| name.clone(),
                params.text("continuation-token"),
                usize::try_from(limit).unwrap_or(10_000),
            )
            .map_err(|_| params.invalid("continuation-token", "is not a token that was given out"))?,
        false => (found, None),
    };
    let shown = found.into_iter().map(|(name, created, region)| {
        Fields::new()
            .with("Name", name)
            .with("CreationDate", Node::Time(created))
            .with("BucketRegion", region)
    });
    let fields = Fields::new()
        .with("Owner", Fields::new().with("ID", canonical(cx.account_id())))
        .with("Buckets", Node::named("Bucket", shown))
        .maybe("ContinuationToken", next)
        .maybe("Prefix", (!prefix.is_empty()).then_some(prefix));
    Ok(Answer::root("ListAllMyBucketsResult", fields))
}
