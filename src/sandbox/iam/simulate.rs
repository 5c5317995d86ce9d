//! `SimulatePrincipalPolicy`: what the policies of a user, role or group say to a question.

use super::entity::{Kind, missing};
use super::managed;
use super::state::{Entity, State};
use crate::policy::{Ask, Context as Known, Layers, Policy, Verdict, Who, evaluate};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::policy::Document;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

/// The one operation of this file.
pub const OPERATIONS: &[Operation] = &[operation("SimulatePrincipalPolicy", simulate)];

fn simulate(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let source = params.required("PolicySourceArn")?;
    let actions = params.texts("ActionNames");
    if actions.is_empty() {
        return Err(params.missing("ActionNames"));
    }
    let resources = Some(params.texts("ResourceArns")).filter(|given| !given.is_empty()).unwrap_or(vec!["*"]);
    let mut known = Known::complete();
    for entry in params.maps("ContextEntries") {
        let values = entry.texts("ContextKeyValues").into_iter().map(str::to_owned);
        known = known.with_all(entry.required("ContextKeyName")?, values);
    }
    let lens = cx.lens();
    let iam = &cx.read_account()?.iam;
    let policies = Policies::of(iam, source, lens)?;
    let mut results = Vec::new();
    for action in actions {
        let decide = |resource: &str| policies.decide(iam, source, (action, resource), &known);
        let specific = resources.iter().map(|resource| {
            Fields::new()
                .with("EvalResourceName", *resource)
                .with("EvalResourceDecision", decide(resource))
                .with("MissingContextValues", Node::list(Vec::<&str>::new()))
        });
        // The worst of all resources stands for the action.
        let worst = resources.iter().map(|resource| decide(resource)).max().unwrap_or("implicitDeny");
        results.push(
            Fields::new()
                .with("EvalActionName", action)
                .with("EvalResourceName", resources.first().copied().unwrap_or("*"))
                .with("EvalDecision", worst)
                .with("MissingContextValues", Node::list(Vec::<&str>::new()))
                .list("ResourceSpecificResults", specific.collect::<Vec<_>>()),
        );
    }
    Ok(Answer::empty().with("IsTruncated", "false").with("EvaluationResults", Node::list(results)))
}

/// Whether the policies of a user or role allow an action on a resource. Whoever has none is not allowed it.
pub fn allows(
    iam: &State,
    identity: &str,
    (action, resource): (&str, &str),
    context: &[(&str, &str)],
    lens: Lens,
) -> bool {
    let known = context
        .iter()
        .fold(Known::complete(), |known, (key, value)| known.with_all(key, [(*value).to_owned()]));
    Policies::of(iam, identity, lens)
        .is_ok_and(|policies| policies.decide(iam, identity, (action, resource), &known) == "allowed")
}

/// The policies that give an identity its rights.
pub fn granted(iam: &State, identity: &str, lens: Lens) -> Result<Vec<Policy>, Fault> {
    Policies::of(iam, identity, lens).map(|policies| policies.identity)
}

/// What is said of one principal.
struct Policies {
    identity: Vec<Policy>,
    boundary: Option<Policy>,
}

impl Policies {
    fn of(iam: &State, source: &str, lens: Lens) -> Result<Self, Fault> {
        let (entity, groups) = principal(iam, source, lens)?;
        let texts =
            documents(iam, entity, lens).chain(groups.iter().flat_map(|group| documents(iam, group, lens)));
        let boundary = entity.boundary.as_deref().and_then(|arn| document(iam, arn, lens));
        Ok(Self {
            identity: texts.filter_map(|text| Policy::parse(text).ok()).collect(),
            boundary: boundary.and_then(|text| Policy::parse(text).ok()),
        })
    }

    fn decide(
        &self,
        iam: &State,
        source: &str,
        (action, resource): (&str, &str),
        known: &Known,
    ) -> &'static str {
        let identity: Vec<&Policy> = self.identity.iter().collect();
        let layers = Layers { identity: &identity, boundary: self.boundary.as_ref(), ..Layers::default() };
        let who = Who::Aws { account: &iam.account, arn: source, identity: source };
        match evaluate(&layers, &Ask { who, action, resource, context: known }) {
            Verdict::Allowed(_) => "allowed",
            Verdict::Denied(_) => "explicitDeny",
            Verdict::NotAllowed => "implicitDeny",
        }
    }
}

/// The entity of that ARN and, for a user, its groups.
fn principal<'a>(iam: &'a State, arn: &str, lens: Lens) -> Result<(&'a Entity, Vec<&'a Entity>), Fault> {
    let absent = || missing(&format!("The principal {arn} cannot be found."));
    let resource = arn.splitn(6, ':').nth(5).ok_or_else(absent)?;
    let name = resource.rsplit('/').next().unwrap_or_default();
    let kind = match resource.split('/').next() {
        Some("user") => Kind::User,
        Some("role") => Kind::Role,
        Some("group") => Kind::Group,
        _ => return Err(absent()),
    };
    let entity = iam.entity(kind, name, lens).ok().filter(|entity| entity.arn == arn).ok_or_else(absent)?;
    let mut groups = Vec::new();
    if let (Kind::User, Ok(user)) = (kind, iam.user(name, lens)) {
        groups.extend(user.groups.iter().filter_map(|group| iam.entity(Kind::Group, group, lens).ok()));
    }
    Ok((entity, groups))
}

/// Every policy of an entity: inline and attached.
fn documents<'a>(iam: &'a State, entity: &'a Entity, lens: Lens) -> impl Iterator<Item = &'a str> + 'a {
    let inline = entity.inline.values().map(Document::written);
    inline.chain(entity.attached.iter().filter_map(move |arn| document(iam, arn, lens)))
}

/// The version of a managed policy that is in force; nothing where there is none.
pub fn document<'a>(iam: &'a State, arn: &str, lens: Lens) -> Option<&'a str> {
    if let Some(policy) = managed::find(&iam.partition, arn) {
        return Some(policy.document);
    }
    let policy = iam.policies.get(arn)?.seen(lens, arn)?;
    policy.versions.get(&policy.default).map(|version| version.document.written())
}
