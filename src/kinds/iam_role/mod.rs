//! A role with its policies and its instance profile (aws-truths 1.5).

pub(in crate::kinds) mod instance_profile;
pub(in crate::kinds) mod read;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use self::read::read_role;
use crate::aws::trace::chains;
use crate::aws::{Account, Error};
use crate::kinds::refusals::Refusals;
use crate::kinds::whole_number::narrow;
use crate::kinds::{DeleteRequest, Found, KindMeta, Lives, ReadRequest, ReadResult, Resource, State, Update};
use crate::model::{Addr, Dict, Document, ResourceSpec, Set};

/// A role. Its ARN is computable, so it has no outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The name, unique in the account ignoring case (IAM-1).
    pub role: String,
    /// What it is for.
    pub description: String,
    /// Who may assume it.
    pub trust: Document,
    /// The longest session, in seconds, 3600 to 43200.
    pub max_session_seconds: i64,
    /// Inline policies by name.
    pub inline: Dict<Document>,
    /// ARNs of attached managed policies.
    pub managed: Set<String>,
    /// The ARN of the permissions boundary; none where absent.
    pub boundary: Option<String>,
    /// Whether an instance profile of the same name holds the role.
    pub instance_profile: bool,
}

impl ResourceSpec for Role {
    const KIND: &'static str = "iam.role";
}

/// Roles.
pub struct Roles;

impl Resource for Roles {
    type Spec = Role;
    const META: KindMeta = KindMeta {
        lives: Lives::Once,
        located_by: Some("role"),
        immutable: &["role"],
        consistent_reads: 5,
        settle_seconds: 120,
        read_actions: &[
            "iam:GetRole",
            "iam:ListRolePolicies",
            "iam:ListAttachedRolePolicies",
            "iam:GetInstanceProfile",
            "iam:GetRolePolicy",
        ],
        write_actions: &[
            "iam:CreateRole",
            "iam:TagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
            "iam:PutRolePermissionsBoundary",
            "iam:DeleteRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:DeleteRolePolicy",
            "iam:AttachRolePolicy",
            "iam:DetachRolePolicy",
            "iam:CreateInstanceProfile",
            "iam:TagInstanceProfile",
            "iam:AddRoleToInstanceProfile",
            "iam:PassRole",
            "iam:RemoveRoleFromInstanceProfile",
            "iam:DeleteInstanceProfile",
            "iam:ListInstanceProfilesForRole",
            "iam:DeleteRole",
        ],
        practices: &[4, 5, 9],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<Role>>) -> Vec<ReadResult<Role>> {
        chains(asked.into_iter().map(|question| async move {
            let answer = read_role(account, &question.wanted).await;
            (question.addr, answer.into())
        }))
        .await
    }

    async fn create(account: &Account, addr: &Addr, wanted: &Role) -> Result<(), Error> {
        refuse_service_linked(&wanted.role)?;
        let request = account
            .iam
            .create_role()
            .role_name(&wanted.role)
            .assume_role_policy_document(wanted.trust.text())
            .set_description(Some(wanted.description.clone()).filter(|text| !text.is_empty()))
            .max_session_duration(narrow("max_session_seconds", wanted.max_session_seconds)?)
            .set_permissions_boundary(wanted.boundary.clone())
            .set_tags(Some(instance_profile::tags(account, addr)?));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<Role>) -> Result<(), Error> {
        let Update { addr, wanted, live, adopt, .. } = update;
        refuse_untouchable(live)?;
        let role = &wanted.role;
        if *adopt {
            let request =
                account.iam.tag_role().role_name(role).set_tags(Some(instance_profile::tags(account, addr)?));
            account.call(|| request.clone().send()).await?;
            // Nothing but the tags of the file says more of a profile than that it holds the role.
            if live.attributes.instance_profile
                && wanted.instance_profile
                && !account.declared_tags.is_empty()
            {
                instance_profile::tag(account, addr, role).await?;
            }
        }
        if update.touches("trust") {
            write_trust(account, role, &wanted.trust).await?;
        }
        if update.touches("description") || update.touches("max_session_seconds") {
            // Both go together: what is left out falls back to its default.
            let request = account
                .iam
                .update_role()
                .role_name(role)
                .description(&wanted.description)
                .max_session_duration(narrow("max_session_seconds", wanted.max_session_seconds)?);
            account.call(|| request.clone().send()).await?;
        }
        // The boundary comes before what it bounds.
        if update.touches("boundary") {
            write_boundary(account, role, wanted.boundary.as_deref()).await?;
        }
        if update.touches("inline") {
            write_inline(account, role, &wanted.inline.0, &live.attributes.inline.0).await?;
        }
        if update.touches("managed") {
            write_managed(account, role, &wanted.managed.0, &live.attributes.managed.0).await?;
        }
        if update.touches("instance_profile") {
            if wanted.instance_profile {
                instance_profile::ensure(account, addr, role).await?;
            } else {
                instance_profile::remove(account, role).await?;
            }
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<Role>) -> Result<(), Error> {
        refuse_untouchable(&request.live)?;
        let live = &request.live.attributes;
        write_inline(account, &live.role, &BTreeMap::new(), &live.inline.0).await?;
        write_managed(account, &live.role, &BTreeSet::new(), &live.managed.0).await?;
        instance_profile::release(account, &live.role).await?;
        let request = account.iam.delete_role().role_name(&live.role);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    fn example(seed: u8) -> Role {
        let odd = seed % 2 == 1;
        let trust = |service: &str| {
            json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": service },
                }],
            })
        };
        let inline = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": if odd { "ssm:GetParameter" } else { "ssm:GetParameters" },
                "Resource": "arn:aws:ssm:*:*:parameter/web/*",
            }],
        });
        let managed = if odd { "SecurityAudit" } else { "ReadOnlyAccess" };
        Role {
            role: "baseline-example".into(),
            description: format!("example {seed}"),
            trust: Document::new(&trust(if odd { "ecs-tasks.amazonaws.com" } else { "ec2.amazonaws.com" }))
                .unwrap_or_default(),
            max_session_seconds: 3600 * (1 + i64::from(seed % 12)),
            inline: [("allow".to_owned(), Document::new(&inline).unwrap_or_default())].into_iter().collect(),
            managed: [format!("arn:aws:iam::aws:policy/{managed}")].into_iter().collect(),
            boundary: odd.then(|| "arn:aws:iam::aws:policy/PowerUserAccess".to_owned()),
            instance_profile: odd,
        }
    }
}

