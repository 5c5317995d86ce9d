//! What exists in IAM, in one account.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::managed;
use super::oidc::OidcProvider;
use super::service_use::Job;
use crate::partition;
use crate::sandbox::gone::lingering;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::policy::Document;
use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::default_partition;
use crate::sandbox::world::{Birth, Milliseconds};

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// What exists in IAM.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    /// The account's twelve digits.
    pub account: String,
    /// The partition, such as `aws`.
    #[serde(default = "default_partition")]
    pub partition: String,
    /// Roles by name.
    pub roles: BTreeMap<String, Versioned<Role>>,
    /// Users by name.
    pub users: BTreeMap<String, Versioned<User>>,
    /// Groups by name.
    pub groups: BTreeMap<String, Versioned<Group>>,
    /// The account's own managed policies by ARN.
    pub policies: BTreeMap<String, Versioned<Policy>>,
    /// Instance profiles by name.
    pub profiles: BTreeMap<String, Versioned<InstanceProfile>>,
    /// Virtual MFA devices by serial number.
    pub mfa: BTreeMap<String, VirtualMfa>,
    /// OpenID Connect providers by ARN.
    #[serde(default)]
    pub oidc: BTreeMap<String, OidcProvider>,
    /// The password policy, where one was set (PW-1).
    pub password_policy: Versioned<Option<PasswordPolicy>>,
    /// The account's alias.
    pub alias: Option<String>,
    /// The last credential report.
    pub report: Option<Report>,
    /// The root user.
    pub root: Root,
    /// By ARN, when an identity last used which service.
    #[serde(default)]
    pub service_use: BTreeMap<String, BTreeMap<String, Milliseconds>>,
    /// Questions about that, by their id.
    #[serde(default)]
    pub jobs: BTreeMap<String, Job>,
    /// What was deleted lately.
    #[serde(default)]
    pub gone: Gone,
}

lingering! {
    State,
    |world, account, _region| &mut world.account(account).iam,
    roles: Versioned<Role>,
    users: Versioned<User>,
    groups: Versioned<Group>,
    policies: Versioned<Policy>,
    profiles: Versioned<InstanceProfile>,
}

/// What roles, users and groups have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Begins and ends with `/`.
    pub path: String,
    /// Its name.
    pub name: String,
    /// `AROA...`, `AIDA...` or `AGPA...`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Milliseconds,
    /// Its tags; groups have none.
    pub tags: Tags,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Document>,
    /// ARNs of attached policies.
    pub attached: BTreeSet<String>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// What all kinds have.
    pub entity: Entity,
    /// Who may assume it.
    pub trust: Document,
    /// Its description, where one was given.
    pub description: Option<String>,
    /// The longest session in seconds.
    pub max_session: i64,
    /// When it was last assumed, and in which region.
    pub last_used: Option<(Milliseconds, String)>,
}

impl Role {
    /// Whether a service owns it, so that people may not change it.
    pub fn is_service_linked(&self) -> bool {
        self.entity.path.starts_with("/aws-service-role/")
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// What all kinds have.
    pub entity: Entity,
    /// Names of its groups.
    pub groups: BTreeSet<String>,
    /// Its access keys.
    pub keys: Vec<AccessKey>,
    /// Its password, where it may sign in.
    pub login: Option<Login>,
    /// Serial numbers of its MFA devices, and since when.
    pub mfa: BTreeMap<String, Milliseconds>,
    /// When it last signed in.
    pub password_last_used: Option<Milliseconds>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What all kinds have.
    pub entity: Entity,
}

/// An access key; its secret is shown once and not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Whether it works.
    pub active: bool,
    /// When it was made.
    pub created: Milliseconds,
    /// When it was last used, in which region, for which service.
    pub last_used: Option<(Milliseconds, String, String)>,
    /// When it was last switched off or on.
    #[serde(default)]
    pub changed: Option<Milliseconds>,
}

/// A password; its text is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// When it was made.
    pub created: Milliseconds,
    /// Whether the user must change it.
    pub reset: bool,
}

/// A virtual MFA device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualMfa {
    /// The user it is assigned to; `<root>` for the root user.
    pub user: Option<String>,
    /// When it was assigned.
    pub enabled: Option<Milliseconds>,
    /// Its tags.
    pub tags: Tags,
}

/// A managed policy of the account's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Begins and ends with `/`.
    pub path: String,
    /// Its name.
    pub name: String,
    /// `ANPA...`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its description, which cannot be changed.
    pub description: Option<String>,
    /// When it was made.
    pub created: Milliseconds,
    /// When its default version last changed.
    pub updated: Milliseconds,
    /// Its versions by number.
    pub versions: BTreeMap<u32, PolicyVersion>,
    /// The version in force.
    pub default: u32,
    /// The number of the newest version ever made.
    pub newest: u32,
    /// Its tags.
    pub tags: Tags,
}

/// A version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// Its document.
    pub document: Document,
    /// When it was made.
    pub created: Milliseconds,
}

