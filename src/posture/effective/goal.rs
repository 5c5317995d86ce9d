//! What somebody is to be able to do in the end: everything, or one of some acts.

use std::collections::BTreeSet;

use serde_json::json;

use super::principal::Principal;
use super::step::Step;
use crate::policy::{Context, Policy, Scope, Statement, witness_of_path};

/// An action on a resource, with the resource's own policy where it has one that is known.
#[derive(Debug, Clone)]
pub(in crate::posture) struct Act<'a> {
    /// The action, such as `cloudtrail:StopLogging`.
    pub(in crate::posture) action: &'static str,
    /// The ARN. One with wildcards, which stop at slashes, is about anything that fits.
    pub(in crate::posture) resource: String,
    /// The policy on the resource.
    pub(in crate::posture) policy: Option<&'a Policy>,
    /// Whether that policy must allow it in any case, as those of keys must.
    pub(in crate::posture) decides: bool,
}

impl Act<'_> {
    /// The things that it is about: one that fits each of these patterns, and each that its own policy grants.
    pub(in crate::posture) fn names(&self, patterns: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        if !self.resource.contains(['*', '?']) {
            return [self.resource.clone()].into();
        }
        let granted = self.policy.into_iter().flat_map(Policy::allows);
        let granted = granted.filter(|it| it.covers_action(self.action)).flat_map(patterns_of);
        granted.chain(patterns).filter_map(|pattern| witness_of_path(&self.resource, &pattern)).collect()
    }

    /// Whether its own policy speaks of it to anybody.
    pub(super) fn is_granted_there(&self) -> bool {
        self.policy.is_some_and(|policy| policy.allows().any(|it| it.covers_action(self.action)))
    }

    /// The thing whose policy has a say: the key, or the bucket of an object.
    pub(in crate::posture) fn place(&self) -> &str {
        if self.decides { &self.resource } else { self.resource.split('/').next().unwrap_or_default() }
    }

    /// How it is shown.
    pub(in crate::posture) fn words(&self) -> String {
        match self.resource.split_once(['*', '?']) {
            None => format!("{} on {}", self.action, self.resource),
            Some((before, _)) => {
                let below = before.rsplit_once('/').map_or(before, |(below, _)| below);
                format!("{} on files below {below}/", self.action)
            }
        }
    }
}

/// The patterns of resources of which a statement speaks.
fn patterns_of(statement: &Statement) -> Vec<String> {
    match &statement.resources {
        Some(Scope::Only(patterns)) => patterns.iter().map(|pattern| pattern.text.clone()).collect(),
        Some(Scope::AllBut(_)) | None => vec!["*".to_owned()],
    }
}

/// What somebody is to be able to do in the end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal<'a> {
    /// Everything.
    Everything,
    /// One of these.
    Acts(&'a [Act<'a>]),
}

/// Policies of AWS that nobody needs to have attached yet, and the actions that they allow on everything (AWS Managed Policy
/// Reference Guide).
const OF_AWS: [(&str, &str); 3] =
    [("PowerUserAccess", "*"), ("AWSCloudTrail_FullAccess", "cloudtrail:*"), ("AmazonS3FullAccess", "s3:*")];

impl Goal<'_> {
    /// The lines that show that somebody is there by its own rights.
    pub(super) fn reached(self, principal: &Principal<'_>) -> Option<Vec<String>> {
        match self {
            Self::Everything => {
                let grant = principal.is_administrator()?;
                Some(vec![format!("{} can do everything: {grant}", principal.identity.name)])
            }
            Self::Acts(acts) => {
                let lines: Vec<String> = acts.iter().filter_map(|act| principal.may_do(act)).collect();
                (!lines.is_empty()).then_some(lines)
            }
        }
    }

    /// Whether somebody would be there with a policy that allows everything: what denies and bounds it stays.
    pub(super) fn is_within(self, principal: &Principal<'_>, everything: &Policy, bounded: bool) -> bool {
        match self {
            Self::Everything => principal.would_be_administrator(everything, bounded),
            Self::Acts(acts) => *principal.would_reach[usize::from(bounded)]
                .get_or_init(|| leads(acts, everything, principal, bounded)),
        }
    }

    /// Whether a document leads there in the hands of somebody, within their boundary or without it.
    pub(super) fn is_given_by(self, document: &Policy, holder: &Principal<'_>, bounded: bool) -> bool {
        match self {
            Self::Everything => holder.allows_everything_by(document),
            Self::Acts(acts) => {
                // Everybody who holds a right over others asks it of all of them.
                let key = (std::ptr::from_ref(document).addr(), bounded);
                let known = holder.given.borrow().get(&key).copied();
                known.unwrap_or_else(|| {
                    let leads = leads(acts, document, holder, bounded);
                    holder.given.borrow_mut().insert(key, leads);
                    leads
                })
            }
        }
    }

    /// Policies of AWS, attached or not, that lead there in the hands of somebody.
    pub(super) fn policies_of_aws(self, holder: &Principal<'_>, bounded: bool) -> Vec<&'static str> {
        let Self::Acts(acts) = self else { return Vec::new() };
        let document = |actions: &str| {
            let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
            Policy::of(&json!({ "Statement": statement })).unwrap_or_default()
        };
        let gives = |actions: &str| leads(acts, &document(actions), holder, bounded);
        let found =
            || OF_AWS.into_iter().filter(|(_, actions)| gives(actions)).map(|(name, _)| name).collect();
        holder.given_by_aws[usize::from(bounded)].get_or_init(found).clone()
    }

    /// What somebody does who was given every right it can have.
    pub(super) fn then(self, principal: &Principal<'_>, everything: &Policy) -> Option<Step> {
        let Self::Acts(acts) = self else { return None };
        let can = |bounded| acts.iter().find(|act| principal.would_do(act, everything, bounded));
        let act = can(true).or_else(|| can(false))?;
        Some(Step::new(format!("{}, as that allows", act.words())))
    }
}

/// Whether one of the acts is possible with a document besides.
fn leads(acts: &[Act<'_>], document: &Policy, holder: &Principal<'_>, bounded: bool) -> bool {
    acts.iter().any(|act| holder.would_do(act, document, bounded))
}

/// Whether a document by itself allows an action nobody has heard of, and changes to anybody's rights.
pub(super) fn allows_everything(policy: &Policy) -> bool {
    policy.allows().any(|statement| {
        let thing =
            statement.covers_resource("arn:aws:unheard-of:us-east-1:000000000000:thing", &Context::open());
        thing.is_possible()
            && ["unheard-of:Act", "iam:PutUserPolicy"].iter().all(|action| statement.covers_action(action))
    })
}
