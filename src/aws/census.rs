//! Lists what carries this baseline's tags, whatever its kind.

use aws_sdk_iam::types::RoleDetail;
use aws_sdk_resourcegroupstagging::types::TagFilter;

use super::account::Account;
use super::error::Error;
use super::tags::{NAME_TAG, Owner};
use super::trace::chain;

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
    /// Roles are not in the tagging index, so they are listed by IAM itself.
    pub async fn owned(&self) -> (Vec<Listed>, Vec<Error>) {
        let (tagged, roles) = futures::future::join(chain(self.tagged()), chain(self.tagged_roles())).await;
        let mut listed = Vec::new();
        let mut errors = Vec::new();
        for answer in [tagged, roles] {
            match answer {
                Ok(things) => listed.extend(things.into_iter().filter(|t| t.owner.baseline == self.baseline)),
                Err(error) => errors.push(error),
            }
        }
        (listed, errors)
    }

    async fn tagged(&self) -> Result<Vec<Listed>, Error> {
        let filter = TagFilter::builder().key(NAME_TAG).values(&self.baseline).build();
        let pages =
            || self.tagging.get_resources().tag_filters(filter.clone()).into_paginator().items().send();
        let things = self.call(|| pages().try_collect()).await?;
        Ok(things
            .iter()
            .filter_map(|thing| {
                let owner = Owner::from_tags(thing.tags().iter().map(|tag| (tag.key(), tag.value())))?;
                Some(Listed { owner, arn: thing.resource_arn()?.to_owned() })
            })
            .collect())
    }

    async fn tagged_roles(&self) -> Result<Vec<Listed>, Error> {
        let roles = self.all_roles().await?;
        let listed = |role: &RoleDetail| {
            let owner = Owner::from_tags(role.tags().iter().map(|tag| (tag.key(), tag.value())))?;
            Some(Listed { owner, arn: role.arn()?.to_owned() })
        };
        Ok(roles.iter().filter_map(listed).collect())
    }
}
