//! A customer-managed policy with its versions (aws-truths 1.5).

use std::collections::BTreeMap;

use aws_sdk_iam::types::PolicyVersion;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::trace::chains;
use crate::aws::{Account, Error, Items as _, OwnershipTags, Pages as _};
use crate::kinds::iam_role::instance_profile::{read_tags, tags};
use crate::kinds::refusals::Refusals;
use crate::kinds::{
    DeleteRequest, Found, KindMeta, Lives, ReadRequest, ReadResult, Replace, Resource, State, Update,
};
use crate::model::{Addr, Document, Owned, ResourceSpec};

/// A customer-managed policy. Its ARN is computable, so it has no outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its ARN, which ends in its path and its name.
    pub arn: String,
    /// What it is for. AWS keeps the first one.
    pub description: Owned<String>,
    /// What the version in force says.
    pub document: Document,
}

impl ResourceSpec for Policy {
    const KIND: &'static str = "iam.policy";
}

/// Customer-managed policies.
pub struct Policies;

/// A policy has five versions at most, and AWS raises that for nobody.
const MOST_VERSIONS: usize = 5;

impl Resource for Policies {
    type Spec = Policy;
    const META: KindMeta = KindMeta {
        lives: Lives::Once,
        located_by: Some("arn"),
        immutable: &["arn"],
        replace: Replace::Never("declare it under another name, attach that one, and remove this one then"),
        consistent_reads: 3,
        read_actions: &["iam:GetPolicy", "iam:GetPolicyVersion"],
        write_actions: &[
            "iam:CreatePolicy",
            "iam:TagPolicy",
            "iam:ListPolicyVersions",
            "iam:CreatePolicyVersion",
            "iam:DeletePolicyVersion",
            "iam:ListEntitiesForPolicy",
            "iam:DeletePolicy",
        ],
        practices: &[5],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<Policy>>) -> Vec<ReadResult<Policy>> {
        chains(asked.into_iter().map(|question| async move {
            let answer = Box::pin(read_policy(account, &question.wanted.arn)).await;
            (question.addr, answer.into())
        }))
        .await
    }

    async fn create(account: &Account, addr: &Addr, wanted: &Policy) -> Result<(), Error> {
        let (path, name) = path_and_name(&wanted.arn)?;
        let request = account
            .iam
            .create_policy()
            .path(path)
            .policy_name(name)
            .policy_document(wanted.document.text())
            .set_description(Some(wanted.description.value().clone()).filter(|text| !text.is_empty()))
            .set_tags(Some(tags(account, addr)?));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<Policy>) -> Result<(), Error> {
        let arn = &update.wanted.arn;
        if update.adopt {
            let tags = tags(account, &update.addr)?;
            let request = account.iam.tag_policy().policy_arn(arn).set_tags(Some(tags));
            account.call(|| request.clone().send()).await?;
        }
        if update.touches("document") {
            Box::pin(make_room(account, arn)).await?;
            let request = account
                .iam
                .create_policy_version()
                .policy_arn(arn)
                .policy_document(update.wanted.document.text())
                .set_as_default(true);
            account.call(|| request.clone().send()).await?;
        }
        Ok(())
    }

    /// Looks first who has it attached: of a policy that stays, no version may be lost.
    async fn delete(account: &Account, request: &DeleteRequest<Policy>) -> Result<(), Error> {
        let arn = &request.live.attributes.arn;
        let users = Box::pin(attached_to(account, arn)).await?;
        if !users.is_empty() {
            let message = format!("it is attached to {}", users.join(", "));
            return Err(Error::reported("iam", "DeletePolicy", "DeleteConflict", &message));
        }
        let mut refusals = Refusals::default();
        for version in Box::pin(others(account, arn)).await? {
            let request = account.iam.delete_policy_version().policy_arn(arn).version_id(&version);
            refusals.note(&version, account.find(|| request.clone().send()).await)?;
        }
        refusals.told()?;
        account.find(|| account.iam.delete_policy().policy_arn(arn).send()).await?;
        Ok(())
    }

    fn example(seed: u8) -> Policy {
        let document = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": if seed % 2 == 1 { "s3:GetObject" } else { "s3:GetObjectTagging" },
                "Resource": "arn:aws:s3:::example/*",
            }],
        });
        Policy {
            arn: "arn:aws:iam::123456789012:policy/example/baseline-example".into(),
            description: Owned::AtCreation("an example".into()),
            document: Document::new(&document).unwrap_or_default(),
        }
    }
}

