//! Objects, as far as they make a bucket full and have versions.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use sha2::{Digest as _, Sha256};

use super::acl::not_supported;
use super::find::{Place, bucket, locate};
use super::state::{Content, Version, text};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;

pub(super) const OPERATIONS: &[Operation] = &[
    rest("PutObject", "PUT", At::Object, "", Body::Raw, put_object),
    rest("GetObject", "GET", At::Object, "", Body::Raw, get_object),
    rest("HeadObject", "HEAD", At::Object, "", Body::Raw, get_object),
    rest("DeleteObject", "DELETE", At::Object, "", Body::Raw, delete_object),
    rest("DeleteObjects", "POST", At::Bucket, "delete", Body::Xml("Delete"), delete_objects),
];

const DAY: Milliseconds = 86_400_000;

/// The id of a new version in a bucket, as its versioning says.
fn version_id(cx: &mut Context<'_>, place: &Place) -> Result<String, Fault> {
    match bucket(cx, place)?.versioning() {
        "Enabled" => Ok(cx.world.ids.secret(32)),
        _ => Ok("null".to_owned()),
    }
}

/// Puts a version on top; one with the id `null` takes the place of the one before.
fn add(cx: &mut Context<'_>, place: &Place, key: &str, version: Version) -> Result<(), Fault> {
    let versions = bucket(cx, place)?.objects.entry(key.to_owned()).or_default();
    if version.id == "null" {
        versions.retain(|before| before.id != "null");
    }
    versions.push(version);
    Ok(())
}

