//! Server access logging. A wrong policy of the target is silent (S3-18); a wrong target is not.

use super::find::{Place, bucket, configured, write};
use super::state::text;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show_fields};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

const ROOT: &str = "BucketLoggingStatus";

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetBucketLogging", "GET", At::Bucket, "logging", Body::Raw, get),
    rest("PutBucketLogging", "PUT", At::Bucket, "logging", Body::Xml(ROOT), put),
];

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let lens = cx.lens();
    let fields = bucket(cx, &place)?.seen(lens, &place.name, "logging").map_or_else(Fields::new, show_fields);
    Ok(Answer::root(ROOT, fields))
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let kept = match params.map(ROOT).and_then(|body| Some((body, body.map("LoggingEnabled")?))) {
        Some((body, enabled)) => {
            let target = enabled.required("TargetBucket")?;
            if !enabled.has("TargetPrefix") {
                return Err(params.missing("TargetPrefix"));
            }
            check_target(cx, &place, target)?;
            Some(keep(body))
        }
        None => None,
    };
    write(cx, &place, |bucket, now| bucket.set("logging", kept, now))?;
    Ok(Answer { status: 200, ..Answer::empty() })
}

fn check_target(cx: &mut Context<'_>, source: &Place, target: &str) -> Result<(), Fault> {
    let invalid = |message: &str| {
        let fault = Fault::client("InvalidTargetBucketForLogging", message);
        fault.detail("TargetBucket", target)
    };
    let missing = || invalid("The target bucket for logging does not exist");
    let owner = cx.world.buckets.get(target).filter(|owner| owner.released.is_none()).cloned();
    let owner = owner.ok_or_else(missing)?;
    if owner.account != source.account {
        // S3-12
        return Err(invalid("The owner for the bucket to be logged and the target bucket must be the same."));
    }
    let (lens, here) = (cx.lens(), bucket(cx, source)?.region.clone());
    if owner.region != here {
        let message = "Cross S3 location logging not allowed.";
        return Err(Fault::new(403, "CrossLocationLoggingProhibited", message)
            .detail("TargetBucketLocation", owner.region)
            .detail("SourceBucketLocation", here));
    }
    let place = Place { name: target.to_owned(), account: owner.account };
    let found = bucket(cx, &place)?;
    if !lens.sees(found.created, target) {
        return Err(missing());
    }
    // S3-14
    if text(found.truth("requestPayment"), &["Payer"]) == "Requester" {
        return Err(invalid("The target bucket for logging must not have Requester Pays enabled"));
    }
    if found.truth("object-lock").is_some_and(|lock| lock.get("Rule").is_some()) {
        return Err(invalid("The target bucket for logging must not have a default retention period"));
    }
    Ok(())
}