/// `/team/` and `deploy` of `arn:aws:iam::123456789012:policy/team/deploy`.
fn path_and_name(arn: &str) -> Result<(&str, &str), Error> {
    let rest = arn.split_once(":policy").map(|(_, rest)| rest);
    rest.and_then(|rest| Some(rest.split_at(rest.rfind('/')? + 1)))
        .ok_or_else(|| Error::internal(format!("{arn} is not the ARN of a policy")))
}

async fn read_policy(account: &Account, arn: &str) -> Result<Option<Found<Policy>>, Error> {
    let answer = account.find(|| account.iam.get_policy().policy_arn(arn).send()).await?;
    let Some(policy) = answer.and_then(|answer| answer.policy) else { return Ok(None) };
    let version = policy.default_version_id().unwrap_or_default();
    let request = account.iam.get_policy_version().policy_arn(arn).version_id(version);
    // Replicas may disagree about a version that was just made (truth 3).
    let answer = account.find(|| request.clone().send()).await?;
    let text = answer.as_ref().and_then(|answer| answer.policy_version()?.document());
    let tags = read_tags(policy.tags());
    Ok(Some(Found {
        attributes: Policy {
            arn: arn.to_owned(),
            description: Owned::Always(policy.description().unwrap_or_default().to_owned()),
            document: text.map(Document::parse).transpose()?.unwrap_or_default(),
        },
        outputs: BTreeMap::new(),
        ownership: OwnershipTags::of(&tags),
        tags,
        state: if text.is_some() {
            State::Ready
        } else {
            State::Pending("its version in force cannot be read yet".to_owned())
        },
        remarks: Vec::new(),
    }))
}

async fn versions(account: &Account, arn: &str) -> Result<Vec<PolicyVersion>, Error> {
    let versions = || account.iam.list_policy_versions().policy_arn(arn).all_items();
    Ok(account.find(versions).await?.unwrap_or_default())
}

/// The versions that are not in force, oldest first.
async fn others(account: &Account, arn: &str) -> Result<Vec<String>, Error> {
    Ok(oldest_first(&versions(account, arn).await?))
}

fn oldest_first(versions: &[PolicyVersion]) -> Vec<String> {
    let number = |id: &str| id.trim_start_matches('v').parse::<u64>().unwrap_or(u64::MAX);
    let others = versions.iter().filter(|version| !version.is_default_version());
    let mut others: Vec<String> =
        others.filter_map(|version| version.version_id()).map(str::to_owned).collect();
    // By number, not by text: v10 is newer than v9.
    others.sort_by_key(|id| number(id));
    others
}

/// Deletes as many of the oldest versions as a new one needs. The version in force is never among them.
async fn make_room(account: &Account, arn: &str) -> Result<(), Error> {
    let all = versions(account, arn).await?;
    let surplus = (all.len() + 1).saturating_sub(MOST_VERSIONS);
    for version in oldest_first(&all).into_iter().take(surplus) {
        let request = account.iam.delete_policy_version().policy_arn(arn).version_id(&version);
        account.find(|| request.clone().send()).await?;
    }
    Ok(())
}

/// Who has it attached or as a boundary.
async fn attached_to(account: &Account, arn: &str) -> Result<Vec<String>, Error> {
    let pages = || account.iam.list_entities_for_policy().policy_arn(arn).all_pages();
    let pages: Vec<_> = account.find(pages).await?.unwrap_or_default();
    let mut users = Vec::new();
    for page in &pages {
        let named = |kind: &str, name: Option<&str>| Some(format!("{kind} {}", name?));
        users.extend(page.policy_roles().iter().filter_map(|role| named("role", role.role_name())));
        users.extend(page.policy_groups().iter().filter_map(|group| named("group", group.group_name())));
        users.extend(page.policy_users().iter().filter_map(|user| named("user", user.user_name())));
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_path_and_name() {
        let arn = |rest: &str| format!("arn:aws:iam::123456789012:policy{rest}");
        for (rest, path, name) in [("/deploy", "/", "deploy"), ("/team/web/deploy", "/team/web/", "deploy")] {
            assert_eq!(path_and_name(&arn(rest)).unwrap(), (path, name));
        }
        assert!(path_and_name("arn:aws:iam::123456789012:role/x").is_err());
    }

    #[test]
    fn the_oldest_version_is_told_by_number_and_the_one_in_force_is_kept() {
        let version = |id: &str, is_default| {
            PolicyVersion::builder().version_id(id).is_default_version(is_default).build()
        };
        let versions =
            [version("v10", false), version("v9", true), version("v8", false), version("v2", false)];
        assert_eq!(oldest_first(&versions), ["v2", "v8", "v10"]);
    }
}
