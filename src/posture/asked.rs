//! What a file asks of an account, beyond the things it declares.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Origin;

/// Everything that is asked. What is nothing is neither read nor judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// Of the root user.
    pub root: Option<RootAsked>,
    /// Of users and administrators.
    pub users: Option<UsersAsked>,
    /// Of everything else.
    pub audit: Option<AuditAsked>,
}

impl Asked {
    /// Whether nothing is asked.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A value and the line of the file that asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand<T> {
    /// What is asked.
    pub value: T,
    /// Where.
    pub origin: Origin,
}

/// Which second factor is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// Any.
    Any,
    /// A device of its own.
    Hardware,
}

/// What is asked of the root user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RootAsked {
    /// No access keys.
    pub no_keys: Option<Demand<()>>,
    /// A second factor.
    pub mfa: Option<Demand<Factor>>,
    /// Not used for so many days.
    pub unused_days: Option<Demand<i64>>,
    /// Whether its credentials are read, and perhaps deleted, through its organization.
    pub central: Option<Central>,
}

/// What is done with credentials of the root user that its organization can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Central {
    /// They are shown.
    Shown,
    /// `apply` deletes keys and certificates.
    KeysDeleted,
    /// `apply` deletes everything.
    AllDeleted,
}

/// What a user can be exempt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exempt {
    /// The second factor.
    Mfa,
    /// The age of access keys.
    KeyAge,
    /// Unused credentials.
    Unused,
    /// The number of active keys.
    ActiveKeys,
}

/// A user who is let off until a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// The user's name; names ignore case (IAM-1).
    pub user: String,
    /// From what.
    pub from: BTreeSet<Exempt>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: jiff::civil::Date,
    /// The line that says so.
    pub origin: Origin,
}

/// What is asked of users and administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsersAsked {
    /// The section.
    pub origin: Origin,
    /// Console users have a second factor.
    pub mfa: Option<Demand<Factor>>,
    /// Who is let off.
    pub exempt: Vec<Exemption>,
    /// The users and roles that may be administrators, by name or ARN.
    pub admins: Demand<Vec<String>>,
    /// How many administrators there may be.
    pub max_admins: Option<Demand<usize>>,
    /// The age of an access key, in days.
    pub key_age_days: Option<Demand<i64>>,
    /// Whether `apply` deactivates keys that are older.
    pub deactivate_stale_keys: bool,
    /// Days after which an unused credential counts as forgotten.
    pub unused_days: Option<Demand<i64>>,
    /// How many active keys a user may have.
    pub max_active_keys: Demand<usize>,
    /// Hours after which the credential report is too old.
    pub report_max_age_hours: i64,
}

/// Ports from the first to the last.
pub type PortRange = (u16, u16);

/// Something that a file declares, by its name in AWS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Declared {
    /// A role.
    Role(String),
    /// A customer-managed policy.
    Policy(String),
    /// A group of users.
    Group(String),
    /// A bucket.
    Bucket(String),
    /// A load balancer.
    LoadBalancer(String),
    /// An Auto Scaling group.
    AutoScaling(String),
}

/// What is asked of everything else in the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditAsked {
    /// The section.
    pub origin: Origin,
    /// Buckets that may be public.
    pub public_buckets: Demand<Vec<String>>,
    /// Whether the same file blocks public access for the whole account.
    pub account_is_blocked: bool,
    /// Ports that are not open to the world.
    pub closed_ports: Demand<Vec<PortRange>>,
    /// Accounts that roles may trust, and with which snapshots and images may be shared.
    pub trusted_accounts: Demand<Vec<String>>,
    /// Organizations all of whose accounts roles may trust; nothing where the file names none.
    pub trusted_organizations: Option<Demand<Vec<String>>>,
    /// Accounts that roles of the file trust, by the role's name in AWS.
    pub declared_trust: BTreeSet<(String, String)>,
    /// The sections of the file that declare roles, policies, groups of users, buckets, load balancers and Auto Scaling groups.
    pub sections: BTreeMap<Declared, String>,
    /// Buckets of the file that log nothing, by their names in AWS.
    pub unlogged_buckets: BTreeSet<String>,
    /// Trust in other accounts asks for an external id or MFA.
    pub guarded_trust: Option<Demand<()>>,
    /// Roles, buckets, keys, topics and queues say for whom services of many customers may use them.
    pub service_sources: Option<Demand<()>>,
    /// Running instances have a profile.
    pub instance_profiles: Option<Demand<()>>,
    /// Running instances need IMDSv2.
    pub imdsv2: Option<Demand<()>>,
    /// Customer policies are narrow.
    pub narrow_policies: Option<Demand<()>>,
    /// Users and roles use what they may use, within so many days.
    pub unused_services_days: Option<Demand<i64>>,
    /// A trail records in every region.
    pub trail_in_every_region: Option<Demand<()>>,
    /// Whether the same file declares a trail that records in every region.
    pub declares_trail: bool,
    /// Global events are recorded once.
    pub global_events_once: Option<Demand<()>>,
    /// Trails write digests and encrypt with a key of KMS.
    pub hardened_trails: Option<Demand<()>>,
    /// Buckets of trails keep their files for so many days.
    pub trail_retention_days: Option<Demand<i64>>,
    /// Nobody but administrators can stop, blind or delete a trail.
    pub guarded_trails: Option<Demand<()>>,
    /// AWS rotates keys that it can rotate.
    pub key_rotation: Option<Demand<()>>,
    /// Load balancers send plain HTTP to HTTPS and take no old TLS.
    pub encrypted_listeners: Option<Demand<()>>,
    /// The default security group of every VPC has no rules.
    pub sealed_default_groups: Option<Demand<()>>,
    /// Every VPC has flow logs.
    pub flow_logs: Option<Demand<()>>,
    /// No network ACL lets the world reach ports of administration.
    pub network_acls: Option<Demand<()>>,
    /// No snapshot and no image is public.
    pub private_images: Option<Demand<()>>,
    /// No topic and no queue lets everybody in.
    pub private_topics_and_queues: Option<Demand<()>>,
    /// Snapshots and images are shared with trusted accounts only.
    pub images_for_trusted_accounts: Option<Demand<()>>,
    /// No server certificate has expired.
    pub certificates: Option<Demand<()>>,
    /// The regions that are looked at; all enabled ones where nothing.
    pub regions: Option<Vec<String>>,
}
