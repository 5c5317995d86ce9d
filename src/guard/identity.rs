//! The caller's own role, groups and managed policies.

use std::collections::BTreeSet;

use super::own_policies::{boundary, document, documents, managed};
use super::{Caller, Lockout, Loss, Said, inline, losses, policy_in, speaks, text, who};
use crate::model::{Addr, Value, Wanted};
use crate::policy::{Ask, Context, Effect, Policy, Scope, Truth, Who, witness};

/// What somebody needs to give themselves back what they have lost.
const REPAIR: &[&str] = &[
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:PutGroupPolicy",
    "iam:DeleteGroupPolicy",
    "s3:PutBucketPolicy",
    "kms:PutKeyPolicy",
    // The lock, without which no apply writes.
    "ssm:PutParameter",
    "ssm:DeleteParameter",
];

const RECOVERY: &str = "another administrator of the account, or its root user";

/// What changed or deleted roles, groups and managed policies take from the caller.
pub(super) fn lost(found: &Wanted, left: &Wanted, caller: &Caller) -> Vec<Lockout> {
    let mut all = Vec::new();
    for (addr, before, after) in found.changes(left) {
        let change = Change { addr, before, after, found, left, caller };
        match (addr.kind(), before) {
            ("iam.role", Some(_)) if is_callers(addr, before, caller) => all.extend(change.role()),
            ("iam.role", Some(role)) if comes_through(role, caller) => all.extend(change.role_on_the_way()),
            ("iam.group", _) => all.extend(change.group()),
            ("iam.policy", Some(_)) => all.extend(change.policy()),
            _ => {}
        }
    }
    all
}

/// Whether a role is the caller's own, or a group has the caller for a member.
pub(super) fn is_callers(addr: &Addr, thing: Option<&Value>, caller: &Caller) -> bool {
    let Some(thing) = thing else { return false };
    match addr.kind() {
        "iam.role" => caller.role().is_some_and(|role| text(thing, "role") == Some(role)),
        "iam.group" => caller.user().is_some_and(|user| set(thing, "members").iter().any(|it| it == user)),
        _ => false,
    }
}

/// Whether the caller comes through a role to its own.
fn comes_through(role: &Value, caller: &Caller) -> bool {
    text(role, "role").is_some_and(|name| caller.through.contains(name))
}

/// A change of one role, group or managed policy.
struct Change<'a> {
    addr: &'a Addr,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    found: &'a Wanted,
    left: &'a Wanted,
    caller: &'a Caller,
}

fn told(addr: &Addr, loses: impl Into<String>, depends_on: Vec<String>) -> Lockout {
    Lockout { addr: addr.clone(), loses: Loss::Callers(loses.into()), depends_on, recovery: RECOVERY }
}

