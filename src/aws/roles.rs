//! Every role at a glance, asked once a look however many want to know.

use std::sync::Arc;

use aws_sdk_iam::types::{EntityType, RoleDetail};
use tokio::sync::OnceCell;

use super::account::Account;
use super::error::Error;

/// What the one question was answered with.
type Answer = Result<Arc<[RoleDetail]>, Error>;

tokio::task_local! {
    static LOOK: Arc<OnceCell<Answer>>;
}

/// Runs one look at an account: what it asks about all roles is asked once, and forgotten at its end.
pub async fn one_look<F: Future>(work: F) -> F::Output {
    LOOK.scope(Arc::default(), work).await
}

impl Account {
    /// Every role with its policies, its boundary, its tags and the profiles that hold it.
    ///
    /// The description and the longest session are not in this answer (IAM API, `RoleDetail`). None outside
    /// of [`one_look`]: what is read again to see a write must not come from an answer given before it.
    pub(crate) async fn roles_of_this_look(&self) -> Option<Answer> {
        let look = LOOK.try_with(Arc::clone).ok()?;
        Some(look.get_or_init(|| self.roles()).await.clone())
    }

    /// The same, asked now where there is no look that has asked already.
    pub(super) async fn all_roles(&self) -> Answer {
        match self.roles_of_this_look().await {
            Some(answer) => answer,
            None => self.roles().await,
        }
    }

    async fn roles(&self) -> Answer {
        // Of pages this long an account of 1,000 roles needs one; the default is 100 (IAM API).
        let request =
            || self.iam.get_account_authorization_details().filter(EntityType::Role).max_items(1000);
        let pages = self.call(|| request().into_paginator().send().try_collect()).await?;
        Ok(pages.into_iter().flat_map(|page| page.role_detail_list.unwrap_or_default()).collect())
    }
}