/// An instance profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// Begins and ends with `/`.
    pub path: String,
    /// Its name.
    pub name: String,
    /// `AIPA...`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Milliseconds,
    /// The one role in it (IAM-4), and since when.
    pub role: Option<(String, Milliseconds)>,
    /// Its tags.
    pub tags: Tags,
}

/// The account's password policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// The shortest password.
    pub min_length: i64,
    /// Whether a symbol is needed.
    pub symbols: bool,
    /// Whether a digit is needed.
    pub numbers: bool,
    /// Whether an upper-case letter is needed.
    pub uppercase: bool,
    /// Whether a lower-case letter is needed.
    pub lowercase: bool,
    /// Whether users may change their own.
    pub allow_change: bool,
    /// Days until a password expires.
    pub max_age: Option<i64>,
    /// How many old passwords may not come back.
    pub reuse: Option<i64>,
    /// Whether an expired password needs an administrator.
    pub hard_expiry: Option<bool>,
}

/// A credential report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When it was asked for.
    pub started: Milliseconds,
    /// The CSV text.
    pub text: String,
}

/// The root user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Whether it has a password.
    pub password: bool,
    /// When it last signed in.
    pub password_last_used: Option<Milliseconds>,
    /// The serial number of its MFA device.
    pub mfa: Option<String>,
    /// Its access keys.
    pub keys: Vec<AccessKey>,
    /// Ids of its signing certificates.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// When the account was made.
    pub created: Milliseconds,
}

impl State {
    /// What a new account comes with: a root user with a password, two service-linked roles, and the role
    /// of the administrator who uses the sandbox.
    pub fn born(birth: &mut Birth<'_>) -> Self {
        let now = birth.now;
        let mut state = Self {
            account: birth.account.to_owned(),
            partition: birth.partition.to_owned(),
            roles: BTreeMap::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            policies: BTreeMap::new(),
            profiles: BTreeMap::new(),
            mfa: BTreeMap::new(),
            oidc: BTreeMap::new(),
            password_policy: Versioned::new(None, now),
            alias: None,
            report: None,
            root: Root { password: true, created: now, ..Root::default() },
            service_use: BTreeMap::new(),
            jobs: BTreeMap::new(),
            gone: Gone::default(),
        };
        for (service, role, policy) in [
            ("support.amazonaws.com", "AWSServiceRoleForSupport", "AWSSupportServiceRolePolicy"),
            (
                "trustedadvisor.amazonaws.com",
                "AWSServiceRoleForTrustedAdvisor",
                "AWSTrustedAdvisorServiceRolePolicy",
            ),
        ] {
            state.add_service_role(birth.ids.unique("AROA"), now, service, role, policy);
        }
        state.add_administrator(birth);
        state
    }