impl Change<'_> {
    /// The role whose session carries the plan out.
    fn role(&self) -> Vec<Lockout> {
        let Self { addr, caller, .. } = *self;
        let (Some(before), Some(after)) = (self.before, self.after) else {
            return vec![told(addr, "be used at all: it is their own role that is deleted", Vec::new())];
        };
        let mut all = trust(addr, before, after, "their own role");
        all.extend(self.detached("which is detached from their own role"));
        if let Some(new) = boundary(self.after).filter(|new| boundary(self.before) != Some(new)) {
            all.extend(self.bounded(new));
        }
        let (old, new) = (self.policies(self.before, self.found), self.policies(self.after, self.left));
        let is_administrator =
            managed(self.after).iter().any(|policy| policy.ends_with(":policy/AdministratorAccess"));
        all.extend(own_policies(addr, (&old, &new), caller, ("own role", is_administrator)));
        all
    }

    /// A role through which the caller comes to its own.
    fn role_on_the_way(&self) -> Vec<Lockout> {
        let (Some(before), Some(after)) = (self.before, self.after) else {
            let loses = "come in again: a role is deleted that they come through";
            return vec![told(self.addr, loses, Vec::new())];
        };
        trust(self.addr, before, after, "a role that they come through")
    }

    /// A group of which the caller is, or becomes, a member.
    fn group(&self) -> Vec<Lockout> {
        let of_member = |thing: Option<&Value>, tree: &Wanted| match is_callers(self.addr, thing, self.caller)
        {
            true => self.policies(thing, tree),
            false => Vec::new(),
        };
        let (old, new) = (of_member(self.before, self.found), of_member(self.after, self.left));
        let mut all = Vec::new();
        if is_callers(self.addr, self.before, self.caller) {
            all.extend(self.detached("through this group"));
        }
        // What the caller has besides still allows.
        let others = self.others();
        let [old, new] = [old, new].map(|own| [own, others.clone()].concat());
        all.extend(own_policies(self.addr, (&old, &new), self.caller, ("own group", false)));
        all
    }

    /// A managed policy that the caller has: its change is one of all that the caller's managed policies say.
    fn policy(&self) -> Vec<Lockout> {
        let Some(arn) = self.before.and_then(|before| text(before, "arn")) else { return Vec::new() };
        let attached = &self.caller.managed.attached;
        if !attached.contains(arn) {
            return Vec::new();
        }
        let others = || attached.iter().filter(|other| *other != arn);
        let rest = documents(others(), self.found, self.caller);
        let of = |thing: Option<&Value>| policy_in(thing, "document");
        let old: Vec<Policy> = rest.iter().cloned().chain(of(self.before)).collect();
        let new: Vec<Policy> = rest.into_iter().chain(of(self.after)).collect();
        own_policies(self.addr, (&old, &new), self.caller, ("own managed policy", false))
    }

    /// The policies of a role or group in a tree, as far as they are known.
    fn policies(&self, thing: Option<&Value>, tree: &Wanted) -> Vec<Policy> {
        let inline = thing.map(inline).unwrap_or_default();
        inline.into_iter().chain(documents(&managed(thing), tree, self.caller)).collect()
    }

    /// The managed policies that the caller has by other ways than this group.
    fn others(&self) -> Vec<Policy> {
        let of_this = managed(self.before);
        let others = self.caller.managed.attached.iter().filter(|arn| !of_this.contains(*arn));
        documents(others, self.found, self.caller)
    }

    /// Managed policies that go, of which nobody knows what they say.
    fn detached(&self, how: &str) -> Vec<Lockout> {
        let is_member = self.addr.kind() == "iam.role" || is_callers(self.addr, self.after, self.caller);
        let kept = if is_member { managed(self.after) } else { BTreeSet::new() };
        let gone = managed(self.before).into_iter().filter(|policy| !kept.contains(policy));
        gone.filter(|policy| document(policy, self.found, self.caller).is_none())
            .map(|policy| told(self.addr, format!("do what {policy} allows, {how}"), Vec::new()))
            .collect()
    }

    /// A new boundary: what it leaves out, or that nobody knows what it says.
    fn bounded(&self, new: &str) -> Vec<Lockout> {
        let Self { addr, caller, .. } = *self;
        let Some(after) = document(new, self.left, caller) else {
            let loses = format!("do what {new} leaves out, which becomes the boundary of their own role");
            return vec![told(addr, loses, Vec::new())];
        };
        let before = boundary(self.before).map(|arn| document(arn, self.found, caller));
        let (identity, context) = (caller.identity(), &caller.context());
        let lost = losses(REPAIR, |action| {
            let ask = Ask { who: who(caller, &identity), action, resource: "*", context };
            let within = |policy: &Policy| {
                let (allowed, denied) =
                    (speaks([policy], Effect::Allow, &ask), speaks([policy], Effect::Deny, &ask));
                let depends_on = allowed.depends_on.into_iter().chain(denied.depends_on).collect();
                Said { truth: allowed.truth.and(!denied.truth), depends_on }
            };
            let was = match &before {
                Some(Some(before)) => within(before).truth,
                Some(None) | None => Truth::Yes,
            };
            (was, within(&after))
        });
        lost.tell(addr, "anything, as the new boundary of their own role leaves it out", RECOVERY)
    }
}

