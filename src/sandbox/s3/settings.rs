//! Settings that are kept and shown as they were sent, each in its place with its own answer for "unset" (S3-25).

use serde_json::{Value, json};

use super::find::{bucket, configured, write};
use super::state::text;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show_fields};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetPublicAccessBlock", "GET", At::Bucket, "publicAccessBlock", Body::Raw, get),
    rest(
        "PutPublicAccessBlock",
        "PUT",
        At::Bucket,
        "publicAccessBlock",
        Body::Xml("PublicAccessBlockConfiguration"),
        put,
    ),
    rest("DeletePublicAccessBlock", "DELETE", At::Bucket, "publicAccessBlock", Body::Raw, delete),
    rest("GetBucketOwnershipControls", "GET", At::Bucket, "ownershipControls", Body::Raw, get),
    rest(
        "PutBucketOwnershipControls",
        "PUT",
        At::Bucket,
        "ownershipControls",
        Body::Xml("OwnershipControls"),
        put,
    ),
    rest("DeleteBucketOwnershipControls", "DELETE", At::Bucket, "ownershipControls", Body::Raw, delete),
    rest("GetBucketRequestPayment", "GET", At::Bucket, "requestPayment", Body::Raw, get),
    rest(
        "PutBucketRequestPayment",
        "PUT",
        At::Bucket,
        "requestPayment",
        Body::Xml("RequestPaymentConfiguration"),
        put,
    ),
    rest("GetBucketAccelerateConfiguration", "GET", At::Bucket, "accelerate", Body::Raw, get),
    rest(
        "PutBucketAccelerateConfiguration",
        "PUT",
        At::Bucket,
        "accelerate",
        Body::Xml("AccelerateConfiguration"),
        put,
    ),
    rest("GetBucketCors", "GET", At::Bucket, "cors", Body::Raw, get),
    rest("PutBucketCors", "PUT", At::Bucket, "cors", Body::Xml("CORSConfiguration"), put),
    rest("DeleteBucketCors", "DELETE", At::Bucket, "cors", Body::Raw, delete),
    rest("GetBucketWebsite", "GET", At::Bucket, "website", Body::Raw, get),
    rest("PutBucketWebsite", "PUT", At::Bucket, "website", Body::Xml("WebsiteConfiguration"), put),
    rest("DeleteBucketWebsite", "DELETE", At::Bucket, "website", Body::Raw, delete),
    rest("GetBucketReplication", "GET", At::Bucket, "replication", Body::Raw, get),
    rest(
        "PutBucketReplication",
        "PUT",
        At::Bucket,
        "replication",
        Body::Xml("ReplicationConfiguration"),
        put,
    ),
    rest("DeleteBucketReplication", "DELETE", At::Bucket, "replication", Body::Raw, delete),
    rest("GetBucketNotificationConfiguration", "GET", At::Bucket, "notification", Body::Raw, get),
    rest(
        "PutBucketNotificationConfiguration",
        "PUT",
        At::Bucket,
        "notification",
        Body::Xml("NotificationConfiguration"),
        put,
    ),
];

/// A setting that needs no handler of its own.
struct Setting {
    /// Its query key.
    marker: &'static str,
    /// The root element of its document.
    root: &'static str,
    /// What is answered where it is unset: a code and a message, or an empty document where there is no code.
    unset: (&'static str, &'static str),
}

const SETTINGS: &[Setting] = &[
    Setting {
        marker: "publicAccessBlock",
        root: "PublicAccessBlockConfiguration",
        unset: (
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        ),
    },
    Setting {
        marker: "ownershipControls",
        root: "OwnershipControls",
        unset: ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
    },
    Setting { marker: "requestPayment", root: "RequestPaymentConfiguration", unset: ("", "") },
    Setting { marker: "accelerate", root: "AccelerateConfiguration", unset: ("", "") },
    Setting {
        marker: "cors",
        root: "CORSConfiguration",
        unset: ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    },
    Setting {
        marker: "website",
        root: "WebsiteConfiguration",
        unset: ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    },
    Setting {
        marker: "replication",
        root: "ReplicationConfiguration",
        unset: ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    },
    Setting { marker: "notification", root: "NotificationConfiguration", unset: ("", "") },
];

