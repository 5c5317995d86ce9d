//! The managed policies of one user or role, where the account's IAM was read.

use std::collections::{BTreeMap, BTreeSet};

use super::{Facts, Seen};
use crate::policy::Policy;

/// ARNs of the managed policies that a caller has, itself or by its groups, and what every managed policy that was read says, by
/// ARN. The caller is named by the ARN of a user or of a role's session. Nothing where IAM was not read, or does not know the caller.
pub fn managed_policies(facts: &Facts, caller: &str) -> Option<(BTreeSet<String>, BTreeMap<String, Policy>)> {
    let Seen::Seen(iam) = &facts.iam else { return None };
    let attached: BTreeSet<String> = if let Some((_, session)) = caller.split_once(":assumed-role/") {
        let name = session.split('/').next()?;
        let role = iam.roles.iter().find(|role| role.identity.name == name)?;
        role.identity.attached.iter().cloned().collect()
    } else {
        let user = iam.users.iter().find(|user| user.identity.arn == caller)?;
        let groups = iam.groups.iter().filter(|group| user.groups.contains(&group.name));
        user.identity.attached.iter().chain(groups.flat_map(|group| &group.attached)).cloned().collect()
    };
    let documents = iam.policies.iter().map(|(arn, policy)| (arn.clone(), policy.document.clone()));
    Some((attached, documents.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::facts::{Iam, Identity, ManagedPolicy, Role, User};

    #[test]
    fn a_user_has_those_of_its_groups_too_and_a_session_those_of_its_role() {
        let identity = |kind: &str, name: &str, attached: &[&str]| Identity {
            name: name.to_owned(),
            arn: format!("arn:aws:iam::123456789012:{kind}/{name}"),
            attached: attached.iter().map(|arn| (*arn).to_owned()).collect(),
            ..Identity::default()
        };
        let iam = Iam {
            users: vec![User {
                identity: identity("user", "anna", &["own"]),
                groups: vec!["ops".to_owned()],
            }],
            groups: vec![identity("group", "ops", &["of-ops"]), identity("group", "others", &["of-others"])],
            roles: vec![Role { identity: identity("role", "deploy", &["of-role"]), ..Role::default() }],
            policies: [("own".to_owned(), ManagedPolicy::default())].into(),
        };
        let facts = Facts { iam: Seen::Seen(iam), ..crate::posture::tests::clean() };
        let has = |caller: &str| managed_policies(&facts, caller).map(|(attached, _)| attached);
        let set = |arns: &[&str]| Some(arns.iter().map(|arn| (*arn).to_owned()).collect());
        assert_eq!(has("arn:aws:iam::123456789012:user/anna"), set(&["of-ops", "own"]));
        assert_eq!(has("arn:aws:sts::123456789012:assumed-role/deploy/run-1"), set(&["of-role"]));
        assert_eq!(has("arn:aws:iam::123456789012:root"), None);
        let documents = managed_policies(&facts, "arn:aws:iam::123456789012:user/anna").unwrap().1;
        assert!(documents.contains_key("own"));
        let unread = Facts { iam: Seen::NotAsked, ..facts.clone() };
        assert_eq!(managed_policies(&unread, "arn:aws:iam::123456789012:user/anna"), None);
    }
}
