//! What was read of an account: plain data, no AWS type, the time of reading included.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::Unread;
use crate::policy::Policy;

/// An answer, or why there is none. What could not be read is never taken for absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Seen<T> {
    /// It was read.
    Seen(T),
    /// It was denied or failed.
    Unreadable(Unread),
    /// Nothing in the file asks for it, so it was not read.
    #[default]
    NotAsked,
}

impl<T> Seen<T> {
    /// The read that failed.
    pub(super) fn refusal_mut(&mut self) -> Option<&mut Unread> {
        match self {
            Self::Unreadable(unread) => Some(unread),
            Self::Seen(_) | Self::NotAsked => None,
        }
    }
}

/// Everything the rules look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The account's id.
    pub account: String,
    /// Its partition, such as `aws`.
    pub partition: String,
    /// When the account was read. Rules never ask a clock.
    pub now: jiff::Timestamp,
    /// What the account summary says of the root user.
    pub root: Seen<RootSummary>,
    /// What its organization says that the root user has; not asked where there is nothing to delete.
    pub root_credentials: Seen<RootCredentials>,
    /// ARNs of those whose second factor, or one of them, is an app; the root user among them.
    pub virtual_mfa: Seen<BTreeSet<String>>,
    /// The credential report.
    pub credentials: Seen<CredentialReport>,
    /// The access keys, by user, of those who may have too many or too old ones by the report.
    pub keys: BTreeMap<String, Seen<Vec<AccessKey>>>,
    /// Ids of the access keys that the run itself needs to go on.
    pub own_keys: BTreeSet<String>,
    /// Users, groups, roles and policies.
    pub iam: Seen<Iam>,
    /// What users and roles have used, by ARN; empty where nobody asks.
    pub service_use: BTreeMap<String, Seen<Vec<ServiceUse>>>,
    /// Server certificates of IAM.
    pub certificates: Seen<Vec<ServerCertificate>>,
    /// The account's block of public access.
    pub account_block: Seen<PublicAccessBlock>,
    /// Every bucket.
    pub buckets: Seen<Vec<Bucket>>,
    /// The regions that are looked at.
    pub regions: Seen<BTreeMap<String, Region>>,
}

/// What the account summary says of the root user (IAM-19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RootSummary {
    /// It has access keys.
    pub keys: bool,
    /// It has a second factor.
    pub mfa: bool,
    /// It has a password; nothing where AWS does not say.
    pub password: Option<bool>,
    /// It has signing certificates.
    pub certificates: bool,
}

/// What the root user has, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RootCredentials {
    /// Ids of its access keys.
    pub access_keys: Vec<String>,
    /// Ids of its signing certificates.
    pub certificates: Vec<String>,
    /// Whether it has a password.
    pub password: bool,
    /// Serial numbers of its second factors.
    pub mfa: Vec<String>,
}

/// The credential report (IAM-20).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CredentialReport {
    /// When AWS made it.
    pub made: Option<jiff::Timestamp>,
    /// Its rows; the root user's is called `<root_account>`.
    pub rows: Vec<CredentialRow>,
}

/// One user in the credential report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CredentialRow {
    /// The user's name.
    pub user: String,
    /// The user's ARN.
    pub arn: String,
    /// When the user was made.
    pub created: Option<jiff::Timestamp>,
    /// Whether there is a console password; nothing where AWS does not say, as for root.
    pub password: Option<bool>,
    /// When it was last used to sign in.
    pub password_used: Option<jiff::Timestamp>,
    /// When it was last changed.
    pub password_changed: Option<jiff::Timestamp>,
    /// Whether there is a second factor.
    pub mfa: bool,
    /// The two places for access keys.
    pub keys: [KeyRow; 2],
}

/// An access key in the credential report, which does not say its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyRow {
    /// Whether it is active. A key that is not there is not.
    pub active: bool,
    /// When it was made, or last switched off or on.
    pub changed: Option<jiff::Timestamp>,
    /// When it was last used.
    pub used: Option<jiff::Timestamp>,
}

