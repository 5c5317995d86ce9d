//! Key policies: one a key, called `default`.

use super::find::{Needs, change, named, seen};
use crate::sandbox::context::Context;
use crate::sandbox::policy::{Document, Problem, Use};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("GetKeyPolicy", get_key_policy),
    operation("PutKeyPolicy", put_key_policy),
    operation("ListKeyPolicies", list_key_policies),
];

/// The policy of a key that is made without one.
pub fn default_policy(partition: &str, account: &str) -> Document {
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
            "Action": "kms:*",
            "Resource": "*",
        }],
    });
    Document::trusted(format!("{policy:#}"))
}

/// Reads the parameter `Policy` and refuses what KMS refuses (KMS-5); that its writer keeps the key was asked before (KMS-4).
pub(super) fn read_policy(cx: &Context<'_>, params: &Params) -> Result<Document, Fault> {
    let malformed = |message: String| Fault::client("MalformedPolicyDocumentException", message);
    let text = params.required("Policy")?;
    if text.len() > 32_768 {
        return Err(params.invalid("Policy", "must have length less than or equal to 32768"));
    }
    let document =
        Document::read(cx.world, cx.lens(), text, Use::Resource).map_err(|problem| match problem {
            Problem::Syntax(message) => malformed(message),
            Problem::Principal(_) => {
                malformed("Policy contains a statement with one or more invalid principals.".into())
            }
        })?;
    Ok(document)
}

fn only_default(params: &Params) -> Result<(), Fault> {
    match params.text("PolicyName") {
        None | Some("default") => Ok(()),
        Some(_) => Err(super::find::not_found("No such policy exists")),
    }
}

fn get_key_policy(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    only_default(params)?;
    let key = seen(cx, &id)?;
    Ok(Answer::empty().with("Policy", key.policy.shown(cx.world).into_owned()).with("PolicyName", "default"))
}

fn put_key_policy(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    only_default(params)?;
    let policy = read_policy(cx, params)?;
    change(cx, &id, Needs::Existence, |key| key.policy = policy)?;
    Ok(Answer::empty())
}

fn list_key_policies(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    named(cx, params)?;
    Ok(Fields::new().list("PolicyNames", ["default"]).with("Truncated", false).into())
}
