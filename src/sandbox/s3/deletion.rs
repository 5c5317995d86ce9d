//! Deletions of objects and of their versions, as far as Object Lock lets them happen.

use super::find::{Place, bucket, locate};
use super::objects::{add, version_id};
use super::state::Version;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    rest("DeleteObject", "DELETE", At::Object, "", Body::Raw, delete_object),
    rest("DeleteObjects", "POST", At::Bucket, "delete", Body::Xml("Delete"), delete_objects),
];

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
            let held = found.is_some_and(|version| version.hold);
            if held || kept.is_some_and(|(until, compliance)| until > now && (compliance || !bypass)) {
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
            add(
                cx,
                place,
                key,
                Version { id: id.clone(), modified: now, content: None, kept: None, hold: false },
            )?;
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
        let gone = match cx.refused.get(&(key.to_owned(), version.map(str::to_owned))) {
            Some(fault) => Err(fault.clone()),
            None => remove(cx, &place, key, version, bypass),
        };
        match gone {
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
