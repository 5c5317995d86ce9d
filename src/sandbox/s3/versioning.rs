//! Versioning: on and suspended, but never again unset.

use super::find::{bucket, configured, write};
use super::state::text;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show_fields};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetBucketVersioning", "GET", At::Bucket, "versioning", Body::Raw, get),
    rest("PutBucketVersioning", "PUT", At::Bucket, "versioning", Body::Xml("VersioningConfiguration"), put),
];

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let lens = cx.lens();
    let fields =
        bucket(cx, &place)?.seen(lens, &place.name, "versioning").map_or_else(Fields::new, show_fields);
    Ok(Answer::root("VersioningConfiguration", fields))
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let illegal = || {
        let message = "The Versioning element must be specified";
        Fault::client("IllegalVersioningConfigurationException", message)
    };
    let body = params.map("VersioningConfiguration").ok_or_else(illegal)?;
    let status = body.required("Status").map_err(|_| illegal())?;
    if !["Enabled", "Suspended"].contains(&status) {
        return Err(params.missing("Status"));
    }
    let locked = text(bucket(cx, &place)?.truth("object-lock"), &["ObjectLockEnabled"]) == "Enabled";
    if status == "Suspended" && locked {
        return Err(Fault::new(
            409,
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        ));
    }
    let with_mfa = params.has("x-amz-mfa");
    if bucket(cx, &place)?.mfa_delete() && !with_mfa {
        return Err(Fault::new(403, "AccessDenied", "Mfa Authentication must be used for this request"));
    }
    if body.text("MfaDelete") == Some("Enabled") {
        if !with_mfa {
            return Err(Fault::client(
                "InvalidRequest",
                "MFA Authentication must be provided to set MfaDelete",
            ));
        }
        if bucket(cx, &place)?.truth("lifecycle").is_some() {
            return Err(Fault::new(
                409,
                "InvalidBucketState",
                "Mfa Authentication is not supported on a bucket with lifecycle configuration. Delete lifecycle \
                 configuration before enabling Mfa Authentication.",
            ));
        }
    }
    let mut kept = keep(body);
    // Left out, it stays as it is.
    let before = bucket(cx, &place)?.truth("versioning").and_then(|kept| kept.get("MfaDelete")).cloned();
    if let (Some(before), None, Some(map)) = (before, body.text("MfaDelete"), kept.as_object_mut()) {
        map.insert("MfaDelete".to_owned(), before);
    }
    write(cx, &place, |bucket, now| bucket.set("versioning", Some(kept), now))?;
    Ok(Answer { status: 200, ..Answer::empty() })
}
