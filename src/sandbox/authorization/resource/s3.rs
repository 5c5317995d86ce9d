//! Resources of S3 and S3 Control: buckets, objects and access points.

use super::{Guard, Resource, row};
use crate::sandbox::authorization::call::{Call, tags_in};
use crate::sandbox::authorization::conditions::{Facts, requested_tags};
use crate::sandbox::authorization::reference::Action;

pub fn find(call: &Call<'_>, said: &Action) -> Vec<Resource> {
    if call.service == "s3control" {
        return control(call, said);
    }
    let Some(name) = call.text("Bucket") else { return Vec::new() };
    let arn = format!("arn:{}:s3:::{name}", call.partition());
    let new = call.operation == "CreateBucket";
    let owner = call.world.buckets.get(name).filter(|owner| !new && owner.released.is_none());
    let Some(owner) = owner else {
        let new = Resource { facts: resource_account(&call.caller.account), ..Resource::new("bucket", arn) };
        // A bucket that is not there has no policy; S3 itself says that there is none.
        return vec![new].into_iter().filter(|_| row(said, "bucket").is_some()).collect();
    };
    if owner.region != call.region && call.operation != "GetBucketLocation" {
        // Sent on to the bucket's own region before anybody asks who may.
        return Vec::new();
    }
    let bucket = call.world.accounts.get(&owner.account).and_then(|account| account.s3.buckets.get(name));
    let policy = bucket.and_then(|bucket| bucket.policy_seen(call.lens, name));
    let guard = Guard {
        policy: policy.map(|policy| policy.shown(call.world).into_owned()),
        owner: owner.account.clone(),
        decides: false,
        granted: false,
    };
    let tags = bucket.map(|bucket| bucket.tags_that_count(call.lens, name)).unwrap_or_default();
    let resource = |kind: &'static str, arn: String| Resource {
        guard: Some(guard.clone()),
        facts: resource_account(&owner.account),
        ..Resource::new(kind, arn).tagged(tags.clone())
    };
    if row(said, "object").is_none() {
        return vec![resource("bucket", arn)];
    }
    // A deletion of several objects asks for each by itself.
    call.text("Key").into_iter().map(|key| resource("object", format!("{arn}/{key}"))).collect()
}

fn resource_account(owner: &str) -> Facts {
    vec![
        ("s3:ResourceAccount".to_owned(), vec![owner.to_owned()]),
        ("aws:ResourceAccount".to_owned(), vec![owner.to_owned()]),
    ]
}

/// S3 Control names by ARN, and access points by name and account.
fn control(call: &Call<'_>, said: &Action) -> Vec<Resource> {
    if let Some(arn) = call.text("resourceArn").or_else(|| call.text("ResourceArn")) {
        let kind = if arn.contains(":accesspoint/") { "accesspoint" } else { "bucket" };
        let requested = tags_in(call.params, "Tags");
        let facts = requested_tags(&requested);
        return row(said, kind)
            .map(|row| Resource { facts, ..Resource::new(row.kind, arn) })
            .into_iter()
            .collect();
    }
    let name = ["Name", "name", "Mrap", "name+"].iter().find_map(|member| call.text(member)).unwrap_or("*");
    if row(said, "multiregionaccesspoint").is_some() {
        return vec![Resource::new(
            "multiregionaccesspoint",
            call.global_arn("s3", format_args!("accesspoint/{name}")),
        )];
    }
    vec![Resource::new("accesspoint", call.arn("s3", format_args!("accesspoint/{name}")))]
}