/// Every service-linked role has a name that starts like this, and no other role may (IAM-12).
fn refuse_service_linked(role: &str) -> Result<(), Error> {
    if role.starts_with("AWSServiceRoleFor") {
        return Err(Error::internal(format!(
            "{role} is a service-linked role, which only AWS may change; choose another name"
        )));
    }
    Ok(())
}

fn refuse_untouchable(live: &Found<Role>) -> Result<(), Error> {
    refuse_service_linked(&live.attributes.role)?;
    match &live.state {
        State::Broken(why) => Err(Error::internal(why)),
        State::Ready | State::Short { .. } | State::Pending(_) | State::Enforced(_) | State::InUse(_) => {
            Ok(())
        }
    }
}

/// Replaces the trust policy of a role.
///
/// # Errors
/// Fails where AWS refuses it.
pub async fn write_trust(account: &Account, role: &str, trust: &Document) -> Result<(), Error> {
    let request = account.iam.update_assume_role_policy().role_name(role).policy_document(trust.text());
    account.call(|| request.clone().send()).await?;
    Ok(())
}

async fn write_boundary(account: &Account, role: &str, boundary: Option<&str>) -> Result<(), Error> {
    match boundary {
        Some(arn) => {
            let request =
                account.iam.put_role_permissions_boundary().role_name(role).permissions_boundary(arn);
            account.call(|| request.clone().send()).await?;
        }
        None => {
            let request = account.iam.delete_role_permissions_boundary().role_name(role);
            account.find(|| request.clone().send()).await?;
        }
    }
    Ok(())
}

/// Deletes what is not wanted, then writes what differs.
async fn write_inline(
    account: &Account,
    role: &str,
    wanted: &BTreeMap<String, Document>,
    live: &BTreeMap<String, Document>,
) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for policy in live.keys().filter(|policy| !wanted.contains_key(*policy)) {
        let request = account.iam.delete_role_policy().role_name(role).policy_name(policy);
        refusals.note(policy, account.find(|| request.clone().send()).await)?;
    }
    for (policy, document) in wanted.iter().filter(|(policy, document)| live.get(*policy) != Some(*document))
    {
        let request = account
            .iam
            .put_role_policy()
            .role_name(role)
            .policy_name(policy)
            .policy_document(document.text());
        refusals.note(policy, account.call(|| request.clone().send()).await)?;
    }
    refusals.told()
}

/// Detaches what is not wanted, then attaches what is missing: a role holds ten at most.
async fn write_managed(
    account: &Account,
    role: &str,
    wanted: &BTreeSet<String>,
    live: &BTreeSet<String>,
) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for arn in live.difference(wanted) {
        let request = account.iam.detach_role_policy().role_name(role).policy_arn(arn);
        refusals.note(arn, account.find(|| request.clone().send()).await)?;
    }
    for arn in wanted.difference(live) {
        let request = account.iam.attach_role_policy().role_name(role).policy_arn(arn);
        refusals.note(arn, account.call(|| request.clone().send()).await)?;
    }
    refusals.told()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{OwnershipTags, Tags};
    use crate::kinds::iam_role::read::state;
    use crate::kinds::iam_role::read::tests::role;

    #[test]
    fn roles_of_aws_and_roles_under_a_path_are_never_touched() {
        let service =
            role("/aws-service-role/autoscaling.amazonaws.com/", "arn:aws:iam::123456789012:role/x");
        for live in [service, role("/team/", "arn:aws:iam::123456789012:role/team/web")] {
            let state = state(&live, true, None);
            assert!(matches!(state, State::Broken(_)), "{live:?} would be changed");
            let found = Found {
                attributes: Roles::example(0),
                outputs: BTreeMap::new(),
                ownership: OwnershipTags::Untagged,
                tags: Tags::new(),
                state,
                remarks: Vec::new(),
            };
            assert!(refuse_untouchable(&found).is_err());
        }
        assert!(refuse_service_linked("AWSServiceRoleForAutoScaling").is_err());
        assert!(refuse_service_linked("web").is_ok());
    }
}
