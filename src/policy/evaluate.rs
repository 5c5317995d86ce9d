//! How policies of several sorts together answer a question.
//!
//! An explicit deny anywhere wins. Then every layer that limits must allow it, and one that grants must grant it.
//! Where the context is open, what could be allowed counts as allowed, and only what is surely denied as denied:
//! posture asks what somebody could do, not what they will.

use super::context::{Context, Truth};
use super::principal::{Naming, Who};
use super::statement::{Effect, Policy, Statement};

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Who asks.
    pub who: Who<'a>,
    /// The action, such as `s3:PutObject`.
    pub action: &'a str,
    /// The resource's ARN; `*` where the action has none, as in trust policies.
    pub resource: &'a str,
    /// What else is known.
    pub context: &'a Context,
}

/// All policies that have a say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// Those of the identity: attached, inline, of its groups.
    pub identity: &'a [&'a Policy],
    /// The one on the resource.
    pub resource: Option<&'a Policy>,
    /// The permissions boundary of the identity.
    pub boundary: Option<&'a Policy>,
    /// The one given with the session.
    pub session: Option<&'a Policy>,
    /// Service and resource control policies, level by level: each level must allow it.
    pub control: &'a [&'a Policy],
    /// Whether the one on the resource must allow it in any case, as those of KMS keys and the trust policies of roles must.
    pub resource_decides: bool,
    /// Whether the resource belongs to another account, so that both sides must allow it.
    pub across_accounts: bool,
}

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// This statement allows it, and nothing stands in the way.
    Allowed(&'a Statement),
    /// This statement denies it.
    Denied(&'a Statement),
    /// Nothing denies it and nothing allows it, or a layer that limits does not allow it.
    NotAllowed,
}

impl Verdict<'_> {
    /// Whether it is allowed.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

impl Policy {
    /// The statement that surely denies.
    pub fn denying(&self, ask: &Ask<'_>) -> Option<&Statement> {
        let speaks = |it: &&Statement| it.effect == Effect::Deny && it.applies(ask) == Truth::Yes;
        self.statements.iter().find(speaks)
    }

    /// The statement that allows, or could; one that surely does comes first.
    pub fn allowing(&self, ask: &Ask<'_>) -> Option<&Statement> {
        let by = |truth: Truth| self.allows().find(|it| it.applies(ask) == truth);
        by(Truth::Yes).or_else(|| by(Truth::Perhaps))
    }
}

/// Answers a question.
pub fn evaluate<'a>(layers: &Layers<'a>, ask: &Ask<'_>) -> Verdict<'a> {
    let all = layers.identity.iter().copied().chain(layers.boundary).chain(layers.session);
    let denying = all.chain(layers.control.iter().copied()).find_map(|policy| policy.denying(ask));
    if let Some(denying) = denying.or_else(|| denied_on_resource(layers, ask)) {
        return Verdict::Denied(denying);
    }
    let limits = |policy: &Policy| policy.allowing(ask).is_none();
    if layers.control.iter().any(|policy| limits(policy)) {
        return Verdict::NotAllowed;
    }
    let granted = layers.identity.iter().find_map(|policy| policy.allowing(ask));
    let bounded = layers.boundary.is_some_and(limits);
    let in_session = layers.session.is_some_and(limits);
    let by_identity = granted.filter(|_| !bounded && !in_session);
    let on_resource = |truth: Truth| {
        let mut allows = layers.resource?.allows();
        allows.find(|it| it.principals.is_some() && it.applies(ask) == truth)
    };
    let on_resource = on_resource(Truth::Yes).or_else(|| on_resource(Truth::Perhaps));
    if layers.resource_decides && on_resource.is_none() {
        return Verdict::NotAllowed;
    }
    if layers.across_accounts {
        return match (by_identity, on_resource) {
            (Some(_), Some(statement)) => Verdict::Allowed(statement),
            _ => Verdict::NotAllowed,
        };
    }
    if let Some(statement) = on_resource {
        let stands = match statement.naming(ask) {
            // The account is named: it decides by the policies of its identities.
            Some(Naming::Account) | None => false,
            // The role is named, not its session: boundary and session policy still limit it.
            Some(Naming::Identity) => !bounded && !in_session,
            // The session, the user or everybody: nothing but a deny limits that (IAM User Guide, "Principal").
            Some(Naming::Direct) => true,
        };
        if stands {
            return Verdict::Allowed(statement);
        }
    }
    by_identity.map_or(Verdict::NotAllowed, Verdict::Allowed)
}

/// The statement on the resource that surely denies. One that speaks of everybody but some denies whoever has a boundary, those it
/// leaves out among them (IAM User Guide, "Permissions boundaries for IAM entities").
fn denied_on_resource<'a>(layers: &Layers<'a>, ask: &Ask<'_>) -> Option<&'a Statement> {
    let of_somebody = matches!(ask.who, Who::Aws { .. }) && layers.boundary.is_some();
    layers.resource?.statements.iter().find(|statement| {
        let Some(principals) = &statement.principals else { return false };
        let named = principals.naming(ask.who).is_some() || (of_somebody && principals.all_but);
        statement.effect == Effect::Deny && named && statement.applies_to_anybody(ask) == Truth::Yes
    })
}
