//! Instances changed while they run: their instance profile and their metadata options.

use super::Versioned;
use super::instance::Instance;
use super::instance_launch::named_profile;
use super::resource_id::INSTANCE;
use super::state::current;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("AssociateIamInstanceProfile", associate_profile),
    operation("ModifyInstanceMetadataOptions", modify_metadata),
];

/// Changes an instance that is not being terminated, and answers what it is then.
fn change(cx: &mut Context<'_>, id: &str, edit: impl FnOnce(&mut Instance)) -> Result<Instance, Fault> {
    let lens = cx.lens();
    let ec2 = current(cx);
    let found = INSTANCE.find(&ec2.instances, lens, id)?;
    let (mut changed, created) = (found.truth().clone(), found.created);
    if changed.terminated.is_some() {
        return Err(Fault::client(
            "IncorrectInstanceState",
            format!("The instance '{id}' is not in a state from which it can be changed."),
        ));
    }
    edit(&mut changed);
    ec2.instances.insert(id.to_owned(), Versioned::new(changed.clone(), created));
    Ok(changed)
}

fn associate_profile(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = INSTANCE.required(params, "InstanceId")?.to_owned();
    let wanted = params.map("IamInstanceProfile").ok_or_else(|| params.missing("IamInstanceProfile"))?;
    let profile = named_profile(cx, wanted.text("Name"), wanted.text("Arn"))?;
    let (arn, profile_id) = profile.ok_or_else(|| params.missing("IamInstanceProfile"))?;
    let lens = cx.lens();
    // An instance has one profile at most; another takes its place by another call.
    if INSTANCE.find(&current(cx).instances, lens, &id)?.truth().profile.is_some() {
        return Err(Fault::client(
            "IncorrectState",
            format!("There is an existing association for instance {id}"),
        ));
    }
    change(cx, &id, |instance| instance.profile = Some((arn.clone(), profile_id.clone())))?;
    let association = Fields::new()
        .with("associationId", cx.new_id("iip-assoc-"))
        .with("instanceId", id)
        .with("iamInstanceProfile", Fields::new().with("arn", arn).with("id", profile_id))
        .with("state", "associating");
    Ok(Answer::empty().with("iamInstanceProfileAssociation", association))
}

/// What is left out stays as it is.
fn modify_metadata(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = INSTANCE.required(params, "InstanceId")?.to_owned();
    let tokens = params.choice("HttpTokens", &["optional", "required"])?.map(str::to_owned);
    let hops = params.number_in("HttpPutResponseHopLimit", 1..=64)?;
    let changed = change(cx, &id, |instance| {
        instance.http_tokens = tokens.unwrap_or_else(|| instance.http_tokens.clone());
        instance.hop_limit = hops.unwrap_or(instance.hop_limit);
    })?;
    let options = Fields::new()
        .with("state", "pending")
        .with("httpTokens", changed.http_tokens)
        .with("httpPutResponseHopLimit", changed.hop_limit)
        .with("httpEndpoint", "enabled");
    Ok(Answer::empty().with("instanceId", id).with("instanceMetadataOptions", options))
}
