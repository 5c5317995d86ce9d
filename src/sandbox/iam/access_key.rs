//! Access keys of users and of the root user.

use super::entity::{listed, missing, quota, user_or_self};
use super::state::{AccessKey, State};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations on access keys.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateAccessKey", create),
    operation("ListAccessKeys", list),
    operation("ListSigningCertificates", list_certificates),
    operation("DeleteSigningCertificate", delete_certificate),
    operation("UpdateAccessKey", update),
    operation("DeleteAccessKey", delete),
    operation("GetAccessKeyLastUsed", last_used),
];

/// The keys of a user as this call sees them; of the root user without a name.
fn keys<'a>(iam: &'a State, user: Option<&str>, lens: Lens) -> Result<&'a [AccessKey], Fault> {
    match user {
        Some(name) => Ok(&iam.user(name, lens)?.keys),
        None => Ok(&iam.root.keys),
    }
}

fn keys_mut<'a>(iam: &'a mut State, user: Option<&str>, lens: Lens) -> Result<&'a mut Vec<AccessKey>, Fault> {
    match user {
        Some(name) => Ok(&mut iam.user_mut(name, lens)?.keys),
        None => Ok(&mut iam.root.keys),
    }
}

const fn status(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, lens) = (user_or_self(cx, params)?, cx.lens());
    let account = cx.caller.account.clone();
    if keys(&cx.read_account()?.iam, user.as_deref(), lens)?.len() >= 2 {
        return Err(quota("Cannot exceed quota for AccessKeysPerUser: 2"));
    }
    let (id, secret) = (cx.world.ids.access_key("AKIA", &account), cx.world.ids.secret(40));
    let key = AccessKey { id: id.clone(), active: true, created: lens.now, last_used: None, changed: None };
    keys_mut(&mut cx.account().iam, user.as_deref(), lens)?.push(key);
    let fields = Fields::new()
        .with("UserName", user.unwrap_or_default())
        .with("AccessKeyId", id)
        .with("Status", "Active")
        .with("SecretAccessKey", secret)
        .time("CreateDate", lens.now);
    Ok(Answer::empty().with("AccessKey", fields))
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, lens) = (user_or_self(cx, params)?, cx.lens());
    let found: Vec<&AccessKey> = keys(&cx.read_account()?.iam, user.as_deref(), lens)?.iter().collect();
    let show = |key: &&AccessKey| {
        Fields::new()
            .with("UserName", user.as_deref().unwrap_or_default())
            .with("AccessKeyId", &key.id)
            .with("Status", status(key.active))
            .time("CreateDate", key.created)
    };
    listed(cx, params, "AccessKeyMetadata", found, |key| key.id.clone(), show)
}

fn absent(id: &str) -> Fault {
    missing(&format!("The Access Key with id {id} cannot be found."))
}

fn update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, lens) = (user_or_self(cx, params)?, cx.lens());
    let id = params.required("AccessKeyId")?;
    let wanted = params.choice("Status", &["Active", "Inactive"])?.ok_or_else(|| params.missing("Status"))?;
    let iam = &mut cx.account().iam;
    if !keys(iam, user.as_deref(), lens)?.iter().any(|key| key.id == id) {
        return Err(absent(id));
    }
    if let Some(key) = keys_mut(iam, user.as_deref(), lens)?.iter_mut().find(|key| key.id == id) {
        key.active = wanted == "Active";
        key.changed = Some(lens.now);
    }
    Ok(Answer::empty())
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, lens) = (user_or_self(cx, params)?, cx.lens());
    let id = params.required("AccessKeyId")?;
    let iam = &mut cx.account().iam;
    if !keys(iam, user.as_deref(), lens)?.iter().any(|key| key.id == id) {
        return Err(absent(id));
    }
    keys_mut(iam, user.as_deref(), lens)?.retain(|key| key.id != id);
    Ok(Answer::empty())
}

fn last_used(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = params.required("AccessKeyId")?;
    let iam = &cx.read_account()?.iam;
    let users = iam.users.values().map(|user| (user.truth().entity.name.as_str(), &user.truth().keys));
    let mut all = users.chain([("", &iam.root.keys)]);
    let (user, key) = all
        .find_map(|(name, keys)| Some((name, keys.iter().find(|key| key.id == id)?)))
        // AWS does not say whether the key exists in another account.
        .ok_or_else(|| Fault::new(403, "AccessDenied", format!("User: {} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {id}", cx.caller.arn)))?;
    let used = match &key.last_used {
        Some((at, region, service)) => {
            Fields::new().time("LastUsedDate", *at).with("ServiceName", service).with("Region", region)
        }
        None => Fields::new().with("ServiceName", "N/A").with("Region", "N/A"),
    };
    Ok(Answer::empty().with("UserName", user).with("AccessKeyLastUsed", used))
}

/// Signing certificates: only those of the root user, since there is no way to upload one here.
fn list_certificates(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, iam) = (user_or_self(cx, params)?, &cx.read_account()?.iam);
    let found: Vec<String> = if user.is_none() { iam.root.certificates.clone() } else { Vec::new() };
    let since = iam.root.created;
    let show = |id: &String| {
        Fields::new()
            .with("UserName", user.as_deref().unwrap_or("root"))
            .with("CertificateId", id)
            .with("CertificateBody", "-----BEGIN CERTIFICATE-----")
            .with("Status", "Active")
            .time("UploadDate", since)
    };
    listed(cx, params, "Certificates", found, Clone::clone, show)
}

fn delete_certificate(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, id) = (user_or_self(cx, params)?, params.required("CertificateId")?);
    let root = &mut cx.account().iam.root;
    if user.is_some() || !root.certificates.iter().any(|known| known == id) {
        return Err(missing(&format!("The Certificate with id {id} cannot be found.")));
    }
    root.certificates.retain(|known| known != id);
    Ok(Answer::empty())
}
