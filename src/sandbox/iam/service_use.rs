//! Which services an identity may use and when it last did.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::entity::{listed, missing};
use super::simulate::granted;
use crate::policy::Scope;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, SERVICES, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;

/// Operations on the use of services.
pub const OPERATIONS: &[Operation] = &[
    operation("GenerateServiceLastAccessedDetails", generate),
    operation("GetServiceLastAccessedDetails", get),
];

/// A question that IAM works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// About whom.
    pub arn: String,
    /// When it was asked.
    pub started: Milliseconds,
}

/// How long an answer takes.
const TAKES: Milliseconds = 3_000;

fn generate(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arn = params.required("Arn")?.to_owned();
    params.choice("Granularity", &["SERVICE_LEVEL", "ACTION_LEVEL"])?;
    let known = arn.contains(":policy/") && cx.read_account()?.iam.policies.contains_key(&arn);
    if !known {
        granted(&cx.read_account()?.iam, &arn, cx.lens())?;
    }
    let (id, started) = (cx.world.ids.uuid(), cx.now());
    cx.account().iam.jobs.insert(id.clone(), Job { arn, started });
    Ok(Answer::empty().with("JobId", id))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (id, lens) = (params.required("JobId")?, cx.lens());
    let iam = &cx.read_account()?.iam;
    let job = iam.jobs.get(id).ok_or_else(|| missing(&format!("The job {id} cannot be found.")))?;
    if !lens.done(job.started, TAKES) {
        let fields = Fields::new()
            .with("JobStatus", "IN_PROGRESS")
            .with("JobType", "SERVICE_LEVEL")
            .time("JobCreationDate", job.started)
            .list("ServicesLastAccessed", Vec::<Fields>::new())
            .time("JobCompletionDate", job.started)
            .with("IsTruncated", false);
        return Ok(fields.into());
    }
    // Services that a statement allows anything of, by the prefix of its actions.
    let mut services = BTreeSet::new();
    for policy in granted(iam, &job.arn, lens).unwrap_or_default() {
        for statement in policy.allows() {
            match &statement.actions {
                Scope::Only(actions) => {
                    for action in actions {
                        match action.split_once(':') {
                            Some((service, _)) if service != "*" => drop(services.insert(service.to_owned())),
                            _ => services.extend(all()),
                        }
                    }
                }
                Scope::AllBut(actions) => {
                    let whole = |service: &String| actions.iter().any(|it| *it == format!("{service}:*"));
                    services.extend(all().filter(|service| !whole(service)));
                }
            }
        }
    }
    let used = iam.service_use.get(&job.arn);
    let show = |service: &String| {
        let at = used.and_then(|used| used.get(service));
        let fields = Fields::new()
            .with("ServiceName", service)
            .with("ServiceNamespace", service)
            .with("TotalAuthenticatedEntities", usize::from(at.is_some()));
        match at {
            Some(at) => fields
                .time("LastAuthenticated", *at)
                .with("LastAuthenticatedEntity", &job.arn)
                .with("LastAuthenticatedRegion", "us-east-1"),
            None => fields,
        }
    };
    let services: Vec<String> = services.into_iter().collect();
    Ok(listed(cx, params, "ServicesLastAccessed", services, Clone::clone, show)?
        .with("JobStatus", "COMPLETED")
        .with("JobType", "SERVICE_LEVEL")
        .with("JobCreationDate", Node::Time(job.started))
        .with("JobCompletionDate", Node::Time(job.started + TAKES)))
}

/// The services that the sandbox knows, for a statement about all of them.
fn all() -> impl Iterator<Item = String> {
    let known = |name: &&str| !["s3control"].contains(name);
    SERVICES.iter().map(|service| service.name).filter(known).map(str::to_owned)
}