    /// The ARN of something in the account, such as `root` or `role/web`.
    pub fn arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account)
    }

    /// The role of AWS's single sign-on that credentials without a user of their own stand for.
    fn add_administrator(&mut self, birth: &mut Birth<'_>) {
        let name = format!("AWSReservedSSO_AdministratorAccess_{}", birth.ids.hex(16));
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{}"}},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{{"StringEquals":{{"SAML:aud":"https://{}/saml"}}}}}}]}}"#,
            self.arn("saml-provider/AWSSSO_DO_NOT_DELETE"),
            partition::named(&self.partition).map_or("signin.aws.amazon.com", |known| known.sign_in)
        );
        let mut role =
            self.new_role(birth.ids.unique("AROA"), "/aws-reserved/sso.amazonaws.com/", &name, birth.now);
        role.trust = Document::trusted(trust);
        role.max_session = 43_200;
        role.entity.attached.insert(format!("arn:{}:iam::aws:policy/AdministratorAccess", self.partition));
        self.roles.insert(name, Versioned::new(role, birth.now));
    }

    /// Makes a service-linked role, as a service does when it first needs one.
    pub fn add_service_role(
        &mut self,
        id: String,
        now: Milliseconds,
        service: &str,
        name: &str,
        policy: &str,
    ) {
        let path = format!("/aws-service-role/{service}/");
        let mut role = self.new_role(id, &path, name, now);
        role.trust = Document::trusted(format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":["{service}"]}},"Action":["sts:AssumeRole"]}}]}}"#
        ));
        if let Some(policy) = managed::named(policy) {
            role.entity.attached.insert(policy.arn(&self.partition));
        }
        self.roles.insert(name.to_owned(), Versioned::new(role, now));
    }

    /// A role without anything, not yet in the account.
    pub(super) fn new_role(&self, id: String, path: &str, name: &str, now: Milliseconds) -> Role {
        let entity = Entity {
            path: path.to_owned(),
            name: name.to_owned(),
            id,
            arn: self.arn(&format!("role{path}{name}")),
            created: now,
            tags: Tags::new(),
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            boundary: None,
        };
        Role { entity, trust: Document::trusted(""), description: None, max_session: 3_600, last_used: None }
    }

    /// The ARN and unique id of the session that credentials without a user of their own stand for.
    pub fn administrator(&self) -> (String, String) {
        let role = self
            .roles
            .values()
            .map(Versioned::truth)
            .find(|role| role.entity.name.starts_with("AWSReservedSSO_AdministratorAccess_"));
        role.map_or_else(
            || (self.arn("root"), self.account.clone()),
            |role| {
                let Entity { name, id, .. } = &role.entity;
                (
                    format!("arn:{}:sts::{}:assumed-role/{name}/operator", self.partition, self.account),
                    format!("{id}:operator"),
                )
            },
        )
    }

    /// The ARN and unique id of the user whose active access key this is.
    pub fn user_of_key(&self, access_key: &str) -> Option<(String, String)> {
        let has = |keys: &[AccessKey]| keys.iter().any(|key| key.active && key.id == access_key);
        if has(&self.root.keys) {
            return Some((self.arn("root"), self.account.clone()));
        }
        let user = self.users.values().map(Versioned::truth).find(|user| has(&user.keys))?;
        Some((user.entity.arn.clone(), user.entity.id.clone()))
    }

    /// The unique id of a user or role and when it was made. `resource` is the last part of its ARN.
    pub fn unique_id(&self, arn: &str, resource: &str) -> Option<(String, Milliseconds)> {
        let (kind, rest) = resource.split_once('/')?;
        let name = rest.rsplit('/').next()?;
        let entity = match kind {
            "role" => &self.roles.get(name)?.truth().entity,
            "user" => &self.users.get(name)?.truth().entity,
            "assumed-role" => {
                let entity = &self.roles.get(rest.split('/').next()?)?.truth().entity;
                return Some((entity.id.clone(), entity.created));
            }
            _ => return None,
        };
        (entity.arn == arn).then(|| (entity.id.clone(), entity.created))
    }

    /// Whether a user or role has this unique id.
    pub fn has_unique_id(&self, id: &str) -> bool {
        self.roles.values().any(|role| role.truth().entity.id == id)
            || self.users.values().any(|user| user.truth().entity.id == id)
    }

    /// Whether EC2 and Auto Scaling know an instance profile, by name or ARN: later than IAM itself (IAM-7, IAM-8).
    ///
    /// It must hold a role, and both must have had the time to spread.
    pub fn is_profile_usable(&self, lens: Lens, name_or_arn: &str) -> bool {
        let name = name_or_arn.rsplit('/').next().unwrap_or(name_or_arn);
        let role = self.profiles.get(name).and_then(|profile| profile.truth().role.as_ref());
        role.is_some_and(|(_, since)| lens.done(*since, 10_000)) && self.knows_profile(lens, name_or_arn)
    }

    /// Whether the others have heard of a profile by now.
    pub fn knows_profile(&self, lens: Lens, name_or_arn: &str) -> bool {
        let name = name_or_arn.rsplit('/').next().unwrap_or(name_or_arn);
        let profile = self.profiles.get(name).map(Versioned::truth);
        let is_it =
            |profile: &&InstanceProfile| !name_or_arn.starts_with("arn:") || profile.arn == name_or_arn;
        profile.filter(is_it).is_some_and(|profile| lens.done(profile.created, 10_000))
    }

    /// How many entities have a policy attached.
    pub(super) fn attachments(&self, arn: &str) -> usize {
        self.entities().filter(|entity| entity.attached.contains(arn)).count()
    }

    /// How many entities have a policy as their boundary.
    pub(super) fn boundaries(&self, arn: &str) -> usize {
        self.entities().filter(|entity| entity.boundary.as_deref() == Some(arn)).count()
    }

    /// ARNs of the policies that some entity has attached or as its boundary.
    pub(super) fn used_policies(&self) -> BTreeSet<&str> {
        let attached = self.entities().flat_map(|entity| &entity.attached);
        let boundaries = self.entities().filter_map(|entity| entity.boundary.as_ref());
        attached.chain(boundaries).map(String::as_str).collect()
    }

    fn entities(&self) -> impl Iterator<Item = &Entity> {
        let roles = self.roles.values().map(|role| &role.truth().entity);
        let users = self.users.values().map(|user| &user.truth().entity);
        let groups = self.groups.values().map(|group| &group.truth().entity);
        roles.chain(users).chain(groups)
    }
}

impl Index for State {
    /// Roles, users and groups are not in the index; policies and instance profiles are, in one region of the partition.
    fn tagged(&self, _account: &str, region: &str) -> Vec<Tagged> {
        let home = partition::named(&self.partition).map_or("us-east-1", |known| known.iam_region);
        if region != home {
            return Vec::new();
        }
        let policies = self.policies.values().map(Versioned::truth).map(|policy| Tagged {
            arn: policy.arn.clone(),
            tags: policy.tags.clone(),
            since: policy.created,
        });
        let profiles = self.profiles.values().map(Versioned::truth).map(|profile| Tagged {
            arn: profile.arn.clone(),
            tags: profile.tags.clone(),
            since: profile.created,
        });
        policies.chain(profiles).filter(|thing| !thing.tags.is_empty()).collect()
    }
}