/// The entity tag of some bytes: opaque, as AWS's is where a key encrypts.
pub(super) fn etag(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn put_object(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let key = params.required("Key")?.to_owned();
    if key.len() > 1024 {
        return Err(Fault::client("KeyTooLongError", "Your key is too long"));
    }
    let acl = params.text("x-amz-acl").is_some_and(|acl| acl != "bucket-owner-full-control");
    if acl && bucket(cx, &place)?.ownership() == "BucketOwnerEnforced" {
        return Err(not_supported());
    }
    let (body, now) = (cx.request.body.clone(), cx.now());
    let kind = cx.request.header("content-type").unwrap_or("binary/octet-stream").to_owned();
    let mut headers: std::collections::BTreeMap<String, String> = params
        .iter()
        .filter(|(name, _)| {
            name.starts_with("x-amz-meta-") || name.starts_with("x-amz-server-side-encryption")
        })
        .filter_map(|(name, value)| Some((name.to_owned(), value.as_text()?.to_owned())))
        .collect();
    let id = version_id(cx, &place)?;
    let found = bucket(cx, &place)?;
    let default = |part: &str| {
        text(found.truth("encryption"), &["Rule", "ApplyServerSideEncryptionByDefault", part]).to_owned()
    };
    let (algorithm, master) = (default("SSEAlgorithm"), default("KMSMasterKeyID"));
    if !headers.contains_key("x-amz-server-side-encryption") {
        headers.insert("x-amz-server-side-encryption".into(), algorithm);
        if !master.is_empty() {
            headers.insert("x-amz-server-side-encryption-aws-kms-key-id".into(), master);
        }
    }
    let retention =
        |part: &str| text(found.truth("object-lock"), &["Rule", "DefaultRetention", part]).to_owned();
    let days = retention("Days").parse().ok().or_else(|| Some(retention("Years").parse::<i64>().ok()? * 365));
    let kept = days.map(|days| (now + days * DAY, retention("Mode") == "COMPLIANCE"));
    let etag = etag(&body);
    let content = Content {
        size: body.len(),
        bytes: aws_smithy_types::base64::encode(&body),
        etag: etag.clone(),
        kind,
        headers: headers.clone(),
    };
    add(cx, &place, &key, Version { id: id.clone(), modified: now, content: Some(content), kept })?;
    let mut answer = Answer { status: 200, ..Answer::empty() }.header("etag", format!("\"{etag}\""));
    answer.headers.extend(encryption_headers(&headers));
    Ok(if id == "null" { answer } else { answer.header("x-amz-version-id", id) })
}

fn encryption_headers(
    headers: &std::collections::BTreeMap<String, String>,
) -> impl Iterator<Item = (&'static str, String)> {
    let names = ["x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"];
    let found: Vec<_> = names.iter().filter_map(|name| Some((*name, headers.get(*name)?.clone()))).collect();
    found.into_iter()
}

fn get_object(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let key = params.required("Key")?;
    let versions = bucket(cx, &place)?.objects.get(key).cloned().unwrap_or_default();
    let no_key = || Fault::new(404, "NoSuchKey", "The specified key does not exist.").detail("Key", key);
    let version = match params.text("versionId") {
        Some(id) => versions.into_iter().find(|version| version.id == id).ok_or_else(|| {
            Fault::new(404, "NoSuchVersion", "The specified version does not exist.").detail("VersionId", id)
        })?,
        None => versions.into_iter().next_back().ok_or_else(no_key)?,
    };
    let Some(content) = version.content else {
        let gone = if params.has("versionId") {
            Fault::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        } else {
            no_key()
        };
        return Err(gone.header("x-amz-delete-marker", "true").header("x-amz-version-id", version.id));
    };
    let bytes = aws_smithy_types::base64::decode(&content.bytes).unwrap_or_default();
    let modified =
        DateTime::from_millis(version.modified / 1000 * 1000).fmt(Format::HttpDate).unwrap_or_default();
    let mut answer = Answer::raw(bytes)
        .header("etag", format!("\"{}\"", content.etag))
        .header("content-type", content.kind)
        .header("last-modified", modified)
        .header("accept-ranges", "bytes");
    if cx.operation == "HeadObject" {
        answer = answer.header("content-length", content.size.to_string());
    }
    answer.headers.extend(encryption_headers(&content.headers));
    Ok(if version.id == "null" { answer } else { answer.header("x-amz-version-id", version.id) })
}

/// What a deletion left behind: the version it removed or the marker it made.
struct Deleted {
    version: Option<String>,
    marker: bool,
}

fn remove(
    cx: &mut Context<'_>,
    place: &Place,
    key: &str,
    version: Option<&str>,
    bypass: bool,
) -> Result<Deleted, Fault> {
    let now = cx.now();
    match version {
        Some(id) => {
            if cx.request.header("x-amz-mfa").is_none() && bucket(cx, place)?.mfa_delete() {
                return Err(Fault::new(
                    403,
                    "AccessDenied",
                    "Mfa Authentication must be used for this request",
                ));
            }
            let objects = &mut bucket(cx, place)?.objects;
            let Some(versions) = objects.get_mut(key) else {
                return Ok(Deleted { version: Some(id.to_owned()), marker: false });
            };
            let found = versions.iter().find(|version| version.id == id);
            let kept = found.and_then(|version| version.kept);
            if kept.is_some_and(|(until, compliance)| until > now && (compliance || !bypass)) {
                let message = "Access Denied because object protected by object lock.";
                return Err(Fault::new(403, "AccessDenied", message));
            }
            let marker = found.is_some_and(|version| version.content.is_none());
            versions.retain(|version| version.id != id);
            if versions.is_empty() {
                objects.remove(key);
            }
            Ok(Deleted { version: Some(id.to_owned()), marker })
        }
        None if bucket(cx, place)?.versioning().is_empty() => {
            bucket(cx, place)?.objects.remove(key);
            Ok(Deleted { version: None, marker: false })
        }
        None => {
            let id = version_id(cx, place)?;
            add(cx, place, key, Version { id: id.clone(), modified: now, content: None, kept: None })?;
            Ok(Deleted { version: Some(id), marker: true })
        }
    }
}

fn delete_object(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let bypass = params.flag("x-amz-bypass-governance-retention")? == Some(true);
    let gone = remove(cx, &place, params.required("Key")?, params.text("versionId"), bypass)?;
    let answer = Answer::status(204);
    let answer = if gone.marker { answer.header("x-amz-delete-marker", "true") } else { answer };
    Ok(match gone.version {
        Some(id) => answer.header("x-amz-version-id", id),
        None => answer,
    })
}

/// 200 even where some could not be deleted (aws-truths 0.2, truth 10).
fn delete_objects(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let body = params.map("Delete").ok_or_else(|| params.missing("Delete"))?;
    let bypass = params.flag("x-amz-bypass-governance-retention")? == Some(true);
    let quiet = body.flag("Quiet")? == Some(true);
    let objects = body.maps("Object");
    if objects.is_empty() || objects.len() > 1000 {
        return Err(params.missing("Object"));
    }
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in objects {
        let (key, version) = (object.required("Key")?, object.text("VersionId"));
        let named = Fields::new().with("Key", key).maybe("VersionId", version);
        match remove(cx, &place, key, version, bypass) {
            Ok(_) if quiet => {}
            Ok(gone) => {
                let marker = gone.marker.then_some(true);
                let id = gone.version.filter(|_| gone.marker);
                deleted.push(named.maybe("DeleteMarker", marker).maybe("DeleteMarkerVersionId", id));
            }
            Err(fault) => errors.push(named.with("Code", &*fault.code).with("Message", fault.message)),
        }
    }
    let fields = Fields::new().with("Deleted", Node::flat(deleted)).with("Error", Node::flat(errors));
    Ok(Answer::root("DeleteResult", fields))
}
