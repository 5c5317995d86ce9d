//! Bucket policies.

use serde_json::Value;

use super::find::{bucket, configured, denied, write};
use super::public::is_public;
use super::settings::is_on;
use crate::sandbox::context::Context;
use crate::sandbox::policy::{Document, Problem, Use, glob};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetBucketPolicy", "GET", At::Bucket, "policy", Body::Raw, get),
    rest("PutBucketPolicy", "PUT", At::Bucket, "policy", Body::Raw, put),
    rest("DeleteBucketPolicy", "DELETE", At::Bucket, "policy", Body::Raw, delete),
    rest("GetBucketPolicyStatus", "GET", At::Bucket, "policyStatus", Body::Raw, status),
];

fn malformed(message: impl Into<String>) -> Fault {
    Fault::client("MalformedPolicy", message)
}

fn seen(cx: &mut Context<'_>, params: &Params) -> Result<Document, Fault> {
    let place = configured(cx, params)?;
    let lens = cx.lens();
    let policy = bucket(cx, &place)?.policy_seen(lens, &place.name).cloned();
    policy.ok_or_else(|| {
        let fault = Fault::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist");
        fault.detail("BucketName", place.name)
    })
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let policy = seen(cx, params)?;
    let text = policy.shown(cx.world).into_owned();
    Ok(Answer::raw(text).header("content-type", "application/json"))
}

fn status(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let policy = seen(cx, params)?;
    Ok(Answer::root("PolicyStatus", Fields::new().with("IsPublic", is_public(policy.written()))))
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let text = std::str::from_utf8(&cx.request.body)
        .map_err(|_| malformed("This policy contains invalid Json"))?
        .to_owned();
    if text.len() > 20_480 {
        return Err(malformed("Policy exceeds the maximum allowed document size."));
    }
    let lens = cx.lens();
    let policy = Document::read(cx.world, lens, &text, Use::Resource).map_err(|problem| match problem {
        Problem::Syntax(message) => malformed(message),
        Problem::Principal(detail) => malformed("Invalid principal in policy").detail("Detail", detail),
    })?;
    check_reach(&text, cx.partition(), &place.name)?;
    // S3-5: the block of the bucket or of the account, whichever is stricter (S3-7).
    let account = cx
        .world
        .account(&place.account)
        .s3control
        .seen(lens)
        .is_some_and(|block| is_on(Some(block), "BlockPublicPolicy"));
    let found = bucket(cx, &place)?;
    let own = is_on(found.seen(lens, &place.name, "publicAccessBlock"), "BlockPublicPolicy");
    if (own || account) && is_public(&text) {
        let message = format!(
            "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:{}:s3:::{}\" because \
             public policies are blocked by the BlockPublicPolicy block public access setting.",
            cx.caller.arn,
            cx.partition(),
            place.name
        );
        return Err(Fault { message, ..denied() });
    }
    write(cx, &place, |bucket, now| *bucket.policy.change(now) = Some(policy))?;
    Ok(Answer::status(204))
}

/// Every action must be one of S3, and every resource this bucket or something in it.
fn check_reach(text: &str, partition: &str, bucket: &str) -> Result<(), Fault> {
    let policy: Value = serde_json::from_str(text).unwrap_or_default();
    let many = |value: Option<&Value>| match value {
        Some(Value::Array(values)) => values.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let arn = format!("arn:{partition}:s3:::{bucket}");
    for statement in many(policy.get("Statement")) {
        let texts = |a: &str, b: &str| many(statement.get(a).or_else(|| statement.get(b)));
        for action in texts("Action", "NotAction") {
            let action = action.as_str().unwrap_or_default().to_ascii_lowercase();
            if action != "*" && !action.starts_with("s3:") {
                return Err(malformed("Policy has invalid action"));
            }
        }
        for resource in texts("Resource", "NotResource") {
            let resource = resource.as_str().unwrap_or_default();
            let path = resource.split_once('/').map_or(resource, |(path, _)| path);
            let fits = path == arn
                || (path.contains(['*', '?'])
                    && path.starts_with(&format!("arn:{partition}:s3:::"))
                    && glob(path, &arn));
            if !fits {
                return Err(malformed("Policy has invalid resource"));
            }
        }
    }
    Ok(())
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    write(cx, &place, |bucket, now| *bucket.policy.change(now) = None)?;
    Ok(Answer::status(204))
}