fn asked(cx: &Context<'_>, params: &Params) -> Result<&'static Setting, Fault> {
    SETTINGS
        .iter()
        .find(|setting| cx.request.query(setting.marker).is_some())
        .ok_or_else(|| params.missing("Bucket"))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let setting = asked(cx, params)?;
    let place = configured(cx, params)?;
    let lens = cx.lens();
    let kept = bucket(cx, &place)?.seen(lens, &place.name, setting.marker).cloned();
    let kept = match (kept, setting.unset) {
        (Some(kept), _) => kept,
        (None, ("", _)) if setting.marker == "requestPayment" => json!({"Payer": "BucketOwner"}),
        (None, ("", _)) => json!({}),
        (None, (code, message)) => {
            return Err(Fault::new(404, code, message).detail("BucketName", place.name));
        }
    };
    Ok(Answer::root(setting.root, show_fields(&kept)))
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let setting = asked(cx, params)?;
    let place = configured(cx, params)?;
    // A document without elements unsets what may be unset so.
    let empty = Params::clone(params);
    let body = params.map(setting.root).unwrap_or(&empty);
    let kept = match setting.marker {
        "publicAccessBlock" => switches(body)?,
        "ownershipControls" => {
            let rules = body.maps("Rule");
            let [rule] = rules[..] else { return Err(params.missing("Rule")) };
            let ownership = rule.required("ObjectOwnership")?;
            check_ownership(ownership)?;
            let others = super::acl::lets_others_in(&place.account, bucket(cx, &place)?.truth("acl"));
            if ownership == "BucketOwnerEnforced" && others {
                return Err(Fault::client(
                    "InvalidBucketAclWithObjectOwnership",
                    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
                ));
            }
            keep(body)
        }
        "requestPayment" => {
            check_word(params, body.required("Payer")?, &["BucketOwner", "Requester"])?;
            keep(body)
        }
        "accelerate" => {
            check_word(params, body.required("Status")?, &["Enabled", "Suspended"])?;
            if place.name.contains('.') {
                let message =
                    "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names";
                return Err(Fault::client("InvalidRequest", message));
            }
            keep(body)
        }
        "notification" => notifications(cx, &place.name, body)?,
        "replication" if bucket(cx, &place)?.versioning() != "Enabled" => {
            let message = "Versioning must be 'Enabled' on the bucket to apply a replication configuration";
            return Err(Fault::client("InvalidRequest", message).detail("BucketName", place.name));
        }
        "cors" => {
            let rules = body.maps("CORSRule");
            if rules.is_empty() || rules.len() > 100 {
                return Err(params.missing("CORSRule"));
            }
            let known = ["GET", "PUT", "POST", "DELETE", "HEAD"];
            let methods = rules.iter().flat_map(|rule| rule.texts("AllowedMethod"));
            if let Some(method) = methods.into_iter().find(|method| !known.contains(method)) {
                let message =
                    format!("Found unsupported HTTP method in CORS config. Unsupported method is {method}");
                return Err(Fault::client("InvalidRequest", message));
            }
            keep(body)
        }
        _ if std::ptr::eq(body, &empty) => json!({}),
        _ => keep(body),
    };
    write(cx, &place, |bucket, now| bucket.set(setting.marker, Some(kept), now))?;
    Ok(Answer { status: 200, ..Answer::empty() })
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let setting = asked(cx, params)?;
    let place = configured(cx, params)?;
    write(cx, &place, |bucket, now| bucket.set(setting.marker, None, now))?;
    Ok(Answer::status(204))
}

/// What is told to whom: each gets an id where it has none, and names a destination of its kind in the bucket's region.
fn notifications(cx: &mut Context<'_>, bucket: &str, body: &Params) -> Result<Value, Fault> {
    let invalid = |message: &str| Fault::client("InvalidArgument", message.to_owned());
    let region = cx.world.buckets.get(bucket).map_or_else(|| cx.region.clone(), |owner| owner.region.clone());
    let kinds = [
        ("TopicConfiguration", "Topic", "sns"),
        ("QueueConfiguration", "Queue", "sqs"),
        ("CloudFunctionConfiguration", "CloudFunction", "lambda"),
    ];
    let mut kept = keep(body);
    for (list, member, service) in kinds {
        for one in body.maps(list) {
            let arn: Vec<&str> = one.text(member).unwrap_or_default().splitn(6, ':').collect();
            let [_, _, of, there, account, _] = arn[..] else {
                return Err(invalid("The ARN is not well formed"));
            };
            if of != service || !crate::partition::is_account(account) {
                return Err(invalid("The ARN is not well formed"));
            }
            if there != region {
                return Err(invalid(
                    "The notification destination service region is not valid for the bucket location constraint",
                ));
            }
            if one.texts("Event").iter().any(|event| !event.starts_with("s3:")) {
                return Err(invalid("A specified event is not supported for notifications."));
            }
        }
        let rows = match kept.get_mut(list) {
            Some(Value::Array(rows)) => rows.iter_mut().collect(),
            Some(row) => vec![row],
            None => Vec::new(),
        };
        for row in rows.into_iter().filter_map(Value::as_object_mut) {
            row.entry("Id").or_insert_with(|| Value::String(cx.world.ids.uuid()));
        }
    }
    Ok(kept)
}

/// The four switches of a public access block; one that is not sent is off.
pub(in crate::sandbox) fn switches(body: &Params) -> Result<Value, Fault> {
    let mut kept = serde_json::Map::new();
    if body.is_empty() {
        return Err(Fault::client("InvalidRequest", "Must specify at least one configuration."));
    }
    for name in ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] {
        let on = body.flag(name).map_err(|_| body.missing(name))?.unwrap_or_default();
        kept.insert(name.to_owned(), Value::String(on.to_string()));
    }
    Ok(Value::Object(kept))
}

/// Whether a switch of a kept public access block is on.
pub(super) fn is_on(block: Option<&Value>, switch: &str) -> bool {
    text(block, &[switch]) == "true"
}

pub(super) fn check_ownership(rule: &str) -> Result<(), Fault> {
    let known = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];
    check_word(&Params::new(crate::sandbox::wire::Style::Rest), rule, &known)
}

fn check_word(params: &Params, word: &str, known: &[&str]) -> Result<(), Fault> {
    if known.contains(&word) { Ok(()) } else { Err(params.missing("")) }
}
