//! Object Lock of a bucket.

use super::find::{bucket, configured, write};
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show_fields};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Params};

const ROOT: &str = "ObjectLockConfiguration";

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetObjectLockConfiguration", "GET", At::Bucket, "object-lock", Body::Raw, get),
    rest("PutObjectLockConfiguration", "PUT", At::Bucket, "object-lock", Body::Xml(ROOT), put),
];

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let lens = cx.lens();
    match bucket(cx, &place)?.seen(lens, &place.name, "object-lock") {
        Some(kept) => Ok(Answer::root(ROOT, show_fields(kept))),
        None => Err(Fault::new(
            404,
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        )
        .detail("BucketName", place.name)),
    }
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let body = params.map(ROOT).ok_or_else(|| params.missing(ROOT))?;
    if !body.has("ObjectLockEnabled") && !body.has("Rule") {
        return Err(params.missing("ObjectLockEnabled"));
    }
    if body.text("ObjectLockEnabled").is_some_and(|word| word != "Enabled") {
        return Err(params.missing("ObjectLockEnabled"));
    }
    if let Some(rule) = body.map("Rule") {
        let retention = rule.map("DefaultRetention").ok_or_else(|| params.missing("DefaultRetention"))?;
        if !["GOVERNANCE", "COMPLIANCE"].contains(&retention.required("Mode")?) {
            return Err(params.missing("Mode"));
        }
        let (days, years) = (retention.number("Days")?, retention.number("Years")?);
        let ((Some(period), None) | (None, Some(period))) = (days, years) else {
            return Err(params.missing("Days"));
        };
        if period <= 0 {
            let message = "Default retention period must be a positive integer value.";
            return Err(Fault::client("InvalidArgument", message));
        }
    }
    if bucket(cx, &place)?.versioning() != "Enabled" {
        return Err(Fault::new(
            409,
            "InvalidBucketState",
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        ));
    }
    let mut kept = keep(body);
    if let Some(kept) = kept.as_object_mut() {
        // It can never be switched off again.
        kept.insert("ObjectLockEnabled".into(), "Enabled".into());
    }
    write(cx, &place, |bucket, now| bucket.set("object-lock", Some(kept), now))?;
    Ok(Answer { status: 200, ..Answer::empty() })
}
