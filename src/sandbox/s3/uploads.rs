//! Uploads in parts: begun, filled, and finished or given up.

use std::collections::BTreeMap;

use aws_smithy_types::base64;

use super::checksum;
use super::find::{Place, bucket, canonical, locate};
use super::object_headers;
use super::objects::{check_acl, new_key, write};
use super::state::{Finished, Upload};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    rest("AbortMultipartUpload", "DELETE", At::Object, "uploadId", Body::Raw, abort),
    rest(
        "CompleteMultipartUpload",
        "POST",
        At::Object,
        "uploadId",
        Body::Xml("CompleteMultipartUpload"),
        complete,
    ),
    rest("CreateMultipartUpload", "POST", At::Object, "uploads", Body::Raw, create),
    rest("ListMultipartUploads", "GET", At::Bucket, "uploads", Body::Raw, list),
    rest("ListParts", "GET", At::Object, "uploadId", Body::Raw, parts),
    rest("UploadPart", "PUT", At::Object, "partNumber", Body::Raw, upload_part),
];

/// Every part but the last has at least as many bytes.
const SMALLEST_PART: usize = 5 << 20;

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let key = new_key(params)?;
    check_acl(cx, &place, params)?;
    let asked = object_headers::read(cx, &place, params)?;
    let (id, begun) = (cx.world.ids.secret(64), cx.now());
    let headers = object_headers::of_a_write(&asked.headers);
    let named = params.text("x-amz-checksum-algorithm").and_then(super::objects::checksum_header);
    // The whole has a checksum of its own kind only where that can be put together from those of its parts.
    let checksum = named.filter(|header| *header != "x-amz-checksum-crc64nvme").map(str::to_owned);
    let upload = Upload { key: key.clone(), begun, asked, checksum, parts: BTreeMap::new() };
    bucket(cx, &place)?.uploads.insert(id.clone(), upload);
    let fields = Fields::new().with("Bucket", place.name).with("Key", key).with("UploadId", id);
    Ok(Answer { headers, ..Answer::root("InitiateMultipartUploadResult", fields) })
}

fn no_such_upload(id: &str) -> Fault {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                   aborted or completed.";
    Fault::new(404, "NoSuchUpload", message).detail("UploadId", id)
}

/// The upload that a request names.
fn find<'a>(cx: &'a mut Context<'_>, place: &Place, params: &Params) -> Result<&'a mut Upload, Fault> {
    let (id, key) = (params.required("uploadId")?, params.required("Key")?);
    let upload = bucket(cx, place)?.uploads.get_mut(id).filter(|upload| upload.key == key);
    upload.ok_or_else(|| no_such_upload(id))
}

fn upload_part(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let number = params.number("partNumber")?.and_then(|number| u16::try_from(number).ok());
    let number = number.filter(|number| (1..=10_000).contains(number)).ok_or_else(|| {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        Fault::client("InvalidArgument", message)
            .detail("ArgumentName", "partNumber")
            .detail("ArgumentValue", params.text("partNumber").unwrap_or_default())
    })?;
    let (body, now) = (cx.request.body.clone(), cx.now());
    let upload = find(cx, &place, params)?;
    upload.parts.insert(number, (base64::encode(&body), now));
    let headers = object_headers::of_a_write(&upload.asked.headers);
    let answer = Answer { status: 200, headers, ..Answer::empty() };
    Ok(answer.header("etag", format!("\"{}\"", checksum::md5_hex(&body))))
}

fn bytes_of(part: &str) -> Vec<u8> {
    base64::decode(part).unwrap_or_default()
}

/// A whole number as S3 counts them.
fn count(params: &Params, name: &'static str) -> Result<Option<i64>, Fault> {
    let message = match params.number(name)? {
        Some(number) if number < 0 => {
            format!("Argument {name} must be an integer between 0 and {}", i32::MAX)
        }
        Some(number) if number > i64::from(i32::MAX) => {
            format!("Provided {name} not an integer or within integer range")
        }
        number => return Ok(number),
    };
    Err(Fault::client("InvalidArgument", message).detail("ArgumentName", name))
}

fn parts(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let limit = count(params, "max-parts")?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1000).min(1000);
    let after = count(params, "part-number-marker")?.unwrap_or(0);
    let upload = find(cx, &place, params)?.clone();
    let left: Vec<_> = upload.parts.iter().filter(|(number, _)| i64::from(**number) > after).collect();
    let truncated = left.len() > limit;
    let last = left.iter().take(limit).next_back().map(|(number, _)| i64::from(**number));
    let shown = left.iter().take(limit).map(|(number, (part, at))| {
        let part = bytes_of(part);
        Fields::new()
            .with("PartNumber", i64::from(**number))
            .with("LastModified", Node::Time(*at))
            .with("ETag", format!("\"{}\"", checksum::md5_hex(&part)))
            .with("Size", part.len())
    });
    let who = Fields::new().with("ID", canonical(&place.account));
    let fields = Fields::new()
        .with("Bucket", place.name)
        .with("Key", upload.key)
        .with("UploadId", params.required("uploadId")?)
        .with("Initiator", who.clone())
        .with("Owner", who)
        .with(
            "StorageClass",
            upload.asked.headers.get(object_headers::STORAGE).map_or("STANDARD", String::as_str),
        )
        .with("PartNumberMarker", after)
        .with("NextPartNumberMarker", last.unwrap_or(0))
        .with("MaxParts", limit)
        .with("IsTruncated", truncated)
        .with("Part", Node::flat(shown));
    Ok(Answer::root("ListPartsResult", fields))
}

