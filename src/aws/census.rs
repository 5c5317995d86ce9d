//! Lists what carries this baseline's tags, whatever its kind.

use aws_sdk_iam::types::{GroupDetail, RoleDetail};
use aws_sdk_resourcegroupstagging::types::TagFilter;

use super::account::Account;
use super::error::Error;
use super::pages::Items as _;
use super::tags::{NAME_TAG, Owner};
use super::trace::chain;
use crate::partition;

/// The kind of groups.
const GROUP: &str = "iam.group";

/// A thing that carries the baseline's tags, by an index that may lag behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What its tags say.
    pub owner: Owner,
    /// Its ARN.
    pub arn: String,
}

impl Account {
    /// Everything that carries this baseline's tags, and the lists that could not be read.
    ///
    /// Roles are not in the tagging index and groups carry no tags, so IAM itself lists them. Policies are in the
    /// index of one region of the partition.
    pub async fn owned(&self) -> (Vec<Listed>, Vec<Error>) {
        // Boxed: the SDK's futures side by side are too much for one frame.
        let (tagged, policies, identities) = futures::join!(
            chain(Box::pin(self.tagged(&self.tagging, None))),
            chain(Box::pin(self.policies_with_owners())),
            chain(Box::pin(self.identities_with_owners())),
        );
        let mut listed = Vec::new();
        let mut errors = Vec::new();
        for answer in [tagged, policies, identities] {
            match answer {
                Ok(things) => listed.extend(things.into_iter().filter(|t| t.owner.baseline == self.baseline)),
                Err(error) => errors.push(error),
            }
        }
        (listed, errors)
    }

    /// What carries this baseline's tags in a region that is not its home region: what was made while that was its home region.
    ///
    /// # Errors
    /// Fails where the list cannot be read.
    pub async fn owned_in(&self, region: &str) -> Result<Vec<Listed>, Error> {
        let listed = self.tagged(&self.in_region(region).tagging, None).await?;
        // What has no region, such as policies of IAM, is in the index of one of them.
        let of_region = |item: &Listed| item.arn.split(':').nth(3) == Some(region);
        Ok(listed
            .into_iter()
            .filter(|item| item.owner.baseline == self.baseline && of_region(item))
            .collect())
    }

    /// Policies of IAM, where they are not in the index of this region.
    async fn policies_with_owners(&self) -> Result<Vec<Listed>, Error> {
        let partition = partition::named(&self.identity.partition);
        let Some(home) = partition.map(|partition| partition.iam_region).filter(|home| *home != self.region)
        else {
            return Ok(Vec::new());
        };
        self.tagged(&self.in_region(home).tagging, Some("iam:policy")).await
    }

    async fn tagged(
        &self,
        client: &aws_sdk_resourcegroupstagging::Client,
        kind: Option<&str>,
    ) -> Result<Vec<Listed>, Error> {
        let filter = TagFilter::builder().key(NAME_TAG).values(&self.baseline).build();
        let types = kind.map(|kind| vec![kind.to_owned()]);
        let request = client.get_resources().tag_filters(filter).set_resource_type_filters(types);
        let things = self.call(|| request.clone().all_items()).await?;
        Ok(things
            .iter()
            .filter_map(|thing| {
                let owner = Owner::from_tags(thing.tags().iter().map(|tag| (tag.key(), tag.value())))?;
                Some(Listed { owner, arn: thing.resource_arn()?.to_owned() })
            })
            .collect())
    }

    async fn identities_with_owners(&self) -> Result<Vec<Listed>, Error> {
        let all = self.all_identities().await?;
        let by_tag = |role: &RoleDetail| {
            let owner = Owner::from_tags(role.tags().iter().map(|tag| (tag.key(), tag.value())))?;
            Some(Listed { owner, arn: role.arn()?.to_owned() })
        };
        let by_path = |group: &GroupDetail| {
            let owner = Owner::from_path(GROUP, group.path()?)?;
            Some(Listed { owner, arn: group.arn()?.to_owned() })
        };
        Ok(all.roles.iter().filter_map(by_tag).chain(all.groups.iter().filter_map(by_path)).collect())
    }
}
