//! The role that writes flow logs into a log group (NET-8).

use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::policy::{Decision, Question, Who, decide};
use crate::sandbox::wire::Fault;
use crate::sandbox::world::Milliseconds;

/// Who assumes the role.
const SERVICE: &str = "vpc-flow-logs.amazonaws.com";

/// How long a new role cannot be assumed.
const SPREADING: Milliseconds = 10_000;

/// Assumes the role, as CreateFlowLogs does before it accepts anything.
///
/// # Errors
/// `InvalidParameter` for a role that is not there, not there yet, or does not trust the service.
pub fn assume(cx: &mut Context<'_>, arn: &str) -> Result<(), Fault> {
    let (lens, account) = (cx.lens(), cx.caller.account.clone());
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let role = cx.account().iam.roles.get(name).map(Versioned::truth).map(|role| &role.entity);
    let usable = role.is_some_and(|role| role.arn == arn && lens.done(role.created, SPREADING));
    let trust = cx.account().iam.roles.get(name).filter(|_| usable).map(|role| role.truth().trust.clone());
    let source = cx.arn("ec2", "vpc-flow-log/*");
    let context = [("aws:SourceAccount", account.as_str()), ("aws:SourceArn", source.as_str())];
    let question =
        Question { who: Who::Service(SERVICE), action: "sts:AssumeRole", resource: "*", context: &context };
    match trust {
        Some(trust) if decide(&trust.shown(cx.world), &question) == Decision::Allowed => Ok(()),
        _ => Err(Fault::client("InvalidParameter", "Unable to assume given IAM role")),
    }
}
