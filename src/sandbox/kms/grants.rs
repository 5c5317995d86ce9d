//! Grants, as far as they are made, listed and taken back.

use super::find::{Needs, arn, bad_marker, change, named, not_found, seen};
use super::state::Grant;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{keep, show_fields};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateGrant", create_grant),
    operation("ListGrants", list_grants),
    operation("RevokeGrant", revoke_grant),
];

fn create_grant(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let grantee = params.required("GranteePrincipal")?;
    if !grantee.starts_with("arn:") && !grantee.ends_with(".amazonaws.com") {
        return Err(Fault::client("InvalidArnException", format!("{grantee} is not a valid ARN")));
    }
    if params.texts("Operations").is_empty() {
        return Err(params.missing("Operations"));
    }
    let grant = cx.world.ids.hex(64);
    let token = aws_smithy_types::base64::encode(&grant);
    let mut sent = keep(params);
    if let Some(sent) = sent.as_object_mut() {
        sent.retain(|name, _| !matches!(name.as_str(), "KeyId" | "GrantTokens" | "DryRun"));
    }
    let made = Grant { created: cx.now(), sent };
    change(cx, &id, Needs::Use, |key| {
        key.grants.insert(grant.clone(), made);
    })?;
    Ok(Answer::empty().with("GrantToken", token).with("GrantId", grant))
}

fn list_grants(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let limit = params.number_in("Limit", 1..=100)?.unwrap_or(50);
    let mut grants: Vec<_> = seen(cx, &id)?.grants.into_iter().collect();
    grants.retain(|(grant, made)| {
        let is = |name: &str, sent: Option<&str>| params.text(name).is_none_or(|wanted| sent == Some(wanted));
        is("GrantId", Some(grant))
            && is("GranteePrincipal", made.sent.get("GranteePrincipal").and_then(|v| v.as_str()))
    });
    let (grants, next) = cx
        .page(grants, |(grant, _)| grant.clone(), params.text("Marker"), usize::try_from(limit).unwrap_or(50))
        .map_err(bad_marker)?;
    let issuer = cx.global_arn("iam", "root");
    let shown = grants.into_iter().map(|(grant, made)| {
        let mut fields = Fields::new().with("KeyId", arn(cx, &id)).with("GrantId", grant);
        fields.0.extend(show_fields(&made.sent).0);
        fields.with("IssuingAccount", &issuer).time("CreationDate", made.created)
    });
    Ok(Fields::new().list("Grants", shown).with("Truncated", next.is_some()).maybe("NextMarker", next).into())
}

fn revoke_grant(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let grant = params.required("GrantId")?;
    if !seen(cx, &id)?.grants.contains_key(grant) {
        return Err(not_found(format!("Grant {grant} is not found")));
    }
    change(cx, &id, Needs::Existence, |key| {
        key.grants.remove(grant);
    })?;
    Ok(Answer::empty())
}
