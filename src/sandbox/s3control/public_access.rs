//! The public access block of the whole account (ACC-1).

use crate::sandbox::context::Context;
use crate::sandbox::kept::show_fields;
use crate::sandbox::lag::Versioned;
use crate::sandbox::s3::switches;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Params};

const PATH: At = At::Path("/v20180820/configuration/publicAccessBlock");
const ROOT: &str = "PublicAccessBlockConfiguration";

pub(super) const OPERATIONS: &[Operation] = &[
    rest("GetPublicAccessBlock", "GET", PATH, "", Body::Raw, get),
    rest("PutPublicAccessBlock", "PUT", PATH, "", Body::Xml(ROOT), put),
    rest("DeletePublicAccessBlock", "DELETE", PATH, "", Body::Raw, delete),
];

/// The account that the request names must be the caller's own.
pub(super) fn own_account(cx: &Context<'_>, params: &Params) -> Result<(), Fault> {
    match params.text("x-amz-account-id") {
        Some(account) if account == cx.account_id() => Ok(()),
        Some(_) => Err(Fault::new(403, "AccessDenied", "Access Denied")),
        None => {
            Err(Fault::client("InvalidRequest", "Missing required header for this request: x-amz-account-id"))
        }
    }
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    own_account(cx, params)?;
    let lens = cx.lens();
    match cx.account().s3control.seen(lens) {
        Some(block) => Ok(Answer::root(ROOT, show_fields(block))),
        None => Err(Fault::new(
            404,
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        )
        .detail("AccountId", cx.account_id())),
    }
}

fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    own_account(cx, params)?;
    let body = params.map(ROOT).ok_or_else(|| params.missing(ROOT))?;
    let block = switches(body)?;
    store(cx, Some(block));
    Ok(Answer { status: 200, ..Answer::empty() })
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    own_account(cx, params)?;
    store(cx, None);
    Ok(Answer::status(204))
}

fn store(cx: &mut Context<'_>, block: Option<serde_json::Value>) {
    let now = cx.now();
    let kept = &mut cx.account().s3control.public_access_block;
    *kept.get_or_insert_with(|| Versioned::new(None, 0)).change(now) = block;
}
