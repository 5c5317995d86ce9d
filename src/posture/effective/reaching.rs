//! Who may do something by its own rights, by giving itself more, or by becoming somebody who may; and what keeps others out.

use std::collections::{BTreeMap, BTreeSet};

use super::goal::{Act, Goal};
use super::in_effect::InEffect;
use super::principal::Principal;
use super::ways::{Missing, everything, search};
use crate::posture::facts::{Iam, Identity};

/// Somebody who may, with the steps in their order and then the acts, each with the grant that allows it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::posture) struct Reaching<'a> {
    /// Who.
    pub(in crate::posture) identity: &'a Identity,
    /// What it takes.
    pub(in crate::posture) way: Vec<String>,
}

/// Who may, and who may not.
#[derive(Debug)]
pub(in crate::posture) struct Reached<'a> {
    /// Everybody who may.
    pub(in crate::posture) found: Vec<Reaching<'a>>,
    /// Whoever cannot be judged.
    pub(in crate::posture) missing: Vec<Missing>,
    /// What keeps out those whom a policy of their own would let do it, a line each, with whom.
    pub(in crate::posture) kept_out: Vec<String>,
}

/// Everybody of those that `judged` picks who may do any of the acts, by the shortest way that leads through others of them only.
pub(in crate::posture) fn reaching<'a>(
    iam: &'a Iam,
    setting: &InEffect<'a>,
    acts: &[Act<'_>],
    judged: impl Fn(&Identity) -> bool,
) -> Reached<'a> {
    let (mut principals, mut missing) = (Vec::new(), Vec::new());
    for principal in Principal::all(iam, setting.account()) {
        match principal {
            Ok(principal) if judged(principal.identity) => principals.push(principal),
            Ok(_) => {}
            Err((identity, reason)) => missing.extend(judged(identity).then_some(reason)),
        }
    }
    let identities: Vec<&'a Identity> = principals.iter().map(|principal| principal.identity).collect();
    let everything = everything();
    let (found, _) = search(iam, setting, Goal::Acts(acts), &everything, principals);
    let found: Vec<Reaching<'a>> = found
        .into_iter()
        .map(|(index, found)| Reaching { identity: identities[index], way: found.lines })
        .collect();
    let kept_out = kept_out(iam, setting, acts, |identity| {
        judged(identity) && !found.iter().any(|it| it.identity.arn == identity.arn)
    });
    Reached { found, missing, kept_out }
}

/// What keeps out those of `judged` whom a policy of their own lets do it.
fn kept_out(
    iam: &Iam,
    setting: &InEffect<'_>,
    acts: &[Act<'_>],
    judged: impl Fn(&Identity) -> bool,
) -> Vec<String> {
    let mut barriers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let principals = Principal::all(iam, setting.account()).into_iter().filter_map(Result::ok);
    for principal in principals.filter(|principal| judged(principal.identity)) {
        let who = format!("{} {}", principal.identity.kind(), principal.identity.name);
        for barrier in acts.iter().filter_map(|act| principal.kept_from(act)) {
            barriers.entry(barrier).or_default().insert(who.clone());
        }
    }
    barriers.iter().map(|(barrier, who)| format!("{barrier} keeps out {}", named(who))).collect()
}

/// How many are named of those that one thing keeps out.
const MOST_NAMED: usize = 5;

fn named(who: &BTreeSet<String>) -> String {
    let mut words: Vec<String> = who.iter().take(MOST_NAMED).cloned().collect();
    if who.len() > MOST_NAMED {
        words.push(format!("and {} more", who.len() - MOST_NAMED));
    }
    words.join(", ")
}