/// Whoever could become the role must be able to do so again.
fn trust(addr: &Addr, before: &Value, after: &Value, whose: &str) -> Vec<Lockout> {
    let (Some(old), Some(new)) = (policy_in(Some(before), "trust"), policy_in(Some(after), "trust")) else {
        return Vec::new();
    };
    let context = Context::open();
    let mut all = Vec::new();
    for principals in old.allows().filter_map(|statement| statement.principals.as_ref()) {
        let accounts: Vec<&str> =
            principals.aws.iter().map(|name| name.split(':').nth(4).unwrap_or(name)).collect();
        let aws = principals.aws.iter().zip(&accounts);
        let aws = aws.map(|(name, account)| (name, Who::Aws { account, arn: name, identity: name }));
        let services = principals.services.iter().map(|name| (name, Who::Service(name)));
        let federated = principals.federated.iter().map(|name| (name, Who::Federated(name)));
        for (name, who) in aws.chain(services).chain(federated) {
            let can = |policy: &Policy| {
                let actions = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];
                let said = actions.map(|action| {
                    let ask = Ask { who, action, resource: "*", context: &context };
                    let denied = speaks([policy], Effect::Deny, &ask);
                    let allowed = speaks([policy], Effect::Allow, &ask);
                    Said { truth: allowed.truth.and(!denied.truth), depends_on: allowed.depends_on }
                });
                said.into_iter().max_by_key(|said| said.truth)
            };
            let (Some(was), Some(is)) = (can(&old), can(&new)) else { continue };
            if is.truth < was.truth {
                let depends_on = if is.truth == Truth::No { Vec::new() } else { is.depends_on };
                all.push(told(addr, format!("be obtained by {name}, whom {whose} trusted"), depends_on));
            }
        }
    }
    all
}

/// What policies stop allowing, or begin to deny. What others allow besides is not known here, so an allow that goes is
/// told only where these policies allowed it themselves.
fn own_policies(
    addr: &Addr,
    (old, new): (&[Policy], &[Policy]),
    caller: &Caller,
    (whose, is_administrator): (&str, bool),
) -> Vec<Lockout> {
    let (identity, context) = (caller.identity(), &caller.context());
    let not = |said: Said| Said { truth: !said.truth, depends_on: said.depends_on };
    let named = resources(old.iter().chain(new));
    let mut all = Vec::new();
    for (effect, why) in [(Effect::Deny, "denies it"), (Effect::Allow, "allows it no longer")] {
        if effect == Effect::Allow && is_administrator {
            break;
        }
        for resource in &named {
            let said = |policies: &[Policy], action| {
                let ask = Ask { who: who(caller, &identity), action, resource, context };
                let said = speaks(policies, effect, &ask);
                if effect == Effect::Deny { not(said) } else { said }
            };
            let lost = losses(REPAIR, |action| (said(old, action).truth, said(new, action)));
            let what = if resource == "*" { "anything" } else { resource };
            let told = lost.tell(addr, &format!("{what}, as their {whose} {why}"), RECOVERY);
            // What is lost of everything is lost of each.
            if !told.is_empty() {
                all.extend(told);
                break;
            }
        }
    }
    all
}

/// Everything, then one of each that policies name: who may repair one role alone loses as much with that.
fn resources<'p>(policies: impl Iterator<Item = &'p Policy>) -> Vec<String> {
    let mut named = vec!["*".to_owned()];
    for statement in policies.flat_map(|policy| &policy.statements) {
        let Some(Scope::Only(patterns)) = &statement.resources else { continue };
        for one in patterns.iter().filter_map(|pattern| witness(&[&pattern.text])) {
            if !named.contains(&one) {
                named.push(one);
            }
        }
    }
    named
}

/// The texts of a set.
pub(super) fn set(thing: &Value, attribute: &str) -> Vec<String> {
    let Some(Value::Set(items)) = thing.get(attribute) else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| if let Value::Str(text) = item { Some(text.clone()) } else { None })
        .collect()
}
