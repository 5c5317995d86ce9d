//! The shortest way of everybody who gets there.

use std::collections::BTreeMap;

use serde_json::json;

use super::becoming::become_another;
use super::principal::Principal;
use super::raising::raise;
use super::running::Machines;
use crate::policy::Policy;
use crate::posture::facts::{CredentialReport, Iam, Identity};

/// Somebody who can do everything, now or after some steps.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::posture) struct Administrator<'a> {
    /// Who.
    pub(in crate::posture) identity: &'a Identity,
    /// Whether by its own policies, without a step.
    pub(in crate::posture) direct: bool,
    /// The grant, or the steps in their order, each with the grant that allows it.
    pub(in crate::posture) way: Vec<String>,
    /// How many steps it takes.
    pub(in crate::posture) steps: usize,
}

/// A principal whose policies were not all in the answer.
pub(in crate::posture) type Missing = String;

/// What the line of somebody says who needs no step.
const NOW: &str = " can do everything: ";

/// Everybody who can do everything, in the order of the answer, and whoever cannot be judged.
pub(in crate::posture) fn administrators<'a>(
    iam: &'a Iam,
    account: &'a str,
    credentials: Option<&CredentialReport>,
    machines: Machines<'_>,
) -> (Vec<Administrator<'a>>, Vec<Missing>) {
    let everything =
        Policy::of(&json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }))
            .unwrap_or_default();
    let (mut principals, mut missing) = (Vec::new(), Vec::new());
    for principal in Principal::all(iam, account) {
        match principal {
            Ok(principal) => principals.push(principal),
            // What AWS manages is not judged.
            Err((identity, reason)) => missing.extend((!identity.is_of_aws()).then_some(reason)),
        }
    }
    let mut ways: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut direct = Vec::new();
    for (index, principal) in principals.iter().enumerate() {
        if let Some(grant) = principal.is_administrator() {
            direct.push(index);
            ways.insert(index, vec![format!("{}{NOW}{grant}", principal.identity.name)]);
        }
    }
    let own: Vec<Option<Vec<String>>> = principals
        .iter()
        .enumerate()
        .map(
            |(index, principal)| {
                if direct.contains(&index) { None } else { raise(principal, iam, account, &everything) }
            },
        )
        .collect();
    // Level by level, so that the first way that is found is one of the shortest.
    let mut reached = direct.clone();
    let longest = own.iter().flatten().map(Vec::len).max().unwrap_or_default();
    for level in 1..=principals.len() + longest {
        let mut next = Vec::new();
        for (index, principal) in principals.iter().enumerate().filter(|(index, _)| !ways.contains_key(index))
        {
            let raised = own[index].as_ref().filter(|steps| steps.len() == level);
            let way = raised.map(|steps| named(principal, steps)).or_else(|| {
                reached.iter().find_map(|target| {
                    let step = become_another(principal, &principals[*target], credentials, machines)?;
                    let mut way = named(principal, &[step]);
                    way.extend(ways.get(target).into_iter().flatten().cloned());
                    Some(way)
                })
            });
            next.extend(way.map(|way| (index, way)));
        }
        let pending = own.iter().flatten().any(|steps| steps.len() > level);
        if next.is_empty() && !pending {
            break;
        }
        reached = next.iter().map(|(index, _)| *index).collect();
        ways.extend(next);
    }
    let found = ways
        .into_iter()
        .map(|(index, way)| Administrator {
            identity: principals[index].identity,
            direct: direct.contains(&index),
            steps: way.iter().filter(|line| !line.contains(NOW)).count(),
            way,
        })
        .collect();
    (found, missing)
}

fn named(principal: &Principal<'_>, steps: &[String]) -> Vec<String> {
    steps.iter().map(|step| format!("{}: {step}", principal.identity.name)).collect()
}
