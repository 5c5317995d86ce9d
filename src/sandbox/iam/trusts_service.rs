//! Roles that a service assumes when it is told to act for somebody: what is checked before the service accepts one.

use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::policy::{Decision, Question, Who, decide};
use crate::sandbox::world::Milliseconds;

/// How long a new role cannot be assumed.
const SPREADING: Milliseconds = 10_000;

/// Whether a service may assume a role of the caller's account for a thing: the role is there, has spread, and trusts the service.
pub fn can_be_assumed(cx: &mut Context<'_>, arn: &str, service: &str, source: &str) -> bool {
    let (lens, account) = (cx.lens(), cx.caller.account.clone());
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let Some(role) = cx.account().iam.roles.get(name).map(Versioned::truth) else { return false };
    if role.entity.arn != arn || !lens.done(role.entity.created, SPREADING) {
        return false;
    }
    let trust = role.trust.clone();
    let context = [("aws:SourceAccount", account.as_str()), ("aws:SourceArn", source)];
    let who = Who::Service(service);
    let question = Question { who, action: "sts:AssumeRole", resource: "*", context: &context };
    decide(&trust.shown(cx.world), &question) == Decision::Allowed
}
