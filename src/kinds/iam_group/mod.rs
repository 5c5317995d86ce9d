//! A group of users with its policies and its members.

use std::collections::{BTreeMap, BTreeSet};

use futures::join;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Class, Error, Items as _, Owner, OwnershipTags, Pages as _, Tags};
use crate::kinds::refusals::Refusals;
use crate::kinds::{
    DeleteRequest, Found, KindMeta, Lives, ReadRequest, ReadResult, Resource, State, Tagged, Update,
};
use crate::model::{Addr, Dict, Document, ResourceSpec, Set};

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The name, unique in the account ignoring case (IAM-1).
    pub group: String,
    /// Inline policies by name.
    pub inline: Dict<Document>,
    /// ARNs of attached managed policies.
    pub managed: Set<String>,
    /// Names of its users; left alone where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Set<String>>,
}

impl ResourceSpec for Group {
    const KIND: &'static str = "iam.group";
}

/// Groups.
pub struct Groups;

impl Resource for Groups {
    type Spec = Group;
    const META: KindMeta = KindMeta {
        tags: Tagged::Cannot("AWS gives groups of users no tags"),
        lives: Lives::Once,
        located_by: Some("group"),
        immutable: &["group"],
        consistent_reads: 3,
        read_actions: &[
            "iam:GetGroup",
            "iam:ListGroupPolicies",
            "iam:ListAttachedGroupPolicies",
            "iam:GetGroupPolicy",
        ],
        write_actions: &[
            "iam:CreateGroup",
            "iam:UpdateGroup",
            "iam:PutGroupPolicy",
            "iam:DeleteGroupPolicy",
            "iam:AttachGroupPolicy",
            "iam:DetachGroupPolicy",
            "iam:AddUserToGroup",
            "iam:RemoveUserFromGroup",
            "iam:DeleteGroup",
        ],
        practices: &[2, 5, 9],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<Group>>) -> Vec<ReadResult<Group>> {
        chains(asked.into_iter().map(|question| async move {
            let answer = read_group(account, &question.wanted.group).await;
            (question.addr, answer.into())
        }))
        .await
    }

    async fn create(account: &Account, addr: &Addr, wanted: &Group) -> Result<(), Error> {
        let request = account.iam.create_group().group_name(&wanted.group).path(path(account, addr));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<Group>) -> Result<(), Error> {
        let Update { addr, wanted, live, adopt, .. } = update;
        let group = &wanted.group;
        if *adopt {
            let request = account.iam.update_group().group_name(group).new_path(path(account, addr));
            account.call(|| request.clone().send()).await?;
        }
        if update.touches("inline") {
            write_inline(account, group, &wanted.inline.0, &live.attributes.inline.0).await?;
        }
        if update.touches("managed") {
            write_managed(account, group, &wanted.managed.0, &live.attributes.managed.0).await?;
        }
        // What the group says stands before anybody is in it.
        if let Some(members) = wanted.members.as_ref().filter(|_| update.touches("members")) {
            write_members(account, group, &members.0, &names(&live.attributes)).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<Group>) -> Result<(), Error> {
        let live = &request.live.attributes;
        write_members(account, &live.group, &BTreeSet::new(), &names(live)).await?;
        write_managed(account, &live.group, &BTreeSet::new(), &live.managed.0).await?;
        write_inline(account, &live.group, &BTreeMap::new(), &live.inline.0).await?;
        account.find(|| account.iam.delete_group().group_name(&live.group).send()).await?;
        Ok(())
    }

    fn example(seed: u8) -> Group {
        let inline = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": if seed % 2 == 1 { "iam:GetUser" } else { "iam:ListUsers" },
                "Resource": "*",
            }],
        });
        let managed = if seed % 2 == 1 { "SecurityAudit" } else { "IAMUserChangePassword" };
        Group {
            group: "baseline-example".into(),
            inline: [("allow".to_owned(), Document::new(&inline).unwrap_or_default())].into_iter().collect(),
            // A member must exist, and no kind makes users.
            members: Some(Set::default()),
            managed: [format!("arn:aws:iam::aws:policy/{managed}")].into_iter().collect(),
        }
    }
}

fn names(live: &Group) -> BTreeSet<String> {
    live.members.as_ref().map(|members| members.0.clone()).unwrap_or_default()
}

/// Groups carry no tags, so their path says whose they are: it is put on in the creating call (truth 6).
fn path(account: &Account, addr: &Addr) -> String {
    format!("/baseline/{}/{}/", account.baseline, addr.name())
}

/// Whose a group is, by its path.
fn ownership(path: &str) -> OwnershipTags {
    Owner::from_path(Group::KIND, path).map_or(OwnershipTags::Untagged, OwnershipTags::Tagged)
}

