//! ACLs, which new buckets have none of (S3-8).

use serde_json::{Value, json};

use super::find::{bucket, canonical, configured, denied, write};
use super::settings::is_on;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

const ROOT: &str = "AccessControlPolicy";
const EVERYONE: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const ANY_ACCOUNT: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetBucketAcl", "GET", At::Bucket, "acl", Body::Raw, get),
    rest("PutBucketAcl", "PUT", At::Bucket, "acl", Body::MaybeXml(ROOT), put),
];

pub(super) fn not_supported() -> Fault {
    Fault::client("AccessControlListNotSupported", "The bucket does not allow ACLs")
}

/// Refuses the name of an ACL that is none.
pub(super) fn check_canned(params: &Params, name: &str) -> Result<(), Fault> {
    let known = ["private", "public-read", "public-read-write", "authenticated-read", "log-delivery-write"];
    if known.contains(&name) { Ok(()) } else { Err(params.invalid("x-amz-acl", "is not a canned ACL")) }
}

/// The grants of a canned ACL, beside the owner's.
pub(super) fn canned(account: &str, name: &str) -> Value {
    let owner = json!({"id": canonical(account), "permission": "FULL_CONTROL"});
    let group = |uri: &str, permission: &str| json!({"uri": uri, "permission": permission});
    let more = match name {
        "public-read" => vec![group(EVERYONE, "READ")],
        "public-read-write" => vec![group(EVERYONE, "READ"), group(EVERYONE, "WRITE")],
        "authenticated-read" => vec![group(ANY_ACCOUNT, "READ")],
        "log-delivery-write" => vec![group(LOG_DELIVERY, "WRITE"), group(LOG_DELIVERY, "READ_ACP")],
        _ => Vec::new(),
    };
    Value::Array(std::iter::once(owner).chain(more).collect())
}

/// Whether a kept ACL grants anything to anybody but the owner.
pub(super) fn lets_others_in(account: &str, acl: Option<&Value>) -> bool {
    let owner = canonical(account);
    let is_others = |grant: &Value| grant.get("id").and_then(Value::as_str) != Some(&owner);
    acl.and_then(Value::as_array).is_some_and(|grants| grants.iter().any(is_others))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let (lens, owner) = (cx.lens(), canonical(&place.account));
    let kept = bucket(cx, &place)?.seen(lens, &place.name, "acl").cloned();
    let kept = kept.unwrap_or_else(|| canned(&place.account, "private"));
    let grants = kept.as_array().into_iter().flatten().map(|grant| {
        let part = |name: &str| grant.get(name).and_then(Value::as_str);
        let kind = if part("id").is_some() { "CanonicalUser" } else { "Group" };
        let grantee = Fields::new()
            .with("@xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .with("@xsi:type", kind)
            .maybe("ID", part("id"))
            .maybe("URI", part("uri"));
        Fields::new().with("Grantee", grantee).maybe("Permission", part("permission"))
    });
    let fields = Fields::new()
        .with("Owner", Fields::new().with("ID", owner))
        .with("AccessControlList", Node::named("Grant", grants));
    Ok(Answer::root(ROOT, fields))
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = configured(cx, params)?;
    let lens = cx.lens();
    if bucket(cx, &place)?.ownership() == "BucketOwnerEnforced" {
        return Err(not_supported());
    }
    let by_header = by_header(params)?;
    let grants = match (params.text("x-amz-acl"), params.map(ROOT)) {
        (None, None) if by_header.is_some() => by_header.unwrap_or_default(),
        _ if by_header.is_some() => {
            let message = "Specifying both Canned ACLs and Header Grants is not allowed";
            return Err(Fault::client("InvalidRequest", message));
        }
        (Some(name), None) => {
            check_canned(params, name)?;
            canned(&place.account, name)
        }
        (None, Some(body)) => sent(body)?,
        (Some(_), Some(_)) => {
            let message = "Specifying both Canned ACLs and Header Grants is not allowed";
            return Err(Fault::client("InvalidRequest", message));
        }
        (None, None) => return Err(params.missing(ROOT)),
    };
    let open = grants.as_array().into_iter().flatten().any(|grant| {
        grant.get("uri").and_then(Value::as_str).is_some_and(|uri| uri == EVERYONE || uri == ANY_ACCOUNT)
    });
    let blocked = is_on(bucket(cx, &place)?.seen(lens, &place.name, "publicAccessBlock"), "BlockPublicAcls")
        || is_on(cx.world.account(&place.account).s3control.seen(lens), "BlockPublicAcls");
    if open && blocked {
        return Err(denied());
    }
    write(cx, &place, |bucket, now| bucket.set("acl", Some(grants), now))?;
    Ok(Answer { status: 200, ..Answer::empty() })
}

/// The headers that grant, and what each grants.
const HEADERS: [(&str, &str); 5] = [
    ("x-amz-grant-full-control", "FULL_CONTROL"),
    ("x-amz-grant-read", "READ"),
    ("x-amz-grant-read-acp", "READ_ACP"),
    ("x-amz-grant-write", "WRITE"),
    ("x-amz-grant-write-acp", "WRITE_ACP"),
];

/// The grants of headers such as `x-amz-grant-read: uri="...", id="..."`; nothing where there is none.
pub(super) fn by_header(params: &Params) -> Result<Option<Value>, Fault> {
    let mut grants = Vec::new();
    for (header, permission) in HEADERS {
        for grantee in params.text(header).iter().flat_map(|text| text.split(',')) {
            let (kind, name) =
                grantee.trim().split_once('=').ok_or_else(|| params.invalid(header, "names no grantee"))?;
            let name = name.trim_matches('"');
            match kind {
                "id" | "uri" => grants.push(json!({kind: name, "permission": permission})),
                _ => return Err(params.invalid(header, "names no grantee")),
            }
        }
    }
    Ok((!grants.is_empty()).then_some(Value::Array(grants)))
}

/// The grants of a document.
fn sent(body: &Params) -> Result<Value, Fault> {
    let list = body.map("AccessControlList").ok_or_else(|| body.missing("AccessControlList"))?;
    let grants = list.maps("Grant").into_iter().map(|grant| {
        let grantee = grant.map("Grantee").ok_or_else(|| body.missing("Grantee"))?;
        let permission = grant.required("Permission")?;
        if !["FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP"].contains(&permission) {
            return Err(body.missing("Permission"));
        }
        match (grantee.text("ID"), grantee.text("URI")) {
            (Some(id), None) => Ok(json!({"id": id, "permission": permission})),
            (None, Some(uri)) => Ok(json!({"uri": uri, "permission": permission})),
            _ => Err(body.missing("Grantee")),
        }
    });
    grants.collect::<Result<Vec<_>, _>>().map(Value::Array)
}
