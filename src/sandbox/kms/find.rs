//! Finds the key a request names, and refuses what its state refuses.

use super::state::{Alias, Key, State};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::policy::Document;
use crate::sandbox::wire::{Fault, Params};
use crate::sandbox::world::World;
use crate::sandbox::world::partition_of;

/// The state of this region, without keys whose time is up.
pub(super) fn state<'a>(cx: &'a mut Context<'_>) -> &'a mut State {
    let now = cx.now();
    let state = &mut cx.home().kms;
    state.sweep(now);
    state
}

/// The ARN of a key of the caller's account and region.
pub(super) fn arn(cx: &Context<'_>, id: &str) -> String {
    cx.arn("kms", format_args!("key/{id}"))
}

pub(super) fn not_found(message: impl Into<String>) -> Fault {
    Fault::client("NotFoundException", message)
}

/// What a list or a page token that was never given out is refused with.
pub(super) fn bad_marker(_: crate::sandbox::pages::BadToken) -> Fault {
    Fault::client("InvalidMarkerException", "Could not deserialize marker")
}

/// The id of the key that `KeyId` names by id or ARN; only `DescribeKey` knows aliases too.
pub(super) fn named(cx: &mut Context<'_>, params: &Params) -> Result<String, Fault> {
    let name = params.required("KeyId")?;
    if name.starts_with("alias/") || name.contains(":alias/") {
        return Err(not_found(format!("Invalid keyId '{name}'")));
    }
    look_up(cx, name)
}

/// The id of the key that text names in any of the four ways (KMS-16).
pub(super) fn look_up(cx: &mut Context<'_>, name: &str) -> Result<String, Fault> {
    let (lens, region, account) = (cx.lens(), cx.region.clone(), cx.account_id().to_owned());
    if name.starts_with("arn:") {
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        let [_, _, "kms", of_region, of_account, _] = parts[..] else {
            return Err(Fault::client("InvalidArnException", format!("{name} is not a valid ARN")));
        };
        if of_region != region {
            return Err(not_found(format!("Invalid arn {of_region}")));
        }
        if of_account != account {
            return Err(closed(cx, name));
        }
    }
    if let Some((id, _)) = state(cx).find(lens, name) {
        return Ok(id.to_owned());
    }
    let (kind, resource) = match name.rsplit_once(':') {
        Some((_, resource)) => ("", resource),
        None if name.starts_with("alias/") => ("", name),
        None => ("key/", name),
    };
    let shown = cx.arn("kms", format_args!("{kind}{resource}"));
    Err(match resource.starts_with("alias/") {
        true => not_found(format!("Alias {shown} is not found.")),
        false => not_found(format!("Key '{shown}' does not exist")),
    })
}

/// The keys of other accounts stay closed: no permission of theirs is evaluated here.
fn closed(cx: &Context<'_>, name: &str) -> Fault {
    let message = format!(
        "User: {} is not authorized to perform: kms:{} on resource: {name} because the resource does not exist \
         in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies \
         access",
        cx.caller.arn, cx.operation
    );
    Fault::client("AccessDeniedException", message)
}

/// A key as this call sees it, by an id that [`named`] gave.
pub(super) fn seen(cx: &mut Context<'_>, id: &str) -> Result<Key, Fault> {
    let (lens, shown) = (cx.lens(), arn(cx, id));
    let key = state(cx).keys.get(id).and_then(|key| key.seen(lens, id)).cloned();
    key.ok_or_else(|| not_found(format!("Key '{shown}' does not exist")))
}

/// Which states an operation refuses a key in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing but that it exists.
    Existence,
    /// Not pending deletion: `KMSInvalidStateException`.
    Life,
    /// Enabled: else `DisabledException` (KMS-6).
    Use,
}

/// Changes a key in place, where its state allows it.
///
/// # Errors
/// `NotFoundException`, `KMSInvalidStateException`, `DisabledException`, and `AccessDeniedException` for AWS's own keys.
pub(super) fn change(
    cx: &mut Context<'_>,
    id: &str,
    needs: Needs,
    edit: impl FnOnce(&mut Key),
) -> Result<(), Fault> {
    let (now, shown) = (cx.now(), arn(cx, id));
    let caller = cx.caller.arn.clone();
    let operation = cx.operation;
    let key = state(cx).keys.get_mut(id).ok_or_else(|| not_found(format!("Key '{shown}' does not exist")))?;
    if key.truth().of_aws {
        return Err(Fault::client(
            "AccessDeniedException",
            format!("User: {caller} is not authorized to perform: kms:{operation} on resource: {shown}"),
        ));
    }
    fits(key.truth(), needs, &shown)?;
    edit(key.change(now));
    Ok(())
}

/// Refuses a key whose state does not fit.
pub(super) fn fits(key: &Key, needs: Needs, arn: &str) -> Result<(), Fault> {
    if needs != Needs::Existence && key.deletion.is_some() {
        // KMS-13: the words by which a caller tells this from other bad states.
        return Err(Fault::client("KMSInvalidStateException", format!("{arn} is pending deletion.")));
    }
    if needs == Needs::Use && key.awaits_material {
        return Err(Fault::client("KMSInvalidStateException", format!("{arn} is pending import.")));
    }
    if needs == Needs::Use && !key.enabled {
        return Err(Fault::client("DisabledException", format!("{arn} is disabled.")));
    }
    Ok(())
}

/// The key behind one of AWS's own aliases (`alias/aws/ebs`), made when first asked for, as AWS does (KMS-2, ACC-3).
pub fn aws_key(world: &mut World, account: &str, region: &str, alias: &str) -> String {
    if let Some(known) = world.region(account, region).kms.aliases.get(alias) {
        return known.truth().target.clone();
    }
    let (id, now) = (world.ids.uuid(), world.clock);
    let service = alias.rsplit('/').next().unwrap_or_default();
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Id": format!("auto-{service}-1"),
        "Statement": [{
            "Sid": "Allow direct access to key metadata to the account",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{}:iam::{account}:root", partition_of(region))},
            "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
            "Resource": "*",
        }],
    });
    let key = Key {
        created: now,
        description: format!(
            "Default key that protects my {} data when no other key is defined",
            service.to_uppercase()
        ),
        policy: Document::trusted(policy.to_string()),
        enabled: true,
        rotation: Some(super::state::Rotation { days: 365, since: now }),
        deletion: None,
        spec: "SYMMETRIC_DEFAULT".into(),
        usage: "ENCRYPT_DECRYPT".into(),
        multi_region: false,
        origin: super::state::MADE_BY_KMS.into(),
        awaits_material: false,
        primary: None,
        of_aws: true,
        tags: Default::default(),
        tagged: now,
        grants: Default::default(),
    };
    let state = &mut world.region(account, region).kms;
    state.keys.insert(id.clone(), Versioned::new(key, now));
    let link = Alias { target: id.clone(), created: now, updated: now };
    state.aliases.insert(alias.to_owned(), Versioned::new(link, now));
    id
}
