//! The tags of a bucket by its ARN, as newer clients read and write them.

use std::collections::BTreeMap;

use serde_json::json;

use super::public_access::own_account;
use crate::sandbox::context::Context;
use crate::sandbox::s3::{check_tags, has_tags_by_arn, tags_of};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Param, Params, Style};

const PATH: At = At::Path("/v20180820/tags/{ResourceArn+}");

pub(super) const OPERATIONS: &[Operation] = &[
    rest("ListTagsForResource", "GET", PATH, "", Body::Raw, list),
    rest("TagResource", "POST", PATH, "", Body::Xml("TagResourceRequest"), tag),
    rest("UntagResource", "DELETE", PATH, "", Body::Raw, untag),
];

/// The caller's bucket that an ARN names.
fn bucket(cx: &mut Context<'_>, params: &Params) -> Result<String, Fault> {
    own_account(cx, params)?;
    if !has_tags_by_arn(cx.partition()) {
        return Err(Fault::new(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ));
    }
    let arn = params.required("ResourceArn")?;
    let name = arn.strip_prefix(&format!("arn:{}:s3:::", cx.partition())).filter(|name| !name.contains('/'));
    let name = name.ok_or_else(|| params.invalid("ResourceArn", "is not the ARN of a bucket"))?;
    let lens = cx.lens();
    match cx.account().s3.buckets.get(name).filter(|bucket| lens.sees(bucket.created, name)) {
        Some(_) => Ok(name.to_owned()),
        None => {
            Err(Fault::new(404, "NoSuchBucket", "The specified bucket does not exist")
                .detail("BucketName", name))
        }
    }
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = bucket(cx, params)?;
    let lens = cx.lens();
    let bucket = cx.account().s3.buckets.get(&name);
    let tags = tags_of(bucket.and_then(|bucket| bucket.seen(lens, &name, "tagging")));
    let shown = tags.iter().map(|(key, value)| Fields::new().with("Key", key).with("Value", value));
    Ok(Answer::root("ListTagsForResourceResult", Fields::new().with("Tags", Node::named("Tag", shown))))
}

fn tag(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = bucket(cx, params)?;
    let body = params.map("TagResourceRequest").and_then(|body| body.map("Tags"));
    let body = body.ok_or_else(|| params.missing("Tags"))?;
    let added = body.tags("Tag", "Key", "Value")?;
    change(cx, &name, |tags| tags.extend(added))
}

fn untag(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = bucket(cx, params)?;
    let keys: Vec<String> =
        cx.request.query.iter().filter(|(key, _)| key == "tagKeys").map(|(_, value)| value.clone()).collect();
    change(cx, &name, |tags| tags.retain(|key, _| !keys.contains(key)))
}

fn change(
    cx: &mut Context<'_>,
    name: &str,
    edit: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<Answer, Fault> {
    let now = cx.now();
    if let Some(bucket) = cx.account().s3.buckets.get_mut(name) {
        let mut tags = bucket.tags();
        edit(&mut tags);
        let list: Vec<_> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let mut set = Params::new(Style::Rest);
        set.set("Tag", Param::List(tags.into_iter().map(as_param).collect()));
        check_tags(&set)?;
        bucket.set("tagging", Some(json!({"TagSet": {"Tag": list}})), now);
        bucket.tagged = now;
    }
    Ok(Answer::status(204))
}

fn as_param((key, value): (String, String)) -> Param {
    let mut tag = Params::new(Style::Rest);
    tag.set("Key", Param::Text(key));
    tag.set("Value", Param::Text(value));
    Param::Map(tag)
}
