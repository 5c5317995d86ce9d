//! The top of the file.

use super::account::Account;
use super::audit::Audit;
use super::auto_scaling::AutoScaling;
use super::bucket::Bucket;
use super::cloudtrail::CloudTrail;
use super::default_network::DefaultNetwork;
use super::group::Group;
use super::kms_key::KmsKey;
use super::load_balancer::LoadBalancer;
use super::moved::Moved;
use super::network::Network;
use super::password_policy::PasswordPolicy;
use super::policy::Policy;
use super::role::Role;
use super::root::Root;
use super::section::section;
use super::tags::Tags;
use super::types::{BaselineName, List, Named, RegionName};
use super::users::Users;
use super::variables::Variables;

section! {
    /// Two keys stand at the top of the file; everything else stands in sections.
    #[practices()]
    File {
        /// The name of the baseline. It is the value of the `baseline:name` tag and the start of the names of
        /// what is made, so it stays what it is for as long as the baseline lives.
        name: BaselineName, required;
        /// The home region.
        region: RegionName, required;
        /// Tags for everything that is made from the file and can carry tags, beside the tags of ownership: the call that makes a
        /// thing puts them on. One that is missing or has another value is drift, and is put right in place; tags with other keys
        /// belong to others and stay. What carries none, and what is not looked at again, is listed in [tags](tags.md).
        tags: Tags, default "{}";
        /// Variables, which are given a value where the file is used.
        vars: Variables, default "{}";
        /// Tiers that have another name now.
        moved: List<Moved>, default "[]";
        /// Settings of the account.
        account: Account, absent "not managed";
        /// The root user.
        root: Root, absent "not looked at";
        /// IAM users and administrators.
        users: Users, absent "not looked at";
        /// What else is looked for in the whole account.
        audit: Audit, absent "not looked at";
        /// Customer keys.
        kms_key: Named<KmsKey>, default "{}";
        /// Buckets.
        bucket: Named<Bucket>, default "{}";
        /// The trail.
        cloudtrail: CloudTrail, absent "not managed";
        /// The password policy.
        password_policy: PasswordPolicy, absent "not managed";
        /// Customer-managed policies.
        policy: Named<Policy>, default "{}";
        /// Groups of IAM users.
        group: Named<Group>, default "{}";
        /// Roles.
        role: Named<Role>, default "{}";
        /// The network.
        network: Network, absent "not managed";
        /// The default security groups of all VPCs.
        default_network: DefaultNetwork, absent "not managed";
        /// Load balancers.
        load_balancer: Named<LoadBalancer>, default "{}";
        /// Groups of instances.
        auto_scaling: Named<AutoScaling>, default "{}";
    }
}
