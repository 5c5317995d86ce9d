//! Whether a call is allowed: by the policies of who sends it, those on what it is about, and those that limit both.
//!
//! Every call is asked, before anything is done ("Policy evaluation logic", IAM User Guide). Which resources an action is
//! checked against and which condition keys a call carries is AWS's service authorization reference; what AWS checks inside
//! one call is a list kept by hand.

mod action;
mod call;
mod conditions;
mod implied;
mod principal;
mod reference;
mod refusal;
mod resource;

use conditions::Facts;
use refusal::{Layer, Reason, not_evaluated, refuse};
use resource::{Guard, Resource};

pub use call::Call;
pub use principal::Documents;
use principal::Standing;

use super::wire::{Fault, Params};
use crate::policy::{Ask, Effect, Layers, Policy, Truth, Verdict, Who, evaluate};

/// Refuses a call that its sender may not make.
///
/// # Errors
/// `AccessDenied` in the service's own code and AWS's words; `NotImplemented` where a policy asks for something that is not
/// evaluated here.
pub fn permit(call: &Call<'_>, documents: &mut Documents) -> Result<(), Fault> {
    action::of_call(call).map_or(Ok(()), |action| decide(call, &action, documents))
}

/// The objects of a `DeleteObjects` that its sender may not delete, by key and version, and why: S3 answers for each by itself.
///
/// # Errors
/// `NotImplemented` where a policy asks for something that is not evaluated here.
pub fn refused_objects(call: &Call<'_>, documents: &mut Documents) -> Result<Refused, Fault> {
    let mut refused = Refused::new();
    if (call.service, call.operation) != ("s3", "DeleteObjects") {
        return Ok(refused);
    }
    for object in call.params.map("Delete").map(|body| body.maps("Object")).unwrap_or_default() {
        let mut one = Params::clone(call.params);
        for (from, to) in [("Key", "Key"), ("VersionId", "versionId")] {
            if let Some(value) = object.get(from) {
                one.set(to, value.clone());
            }
        }
        let asked = Call { operation: "DeleteObject", params: &one, ..*call };
        match permit(&asked, documents) {
            Ok(()) => {}
            Err(fault) if fault.code == "NotImplemented" => return Err(fault),
            Err(fault) => {
                let text = |name: &str| object.text(name).map(str::to_owned);
                refused.insert((text("Key").unwrap_or_default(), text("VersionId")), fault);
            }
        }
    }
    Ok(refused)
}

/// What may not be deleted, by key and version.
pub type Refused = std::collections::BTreeMap<(String, Option<String>), Fault>;

fn decide(call: &Call<'_>, action: &str, documents: &mut Documents) -> Result<(), Fault> {
    let standing = Standing::of(call, documents);
    let facts = conditions::of_call(call);
    if action == "sts:AssumeRole" {
        // "No role" and "not trusted" are the same answer (ORG-6), which the handler gives.
        let Some(role) = resource::role_to_assume(call) else { return Ok(()) };
        return check(call, &standing, (action, &role), &facts, documents);
    }
    let Some(said) = reference::action(action) else {
        return Err(not_evaluated(action, "this action"));
    };
    let own = resource::find(call, action, said);
    for resource in &own {
        check(call, &standing, (action, resource), &facts, documents)?;
    }
    for implied in implied::find(call, &own) {
        for resource in &implied.resources {
            let answer = check(call, &standing, (&implied.action, resource), &facts, documents);
            answer.map_err(|fault| {
                if implied.is_lockout && fault.code != "NotImplemented" {
                    let message =
                        "The new key policy will not allow you to update the key policy in the future.";
                    return Fault::client("MalformedPolicyDocumentException", message);
                }
                fault
            })?;
        }
    }
    Ok(())
}

