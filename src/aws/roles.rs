//! Every role and group at a glance, asked once a look however many want to know.

use std::sync::Arc;

use aws_sdk_iam::types::{EntityType, GroupDetail, RoleDetail};
use tokio::sync::OnceCell;

use super::account::Account;
use super::error::Error;
use super::pages::Pages as _;

/// Every role and every group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identities {
    /// Roles.
    pub(crate) roles: Vec<RoleDetail>,
    /// Groups.
    pub(super) groups: Vec<GroupDetail>,
}

/// What the one question was answered with.
type Answer = Result<Arc<Identities>, Error>;

tokio::task_local! {
    static LOOK: Arc<OnceCell<Answer>>;
}

/// Runs one look at an account: what it asks about all roles is asked once, and forgotten at its end.
pub async fn one_look<F: Future>(work: F) -> F::Output {
    LOOK.scope(Arc::default(), work).await
}

impl Account {
    /// Every role with its policies, its boundary, its tags and the profiles that hold it, and every group.
    ///
    /// The description and the longest session are not in this answer (IAM API, `RoleDetail`). None outside
    /// of [`one_look`]: what is read again to see a write must not come from an answer given before it.
    pub(crate) async fn identities_of_this_look(&self) -> Option<Answer> {
        let look = LOOK.try_with(Arc::clone).ok()?;
        Some(look.get_or_init(|| self.identities()).await.clone())
    }

    /// The same, asked now where there is no look that has asked already.
    pub(super) async fn all_identities(&self) -> Answer {
        match self.identities_of_this_look().await {
            Some(answer) => answer,
            None => self.identities().await,
        }
    }

    async fn identities(&self) -> Answer {
        // Of pages this long an account of 1,000 roles needs one; the default is 100 (IAM API).
        let request = || {
            let details = self.iam.get_account_authorization_details();
            details.filter(EntityType::Role).filter(EntityType::Group)
        };
        let pages = self.call(|| request().all_pages()).await?;
        let mut all = Identities::default();
        for page in pages {
            all.roles.extend(page.role_detail_list.unwrap_or_default());
            all.groups.extend(page.group_detail_list.unwrap_or_default());
        }
        Ok(Arc::new(all))
    }
}
