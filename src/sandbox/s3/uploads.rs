//! Uploads in parts that were begun and not finished; no part is ever taken here.

use super::find::{bucket, locate};
use super::state::Upload;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    rest("CreateMultipartUpload", "POST", At::Object, "uploads", Body::Raw, create),
    rest("AbortMultipartUpload", "DELETE", At::Object, "uploadId", Body::Raw, abort),
    rest("ListMultipartUploads", "GET", At::Bucket, "uploads", Body::Raw, list),
];

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let key = params.required("Key")?.to_owned();
    let (id, begun) = (cx.world.ids.secret(64), cx.now());
    bucket(cx, &place)?.uploads.insert(id.clone(), Upload { key: key.clone(), begun });
    let fields = Fields::new().with("Bucket", place.name).with("Key", key).with("UploadId", id);
    Ok(Answer::root("InitiateMultipartUploadResult", fields))
}

fn abort(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = locate(cx, params)?;
    let id = params.required("uploadId")?;
    match bucket(cx, &place)?.uploads.remove(id) {
        Some(_) => Ok(Answer::status(204)),
        None => {
            Err(Fault::new(404, "NoSuchUpload", "The specified upload does not exist.")
                .detail("UploadId", id))
        }
    }
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
