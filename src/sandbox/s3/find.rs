//! Finds the bucket a request names, and refuses callers and moments that S3 refuses.

use super::state::Bucket;
use crate::partition;
use crate::sandbox::chance::mix;
use crate::sandbox::context::Context;
use crate::sandbox::profile::Profile;
use crate::sandbox::wire::{Fault, Params};
use crate::sandbox::world::Milliseconds;

/// A bucket that a request may reach.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Its name.
    pub name: String,
    /// The account that owns it.
    pub account: String,
}

pub(super) fn no_such_bucket(name: &str) -> Fault {
    Fault::new(404, "NoSuchBucket", "The specified bucket does not exist").detail("BucketName", name)
}

pub(super) fn denied() -> Fault {
    Fault::new(403, "AccessDenied", "Access Denied")
}

/// The canonical id of an account: 64 hex digits that say nothing.
pub(super) fn canonical(account: &str) -> String {
    let number: u64 = account.parse().unwrap_or_default();
    (0..4).map(|part| format!("{:016x}", mix(number, part, 0))).collect()
}

/// The bucket a request names, for its configuration: a new bucket is not known everywhere (S3-19).
pub(super) fn configured(cx: &mut Context<'_>, params: &Params) -> Result<Place, Fault> {
    let place = locate(cx, params)?;
    let (lens, name) = (cx.lens(), place.name.clone());
    if !lens.sees(bucket(cx, &place)?.created, &name) {
        return Err(no_such_bucket(&name));
    }
    Ok(place)
}

/// The bucket a request names, for its contents.
pub(super) fn locate(cx: &mut Context<'_>, params: &Params) -> Result<Place, Fault> {
    let name = params.required("Bucket")?.to_owned();
    let owner = cx.world.buckets.get(&name).filter(|owner| owner.released.is_none()).cloned();
    let owner = owner.ok_or_else(|| no_such_bucket(&name))?;
    let elsewhere = owner.region != cx.region && cx.operation != "GetBucketLocation";
    if elsewhere {
        let suffix = partition::of_region(&owner.region).map_or("amazonaws.com", |known| known.dns_suffix);
        return Err(Fault::new(
            301,
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified endpoint. Please send \
             all future requests to this endpoint.",
        )
        .detail("Endpoint", format!("{name}.s3.{}.{suffix}", owner.region))
        .detail("Bucket", &name)
        .header("x-amz-bucket-region", &owner.region));
    }
    if params.text("x-amz-expected-bucket-owner").is_some_and(|expected| expected != owner.account) {
        // S3-1: whoever names an owner is refused where the owner is another.
        return Err(denied());
    }
    let place = Place { name, account: owner.account };
    if place.account != cx.account_id() && cx.operation.ends_with("BucketPolicy") {
        // Another account's bucket opens by its policy, and its policy never does (S3-11).
        let message = "The specified method is not allowed against this resource.";
        return Err(Fault::new(405, "MethodNotAllowed", message));
    }
    Ok(place)
}

/// The bucket at a place.
pub(super) fn bucket<'a>(cx: &'a mut Context<'_>, place: &Place) -> Result<&'a mut Bucket, Fault> {
    let bucket = cx.world.account(&place.account).s3.buckets.get_mut(&place.name);
    bucket.ok_or_else(|| no_such_bucket(&place.name))
}

/// How close two writes to one bucket's configuration may come before the second is refused.
const fn overlap(profile: Profile) -> Milliseconds {
    match profile {
        Profile::Instant => 0,
        Profile::Realistic => 50,
        Profile::Hostile => 1_000,
    }
}

/// Writes to a bucket's configuration.
///
/// # Errors
/// 409 `OperationAborted` where another write came just before (aws-truths 1.2 c).
pub(super) fn write(
    cx: &mut Context<'_>,
    place: &Place,
    edit: impl FnOnce(&mut Bucket, Milliseconds),
) -> Result<(), Fault> {
    let (now, overlap) = (cx.now(), overlap(cx.world.profile));
    let bucket = bucket(cx, place)?;
    if bucket.written > 0 && now - bucket.written < overlap {
        return Err(aborted());
    }
    bucket.written = now;
    edit(bucket, now);
    Ok(())
}

pub(super) fn aborted() -> Fault {
    Fault::new(
        409,
        "OperationAborted",
        "A conflicting conditional operation is currently in progress against this resource. Please try again.",
    )
}
