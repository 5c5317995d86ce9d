//! Tags of buckets: every put replaces them all (TAG-2).

use super::abac;
use super::find::{Place, bucket, configured, write};
use super::state::tags_of;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show_fields};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetBucketTagging", "GET", At::Bucket, "tagging", Body::Raw, get),
    rest("PutBucketTagging", "PUT", At::Bucket, "tagging", Body::Xml("Tagging"), put),
    rest("DeleteBucketTagging", "DELETE", At::Bucket, "tagging", Body::Raw, delete),
];

/// Refuses a tag set that S3 refuses.
pub(in crate::sandbox) fn check(set: &Params) -> Result<(), Fault> {
    let sent = set.maps("Tag").len();
    let tags = set.tags("Tag", "Key", "Value")?;
    if sent > 50 {
        return Err(Fault::client("BadRequest", "Bucket tag count cannot be greater than 50"));
    }
    if tags.len() != sent {
        return Err(Fault::client("InvalidTag", "Cannot provide multiple Tags with the same key"));
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err(Fault::client("InvalidTag", "System tags cannot be added/updated by requester"));
    }
    if tags.iter().any(|(key, value)| key.chars().count() > 128 || value.chars().count() > 256) {
        return Err(Fault::client("InvalidTag", "The TagKey or TagValue you have provided is too long"));
    }
    Ok(())
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let lens = cx.lens();
    let kept = bucket(cx, &place)?.seen(lens, &place.name, "tagging").cloned();
    match kept.filter(|kept| !tags_of(Some(kept)).is_empty()) {
        Some(kept) => Ok(Answer::root("Tagging", show_fields(&kept))),
        None => {
            let fault = Fault::new(404, "NoSuchTagSet", "The TagSet does not exist");
            Err(fault.detail("BucketName", place.name))
        }
    }
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let body =
        params.map("Tagging").filter(|body| body.has("TagSet")).ok_or_else(|| params.missing("TagSet"))?;
    if let Some(set) = body.map("TagSet") {
        check(set)?;
    }
    abac::check(bucket(cx, &place)?)?;
    store(cx, &place, Some(keep(body)))?;
    Ok(Answer::status(204))
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    abac::check(bucket(cx, &place)?)?;
    store(cx, &place, None)?;
    Ok(Answer::status(204))
}

fn store(cx: &mut Context<'_>, place: &Place, kept: Option<serde_json::Value>) -> Result<(), Fault> {
    write(cx, place, |bucket, now| {
        bucket.set("tagging", kept, now);
        bucket.tagged = now;
    })
}
