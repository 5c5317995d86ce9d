//! Default encryption: there always is one (S3-26).

use serde_json::Value;

use super::find::{bucket, configured, write};
use super::state::default_encryption;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show_fields};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Params};

const ROOT: &str = "ServerSideEncryptionConfiguration";

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetBucketEncryption", "GET", At::Bucket, "encryption", Body::Raw, get),
    rest("PutBucketEncryption", "PUT", At::Bucket, "encryption", Body::Xml(ROOT), put),
    rest("DeleteBucketEncryption", "DELETE", At::Bucket, "encryption", Body::Raw, delete),
];

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let lens = cx.lens();
    let kept = bucket(cx, &place)?.seen(lens, &place.name, "encryption").cloned();
    Ok(Answer::root(ROOT, show_fields(&kept.unwrap_or_else(default_encryption))))
}

/// The key is not looked for: a wrong one is found out when an object is written (S3-9).
fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let body = params.map(ROOT).ok_or_else(|| params.missing(ROOT))?;
    let rules = body.maps("Rule");
    let [rule] = rules[..] else { return Err(params.missing("Rule")) };
    if let Some(default) = rule.map("ApplyServerSideEncryptionByDefault") {
        let algorithm = default.required("SSEAlgorithm")?;
        if !["AES256", "aws:kms", "aws:kms:dsse"].contains(&algorithm) {
            return Err(params.missing("SSEAlgorithm"));
        }
        if algorithm == "AES256" && default.text("KMSMasterKeyID").is_some_and(|key| !key.is_empty()) {
            return Err(Fault::client(
                "InvalidArgument",
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            ));
        }
    } else if !rule.has("BlockedEncryptionTypes") && !rule.has("BucketKeyEnabled") {
        return Err(params.missing("ApplyServerSideEncryptionByDefault"));
    }
    rule.flag("BucketKeyEnabled").map_err(|_| params.missing("BucketKeyEnabled"))?;
    if let Some(blocked) = rule.map("BlockedEncryptionTypes")
        && blocked.texts("EncryptionType").iter().any(|kind| !["SSE-C", "NONE"].contains(kind))
    {
        return Err(params.missing("EncryptionType"));
    }
    let mut kept = keep(body);
    if let Some(rule) = kept.get_mut("Rule").and_then(Value::as_object_mut) {
        let defaults = default_encryption();
        for name in ["ApplyServerSideEncryptionByDefault", "BucketKeyEnabled"] {
            rule.entry(name).or_insert_with(|| defaults["Rule"][name].clone());
        }
    }
    write(cx, &place, |bucket, now| bucket.set("encryption", Some(kept), now))?;
    Ok(Answer { status: 200, ..Answer::empty() })
}

/// Back to what a bucket is born with.
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    write(cx, &place, |bucket, now| bucket.set("encryption", Some(default_encryption()), now))?;
    Ok(Answer::status(204))
}