/// An access key with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The id.
    pub id: String,
    /// Whether it is active.
    pub active: bool,
    /// When it was made.
    pub made: Option<jiff::Timestamp>,
}

/// A certificate that IAM keeps for servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it ends; nothing where AWS does not say.
    pub ends: Option<jiff::Timestamp>,
}

/// A service that a user or role may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUse {
    /// Its namespace, such as `s3`.
    pub service: String,
    /// When it was last used; nothing where that lies further back than AWS keeps it.
    pub used: Option<jiff::Timestamp>,
}

/// Users, groups, roles and policies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Iam {
    /// Users.
    pub users: Vec<User>,
    /// Groups.
    pub groups: Vec<Identity>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Managed policies, by ARN: the customer's, and those of AWS that something has attached.
    pub policies: BTreeMap<String, ManagedPolicy>,
}

/// What users, groups and roles have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// The path.
    pub path: String,
    /// Inline policies by name.
    pub inline: Vec<(String, Policy)>,
    /// ARNs of attached policies.
    pub attached: Vec<String>,
    /// The ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// When it was made.
    pub created: Option<jiff::Timestamp>,
}

impl Identity {
    /// `user`, `group` or `role`, by its ARN.
    pub fn kind(&self) -> &'static str {
        let is = |kind: &str| self.arn.contains(&format!(":{kind}/"));
        ["user", "group"].into_iter().find(|kind| is(kind)).unwrap_or("role")
    }

    /// Whether AWS manages it: roles of services and of IAM Identity Center.
    pub fn is_of_aws(&self) -> bool {
        self.path.starts_with("/aws-service-role/") || self.path.starts_with("/aws-reserved/")
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// Name and policies.
    pub identity: Identity,
    /// Names of its groups.
    pub groups: Vec<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Role {
    /// Name and policies.
    pub identity: Identity,
    /// Who may assume it.
    pub trust: Policy,
    /// When it was last used, as far as AWS keeps that.
    pub last_used: Option<jiff::Timestamp>,
    /// ARNs of the instance profiles that hold it, with which instances can run.
    pub instance_profiles: Vec<String>,
}

/// A managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Whether AWS owns it.
    pub of_aws: bool,
    /// The document that is in force.
    pub document: Policy,
    /// Other versions, by id: somebody could put one of them in force.
    pub others: Vec<(String, Policy)>,
    /// How many identities have it attached.
    pub attachments: usize,
}

/// A block of public access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PublicAccessBlock {
    /// `BlockPublicAcls`.
    pub block_acls: bool,
    /// `IgnorePublicAcls`.
    pub ignore_acls: bool,
    /// `BlockPublicPolicy`.
    pub block_policy: bool,
    /// `RestrictPublicBuckets`.
    pub restrict: bool,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its region, where AWS says it.
    pub region: Option<String>,
    /// Its policy, if it has one.
    pub policy: Seen<Option<Policy>>,
    /// Whether AWS calls the policy public; nothing where there is none.
    pub policy_is_public: Seen<Option<bool>>,
    /// The grants of its ACL.
    pub grants: Seen<Vec<Grant>>,
    /// Its own block of public access.
    pub block: Seen<PublicAccessBlock>,
    /// Whether it logs who reads and writes; asked for only where a trail of the account writes into it.
    pub access_logs: Seen<bool>,
    /// What ends in it by itself; asked for only where a trail of the account writes into it.
    pub lifecycle: Seen<Lifecycle>,
    /// Access points of the account that lead to it; asked for only where its policy lets everybody in through them.
    pub access_points: Seen<Vec<AccessPoint>>,
}

/// What ends in a bucket by itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lifecycle {
    /// What its enabled rules end, where they cover objects without tags.
    pub ends: Vec<LifecycleEnd>,
    /// What is kept beyond; asked for only where something ends.
    pub versions: Seen<Versions>,
}

