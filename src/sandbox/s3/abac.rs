//! Attribute-based access control of buckets: while it is on, tags are written through S3 Control only.

use super::find::{bucket, configured, write};
use super::state::{Bucket, text};
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show_fields};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

const ROOT: &str = "AbacStatus";

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetBucketAbac", "GET", At::Bucket, "abac", Body::Raw, get),
    rest("PutBucketAbac", "PUT", At::Bucket, "abac", Body::Xml(ROOT), put),
];

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let lens = cx.lens();
    let kept = bucket(cx, &place)?.seen(lens, &place.name, "abac").map(show_fields);
    Ok(Answer::root(ROOT, kept.unwrap_or_else(|| Fields::new().with("Status", "Disabled"))))
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let body = params.map(ROOT).ok_or_else(|| params.missing(ROOT))?;
    if !["Enabled", "Disabled"].contains(&body.required("Status")?) {
        return Err(params.invalid("Status", "is not a status"));
    }
    let kept = keep(body);
    write(cx, &place, |bucket, now| bucket.set("abac", Some(kept), now))?;
    Ok(Answer { status: 200, ..Answer::empty() })
}

/// Refuses the older way to write tags where it is on.
pub(super) fn check(bucket: &Bucket) -> Result<(), Fault> {
    if text(bucket.truth("abac"), &["Status"]) == "Enabled" {
        let message = "Tags of a bucket with attribute-based access control are managed with TagResource and \
                       UntagResource.";
        return Err(Fault::new(405, "MethodNotAllowed", message));
    }
    Ok(())
}
