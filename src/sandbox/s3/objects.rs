//! Objects: their bytes, what is kept beside them, and their versions.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;

use super::acl::not_supported;
use super::checksum;
use super::conditions::{self, Verdict};
use super::find::{Place, bucket, locate};
use super::object_headers::{self, Asked};
use super::state::{Content, Version};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    rest("PutObject", "PUT", At::Object, "", Body::Raw, put_object),
    rest("GetObject", "GET", At::Object, "", Body::Raw, get_object),
    rest("HeadObject", "HEAD", At::Object, "", Body::Raw, get_object),
];

/// The id of a new version in a bucket, as its versioning says.
pub(super) fn version_id(cx: &mut Context<'_>, place: &Place) -> Result<String, Fault> {
    match bucket(cx, place)?.versioning() {
        "Enabled" => Ok(cx.world.ids.secret(32)),
        _ => Ok("null".to_owned()),
    }
}

/// Puts a version on top; one with the id `null` takes the place of the one before.
pub(super) fn add(cx: &mut Context<'_>, place: &Place, key: &str, version: Version) -> Result<(), Fault> {
    let versions = bucket(cx, place)?.objects.entry(key.to_owned()).or_default();
    if version.id == "null" {
        versions.retain(|before| before.id != "null");
    }
    versions.push(version);
    Ok(())
}

/// The bytes of an object.
pub(super) fn bytes(content: &Content) -> Vec<u8> {
    aws_smithy_types::base64::decode(&content.bytes).unwrap_or_default()
}

/// The key of an object that is to be written.
pub(super) fn new_key(params: &Params) -> Result<String, Fault> {
    let key = params.required("Key")?;
    if key.len() > 1024 {
        return Err(Fault::client("KeyTooLongError", "Your key is too long"));
    }
    Ok(key.to_owned())
}

/// Refuses an ACL where the bucket has none.
pub(super) fn check_acl(cx: &mut Context<'_>, place: &Place, params: &Params) -> Result<(), Fault> {
    let acl = params.text("x-amz-acl").is_some_and(|acl| acl != "bucket-owner-full-control");
    if acl && bucket(cx, place)?.ownership() == "BucketOwnerEnforced" {
        return Err(not_supported());
    }
    Ok(())
}

/// Writes a version, and answers with what S3 says of it.
pub(super) fn write(
    cx: &mut Context<'_>,
    place: &Place,
    key: &str,
    (body, etag, parts): (&[u8], Option<String>, Vec<usize>),
    asked: Asked,
) -> Result<(Version, Answer), Fault> {
    let current = bucket(cx, place)?.objects.get(key).and_then(|versions| versions.last().cloned());
    conditions::write(cx.request, key, current.as_ref())?;
    let (id, now) = (version_id(cx, place)?, cx.now());
    // The entity tag is a digest of the bytes where S3's own key encrypts, and opaque otherwise.
    let own_key = asked.headers.get(object_headers::ENCRYPTION).is_none_or(|word| word == "AES256");
    let etag = etag.unwrap_or_else(|| {
        if own_key {
            checksum::md5_hex(body)
        } else {
            checksum::md5_hex(&[body, id.as_bytes(), &now.to_le_bytes()].concat())
        }
    });
    let content = Content {
        size: body.len(),
        bytes: aws_smithy_types::base64::encode(body),
        etag: etag.clone(),
        kind: asked.kind,
        headers: asked.headers,
        parts,
    };
    let mut answer = Answer { status: 200, ..Answer::empty() }.header("etag", format!("\"{etag}\""));
    answer.headers.extend(object_headers::of_a_write(&content.headers));
    if id != "null" {
        answer = answer.header("x-amz-version-id", &id);
    }
    let version = Version { id, modified: now, content: Some(content), kept: asked.kept, hold: asked.hold };
    add(cx, place, key, version.clone())?;
    Ok((version, answer))
}

fn put_object(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let key = new_key(params)?;
    check_acl(cx, &place, params)?;
    let body = cx.request.body.clone();
    let mut asked = object_headers::read(cx, &place, params)?;
    object_headers::add_checksum(&mut asked.headers, params, &body);
    Ok(write(cx, &place, &key, (&body, None, Vec::new()), asked)?.1)
}

fn no_key(key: &str) -> Fault {
    Fault::new(404, "NoSuchKey", "The specified key does not exist.").detail("Key", key)
}

