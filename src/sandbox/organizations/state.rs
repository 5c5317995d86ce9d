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
    /// Accounts that may read the organization on its behalf, with the services that each administers and since when.
    #[serde(default)]
    pub administrators: BTreeMap<String, BTreeMap<String, Milliseconds>>,
    /// What it may do with the root users of its members: `RootCredentialsManagement`, `RootSessions`.
    #[serde(default)]
    pub root_features: BTreeSet<String>,
    /// Organizational units by id.
    #[serde(default)]
    pub units: BTreeMap<String, Unit>,
    /// Tags by the id of the root, unit, account or policy.
    #[serde(default)]
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether service control policies count.
    #[serde(default)]
    pub controls: bool,
    /// Service control policies by id, but for `p-FullAWSAccess`, which AWS has.
    #[serde(default)]
    pub policies: BTreeMap<String, ControlPolicy>,
    /// The ids of the policies on the root, a unit or an account.
    #[serde(default)]
    pub attached: BTreeMap<String, BTreeSet<String>>,
    /// Accounts that were asked for, by the id of the request.
    #[serde(default)]
    pub requests: BTreeMap<String, Creation>,
    /// Whether answers lack `Paths` and `Path`, as those of older emulators do.
    #[serde(default)]
    pub without_paths: bool,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name, which no other unit of its parent has.
    pub name: String,
    /// The id of the root or unit that it is in.
    pub parent: String,
}

/// A service control policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlPolicy {
    /// Its name, which no other policy has.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The document.
    pub content: String,
}

/// An account that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creation {
    /// Its name.
    pub name: String,
    /// Its owner's address.
    pub email: String,
    /// The role that it gets.
    pub role: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its twelve digits.
    pub account: String,
    /// Whether it is made.
    pub made: bool,
    /// Why it is not made.
    pub failure: Option<String>,
    /// When it was asked for.
    pub requested: Milliseconds,
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
    /// The id of the unit that it is in; empty directly under the root.
    #[serde(default)]
    pub unit: String,
    /// When somebody closed it.
    #[serde(default)]
    pub closed: Option<Milliseconds>,
}

impl Organization {
    /// An organization of active accounts that were made in it, all of them directly under the root.
    pub fn of(id: &str, management: &str, others: &[&str], now: Milliseconds) -> Self {
        let member = |account: &str| Member {
            name: if account == management { "management".to_owned() } else { format!("account-{account}") },
            email: format!("{account}@example.com"),
            state: "ACTIVE".to_owned(),
            created: account != management,
            joined: now,
            unit: String::new(),
            closed: None,
        };
        let all = std::iter::once(management).chain(others.iter().copied());
        Self {
            id: id.to_owned(),
            members: all.map(|account| (account.to_owned(), member(account))).collect(),
            trusted: BTreeSet::new(),
            administrators: BTreeMap::new(),
            root_features: BTreeSet::new(),
            units: BTreeMap::new(),
            tags: BTreeMap::new(),
            controls: false,
            policies: BTreeMap::new(),
            attached: BTreeMap::new(),
            requests: BTreeMap::new(),
            without_paths: false,
        }
    }

    /// Whether that account administers IAM on its behalf.
    pub fn iam_administrator(&self, account: &str) -> bool {
        self.administrators.get(account).is_some_and(|services| services.contains_key("iam.amazonaws.com"))
    }

    /// The id of its root.
    pub fn root(&self) -> String {
        let letters: String = self.id.chars().filter(char::is_ascii_alphanumeric).skip(1).take(4).collect();
        format!("r-{letters:x<4}")
    }

    /// The ids of the root and of the units around an account or unit, from the outermost.
    pub fn around(&self, id: &str) -> Vec<String> {
        let inner = |id: &str| match (self.members.get(id), self.units.get(id)) {
            (Some(member), _) => Some(member.unit.clone()).filter(|unit| !unit.is_empty()),
            (None, Some(unit)) => Some(unit.parent.clone()).filter(|parent| !parent.starts_with("r-")),
            (None, None) => None,
        };
        let mut found: Vec<String> = std::iter::successors(inner(id), |id| inner(id)).collect();
        found.push(self.root());
        found.reverse();
        found
    }

    /// The id of the root or unit that an account or unit is directly in.
    pub fn parent(&self, id: &str) -> String {
        self.around(id).pop().unwrap_or_default()
    }

    /// The ARN of one of its things.
    pub fn arn(&self, management: &str, id: &str) -> String {
        let kind = match id.split('-').next() {
            Some("r") => "root",
            Some("ou") => "ou",
            Some("p") if id == FULL_ACCESS => {
                return format!("arn:aws:organizations::aws:policy/service_control_policy/{id}");
            }
            Some("p") => {
                return format!(
                    "arn:aws:organizations::{management}:policy/{}/service_control_policy/{id}",
                    self.id
                );
            }
            _ => "account",
        };
        format!("arn:aws:organizations::{management}:{kind}/{}/{id}", self.id)
    }

    /// The document of a policy.
    pub fn content(&self, id: &str) -> Option<&str> {
        if id == FULL_ACCESS {
            return Some(EVERYTHING);
        }
        self.policies.get(id).map(|policy| policy.content.as_str())
    }

    /// The policies on the root, a unit or an account: AWS's own where nobody has changed that.
    pub fn on(&self, target: &str) -> BTreeSet<String> {
        self.attached.get(target).cloned().unwrap_or_else(|| [FULL_ACCESS.to_owned()].into())
    }
}

/// The policy that AWS puts on everything once service control policies count.
pub const FULL_ACCESS: &str = "p-FullAWSAccess";

/// What that policy says.
pub const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The organization that an account belongs to, and the account that manages it.
pub fn of<'a>(world: &'a World, account: &str) -> Option<(&'a str, &'a Organization)> {
    world.accounts.iter().find_map(|(management, home)| {
        let organization = home.organizations.organization.as_ref()?;
        organization.members.contains_key(account).then_some((management.as_str(), organization))
    })
}

/// The documents of the service control policies over an account, by level: each level must allow what its users and roles do
/// ("SCP evaluation", AWS Organizations User Guide). None over the management account.
pub fn control_over<'a>(world: &'a World, account: &str) -> Vec<Vec<&'a str>> {
    let Some((management, organization)) = of(world, account) else { return Vec::new() };
    if management == account || !organization.controls {
        return Vec::new();
    }
    let mut levels = organization.around(account);
    levels.push(account.to_owned());
    let of_level = |id: &String| {
        let ids = organization.on(id);
        ids.iter().filter_map(|id| organization.content(id)).collect()
    };
    levels.iter().map(of_level).collect()
}
