//! Service control policies. Other types of policies are refused by name.

use super::access::{constraint, invalid, keep, manage, page, read};
use super::state::{ControlPolicy, FULL_ACCESS, Organization};
use super::tags::target;
use crate::policy::Use;
use crate::policy::syntax;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("EnablePolicyType", enable),
    operation("DisablePolicyType", disable),
    operation("CreatePolicy", create),
    operation("UpdatePolicy", update),
    operation("DeletePolicy", delete),
    operation("DescribePolicy", describe),
    operation("ListPolicies", list),
    operation("AttachPolicy", attach),
    operation("DetachPolicy", detach),
    operation("ListPoliciesForTarget", list_for_target),
    operation("ListTargetsForPolicy", list_targets),
];

/// The size of a document, and how many of them a target may have ("Quotas", AWS Organizations User Guide).
const LONGEST: usize = 5_120;
const MOST: usize = 5;

/// The type, which must be the one that the built-in account carries out.
fn type_of(params: &Params, name: &str) -> Result<(), Fault> {
    match params.required(name)? {
        "SERVICE_CONTROL_POLICY" => Ok(()),
        other => Err(Fault::not_implemented(&format!("a policy of the type {other}"))),
    }
}

fn root_with(organization: &Organization, management: &str) -> Answer {
    let control = Fields::new().with("Type", "SERVICE_CONTROL_POLICY").with("Status", "ENABLED");
    let root = Fields::new()
        .with("Id", organization.root())
        .with("Arn", organization.arn(management, &organization.root()))
        .with("Name", "Root")
        .list("PolicyTypes", organization.controls.then_some(control));
    Answer::empty().with("Root", root)
}

fn switch(cx: &mut Context<'_>, params: &Params, on: bool) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    if params.required("RootId")? != organization.root() {
        return Err(Fault::client("RootNotFoundException", "You specified a root that doesn't exist."));
    }
    type_of(params, "PolicyType")?;
    if organization.controls == on {
        return Err(if on {
            let message = "The specified policy type is already enabled.";
            Fault::client("PolicyTypeAlreadyEnabledException", message)
        } else {
            not_enabled()
        });
    }
    organization.controls = on;
    // What was attached is lost, and AWS's own policy is back on everything.
    organization.attached.clear();
    let answer = root_with(&organization, &management);
    keep(cx, &management, organization);
    Ok(answer)
}

fn enable(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    switch(cx, params, true)
}

fn disable(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    switch(cx, params, false)
}

fn not_enabled() -> Fault {
    let message = "This operation can be performed only for enabled policy types.";
    Fault::client("PolicyTypeNotEnabledException", message)
}

fn no_policy() -> Fault {
    Fault::client("PolicyNotFoundException", "You specified a policy that doesn't exist.")
}

fn summary(organization: &Organization, management: &str, id: &str) -> Result<Fields, Fault> {
    let own = organization.policies.get(id);
    let (name, description) = match own {
        Some(policy) => (policy.name.as_str(), policy.description.as_str()),
        None if id == FULL_ACCESS => ("FullAWSAccess", "Allows access to every operation"),
        None => return Err(no_policy()),
    };
    Ok(Fields::new()
        .with("Id", id)
        .with("Arn", organization.arn(management, id))
        .with("Name", name)
        .with("Description", description)
        .with("Type", "SERVICE_CONTROL_POLICY")
        .with("AwsManaged", own.is_none()))
}

fn whole(organization: &Organization, management: &str, id: &str) -> Result<Answer, Fault> {
    let policy = Fields::new()
        .with("PolicySummary", summary(organization, management, id)?)
        .with("Content", organization.content(id).unwrap_or_default());
    Ok(Answer::empty().with("Policy", policy))
}

fn document(text: &str) -> Result<String, Fault> {
    let malformed = |message: String| {
        Fault::client("MalformedPolicyDocumentException", syntax::said(&message).to_owned())
    };
    if text.len() > LONGEST {
        return Err(constraint("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the policy size limit."));
    }
    syntax::check(text, Use::Identity).map_err(malformed)?;
    Ok(text.to_owned())
}

fn is_free(organization: &Organization, name: &str, own: &str) -> Result<(), Fault> {
    let taken = organization.policies.iter().any(|(id, policy)| id != own && policy.name == name);
    if taken || name == "FullAWSAccess" {
        return Err(Fault::client("DuplicatePolicyException", "A policy with the same name already exists."));
    }
    Ok(())
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    type_of(params, "Type")?;
    let name = params.required("Name")?;
    is_free(&organization, name, "")?;
    let policy = ControlPolicy {
        name: name.to_owned(),
        description: params.text("Description").unwrap_or_default().to_owned(),
        content: document(params.required("Content")?)?,
    };
    let tags = params.tags("Tags", "Key", "Value")?;
    let id = format!("p-{}", cx.world.ids.hex(8));
    organization.policies.insert(id.clone(), policy);
    if !tags.is_empty() {
        organization.tags.insert(id.clone(), tags);
    }
    let answer = whole(&organization, &management, &id)?;
    keep(cx, &management, organization);
    Ok(answer)
}