/// One thing that a lifecycle rule ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleEnd {
    /// The id of the rule.
    pub rule: String,
    /// How the keys of its objects begin.
    pub prefix: String,
    /// Whether it ends current objects; else former versions.
    pub current: bool,
    /// After how many days; nothing where on a date.
    pub days: Option<i64>,
}

/// What keeps objects of a bucket beyond their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Versions {
    /// Whether it keeps former versions.
    pub kept: bool,
    /// For how many days object lock keeps every object from being deleted, where it does by default.
    pub locked_days: Option<i64>,
}

/// Another door to a bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessPoint {
    /// Its name.
    pub name: String,
    /// Its ARN, which requests through it carry.
    pub arn: String,
    /// Whether it leads to buckets in several regions.
    pub several_regions: bool,
    /// Whether it is reached from the internet; else from one VPC alone.
    pub from_internet: bool,
    /// Its own block of public access.
    pub block: Seen<PublicAccessBlock>,
    /// Its policy, if it has one.
    pub policy: Seen<Option<Policy>>,
    /// Whether AWS calls the policy public; nothing where there is none.
    pub policy_is_public: Seen<Option<bool>>,
}

/// A grant of an ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The group's URI, or the grantee's id.
    pub grantee: String,
    /// The permission, such as `READ`.
    pub permission: String,
}

/// What was read in one region.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Region {
    /// Security groups.
    pub security_groups: Seen<Vec<SecurityGroup>>,
    /// The ranges of the prefix lists that their rules name, by id.
    pub prefix_lists: BTreeMap<String, Seen<Vec<String>>>,
    /// Instances that run or are stopped.
    pub instances: Seen<Vec<Instance>>,
    /// Trails that record in this region, wherever their home is.
    pub trails: Seen<Vec<Trail>>,
    /// Application and network load balancers.
    pub load_balancers: Seen<Vec<LoadBalancer>>,
    /// Classic Load Balancers.
    pub classic_load_balancers: Seen<Vec<ClassicLoadBalancer>>,
    /// Topics of SNS.
    pub topics: Seen<Vec<MessagePlace>>,
    /// Queues of SQS.
    pub queues: Seen<Vec<MessagePlace>>,
    /// The account's own VPCs.
    pub vpcs: Seen<Vec<Vpc>>,
    /// Network ACLs of the account that guard a subnet.
    pub network_acls: Seen<Vec<NetworkAcl>>,
    /// Enabled symmetric KMS keys of the customer.
    pub keys: Seen<Vec<EncryptionKey>>,
    /// Ids of the account's EBS snapshots that everybody may use.
    pub public_snapshots: Seen<Vec<String>>,
    /// Ids of the account's images that everybody may use.
    pub public_images: Seen<Vec<String>>,
    /// EBS snapshots and images of the account that single accounts of others may use.
    pub shared: Seen<Vec<Share>>,
}

/// A snapshot or an image that single accounts may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// `snapshot` or `image`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// The accounts.
    pub accounts: Vec<String>,
}

/// A load balancer.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadBalancer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// What it listens to.
    pub listeners: Seen<Vec<Listener>>,
}

/// A listener of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listener {
    /// Its ARN.
    pub arn: String,
    /// Its protocol, such as `HTTPS`.
    pub protocol: String,
    /// Its port.
    pub port: i32,
    /// Whether it sends whoever comes to HTTPS.
    pub redirects: bool,
    /// The policy that says which TLS it takes.
    pub tls_policy: Option<String>,
}

/// A Classic Load Balancer.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassicLoadBalancer {
    /// Its name.
    pub name: String,
    /// What it listens to.
    pub listeners: Vec<ClassicListener>,
    /// What its encrypted listeners may negotiate; not asked where it has none.
    pub negotiation: Seen<Vec<NegotiationPolicy>>,
}

/// A listener of a Classic Load Balancer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassicListener {
    /// `HTTP`, `HTTPS`, `TCP` or `SSL`.
    pub protocol: String,
    /// Its port.
    pub port: i32,
    /// The names of its policies, those of sticky sessions among them.
    pub policies: Vec<String>,
}