async fn read_group(account: &Account, name: &str) -> Result<Option<Found<Group>>, Error> {
    let pages = || account.iam.get_group().group_name(name).all_pages();
    let names = || account.iam.list_group_policies().group_name(name).all_items();
    let managed = || account.iam.list_attached_group_policies().group_name(name).all_items();
    let (pages, names, managed) = join!(
        chain(Box::pin(account.find(pages))),
        chain(Box::pin(account.find(names))),
        chain(Box::pin(account.find(managed))),
    );
    let Some(pages) = pages? else { return Ok(None) };
    let group = pages.iter().find_map(|page| page.group());
    let group = group.ok_or_else(|| Error::internal(format!("{name} is not in the answer")))?;
    let (names, managed): (_, Option<Vec<_>>) = (names?, managed?);
    // Replicas may disagree about a group that was just made (truth 3).
    let mut visible = names.is_some() && managed.is_some();
    let documents =
        chains(names.unwrap_or_default().into_iter().map(|policy| read_inline(account, name, policy))).await;
    let mut inline = BTreeMap::new();
    for document in documents {
        let (policy, document) = document?;
        match document {
            Some(document) => drop(inline.insert(policy, document)),
            None => visible = false,
        }
    }
    Ok(Some(Found {
        ownership: ownership(group.path()),
        tags: Tags::new(),
        attributes: Group {
            group: group.group_name().to_owned(),
            inline: Dict(inline),
            managed: managed
                .unwrap_or_default()
                .iter()
                .filter_map(|policy| policy.policy_arn().map(str::to_owned))
                .collect(),
            members: Some(
                pages.iter().flat_map(|page| page.users()).map(|user| user.user_name().to_owned()).collect(),
            ),
        },
        outputs: BTreeMap::new(),
        state: if visible {
            State::Ready
        } else {
            State::Pending("its policies cannot be read yet".to_owned())
        },
        remarks: Vec::new(),
    }))
}

async fn read_inline(
    account: &Account,
    group: &str,
    policy: String,
) -> Result<(String, Option<Document>), Error> {
    let request = account.iam.get_group_policy().group_name(group).policy_name(&policy);
    let answer = account.find(|| request.clone().send()).await?;
    let document = answer.map(|answer| Document::parse(answer.policy_document())).transpose()?;
    Ok((policy, document))
}

async fn write_inline(
    account: &Account,
    group: &str,
    wanted: &BTreeMap<String, Document>,
    live: &BTreeMap<String, Document>,
) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for (name, document) in wanted.iter().filter(|(name, document)| live.get(*name) != Some(document)) {
        let request = account
            .iam
            .put_group_policy()
            .group_name(group)
            .policy_name(name)
            .policy_document(document.text());
        refusals.note(name, account.call(|| request.clone().send()).await)?;
    }
    for name in live.keys().filter(|name| !wanted.contains_key(*name)) {
        let request = account.iam.delete_group_policy().group_name(group).policy_name(name);
        refusals.note(name, account.find(|| request.clone().send()).await)?;
    }
    refusals.told()
}

/// Detaches what is not wanted, then attaches what is missing: a group holds ten at most.
async fn write_managed(
    account: &Account,
    group: &str,
    wanted: &BTreeSet<String>,
    live: &BTreeSet<String>,
) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for arn in live.difference(wanted) {
        let request = account.iam.detach_group_policy().group_name(group).policy_arn(arn);
        refusals.note(arn, account.find(|| request.clone().send()).await)?;
    }
    for arn in wanted.difference(live) {
        let request = account.iam.attach_group_policy().group_name(group).policy_arn(arn);
        refusals.note(arn, account.call(|| request.clone().send()).await)?;
    }
    refusals.told()
}

async fn write_members(
    account: &Account,
    group: &str,
    wanted: &BTreeSet<String>,
    live: &BTreeSet<String>,
) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for user in wanted.difference(live) {
        let request = account.iam.add_user_to_group().group_name(group).user_name(user);
        let answer = account.call(|| request.clone().send()).await;
        refusals.note(user, answer.map_err(|error| beyond_ten_groups(error, user)))?;
    }
    for user in live.difference(wanted) {
        let request = account.iam.remove_user_from_group().group_name(group).user_name(user);
        refusals.note(user, account.find(|| request.clone().send()).await)?;
    }
    refusals.told()
}

/// A user may be in ten groups, and AWS raises that for nobody.
fn beyond_ten_groups(error: Error, user: &str) -> Error {
    if error.class != Class::Quota {
        return error;
    }
    let message = format!("{}; take {user} out of a group that is not needed", error.message);
    Error { class: Class::Other, message, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_group_says_whose_it_is() {
        let owner = Owner { baseline: "lz".into(), addr: "iam.group.mfa-guard".into() };
        assert_eq!(ownership("/baseline/lz/mfa-guard/"), OwnershipTags::Tagged(owner));
        for path in ["/", "/baseline/", "/baseline/lz/", "/other/lz/mfa-guard/", "/baseline/lz/a/b/"] {
            assert_eq!(ownership(path), OwnershipTags::Untagged, "{path}");
        }
    }
}
