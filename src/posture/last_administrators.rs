//! Whether a plan leaves anybody besides its caller who can do everything.
//!
//! An account with one administrator is one lost credential away from its root user. Counted is who can do everything by
//! their own policies, roles of IAM Identity Center included; who could get there step by step is no help in need.

use super::effective::InEffect;
use super::facts::{Iam, Identity};
use super::{Facts, Seen};
use crate::model::{Addr, Document, Value, Wanted, restore};
use crate::policy::Policy;

/// The change after which nobody else is an administrator, and who was one before the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAdministrators {
    /// The resource whose change takes the last one's rights.
    pub addr: Addr,
    /// ARNs of those who were administrators, besides the caller.
    pub before: Vec<String>,
}

/// What takes the rights of the last administrator besides the caller, of the account as it is found and as a plan leaves it.
/// Nothing where somebody stays one, where nobody else was one, and where the account's IAM was not read.
pub fn last_administrators(
    facts: &Facts,
    found: &Wanted,
    left: &Wanted,
    caller: &str,
) -> Option<LastAdministrators> {
    let Seen::Seen(iam) = &facts.iam else { return None };
    let changed: Vec<_> = found
        .changes(left)
        .filter(|(addr, before, _)| {
            before.is_some() && ["iam.group", "iam.role", "iam.policy"].contains(&addr.kind())
        })
        .collect();
    if changed.is_empty() {
        return None;
    }
    let before = administrators(facts, iam, caller);
    if before.is_empty() {
        return None;
    }
    let mut iam = iam.clone();
    for (addr, before_it, after) in changed {
        change(&mut iam, addr.kind(), before_it, after);
        if administrators(facts, &iam, caller).is_empty() {
            return Some(LastAdministrators { addr: addr.clone(), before });
        }
    }
    None
}

/// Who can do everything by their own policies, besides the caller.
fn administrators(facts: &Facts, iam: &Iam, caller: &str) -> Vec<String> {
    let of_these = Facts { iam: Seen::Seen(iam.clone()), ..facts.clone() };
    let Seen::Seen(iam) = &of_these.iam else { return Vec::new() };
    let in_effect = InEffect::new(&of_these);
    let (all, _) = in_effect.administrators(iam);
    let arns = all.iter().filter(|one| one.direct).map(|one| &one.identity.arn);
    arns.filter(|arn| !is_same(arn, caller)).cloned().collect()
}

/// Whether two ARNs name one user or role, with its path or without.
fn is_same(one: &str, other: &str) -> bool {
    let parts = |arn: &str| -> Option<(String, String)> {
        let (kind, rest) = arn.split(':').nth(5)?.split_once('/')?;
        Some((kind.to_owned(), rest.rsplit('/').next()?.to_owned()))
    };
    parts(one).is_some() && parts(one) == parts(other)
}

/// What a changed or deleted group, role or policy makes of the account's IAM.
fn change(iam: &mut Iam, kind: &str, before: Option<&Value>, after: Option<&Value>) {
    let text = |value: Option<&Value>, key: &str| match value?.get(key) {
        Some(Value::Str(text)) => Some(text.clone()),
        _ => None,
    };
    match kind {
        "iam.group" => {
            let Some(name) = text(before, "group") else { return };
            let is_it = |other: &String| other.eq_ignore_ascii_case(&name);
            let Some(after) = after else {
                iam.groups.retain(|group| !is_it(&group.name));
                iam.users.iter_mut().for_each(|user| user.groups.retain(|group| !is_it(group)));
                return;
            };
            iam.groups
                .iter_mut()
                .filter(|group| is_it(&group.name))
                .for_each(|group| take_over(group, after));
            let Some(Value::Set(members)) = after.get("members") else { return };
            let members: Vec<&str> = members.iter().filter_map(as_text).collect();
            for user in &mut iam.users {
                user.groups.retain(|group| !is_it(group));
                if members.contains(&user.identity.name.as_str()) {
                    user.groups.push(name.clone());
                }
            }
        }
        "iam.role" => {
            let Some(name) = text(before, "role") else { return };
            match after {
                None => iam.roles.retain(|role| role.identity.name != name),
                Some(after) => {
                    for role in iam.roles.iter_mut().filter(|role| role.identity.name == name) {
                        take_over(&mut role.identity, after);
                        role.identity.boundary = text(Some(after), "boundary");
                    }
                }
            }
        }
        _ => {
            let Some(arn) = text(before, "arn") else { return };
            match after.and_then(|after| document(after.get("document")?)) {
                None => drop(iam.policies.remove(&arn)),
                Some(document) => {
                    iam.policies.entry(arn).and_modify(|policy| policy.document = document);
                }
            }
        }
    }
}

