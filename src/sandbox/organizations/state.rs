//! The organization, in its management account.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::sandbox::world::{Milliseconds, World};

/// What exists in Organizations, in one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// The organization that this account manages.
    pub organization: Option<Organization>,
}

/// An organization with all features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id, such as `o-exampleorgid`.
    pub id: String,
    /// Accounts by their twelve digits, the management account among them.
    pub members: BTreeMap<String, Member>,
    /// Services with trusted access, such as `cloudtrail.amazonaws.com`.
    pub trusted: BTreeSet<String>,
    /// Accounts that may read the organization on its behalf.
    pub delegated: BTreeSet<String>,
    /// What it may do with the root users of its members: `RootCredentialsManagement`, `RootSessions`.
    #[serde(default)]
    pub root_features: BTreeSet<String>,
}

/// An account of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its owner's address.
    pub email: String,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_ACTIVATION`, `PENDING_CLOSURE` or `CLOSED` (ORG-2).
    pub state: String,
    /// Whether it was made in the organization, or invited.
    pub created: bool,
    /// When it joined.
    pub joined: Milliseconds,
}

impl Organization {
    /// An organization of active accounts that were made in it.
    pub fn of(id: &str, management: &str, others: &[&str], now: Milliseconds) -> Self {
        let member = |account: &str| Member {
            name: if account == management { "management".to_owned() } else { format!("account-{account}") },
            email: format!("{account}@example.com"),
            state: "ACTIVE".to_owned(),
            created: account != management,
            joined: now,
        };
        let all = std::iter::once(management).chain(others.iter().copied());
        Self {
            id: id.to_owned(),
            members: all.map(|account| (account.to_owned(), member(account))).collect(),
            trusted: BTreeSet::new(),
            delegated: BTreeSet::new(),
            root_features: BTreeSet::new(),
        }
    }
}

impl Organization {
    /// Whether that account administers IAM on its behalf.
    pub fn iam_administrator(&self, account: &str) -> bool {
        self.delegated.contains(account)
    }
}

/// The organization that an account belongs to, and the account that manages it.
pub fn of<'a>(world: &'a World, account: &str) -> Option<(&'a str, &'a Organization)> {
    world.accounts.iter().find_map(|(management, home)| {
        let organization = home.organizations.organization.as_ref()?;
        organization.members.contains_key(account).then_some((management.as_str(), organization))
    })
}
