//! The organizations all of whose accounts a trust policy lets in.

use std::collections::BTreeSet;

use super::role_trust::{ASSUME, STRANGER, request, strangers};
use crate::policy::{Ask, Condition, Effect, Policy, Who, witness};
use crate::posture::Facts;

/// Ids of the organizations of which an account nobody has heard of gets in: those that conditions leave of everybody.
pub(super) fn organizations(facts: &Facts, trust: &Policy) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for statement in &trust.statements {
        let denies = statement.effect == Effect::Deny;
        if !statement.principals.as_ref().is_some_and(|principals| principals.everyone) {
            continue;
        }
        let leaves = |it: &&Condition| if denies { it.is_inequality() } else { it.is_equality() };
        for condition in statement.conditions.iter().filter(leaves) {
            let is_path = match condition.key.to_ascii_lowercase().as_str() {
                "aws:principalorgid" => false,
                "aws:principalorgpaths" => true,
                _ => continue,
            };
            for value in &condition.values {
                let id = value.text.split('/').next().unwrap_or_default();
                // A pattern of organizations is trust in everybody.
                if id.contains(['*', '?', '$']) {
                    continue;
                }
                let path =
                    if is_path { witness(&[&value.text]) } else { Some(format!("{id}/r-unheard-of/")) };
                if path.is_some_and(|path| lets_in(facts, trust, id, &path)) {
                    found.insert(id.to_owned());
                }
            }
        }
    }
    found
}

/// Whether a trust policy lets somebody of an unknown account of the organization in, whatever they must show.
fn lets_in(facts: &Facts, trust: &Policy, organization: &str, path: &str) -> bool {
    strangers(trust).iter().any(|arn| {
        let context = request(facts, STRANGER)
            .with("aws:PrincipalArn", arn.as_str())
            .with("aws:PrincipalOrgID", organization)
            .with("aws:PrincipalOrgPaths", path);
        let who = Who::Aws { account: STRANGER, arn, identity: arn };
        ASSUME.iter().any(|action| {
            let ask = Ask { who, action, resource: "*", context: &context };
            trust.denying(&ask).is_none() && trust.allowing(&ask).is_some()
        })
    })
}
