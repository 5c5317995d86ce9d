//! Copies of objects.

use std::collections::BTreeMap;

use super::conditions::{self, Verdict};
use super::find::{Place, bucket, locate};
use super::object_headers::{self, ENCRYPTION, REDIRECT, STORAGE};
use super::objects::{bytes, check_acl, find, new_key, write};
use super::state::{Content, Version, default_encryption};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Param, Params, Request, Style};

pub(super) const OPERATIONS: &[Operation] =
    &[rest("CopyObject", "PUT", At::Object, "header:x-amz-copy-source", Body::Raw, copy)];

/// The source of a copy: its place, its key and the version that was named.
struct Source {
    place: Place,
    key: String,
    id: Option<String>,
}

fn source(cx: &mut Context<'_>, params: &Params) -> Result<(Source, Version, Content), Fault> {
    let bad = || params.invalid("x-amz-copy-source", "must be a bucket, a slash and a key");
    let sent = params.required("x-amz-copy-source")?;
    let (path, id) = match sent.split_once("?versionId=") {
        Some((path, id)) => (path, Some(id.to_owned())),
        None => (sent, None),
    };
    let path = Request::decoded(path.strip_prefix('/').unwrap_or(path))?;
    let (name, key) = path.split_once('/').filter(|(_, key)| !key.is_empty()).ok_or_else(bad)?;
    let mut asked = Params::new(Style::Rest);
    for (member, value) in [("Bucket", name), ("Key", key)] {
        asked.set(member, Param::Text(value.to_owned()));
    }
    // The source is read where it lies, as the reader of an object.
    let region = cx.world.buckets.get(name).map_or_else(|| cx.region.clone(), |owner| owner.region.clone());
    let (here, operation) =
        (std::mem::replace(&mut cx.region, region), std::mem::replace(&mut cx.operation, "GetObject"));
    let place = locate(cx, &asked);
    (cx.region, cx.operation) = (here, operation);
    let place = place?;
    let (version, content) = find(cx, &place, key, id.as_deref()).map_err(|fault| {
        if fault.code != "MethodNotAllowed" {
            return fault;
        }
        let message =
            "The source of a copy request may not specifically refer to a delete marker by version id.";
        Fault::client("InvalidRequest", message)
    })?;
    Ok((Source { place, key: key.to_owned(), id }, version, content))
}

fn copy(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let key = new_key(params)?;
    check_acl(cx, &place, params)?;
    let (from, version, content) = source(cx, params)?;
    let condition = |name: &str| params.text(&format!("x-amz-copy-source-{name}"));
    match conditions::judge(condition, &content.etag, version.modified) {
        Verdict::Go => {}
        Verdict::NotModified => return Err(conditions::failed("x-amz-copy-source-If-None-Match")),
        Verdict::Failed(condition) => return Err(conditions::failed(condition)),
    }
    if super::objects::is_archived(&content) {
        let message = "The source object of the COPY operation is not in the active tier and is only stored in Amazon \
                       Glacier.";
        return Err(Fault::new(403, "ObjectNotInActiveTierError", message));
    }
    let mut asked = object_headers::read(cx, &place, params)?;
    let replaced = params.choice("x-amz-metadata-directive", &["COPY", "REPLACE"])? == Some("REPLACE");
    let same = from.place.name == place.name && from.key == key && from.id.is_none();
    // A request that names no encryption asks for the bucket's: where somebody chose that, or where the object has another.
    let chosen = bucket(cx, &place)?.truth("encryption") != Some(&default_encryption());
    let encrypts = chosen || asked.headers.get(ENCRYPTION) != content.headers.get(ENCRYPTION);
    let changes = encrypts || [STORAGE, REDIRECT, ENCRYPTION].iter().any(|name| params.has(name));
    if same && !replaced && !changes {
        let message = "This copy request is illegal because it is trying to copy an object to itself without changing \
                       the object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(Fault::client("InvalidRequest", message));
    }
    if !replaced {
        let own = |name: &str| name == STORAGE || name == REDIRECT || name.starts_with("x-amz-");
        let metadata = |name: &str| name.starts_with("x-amz-meta-") || !own(name);
        asked.headers.retain(|name, _| !metadata(name));
        let copied = content.headers.iter().filter(|(name, _)| metadata(name));
        let copied: BTreeMap<_, _> = copied.map(|(name, value)| (name.clone(), value.clone())).collect();
        asked.headers.extend(copied);
        asked.kind.clone_from(&content.kind);
    }
    let body = bytes(&content);
    object_headers::copy_checksum(&mut asked.headers, params, &content.headers, &body);
    let (written, mut answer) = write(cx, &place, &key, (&body, None, Vec::new()), asked)?;
    if version.id != "null" {
        answer = answer.header("x-amz-copy-source-version-id", version.id);
    }
    let Some(content) = written.content else { return Ok(answer) };
    answer.headers.retain(|(name, _)| name != "etag" && !name.starts_with("x-amz-checksum-"));
    let mut fields = Fields::new()
        .with("ETag", format!("\"{}\"", content.etag))
        .with("LastModified", Node::Time(written.modified));
    if let Some((element, sum)) = object_headers::checksum_element(&content.headers) {
        fields = fields.with(element, sum).with("ChecksumType", "FULL_OBJECT");
    }
    Ok(Answer { headers: answer.headers, ..Answer::root("CopyObjectResult", fields) })
}