fn complete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let body =
        params.map("CompleteMultipartUpload").ok_or_else(|| params.missing("CompleteMultipartUpload"))?;
    let named = body.maps("Part");
    if named.is_empty() {
        return Err(params.missing("Part"));
    }
    let id = params.required("uploadId")?;
    // To finish it once more is the same as to have finished it.
    let parts: Vec<String> =
        named.iter().filter_map(|part| Some(part.text("ETag")?.trim_matches('"').to_owned())).collect();
    if let Some(known) = bucket(cx, &place)?.finished.get(id).cloned() {
        if known.key != params.required("Key")? || known.parts != parts {
            return Err(no_such_upload(id));
        }
        let fields = finished(cx, &place, &known.key, &known.etag);
        return Ok(Answer::root("CompleteMultipartUploadResult", fields));
    }
    let upload = find(cx, &place, params)?.clone();
    let number = |part: &Params| {
        let number = part.number("PartNumber")?.and_then(|number| u16::try_from(number).ok());
        number.ok_or_else(|| params.missing("PartNumber"))
    };
    let numbers = named.iter().map(|part| number(part)).collect::<Result<Vec<_>, _>>()?;
    if !numbers.is_sorted_by(|one, next| one < next) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
        return Err(Fault::client("InvalidPartOrder", message));
    }
    let (mut whole, mut digests, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
    for (at, (part, number)) in named.iter().zip(numbers).enumerate() {
        let sent = part.required("ETag")?.trim_matches('"');
        let there = upload.parts.get(&number).map(|(part, _)| bytes_of(part));
        let is_as_sent = |bytes: &Vec<u8>| {
            checksum::HEADERS.iter().all(|header| {
                let said = part.text(object_headers::element_of(header));
                said.is_none_or(|said| checksum::of(header, bytes).as_deref() == Some(said))
            })
        };
        let there = there.filter(|bytes| checksum::md5_hex(bytes) == sent && is_as_sent(bytes)).ok_or_else(|| {
            let message = "One or more of the specified parts could not be found. The part may not have been \
                           uploaded, or the specified entity tag may not match the part's entity tag.";
            Fault::client("InvalidPart", message).detail("PartNumber", number.to_string())
        })?;
        if there.len() < SMALLEST_PART && at + 1 < named.len() {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Fault::client("EntityTooSmall", message).detail("PartNumber", number.to_string()));
        }
        digests.extend(checksum::md5(&there));
        whole.extend_from_slice(&there);
        pieces.push(there);
    }
    for header in checksum::HEADERS {
        if params.text(header).is_some_and(|sent| checksum::of(header, &whole).as_deref() != Some(sent)) {
            return Err(checksum::bad_digest(&header["x-amz-checksum-".len()..].to_uppercase()));
        }
    }
    let etag = format!("{}-{}", checksum::md5_hex(&digests), named.len());
    let mut asked = upload.asked;
    let composite = upload.checksum.and_then(|header| Some((checksum::composite(&header, &pieces)?, header)));
    match composite {
        Some((sum, header)) => drop(asked.headers.insert(header, sum)),
        None => object_headers::add_checksum(&mut asked.headers, params, &whole),
    }
    let sizes = pieces.iter().map(Vec::len).collect();
    let (_, mut answer) = write(cx, &place, &upload.key, (&whole, Some(etag.clone()), sizes), asked)?;
    let there = bucket(cx, &place)?;
    there.uploads.remove(id);
    there.finished.insert(id.to_owned(), Finished { key: upload.key.clone(), etag: etag.clone(), parts });
    answer.headers.retain(|(name, _)| name != "etag" && !name.starts_with("x-amz-checksum-"));
    let fields = finished(cx, &place, &upload.key, &etag);
    Ok(Answer { headers: answer.headers, ..Answer::root("CompleteMultipartUploadResult", fields) })
}

/// What is said of an upload that is finished.
fn finished(cx: &Context<'_>, place: &Place, key: &str, etag: &str) -> Fields {
    Fields::new()
        .with("Location", format!("https://{}.s3.{}.amazonaws.com/{key}", place.name, cx.region))
        .with("Bucket", &place.name)
        .with("Key", key)
        .with("ETag", format!("\"{etag}\""))
}

fn abort(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    find(cx, &place, params)?;
    bucket(cx, &place)?.uploads.remove(params.required("uploadId")?);
    Ok(Answer::status(204))
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let prefix = params.text("prefix").unwrap_or_default();
    let limit =
        params.number("max-uploads")?.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1000).min(1000);
    let marker =
        (params.text("key-marker").unwrap_or_default(), params.text("upload-id-marker").unwrap_or_default());
    let mut found: Vec<_> = bucket(cx, &place)?
        .uploads
        .iter()
        .map(|(id, upload)| (upload.key.clone(), id.clone(), upload.begun))
        .filter(|(key, id, _)| key.starts_with(prefix) && (key.as_str(), id.as_str()) > marker)
        .collect();
    found.sort();
    let truncated = found.len() > limit;
    found.truncate(limit);
    let mut fields =
        Fields::new().with("Bucket", place.name).with("MaxUploads", limit).with("IsTruncated", truncated);
    if let Some((key, id, _)) = found.last().filter(|_| truncated) {
        fields = fields.with("NextKeyMarker", key).with("NextUploadIdMarker", id);
    }
    let shown = found.into_iter().map(|(key, id, begun)| {
        Fields::new().with("Key", key).with("UploadId", id).with("Initiated", Node::Time(begun))
    });
    Ok(Answer::root("ListMultipartUploadsResult", fields.with("Upload", Node::flat(shown))))
}
