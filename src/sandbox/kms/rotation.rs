//! Automatic rotation.

use super::find::{Needs, arn, change, named, seen};
use super::state::{Key, MADE_BY_KMS, Rotation};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;

pub(super) const OPERATIONS: &[Operation] = &[
    operation("EnableKeyRotation", enable_key_rotation),
    operation("DisableKeyRotation", disable_key_rotation),
    operation("GetKeyRotationStatus", get_key_rotation_status),
    operation("ListKeyRotations", list_key_rotations),
];

const DAY: Milliseconds = 86_400_000;

/// Only symmetric keys whose material KMS made rotate by themselves, and replicas with their primary key.
fn rotatable(key: &Key, arn: &str) -> Result<(), Fault> {
    let what = if !key.is_symmetric() {
        format!("key spec is {}", key.spec)
    } else if key.origin != MADE_BY_KMS {
        format!("origin is {}", key.origin)
    } else if key.primary.is_some() {
        "is a replica key".to_owned()
    } else {
        return Ok(());
    };
    let message = format!("{arn} {what} which is not valid for this operation.");
    Err(Fault::client("UnsupportedOperationException", message))
}

fn enable_key_rotation(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let days = params.number_in("RotationPeriodInDays", 90..=2560)?;
    let (now, shown) = (cx.now(), arn(cx, &id));
    rotatable(&seen(cx, &id)?, &shown)?;
    change(cx, &id, Needs::Use, |key| {
        // Asked again without a period, a key that rotates keeps its own.
        let days = days.or(key.rotation.map(|rotation| rotation.days)).unwrap_or(365);
        key.rotation = Some(Rotation { days, since: now });
    })?;
    Ok(Answer::empty())
}

fn disable_key_rotation(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let shown = arn(cx, &id);
    rotatable(&seen(cx, &id)?, &shown)?;
    change(cx, &id, Needs::Use, |key| key.rotation = None)?;
    Ok(Answer::empty())
}

fn get_key_rotation_status(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let shown = arn(cx, &id);
    let key = seen(cx, &id)?;
    if !key.is_symmetric() {
        return Err(rotatable(&key, &shown).err().unwrap_or_else(|| params.missing("KeyId")));
    }
    // KMS-17: not while the key is on its way out.
    let rotation = match &key.primary {
        Some(region) => {
            let account = cx.account_id().to_owned();
            let primary = cx.world.region(&account, region).kms.keys.get(&id).map(Versioned::truth);
            primary.and_then(|primary| primary.rotation)
        }
        None => key.rotation,
    };
    let rotation = rotation.filter(|_| key.deletion.is_none());
    let fields = Fields::new().with("KeyId", shown).with("KeyRotationEnabled", rotation.is_some());
    let Some(Rotation { days, since }) = rotation else { return Ok(fields.into()) };
    let period = days * DAY;
    let rounds = (cx.now() - since) / period + 1;
    let next = since + rounds * period;
    Ok(fields.with("RotationPeriodInDays", days).with("NextRotationDate", Node::Time(next)).into())
}

/// Nothing here ever grows old enough to have rotated on demand.
fn list_key_rotations(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let shown = arn(cx, &id);
    rotatable(&seen(cx, &id)?, &shown)?;
    Ok(Fields::new().list("Rotations", [] as [Node; 0]).with("Truncated", false).into())
}