/// The version that a read names, and what it holds.
pub(super) fn find(
    cx: &mut Context<'_>,
    place: &Place,
    key: &str,
    id: Option<&str>,
) -> Result<(Version, Content), Fault> {
    let versions = bucket(cx, place)?.objects.get(key);
    if id.is_some_and(|id| !is_version_id(id)) {
        let fault = Fault::client("InvalidArgument", "Invalid version id specified");
        return Err(fault
            .detail("ArgumentName", "versionId")
            .detail("ArgumentValue", id.unwrap_or_default()));
    }
    let version = match id {
        Some(id) => {
            let found = versions.and_then(|versions| versions.iter().find(|version| version.id == id));
            found.ok_or_else(|| {
                let fault = Fault::new(404, "NoSuchVersion", "The specified version does not exist.");
                fault.detail("Key", key).detail("VersionId", id)
            })?
        }
        None => versions.and_then(|versions| versions.last()).ok_or_else(|| no_key(key))?,
    };
    if let Some(content) = version.content.clone() {
        return Ok((version.clone(), content));
    }
    let gone = match id {
        Some(_) => {
            let message = "The specified method is not allowed against this resource.";
            Fault::new(405, "MethodNotAllowed", message).header("allow", "DELETE")
        }
        None => no_key(key),
    };
    Err(gone.header("x-amz-delete-marker", "true").header("x-amz-version-id", &version.id))
}

/// Whether a text can be the id of a version: S3's own have 32 letters.
fn is_version_id(id: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    id == "null" || id.len() == 32 && id.bytes().all(letter)
}

/// Whether its bytes lie in an archive, from which nothing here restores them.
pub(super) fn is_archived(content: &Content) -> bool {
    ["GLACIER", "DEEP_ARCHIVE"].contains(&content.storage_class())
}

fn get_object(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let (version, content) = find(cx, &place, params.required("Key")?, params.text("versionId"))?;
    if cx.operation == "GetObject" && is_archived(&content) {
        let message = "The operation is not valid for the object's storage class";
        return Err(
            Fault::new(403, "InvalidObjectState", message).detail("StorageClass", content.storage_class())
        );
    }
    let modified =
        DateTime::from_millis(version.modified / 1000 * 1000).fmt(Format::HttpDate).unwrap_or_default();
    let etag = format!("\"{}\"", content.etag);
    match conditions::judge(|name| cx.request.header(name), &content.etag, version.modified) {
        Verdict::Go => {}
        Verdict::NotModified => {
            return Ok(Answer::status(304).header("etag", etag).header("last-modified", modified));
        }
        Verdict::Failed(condition) => return Err(conditions::failed(condition)),
    }
    let whole = Bytes::from(bytes(&content));
    let range = match params.number("partNumber")? {
        None => conditions::range(cx.request, &content)?,
        // What was not uploaded in parts is one part.
        Some(1) if content.parts.is_empty() => content.size.checked_sub(1).map(|last| (0, last)),
        Some(number) if usize::try_from(number).is_ok_and(|it| (1..=content.parts.len()).contains(&it)) => {
            let number = usize::try_from(number).unwrap_or(1);
            let first: usize = content.parts.iter().take(number - 1).sum();
            let size = content.parts.get(number - 1).copied().unwrap_or_default();
            size.checked_sub(1).map(|last| (first, first + last))
        }
        Some(_) => {
            return Err(Fault::new(416, "InvalidPartNumber", "The requested partnumber is not satisfiable"));
        }
    };
    let part = match range {
        Some((first, last)) => whole.slice(first..=last),
        None => whole,
    };
    let length = part.len();
    let mut answer = Answer::raw(part)
        .header("etag", etag)
        .header("last-modified", modified)
        .header("accept-ranges", "bytes");
    if let Some((first, last)) = range {
        answer.status = 206;
        answer = answer.header("content-range", format!("bytes {first}-{last}/{}", content.size));
    }
    if params.has("partNumber") && !content.parts.is_empty() {
        answer = answer.header("x-amz-mp-parts-count", content.parts.len().to_string());
    }
    if cx.operation == "HeadObject" {
        answer = answer.header("content-length", length.to_string());
    }
    answer.headers.extend(object_headers::of_a_read(params, &version, &content, range.is_some())?);
    Ok(if version.id == "null" { answer } else { answer.header("x-amz-version-id", version.id) })
}

/// The checksums that can be asked for by name, as S3 spells them in `x-amz-checksum-algorithm`.
pub(super) fn checksum_header(algorithm: &str) -> Option<&'static str> {
    let name = algorithm.to_ascii_lowercase();
    checksum::HEADERS
        .iter()
        .find(|header| header.strip_prefix("x-amz-checksum-") == Some(name.as_str()))
        .copied()
}