fn update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let id = params.required("PolicyId")?;
    if let Some(name) = params.text("Name") {
        is_free(&organization, name, id)?;
    }
    let content = params.text("Content").map(document).transpose()?;
    let policy = organization.policies.get_mut(id).ok_or_else(no_policy)?;
    if let Some(name) = params.text("Name") {
        name.clone_into(&mut policy.name);
    }
    if let Some(description) = params.text("Description") {
        description.clone_into(&mut policy.description);
    }
    if let Some(content) = content {
        policy.content = content;
    }
    let answer = whole(&organization, &management, id)?;
    keep(cx, &management, organization);
    Ok(answer)
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let id = params.required("PolicyId")?;
    if organization.attached.values().any(|ids| ids.contains(id)) {
        let message = "The policy is attached to one or more entities. You must detach it from all roots, OUs, and \
                       accounts before performing this operation.";
        return Err(Fault::client("PolicyInUseException", message));
    }
    organization.policies.remove(id).ok_or_else(no_policy)?;
    organization.tags.remove(id);
    keep(cx, &management, organization);
    Ok(Answer::done())
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = read(cx)?;
    whole(&organization, &management, params.required("PolicyId")?)
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = read(cx)?;
    type_of(params, "Filter")?;
    let own = organization.policies.keys().map(String::as_str);
    let ids: Vec<&str> = own.chain([FULL_ACCESS]).collect();
    page(
        cx,
        params,
        ("Policies", ids),
        |id| (*id).to_owned(),
        |id| summary(&organization, &management, id).unwrap_or_default().into(),
    )
}

/// The policy and the target that a call names.
fn pair<'p>(organization: &Organization, params: &'p Params) -> Result<(&'p str, String), Fault> {
    let id = params.required("PolicyId")?;
    organization.content(id).ok_or_else(no_policy)?;
    let target = target(organization, params.required("TargetId")?)?;
    if target.starts_with("p-") {
        return Err(invalid("INVALID_PARTY_TYPE_TARGET"));
    }
    if !organization.controls {
        return Err(not_enabled());
    }
    Ok((id, target))
}

fn attach(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let (id, target) = pair(&organization, params)?;
    let mut on = organization.on(&target);
    if !on.insert(id.to_owned()) {
        let message = "The selected policy is already attached to the specified target.";
        return Err(Fault::client("DuplicatePolicyAttachmentException", message));
    }
    if on.len() > MOST {
        let message = "You have exceeded the number of policies that can be attached to an entity.";
        return Err(constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    organization.attached.insert(target, on);
    keep(cx, &management, organization);
    Ok(Answer::done())
}

fn detach(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let (id, target) = pair(&organization, params)?;
    let mut on = organization.on(&target);
    if !on.remove(id) {
        let message = "The policy isn't attached to the specified target in the specified root.";
        return Err(Fault::client("PolicyNotAttachedException", message));
    }
    if on.is_empty() {
        let message = "You cannot remove the last policy attached to the specified target.";
        return Err(constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    organization.attached.insert(target, on);
    keep(cx, &management, organization);
    Ok(Answer::done())
}

fn list_for_target(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = read(cx)?;
    type_of(params, "Filter")?;
    let target = target(&organization, params.required("TargetId")?)?;
    let ids =
        if organization.controls { organization.on(&target) } else { std::collections::BTreeSet::new() };
    page(cx, params, ("Policies", ids.into_iter().collect()), String::clone, |id| {
        summary(&organization, &management, &id).unwrap_or_default().into()
    })
}

fn list_targets(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = read(cx)?;
    let id = params.required("PolicyId")?;
    organization.content(id).ok_or_else(no_policy)?;
    let root = organization.root();
    let all = std::iter::once(&root).chain(organization.units.keys()).chain(organization.members.keys());
    let targets: Vec<&String> =
        all.filter(|target| organization.controls && organization.on(target).contains(id)).collect();
    page(
        cx,
        params,
        ("Targets", targets),
        |target| (*target).clone(),
        |target| {
            let unit = organization.units.get(target).map(|unit| ("ORGANIZATIONAL_UNIT", unit.name.clone()));
            let member = organization.members.get(target).map(|member| ("ACCOUNT", member.name.clone()));
            let (kind, name) = unit.or(member).unwrap_or_else(|| ("ROOT", "Root".to_owned()));
            Fields::new()
                .with("TargetId", target)
                .with("Arn", organization.arn(&management, target))
                .with("Name", name)
                .with("Type", kind)
                .into()
        },
    )
}
