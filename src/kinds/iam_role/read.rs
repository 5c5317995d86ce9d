//! What a role looks like: itself, its policies, its instance profile (aws-truths 1.5).

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{InstanceProfile, Role as LiveRole, RoleDetail};
use futures::join;

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _, OwnershipTags, in_common};
use crate::kinds::iam_role::Role;
use crate::kinds::iam_role::instance_profile;
use crate::kinds::{Found, State};
use crate::model::{Dict, Document};

/// The policies of a role.
#[derive(Default)]
struct Policies {
    inline: BTreeMap<String, Document>,
    managed: BTreeSet<String>,
    /// Replicas may disagree about a role that was just made (truth 3): neither absent nor without policies.
    visible: bool,
}

/// The role and all that belongs to it: in one round where a look asks about all roles, else in two.
///
/// # Errors
/// Fails where a part of it could not be read.
pub(in crate::kinds) async fn read_role(
    account: &Account,
    wanted: &Role,
) -> Result<Option<Found<Role>>, Error> {
    let name = wanted.role.as_str();
    let request = account.iam.get_role().role_name(name);
    let (role, policies, profile) = join!(
        chain(account.find(|| request.clone().send())),
        chain(policies(account, name)),
        chain(profile(account, wanted)),
    );
    let Some(role) = role?.and_then(|answer| answer.role().cloned()) else { return Ok(None) };
    let (policies, profile) = (policies?, profile?);
    let held = profile
        .as_ref()
        .filter(|profile| instance_profile::counts(account, profile, name, wanted.instance_profile));
    let tags = instance_profile::read_tags(role.tags());
    let profile_arn = profile.as_ref().map(|profile| profile.arn());
    Ok(Some(Found {
        attributes: Role {
            role: role.role_name().to_owned(),
            description: role.description().unwrap_or_default().to_owned(),
            trust: Document::parse(role.assume_role_policy_document().unwrap_or_default())?,
            max_session_seconds: role.max_session_duration().map_or(3600, i64::from),
            inline: Dict(policies.inline),
            managed: policies.managed.into_iter().collect(),
            boundary: role
                .permissions_boundary()
                .and_then(|boundary| boundary.permissions_boundary_arn())
                .map(str::to_owned),
            instance_profile: held.is_some(),
        },
        outputs: BTreeMap::new(),
        ownership: OwnershipTags::of(&tags),
        // A profile that holds the role has those of the role.
        tags: in_common(
            [tags].into_iter().chain(held.map(|profile| instance_profile::read_tags(profile.tags()))),
        ),
        state: state(&role, policies.visible, profile_arn),
        remarks: Vec::new(),
    }))
}

/// From the answer about all roles where there is one and the role is in it; else they are asked for alone.
async fn policies(account: &Account, name: &str) -> Result<Policies, Error> {
    match at_a_glance(account, name).await {
        Some(role) => of_detail(&role),
        None => asked_alone(account, name).await,
    }
}

/// The profile of the role's name. One that must hold the role and does is seen at a glance, but not its tags ("A resource-listing
/// operation returns a subset", IAM API Reference).
async fn profile(account: &Account, wanted: &Role) -> Result<Option<InstanceProfile>, Error> {
    let name = wanted.role.as_str();
    if wanted.instance_profile
        && account.declared_tags.is_empty()
        && let Some(role) = at_a_glance(account, name).await
        && let Some(profile) =
            role.instance_profile_list().iter().find(|profile| profile.instance_profile_name() == name)
    {
        return Ok(Some(profile.clone()));
    }
    instance_profile::find(account, name).await
}

async fn at_a_glance(account: &Account, name: &str) -> Option<RoleDetail> {
    let all = account.identities_of_this_look().await?.ok()?;
    all.roles.iter().find(|role| role.role_name() == Some(name)).cloned()
}

fn of_detail(role: &RoleDetail) -> Result<Policies, Error> {
    let inline = role.role_policy_list().iter().map(|policy| {
        let name = policy.policy_name().unwrap_or_default().to_owned();
        Ok((name, Document::parse(policy.policy_document().unwrap_or_default())?))
    });
    let managed = role.attached_managed_policies().iter().filter_map(|policy| policy.policy_arn());
    Ok(Policies {
        inline: inline.collect::<Result<_, Error>>()?,
        managed: managed.map(str::to_owned).collect(),
        visible: true,
    })
}

async fn asked_alone(account: &Account, name: &str) -> Result<Policies, Error> {
    let inline = || account.iam.list_role_policies().role_name(name).all_items();
    let managed = || account.iam.list_attached_role_policies().role_name(name).all_items();
    let (inline, managed) = join!(chain(account.find(inline)), chain(account.find(managed)));
    let (inline, managed): (Option<Vec<String>>, Option<Vec<_>>) = (inline?, managed?);
    let mut answer = Policies { visible: inline.is_some() && managed.is_some(), ..Policies::default() };
    let documents =
        chains(inline.unwrap_or_default().into_iter().map(|policy| read_inline(account, name, policy))).await;
    for document in documents {
        let (policy, document) = document?;
        match document {
            Some(document) => drop(answer.inline.insert(policy, document)),
            None => answer.visible = false,
        }
    }
    answer.managed = managed
        .unwrap_or_default()
        .iter()
        .filter_map(|policy| policy.policy_arn().map(str::to_owned))
        .collect();
    Ok(answer)
}

async fn read_inline(
    account: &Account,
    role: &str,
    policy: String,
) -> Result<(String, Option<Document>), Error> {
    let request = account.iam.get_role_policy().role_name(role).policy_name(&policy);
    let answer = account.find(|| request.clone().send()).await?;
    let document = answer.map(|answer| Document::parse(answer.policy_document())).transpose()?;
    Ok((policy, document))
}

pub(in crate::kinds) fn state(role: &LiveRole, visible: bool, profile_arn: Option<&str>) -> State {
    let path = role.path();
    if path.starts_with("/aws-service-role/") {
        State::Broken("it is a service-linked role, which only AWS may change; choose another name".into())
    } else if path != "/" {
        // Roles share one name space whatever their path (IAM-1), and the ARN we compute has none.
        State::Broken(format!(
            "a role of this name exists under the path {path}, so its ARN is another one; choose another name"
        ))
    } else if !role.arn().starts_with("arn:") || profile_arn.is_some_and(|arn| !arn.starts_with("arn:")) {
        // For a moment IAM answers the unique id where the ARN belongs (IAM-5).
        State::Pending("its ARN is not ready yet".into())
    } else if visible {
        State::Ready
    } else {
        State::Pending("its policies cannot be read yet".into())
    }
}

#[cfg(test)]
pub(in crate::kinds) mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    pub(in crate::kinds) fn role(path: &str, arn: &str) -> LiveRole {
        LiveRole::builder()
            .path(path)
            .role_name("web")
            .role_id("AROAEXAMPLE")
            .arn(arn)
            .create_date(DateTime::from_secs(0))
            .build()
            .unwrap()
    }

    #[test]
    fn a_role_whose_arn_is_still_its_unique_id_is_not_ready() {
        let ready = role("/", "arn:aws:iam::123456789012:role/web");
        assert_eq!(state(&ready, true, None), State::Ready);
        assert!(matches!(state(&role("/", "AROAEXAMPLE"), true, None), State::Pending(_)));
        assert!(matches!(state(&ready, true, Some("AIPAEXAMPLE")), State::Pending(_)));
        assert!(matches!(state(&ready, false, None), State::Pending(_)));
    }
}