impl ClassicListener {
    /// Whether the load balancer speaks TLS to who comes.
    pub fn is_encrypted(&self) -> bool {
        ["HTTPS", "SSL"].contains(&self.protocol.as_str())
    }
}

/// A policy that says what a Classic Load Balancer negotiates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NegotiationPolicy {
    /// Its name.
    pub name: String,
    /// AWS's own policy that it follows.
    pub follows: Option<String>,
    /// The protocols that it takes, such as `TLSv1.2`; nothing where AWS does not say.
    pub protocols: Option<Vec<String>>,
}

/// Where messages go: a topic or a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct MessagePlace {
    /// Its ARN.
    pub arn: String,
    /// What commands call it: the ARN of a topic, the URL of a queue.
    pub handle: String,
    /// Its policy, if it has one.
    pub policy: Seen<Option<Policy>>,
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Whether a flow log of its own records at least what is rejected.
    pub flow_logs: bool,
}

/// A network ACL, as far as it lets traffic in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkAcl {
    /// Its id.
    pub id: String,
    /// How many subnets it guards.
    pub subnets: usize,
    /// What it says of incoming traffic, in the order in which AWS asks.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AclEntry {
    /// Its number.
    pub number: i64,
    /// Whether it allows.
    pub allow: bool,
    /// The protocol's number, or `-1` for everything.
    pub protocol: String,
    /// The ports; nothing for all of them.
    pub ports: Option<(u16, u16)>,
    /// The range of addresses.
    pub range: String,
}

/// A KMS key.
#[derive(Debug, Clone, PartialEq)]
pub struct EncryptionKey {
    /// Its ARN.
    pub arn: String,
    /// Whether AWS rotates its material; not asked where it cannot.
    pub rotates: Seen<bool>,
    /// Its policy; asked for only where somebody asks for whom services use it.
    pub policy: Seen<Policy>,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its VPC.
    pub vpc: String,
    /// What it lets in.
    pub ingress: Vec<Ingress>,
    /// How many rules it has, in both directions, those that name a group or itself among them.
    pub rules: usize,
}

/// What a security group lets in from a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ingress {
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for everything.
    pub protocol: String,
    /// The ports; nothing for all of them.
    pub ports: Option<(u16, u16)>,
    /// The range of addresses, or the id of a prefix list that holds ranges.
    pub range: String,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// The ARN of its instance profile.
    pub profile: Option<String>,
    /// The Auto Scaling group that started it.
    pub group: Option<String>,
    /// Whether its metadata service is on and takes requests without a token (IMDSv1).
    pub imdsv1: bool,
    /// Whether it runs; else it is stopped.
    pub running: bool,
}

/// A trail.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trail {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its home region.
    pub home: String,
    /// Whether it records in all regions.
    pub all_regions: bool,
    /// Whether it records every account of an organization.
    pub organization: bool,
    /// Whether it records global events.
    pub global_events: bool,
    /// Whether it records management events at all; not asked of a trail of another account with selectors.
    pub management_events: Seen<bool>,
    /// Whether it is logging; not asked where another region answers for it.
    pub logging: Seen<bool>,
    /// Whether it writes digests that show whether a log file was changed.
    pub validation: bool,
    /// The bucket that it writes into.
    pub bucket: String,
    /// How the keys of its files begin, such as `AWSLogs/`.
    pub path: String,
    /// The ARN of the key of KMS with which it encrypts log files.
    pub key: Option<String>,
    /// The policy of that key, where the account owns it; nothing where it does not.
    pub key_policy: Seen<Option<Policy>>,
    /// What S3 said when the last delivery failed, such as `NoSuchBucket`: what is recorded arrives nowhere.
    pub delivery_error: Option<String>,
}

impl Trail {
    /// The account that it belongs to: for an organization's trail, not the one that shows it.
    pub fn account(&self) -> Option<&str> {
        self.arn.split(':').nth(4)
    }
}
