//! Who may do something by its own rights, or by becoming somebody who may.

use std::collections::{BTreeMap, BTreeSet};

use super::becoming::become_another;
use super::in_effect::InEffect;
use super::principal::Principal;
use super::ways::Missing;
use crate::policy::Policy;
use crate::posture::facts::{Iam, Identity};

/// An action on a resource, with the resource's own policy where it has one that is known.
#[derive(Debug, Clone)]
pub(in crate::posture) struct Act<'a> {
    /// The action, such as `cloudtrail:StopLogging`.
    pub(in crate::posture) action: &'static str,
    /// The ARN.
    pub(in crate::posture) resource: String,
    /// The policy on the resource.
    pub(in crate::posture) policy: Option<&'a Policy>,
    /// Whether that policy must allow it in any case, as those of keys must.
    pub(in crate::posture) decides: bool,
}

/// Somebody who may, with the steps in their order and then the acts, each with the grant that allows it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::posture) struct Reaching<'a> {
    /// Who.
    pub(in crate::posture) identity: &'a Identity,
    /// What it takes.
    pub(in crate::posture) way: Vec<String>,
}

/// Everybody of those that `judged` picks who may do any of the acts, by the shortest way that leads through others of them only.
pub(in crate::posture) fn reaching<'a>(
    iam: &'a Iam,
    setting: &InEffect<'a>,
    acts: &[Act<'_>],
    judged: impl Fn(&Identity) -> bool,
) -> (Vec<Reaching<'a>>, Vec<Missing>) {
    let (mut principals, mut missing) = (Vec::new(), Vec::new());
    let (credentials, machines) = (setting.credentials(), setting.machines());
    for principal in Principal::all(iam, setting.account()) {
        match principal {
            Ok(principal) if judged(principal.identity) => principals.push(principal),
            Ok(_) => {}
            Err((identity, reason)) => missing.extend(judged(identity).then_some(reason)),
        }
    }
    let mut ways: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (index, principal) in principals.iter().enumerate() {
        let allowed = acts.iter().filter_map(|act| {
            let grant = principal.may_under(act.action, &act.resource, act.policy, act.decides)?;
            Some(format!("{} on {}: {grant}", act.action, act.resource))
        });
        let allowed: Vec<String> = allowed.collect();
        if !allowed.is_empty() {
            ways.insert(index, allowed);
        }
    }
    // Level by level, so that the first way that is found is one of the shortest.
    let mut reached: Vec<usize> = ways.keys().copied().collect();
    while !reached.is_empty() {
        let mut next = BTreeMap::new();
        let pending: BTreeSet<usize> =
            (0..principals.len()).filter(|index| !ways.contains_key(index)).collect();
        for index in pending {
            let found = reached.iter().find_map(|target| {
                let step = become_another(&principals[index], &principals[*target], credentials, machines)?;
                Some(std::iter::once(step.words).chain(ways.get(target)?.iter().cloned()).collect::<Vec<_>>())
            });
            next.extend(found.map(|way| (index, way)));
        }
        reached = next.keys().copied().collect();
        ways.extend(next);
    }
    let found = ways.into_iter().map(|(index, way)| Reaching { identity: principals[index].identity, way });
    (found.collect(), missing)
}