/// Asks one question: this action on this resource.
fn check(
    call: &Call<'_>,
    standing: &Standing,
    (action, resource): (&str, &Resource),
    facts: &Facts,
    documents: &mut Documents,
) -> Result<(), Fault> {
    let Some(said) = reference::action(action) else {
        return Err(not_evaluated(action, "this action"));
    };
    if !has_form(action, resource) {
        // What is no ARN of its type is refused as such by the service itself; one that was put together wrongly is no answer.
        let what = || format!("the {} {}", resource.kind, resource.arn);
        return if is_given(call, resource) { Ok(()) } else { Err(not_evaluated(action, &what())) };
    }
    let caller = call.caller;
    let context = conditions::context(call, standing, (action, said), resource, facts);
    let who = Who::Aws { account: &caller.account, arn: &caller.arn, identity: &standing.identity };
    // Trust policies name no resource; the ARN counts for the policies of who asks.
    let ask = Ask { who, action, resource: &resource.arn, context: &context };
    let none = Guard { owner: caller.account.clone(), ..Guard::default() };
    let guard = resource.guard.as_ref().unwrap_or(&none);
    let on_resource = guard.policy.as_deref().map(|text| documents.read(text));
    if is_unlocking_root(call, action, guard) {
        return Ok(());
    }
    let grants: Vec<&Policy> = standing.grants.iter().map(|policy| &**policy).collect();
    let control: Vec<&Policy> = standing.control.iter().map(|policy| &**policy).collect();
    let layers = Layers {
        identity: &grants,
        resource: on_resource.as_deref(),
        boundary: standing.boundary.as_deref(),
        session: standing.session.as_deref(),
        control: &control,
        resource_decides: guard.decides && !guard.granted,
        across_accounts: guard.owner != caller.account && !guard.granted,
    };
    match evaluate(&layers, &ask) {
        Verdict::Allowed(statement) => {
            let open = undecided(&layers, &ask).or_else(|| {
                let open = statement.conditions.iter().find(|it| it.holds(&context) == Truth::Perhaps)?;
                Some(open.key.clone())
            });
            match open {
                Some(key) => Err(not_evaluated(action, &format!("the condition key {key}"))),
                None => Ok(()),
            }
        }
        Verdict::NotAllowed if guard.granted => Ok(()),
        Verdict::Denied(statement) => {
            Err(refuse(call, action, &resource.arn, Reason::Denied(layer_of(&layers, statement))))
        }
        Verdict::NotAllowed => {
            Err(refuse(call, action, &resource.arn, Reason::NotAllowed(closed(&layers, &ask))))
        }
    }
}

/// Whether the root user of a bucket's account takes a policy off that keeps everybody out, which no policy prevents
/// (DeleteBucketPolicy, Amazon S3 API Reference).
fn is_unlocking_root(call: &Call<'_>, action: &str, guard: &Guard) -> bool {
    call.caller.arn.ends_with(":root")
        && guard.owner == call.caller.account
        && ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"].contains(&action)
}

/// Whether an ARN looks as the reference says.
fn has_form(action: &str, resource: &Resource) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    let form = reference::arn_pattern(service, resource.kind);
    resource.arn == "*" || form.is_none_or(|form| crate::policy::glob(form, &resource.arn))
}

/// Whether an ARN was sent as it is.
fn is_given(call: &Call<'_>, resource: &Resource) -> bool {
    let mut given = false;
    call::every_text(call.params, &[], &mut |text| given |= text == resource.arn);
    given
}

/// The key of a condition that nobody here knows and that decides.
fn undecided(layers: &Layers<'_>, ask: &Ask<'_>) -> Option<String> {
    let limiting = layers.control.iter().copied().chain(layers.boundary).chain(layers.session);
    let open = |statement: &&crate::policy::Statement| statement.applies(ask) == Truth::Perhaps;
    let by_limit = limiting.filter_map(|policy| policy.allowing(ask)).find(open);
    let all = layers.identity.iter().copied().chain(layers.control.iter().copied());
    let all = all.chain(layers.resource).chain(layers.boundary).chain(layers.session);
    let denies =
        || all.flat_map(|policy| &policy.statements).filter(|it| it.effect == Effect::Deny).find(open);
    let statement = by_limit.or_else(denies)?;
    let condition = statement.conditions.iter().find(|it| it.holds(ask.context) == Truth::Perhaps);
    Some(condition.map_or_else(|| "a variable".to_owned(), |condition| condition.key.clone()))
}

fn layer_of(layers: &Layers<'_>, statement: &crate::policy::Statement) -> Layer {
    let holds = |policy: &Policy| policy.statements.iter().any(|it| std::ptr::eq(it, statement));
    if layers.control.iter().any(|policy| holds(policy)) {
        Layer::Control
    } else if layers.boundary.is_some_and(holds) {
        Layer::Boundary
    } else if layers.session.is_some_and(holds) {
        Layer::Session
    } else if layers.resource.is_some_and(holds) {
        Layer::Resource
    } else {
        Layer::Identity
    }
}

/// The layer that allows nothing.
fn closed(layers: &Layers<'_>, ask: &Ask<'_>) -> Layer {
    let closed = |policy: &Policy| policy.allowing(ask).is_none();
    if layers.control.iter().any(|policy| closed(policy)) {
        Layer::Control
    } else if (layers.resource_decides || layers.across_accounts) && layers.resource.is_none_or(closed) {
        Layer::Resource
    } else if layers.identity.iter().all(|policy| closed(policy)) {
        Layer::Identity
    } else if layers.boundary.is_some_and(closed) {
        Layer::Boundary
    } else {
        Layer::Session
    }
}

#[cfg(test)]
mod tests;
