//! The managed policies of whoever calls.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use super::account::Account;
use super::error::Error;
use super::pages::Items as _;

impl Account {
    /// What managed policies say in the version in force, by ARN, as JSON. One that is not there says nothing.
    ///
    /// # Errors
    /// Fails where one of them cannot be read.
    pub async fn policy_documents(
        &self,
        arns: impl IntoIterator<Item = &String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let read = arns.into_iter().map(|arn| async move {
            let document = Box::pin(self.document(arn)).await?;
            Ok::<_, Error>(document.map(|document| (arn.clone(), document)))
        });
        Ok(try_join_all(read).await?.into_iter().flatten().collect())
    }

    /// ARNs of the managed policies of a caller, itself or by its groups: of a user, or of the role behind a session, by ARN.
    ///
    /// # Errors
    /// Fails where they cannot be listed.
    pub async fn attached_policies(&self, caller: &str) -> Result<BTreeSet<String>, Error> {
        let mut attached = BTreeSet::new();
        if let Some((_, session)) = caller.split_once(":assumed-role/") {
            let role = session.split('/').next().unwrap_or_default();
            let request = self.iam.list_attached_role_policies().role_name(role);
            let request = || request.clone().all_items();
            let policies: Vec<_> = self.find(request).await?.unwrap_or_default();
            attached.extend(policies.into_iter().filter_map(|policy| policy.policy_arn));
        }
        let Some(user) = caller.split_once(":user/").and_then(|(_, path)| path.rsplit('/').next()) else {
            return Ok(attached);
        };
        let request = self.iam.list_attached_user_policies().user_name(user);
        let request = || request.clone().all_items();
        let policies: Vec<_> = self.find(request).await?.unwrap_or_default();
        attached.extend(policies.into_iter().filter_map(|policy| policy.policy_arn));
        let request = self.iam.list_groups_for_user().user_name(user);
        let request = || request.clone().all_items();
        let groups: Vec<_> = self.find(request).await?.unwrap_or_default();
        for group in groups {
            let request = self.iam.list_attached_group_policies().group_name(group.group_name);
            let request = || request.clone().all_items();
            let policies: Vec<_> = self.find(request).await?.unwrap_or_default();
            attached.extend(policies.into_iter().filter_map(|policy| policy.policy_arn));
        }
        Ok(attached)
    }

    /// What a managed policy says in the version in force.
    async fn document(&self, arn: &str) -> Result<Option<String>, Error> {
        let answer = self.find(|| self.iam.get_policy().policy_arn(arn).send()).await?;
        let Some(version) = answer.and_then(|answer| answer.policy?.default_version_id) else {
            return Ok(None);
        };
        let request = self.iam.get_policy_version().policy_arn(arn).version_id(version);
        let answer = self.find(|| request.clone().send()).await?;
        Ok(answer.and_then(|answer| answer.policy_version?.document))
    }
}
