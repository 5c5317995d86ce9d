//! `[audit]`: what is looked for in the whole account, whoever made it.

use super::account::MetadataTokens;
use super::section::section;
use super::types::{AccountId, BucketName, List, OrOff, OrganizationId, Ports, RegionName, Whole};

section! {
    /// What is looked for in the whole account, beyond the things this file declares.
    ///
    /// The section alone, `[audit]`, is enough. It changes nothing: what departs is shown with its evidence and
    /// the next step. A setting that closes a door for the whole account, such as `block_public_buckets`, stands
    /// in `[account]`.
    #[practices(4, 5, 6, 9, 11, 13)]
    Audit {
        /// The buckets that may be public. Any other that the world or every AWS customer can read, list or write
        /// is shown, with the statement or grant that lets them in.
        public_buckets: List<BucketName>, default "[]";
        /// The ports that no security group may open to the whole world, by IPv4 or IPv6.
        closed_ports: List<Ports>, default
            "[22, 3389, 21, 23, 135, 445, 1433, 1521, 2375, 3306, 5432, 5439, 6379, 9200, 9300, 11211, 27017]";
        /// Accounts of others that roles may trust.
        trusted_accounts: List<AccountId>, default "[]";
        /// Organizations all of whose accounts roles may trust, your own among them. One that `[cloudtrail]` names is known.
        trusted_organizations: List<OrganizationId>, absent "a role that trusts an organization is undecided";
        /// Roles that another account may assume ask for an external id or MFA.
        guarded_trust: bool, default "true";
        /// Roles, buckets, keys, topics and queues that services of many customers may use say for whom, where the guides of these
        /// services advise it.
        service_sources: bool, default "true";
        /// Running instances have an instance profile.
        instance_profiles: bool, default "true";
        /// Whether running instances need IMDSv2.
        imdsv2: MetadataTokens, default "\"required\"";
        /// Customer policies may allow every action of a service, or reading secrets and data of everything.
        wide_policies: bool, default "false";
        /// Days after which a service that a user or role may use and did not counts as not needed. IAM works on an
        /// answer for each of them, so a look takes longer.
        unused_services_after_days: Whole<1, 400>, absent "nobody looks";
        /// A trail records in every region.
        trail_in_every_region: bool, default "true";
        /// Global events, such as those of IAM, are recorded by one trail only.
        global_events_once: bool, default "true";
        /// Every trail of the account writes digests, encrypts its files with a key of KMS, and writes into a bucket that
        /// logs who reads them.
        hardened_trails: bool, default "true";
        /// Days for which the bucket of every trail of the account keeps its log files; `false` for no matter how long.
        trail_retention_days: OrOff<Whole<1, 36500>>, default "90";
        /// Nobody but an administrator can stop, blind or delete a trail that records.
        guarded_trails: bool, default "true";
        /// AWS rotates every key of KMS that it can rotate.
        key_rotation: bool, default "true";
        /// Every load balancer that the file does not declare sends plain HTTP to HTTPS and takes no TLS older than 1.2.
        encrypted_listeners: bool, default "true";
        /// The default security group of every VPC has no rules.
        sealed_default_groups: bool, default "true";
        /// Every VPC has flow logs.
        flow_logs: bool, default "true";
        /// No network ACL that guards a subnet lets the whole world reach ports 22 and 3389.
        network_acls: bool, default "true";
        /// No EBS snapshot and no image of the account is public.
        private_images: bool, default "true";
        /// No topic of SNS and no queue of SQS lets everybody in.
        private_topics_and_queues: bool, default "true";
        /// EBS snapshots and images are shared with the accounts of `trusted_accounts` only. That takes a call for each of them, so
        /// nobody looks unless the file asks.
        images_for_trusted_accounts: bool, default "false";
        /// No server certificate that IAM keeps has expired.
        certificates: bool, default "true";
        /// The regions that are looked at.
        regions: List<RegionName>, absent "every enabled region";
    }
}
