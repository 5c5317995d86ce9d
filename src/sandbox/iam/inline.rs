//! Inline policies of roles, users and groups.

use super::entity::{Kind, encoded, listed, malformed, missing, name, quota};
use crate::sandbox::context::Context;
use crate::sandbox::policy::{Document, Use};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Params};

/// Operations on inline policies.
pub const OPERATIONS: &[Operation] = &[
    operation("PutRolePolicy", |cx, params| put(cx, params, Kind::Role)),
    operation("PutUserPolicy", |cx, params| put(cx, params, Kind::User)),
    operation("PutGroupPolicy", |cx, params| put(cx, params, Kind::Group)),
    operation("GetRolePolicy", |cx, params| get(cx, params, Kind::Role)),
    operation("GetUserPolicy", |cx, params| get(cx, params, Kind::User)),
    operation("GetGroupPolicy", |cx, params| get(cx, params, Kind::Group)),
    operation("ListRolePolicies", |cx, params| list(cx, params, Kind::Role)),
    operation("ListUserPolicies", |cx, params| list(cx, params, Kind::User)),
    operation("ListGroupPolicies", |cx, params| list(cx, params, Kind::Group)),
    operation("DeleteRolePolicy", |cx, params| delete(cx, params, Kind::Role)),
    operation("DeleteUserPolicy", |cx, params| delete(cx, params, Kind::User)),
    operation("DeleteGroupPolicy", |cx, params| delete(cx, params, Kind::Group)),
];

fn absent(kind: Kind, policy: &str) -> Fault {
    let word = kind.parameter().trim_end_matches("Name").to_lowercase();
    missing(&format!("The {word} policy with name {policy} cannot be found."))
}

/// White space does not count towards any quota of IAM (IAM-18).
fn size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

fn put(cx: &mut Context<'_>, params: &Params, kind: Kind) -> Result<Answer, Fault> {
    let (owner, policy) = (name(params, kind.parameter(), 128)?, name(params, "PolicyName", 128)?);
    let lens = cx.lens();
    let document = Document::read(cx.world, lens, params.required("PolicyDocument")?, Use::Identity)
        .map_err(malformed)?;
    let iam = &mut cx.account().iam;
    iam.modifiable(kind, owner)?;
    let entity = iam.entity_mut(kind, owner, lens)?;
    let others: usize =
        entity.inline.iter().filter(|(name, _)| *name != policy).map(|(_, it)| size(it.written())).sum();
    if others + size(document.written()) > kind.inline_quota() {
        let word = kind.parameter().trim_end_matches("Name").to_lowercase();
        let most = kind.inline_quota();
        return Err(quota(&format!("Maximum policy size of {most} bytes exceeded for {word} {owner}")));
    }
    entity.inline.insert(policy.to_owned(), document);
    Ok(Answer::empty())
}

fn get(cx: &mut Context<'_>, params: &Params, kind: Kind) -> Result<Answer, Fault> {
    let (owner, policy) = (name(params, kind.parameter(), 128)?, name(params, "PolicyName", 128)?);
    let entity = cx.read_account()?.iam.entity(kind, owner, cx.lens())?;
    let document = entity.inline.get(policy).ok_or_else(|| absent(kind, policy))?;
    Ok(Answer::empty()
        .with(kind.parameter(), owner)
        .with("PolicyName", policy)
        .with("PolicyDocument", encoded(&document.shown(cx.world))))
}

fn list(cx: &mut Context<'_>, params: &Params, kind: Kind) -> Result<Answer, Fault> {
    let owner = name(params, kind.parameter(), 128)?;
    let entity = cx.read_account()?.iam.entity(kind, owner, cx.lens())?;
    let names: Vec<&String> = entity.inline.keys().collect();
    listed(cx, params, "PolicyNames", names, |name| (*name).clone(), |name| *name)
}

fn delete(cx: &mut Context<'_>, params: &Params, kind: Kind) -> Result<Answer, Fault> {
    let (owner, policy) = (name(params, kind.parameter(), 128)?, name(params, "PolicyName", 128)?);
    let lens = cx.lens();
    let iam = &mut cx.account().iam;
    iam.modifiable(kind, owner)?;
    // Look before changing: a refused call leaves no version behind.
    if !iam.entity(kind, owner, lens)?.inline.contains_key(policy) {
        return Err(absent(kind, policy));
    }
    iam.entity_mut(kind, owner, lens)?.inline.remove(policy);
    Ok(Answer::empty())
}
