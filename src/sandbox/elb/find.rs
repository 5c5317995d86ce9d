//! Finding things by ARN or name, and what Elastic Load Balancing says of those it does not find (ELB-1).

use std::collections::BTreeMap;

use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A kind of thing.
#[derive(Debug)]
pub struct Kind {
    /// What a person calls it.
    pub noun: &'static str,
    /// What its ARN says after the account, such as `loadbalancer/`.
    pub path: &'static str,
    /// The code for an ARN or name that names nothing.
    pub unknown: &'static str,
}

/// Load balancers.
pub const LOAD_BALANCER: Kind =
    Kind { noun: "load balancer", path: "loadbalancer/", unknown: "LoadBalancerNotFound" };
/// Target groups.
pub const TARGET_GROUP: Kind =
    Kind { noun: "target group", path: "targetgroup/", unknown: "TargetGroupNotFound" };
/// Listeners.
pub const LISTENER: Kind = Kind { noun: "listener", path: "listener/", unknown: "ListenerNotFound" };
/// Rules.
pub const RULE: Kind = Kind { noun: "listener rule", path: "listener-rule/", unknown: "RuleNotFound" };

/// A refusal of what cannot be meant.
pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

impl Kind {
    /// Refuses what is not an ARN of this kind.
    ///
    /// # Errors
    /// `ValidationError`.
    pub fn check(&self, arn: &str) -> Result<(), Fault> {
        let mut parts = arn.splitn(6, ':');
        let service = parts.nth(2);
        let rest = parts.nth(2);
        if service == Some("elasticloadbalancing") && rest.is_some_and(|rest| rest.starts_with(self.path)) {
            return Ok(());
        }
        Err(invalid(format!("'{arn}' is not a valid {} ARN", self.noun)))
    }

    /// The refusal of an ARN or name that names nothing.
    pub fn not_found(&self, named: &str) -> Fault {
        let plural = if self.path == RULE.path { "rules" } else { self.noun };
        let s = if self.path == RULE.path { "" } else { "s" };
        let which = if [RULE.path, TARGET_GROUP.path].contains(&self.path) {
            String::new()
        } else {
            format!(": '{named}'")
        };
        Fault::client(self.unknown, format!("One or more {plural}{s} not found{which}"))
    }

    /// What this call sees under an ARN.
    ///
    /// # Errors
    /// `ValidationError` or the kind's `unknown` code.
    pub fn find<'s, T: Clone>(
        &self,
        things: &'s BTreeMap<String, Versioned<T>>,
        lens: Lens,
        arn: &str,
    ) -> Result<&'s T, Fault> {
        self.check(arn)?;
        things.get(arn).and_then(|thing| thing.seen(lens, arn)).ok_or_else(|| self.not_found(arn))
    }

    /// The same, to change it.
    ///
    /// # Errors
    /// `ValidationError` or the kind's `unknown` code.
    pub fn find_mut<'s, T: Clone>(
        &self,
        things: &'s mut BTreeMap<String, Versioned<T>>,
        lens: Lens,
        arn: &str,
    ) -> Result<&'s mut Versioned<T>, Fault> {
        self.check(arn)?;
        let found = things.get_mut(arn).filter(|thing| thing.seen(lens, arn).is_some());
        found.ok_or_else(|| self.not_found(arn))
    }
}

/// A name: 32 letters, digits and hyphens at most, no hyphen at either end, nothing reserved (ELB-1).
///
/// # Errors
/// `ValidationError`.
pub fn check_name(noun: &str, name: &str) -> Result<(), Fault> {
    if name.chars().count() > 32 {
        return Err(invalid(format!("The {noun} name '{name}' cannot be longer than '32' characters")));
    }
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(invalid(format!(
            "The {noun} name '{name}' can only contain characters that are alphanumeric characters and hyphens(-)"
        )));
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err(invalid(format!("The {noun} name '{name}' cannot begin or end with a hyphen(-)")));
    }
    if name.starts_with("internal-") {
        return Err(invalid(format!("The {noun} name '{name}' cannot begin with 'internal-'")));
    }
    Ok(())
}

/// One page by `Marker` and `PageSize`, of rows with their keys.
///
/// # Errors
/// `ValidationError` for a marker that was never given out or a size out of bounds.
pub fn page(
    cx: &Context<'_>,
    params: &Params,
    list: &'static str,
    rows: Vec<(String, Fields)>,
) -> Result<Answer, Fault> {
    let size = params.number_in("PageSize", 1..=400)?.unwrap_or(400);
    let marker = params.text("Marker").filter(|marker| !marker.is_empty());
    let (rows, next) = cx
        .page(rows, |(key, _)| key.clone(), marker, usize::try_from(size).unwrap_or(400))
        .map_err(|_| invalid("The marker is not valid"))?;
    Ok(Fields::new().list(list, rows.into_iter().map(|(_, row)| row)).maybe("NextMarker", next).into())
}
