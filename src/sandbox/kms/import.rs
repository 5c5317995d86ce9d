//! Keys whose material somebody else made.

use super::find::{Needs, arn, change, named, seen};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Node, Params};

pub(super) const OPERATIONS: &[Operation] =
    &[operation("GetParametersForImport", parameters), operation("ImportKeyMaterial", import)];

/// How long a token may be used.
const DAY: i64 = 86_400_000;

/// The token and the public key of every key: what is imported is neither encrypted nor kept.
const TOKEN: &str = "c2FuZGJveA==";

fn external(cx: &mut Context<'_>, params: &Params) -> Result<String, Fault> {
    let id = named(cx, params)?;
    let (shown, key) = (arn(cx, &id), seen(cx, &id)?);
    if key.origin == "EXTERNAL" {
        return Ok(id);
    }
    let message = format!("{shown} origin is {} which is not valid for this operation.", key.origin);
    Err(Fault::client("UnsupportedOperationException", message))
}

fn parameters(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = external(cx, params)?;
    params.required("WrappingAlgorithm")?;
    params.required("WrappingKeySpec")?;
    Ok(Answer::empty()
        .with("KeyId", arn(cx, &id))
        .with("ImportToken", TOKEN)
        .with("PublicKey", TOKEN)
        .with("ParametersValidTo", Node::Time(cx.now() + DAY)))
}

fn import(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = external(cx, params)?;
    params.required("EncryptedKeyMaterial")?;
    if params.required("ImportToken")? != TOKEN {
        return Err(Fault::client("InvalidImportTokenException", "The import token is not of this key"));
    }
    change(cx, &id, Needs::Life, |key| {
        key.awaits_material = false;
        key.enabled = true;
    })?;
    Ok(Answer::empty().with("KeyId", arn(cx, &id)))
}