/// The policies of a group or role as the plan leaves it.
fn take_over(identity: &mut Identity, after: &Value) {
    if let Some(Value::Set(managed)) = after.get("managed") {
        identity.attached = managed.iter().filter_map(as_text).map(str::to_owned).collect();
    }
    if let Some(Value::Dict(inline)) = after.get("inline") {
        let read = |(name, value): (&String, &Value)| Some((name.clone(), document(value)?));
        identity.inline = inline.iter().filter_map(read).collect();
    }
}

pub(super) fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

pub(super) fn document(value: &Value) -> Option<Policy> {
    Policy::of(&restore::<Document>(value).ok()?.json()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Origin, Want};
    use crate::posture::facts::{ManagedPolicy, Role, User};

    const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
    const CALLER: &str = "arn:aws:iam::123456789012:role/Deploy";

    fn everything() -> Policy {
        Policy::of(&json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } })).unwrap()
    }

    /// An account in which Anna is an administrator by a group, and the caller by a role.
    fn facts() -> Facts {
        let identity = |kind: &str, name: &str, attached: &[&str]| Identity {
            name: name.to_owned(),
            arn: format!("arn:aws:iam::123456789012:{kind}/{name}"),
            path: "/".to_owned(),
            attached: attached.iter().map(|arn| (*arn).to_owned()).collect(),
            ..Identity::default()
        };
        let anna = User { identity: identity("user", "anna", &[]), groups: vec!["Admins".to_owned()] };
        let deploy = Role { identity: identity("role", "Deploy", &[ADMIN]), ..Role::default() };
        let policy = ManagedPolicy {
            name: "AdministratorAccess".to_owned(),
            arn: ADMIN.to_owned(),
            of_aws: true,
            document: everything(),
            ..ManagedPolicy::default()
        };
        let iam = Iam {
            users: vec![anna],
            groups: vec![identity("group", "Admins", &[ADMIN])],
            roles: vec![deploy],
            policies: [(ADMIN.to_owned(), policy)].into(),
        };
        Facts {
            account: "123456789012".to_owned(),
            partition: "aws".to_owned(),
            iam: Seen::Seen(iam),
            ..crate::posture::tests::clean()
        }
    }

    fn group(managed: &[&str], members: &[&str]) -> Value {
        let set =
            |texts: &[&str]| Value::Set(texts.iter().map(|text| Value::Str((*text).to_owned())).collect());
        let fields = [
            ("group", Value::Str("Admins".to_owned())),
            ("managed", set(managed)),
            ("members", set(members)),
        ];
        Value::Map(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    fn tree(value: Option<Value>) -> Wanted {
        let mut wanted = Wanted::default();
        let want = |value| Want { value, after: Default::default(), origin: Origin::default() };
        wanted.things.extend(value.map(|value| (Addr::new("iam.group", "admins"), want(value))));
        wanted
    }

    fn taken(facts: &Facts, after: Option<Value>, caller: &str) -> Option<Vec<String>> {
        let before = tree(Some(group(&[ADMIN], &["anna"])));
        last_administrators(facts, &before, &tree(after), caller).map(|last| last.before)
    }

    #[test]
    fn whoever_loses_the_group_or_its_policy_or_the_group_itself_was_the_last_one() {
        let facts = facts();
        let anna = Some(vec!["arn:aws:iam::123456789012:user/anna".to_owned()]);
        assert_eq!(taken(&facts, Some(group(&[ADMIN], &[])), CALLER), anna);
        assert_eq!(taken(&facts, Some(group(&[], &["anna"])), CALLER), anna);
        assert_eq!(taken(&facts, None, CALLER), anna);
    }

    #[test]
    fn where_somebody_stays_one_or_nobody_else_was_one_nothing_is_taken() {
        let mut facts = facts();
        assert_eq!(taken(&facts, Some(group(&[ADMIN], &["anna"])), CALLER), None, "nothing changes");
        assert_eq!(taken(&facts, Some(group(&[ADMIN], &["anna", "ben"])), CALLER), None);
        let anna = "arn:aws:iam::123456789012:user/anna";
        assert_eq!(taken(&facts, None, anna), None, "the role stays one, besides Anna");
        let Seen::Seen(iam) = &mut facts.iam else { panic!("it was read") };
        iam.users[0].groups.clear();
        assert_eq!(taken(&facts, None, CALLER), None, "nobody else was one");
        facts.iam = Seen::NotAsked;
        assert_eq!(taken(&facts, None, CALLER), None, "nobody looked");
    }
}
