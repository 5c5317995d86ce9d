//! The caller's own role, groups and keys.

use super::{Caller, Lockout, Loss, Said, inline, losses, policy_in, speaks, text, who};
use crate::model::{Addr, Value};
use crate::policy::{Ask, Context, Effect, Policy, Truth, Who};

/// What somebody needs to give themselves back what they have lost.
const REPAIR: &[&str] = &[
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:PutGroupPolicy",
    "iam:DeleteGroupPolicy",
    "s3:PutBucketPolicy",
    "kms:PutKeyPolicy",
];

const RECOVERY: &str = "another administrator of the account, or its root user";

/// What a changed or deleted role, group or key takes from the caller.
pub(super) fn lost(
    addr: &Addr,
    before: Option<&Value>,
    after: Option<&Value>,
    caller: &Caller,
) -> Vec<Lockout> {
    let Some(before) = before else {
        return match (addr.kind(), after) {
            ("iam.group", Some(after)) => group(addr, None, Some(after), caller),
            _ => Vec::new(),
        };
    };
    match addr.kind() {
        "iam.role" if caller.role().is_some_and(|role| text(before, "role") == Some(role)) => {
            role(addr, before, after, caller)
        }
        "iam.group" => group(addr, Some(before), after, caller),
        _ => Vec::new(),
    }
}

fn told(addr: &Addr, loses: impl Into<String>, depends_on: Vec<String>) -> Lockout {
    Lockout { addr: addr.clone(), loses: Loss::Callers(loses.into()), depends_on, recovery: RECOVERY }
}

/// The role whose session carries the plan out.
fn role(addr: &Addr, before: &Value, after: Option<&Value>, caller: &Caller) -> Vec<Lockout> {
    let Some(after) = after else {
        return vec![told(addr, "be used at all: it is their own role that is deleted", Vec::new())];
    };
    let mut all = trust(addr, before, after);
    for policy in set(before, "managed").into_iter().filter(|policy| !set(after, "managed").contains(policy))
    {
        all.push(told(
            addr,
            format!("do what {policy} allows, which is detached from their own role"),
            Vec::new(),
        ));
    }
    let boundary = text(after, "boundary");
    if let Some(boundary) = boundary.filter(|boundary| text(before, "boundary") != Some(boundary)) {
        all.push(told(
            addr,
            format!("do what {boundary} leaves out, which becomes the boundary of their own role"),
            Vec::new(),
        ));
    }
    let (old, new) = (inline(before), inline(after));
    let is_administrator =
        set(after, "managed").iter().any(|policy| policy.ends_with(":policy/AdministratorAccess"));
    all.extend(own_policies(addr, (&old, &new), caller, ("own role", is_administrator)));
    all
}

/// Whoever could become the role must be able to do so again.
fn trust(addr: &Addr, before: &Value, after: &Value) -> Vec<Lockout> {
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
                all.push(told(
                    addr,
                    format!("be obtained by {name}, whom their own role trusted"),
                    depends_on,
                ));
            }
        }
    }
    all
}

/// A group of which the caller is, or becomes, a member.
fn group(addr: &Addr, before: Option<&Value>, after: Option<&Value>, caller: &Caller) -> Vec<Lockout> {
    let Some(user) = caller.user() else { return Vec::new() };
    let is_member =
        |thing: Option<&Value>| thing.is_some_and(|it| set(it, "members").iter().any(|it| it == user));
    let of_member =
        |thing: Option<&Value>| thing.filter(|_| is_member(thing)).map(inline).unwrap_or_default();
    let (old, new) = (of_member(before), of_member(after));
    let mut all = Vec::new();
    if is_member(before) {
        let kept = after.filter(|_| is_member(after)).map(|after| set(after, "managed")).unwrap_or_default();
        let managed = before.map(|before| set(before, "managed")).unwrap_or_default();
        for policy in managed.into_iter().filter(|policy| !kept.contains(policy)) {
            all.push(told(addr, format!("do what {policy} allows through this group"), Vec::new()));
        }
    }
    all.extend(own_policies(addr, (&old, &new), caller, ("own group", false)));
    all
}

/// What inline policies stop allowing, or begin to deny. What others allow besides is not known here, so an allow that goes is
/// told only where the policies allowed it themselves.
fn own_policies(
    addr: &Addr,
    (old, new): (&[Policy], &[Policy]),
    caller: &Caller,
    (whose, is_administrator): (&str, bool),
) -> Vec<Lockout> {
    let (identity, context) = (caller.identity(), &caller.context());
    let asked = |action: &'static str| Ask { who: who(caller, &identity), action, resource: "*", context };
    let denied = losses(REPAIR, |action| {
        let not = |said: Said| Said { truth: !said.truth, depends_on: said.depends_on };
        let before = not(speaks(old, Effect::Deny, &asked(action)));
        (before.truth, not(speaks(new, Effect::Deny, &asked(action))))
    });
    let mut all = denied.tell(addr, &format!("anything, as their {whose} denies it"), RECOVERY);
    if is_administrator {
        return all;
    }
    let allowed = losses(REPAIR, |action| {
        (speaks(old, Effect::Allow, &asked(action)).truth, speaks(new, Effect::Allow, &asked(action)))
    });
    all.extend(allowed.tell(addr, &format!("anything, as their {whose} allows it no longer"), RECOVERY));
    all
}

/// The texts of a set.
fn set(thing: &Value, attribute: &str) -> Vec<String> {
    let Some(Value::Set(items)) = thing.get(attribute) else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| if let Value::Str(text) = item { Some(text.clone()) } else { None })
        .collect()
}
