//! What each kind of AWS resource knows: one kind a file, and one line in [`KINDS`].

mod account_setting;
pub mod autoscaling_group;
mod by_name;
pub mod cloudtrail_trail;
pub mod ec2;
pub mod ec2_availability_zone;
pub mod ec2_default_security_group;
pub mod ec2_default_vpc;
pub mod ec2_ebs_encryption;
pub mod ec2_egress_only_internet_gateway;
pub mod ec2_elastic_ip;
pub mod ec2_flow_log;
pub mod ec2_image_public_access;
pub mod ec2_instance_metadata_defaults;
pub mod ec2_internet_gateway;
pub mod ec2_launch_template;
pub mod ec2_nat_gateway;
pub mod ec2_network_acl;
pub mod ec2_prefix_list;
pub mod ec2_route_table;
pub mod ec2_security_group;
pub mod ec2_snapshot_public_access;
pub mod ec2_subnet;
pub mod ec2_vpc;
pub mod ec2_vpc_endpoint;
mod elb;
pub mod elb_load_balancer;
pub mod elb_target_group;
pub mod iam_access_key;
pub mod iam_group;
pub mod iam_password_policy;
pub mod iam_policy;
pub mod iam_role;
pub mod iam_root_credentials;
pub mod kms_key;
mod refusals;
pub mod s3_account_public_access;
pub mod s3_bucket;
mod whole_number;

mod contract;
mod erased;

pub use crate::model::{Deletion, KindMeta, Lives, Replace, State, Tagged};
pub use contract::{
    DeleteRequest, Found, Holder, Holders, ReadRequest, ReadResult, Reading, Resource, Update, by_tag,
    unreadable,
};
use erased::Erased;
pub use erased::{ErasedReadResult, ErasedReading, ErasedUpdate, Kind, default_vpc, every_default_group};

/// Every kind, in the order in which an empty account is filled.
///
/// Deletion runs through it backwards.
pub const KINDS: &[&dyn Kind] = &[
    &Erased::<s3_account_public_access::AccountPublicAccess>::new(),
    &Erased::<ec2_ebs_encryption::EbsEncryptionByDefault>::new(),
    &Erased::<ec2_instance_metadata_defaults::MetadataDefaults>::new(),
    &Erased::<ec2_snapshot_public_access::SnapshotSharing>::new(),
    &Erased::<ec2_image_public_access::ImageSharing>::new(),
    &Erased::<iam_password_policy::AccountPasswordPolicy>::new(),
    &Erased::<iam_policy::Policies>::new(),
    &Erased::<iam_group::Groups>::new(),
    &Erased::<iam_access_key::AccessKeys>::new(),
    &Erased::<iam_root_credentials::MemberRoot>::new(),
    &Erased::<iam_role::Roles>::new(),
    &Erased::<kms_key::Keys>::new(),
    &Erased::<s3_bucket::Buckets>::new(),
    &Erased::<cloudtrail_trail::Trails>::new(),
    &Erased::<ec2_availability_zone::AvailabilityZones>::new(),
    &Erased::<ec2_prefix_list::PrefixLists>::new(),
    &Erased::<ec2_vpc::Vpcs>::new(),
    &Erased::<ec2_default_security_group::DefaultSecurityGroups>::new(),
    &Erased::<ec2_default_vpc::DefaultVpcs>::new(),
    &Erased::<ec2_subnet::Subnets>::new(),
    &Erased::<ec2_internet_gateway::InternetGateways>::new(),
    &Erased::<ec2_egress_only_internet_gateway::EgressOnlyGateways>::new(),
    &Erased::<ec2_elastic_ip::ElasticIps>::new(),
    &Erased::<ec2_nat_gateway::NatGateways>::new(),
    &Erased::<ec2_route_table::RouteTables>::new(),
    &Erased::<ec2_security_group::SecurityGroups>::new(),
    &Erased::<ec2_network_acl::NetworkAcls>::new(),
    &Erased::<ec2_vpc_endpoint::VpcEndpoints>::new(),
    &Erased::<ec2_flow_log::FlowLogs>::new(),
    &Erased::<ec2_launch_template::LaunchTemplates>::new(),
    &Erased::<elb_target_group::TargetGroups>::new(),
    &Erased::<elb_load_balancer::LoadBalancers>::new(),
    &Erased::<autoscaling_group::AutoScalingGroups>::new(),
];

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|kind| kind.name() == name)
}
