//! What each kind of AWS resource knows: one kind a file, and one line in [`KINDS`].

pub mod autoscaling_group;
pub mod cloudtrail_trail;
pub mod ec2_availability_zone;
mod ec2_create_once;
pub mod ec2_ebs_encryption;
pub mod ec2_elastic_ip;
pub mod ec2_flow_log;
pub mod ec2_image_public_access;
pub mod ec2_instance_metadata_defaults;
pub mod ec2_internet_gateway;
pub mod ec2_launch_template;
pub mod ec2_nat_gateway;
pub mod ec2_network_acl;
mod ec2_network_acl_subnets;
pub mod ec2_route_table;
mod ec2_route_table_subnets;
pub mod ec2_security_group;
pub mod ec2_snapshot_public_access;
pub mod ec2_subnet;
mod ec2_tags;
pub mod ec2_vpc;
pub mod elb_load_balancer;
pub mod elb_target_group;
pub mod iam_password_policy;
pub mod iam_role;
mod ip_protocol;
mod ip_range;
pub mod kms_key;
pub mod s3_account_public_access;
pub mod s3_bucket;
pub mod security_rule;
mod security_rule_edit;

mod contract;
mod erased;

pub use contract::{
    Asked, Deletion, Doomed, Found, Reading, Replace, Resource, Rules, Sighting, State, Update, by_tag,
    unreadable,
};
use erased::Erased;
pub use erased::{ErasedReading, ErasedSighting, ErasedUpdate, Kind};

/// Every kind, in the order in which an empty account is filled.
///
/// Deletion runs through it backwards.
pub const KINDS: &[&dyn Kind] = &[
    &Erased::<ec2_availability_zone::AvailabilityZones>::new(),
    &Erased::<ec2_vpc::Vpcs>::new(),
    &Erased::<ec2_subnet::Subnets>::new(),
    &Erased::<ec2_internet_gateway::InternetGateways>::new(),
    &Erased::<ec2_elastic_ip::ElasticIps>::new(),
    &Erased::<ec2_nat_gateway::NatGateways>::new(),
    &Erased::<ec2_route_table::RouteTables>::new(),
    &Erased::<ec2_security_group::SecurityGroups>::new(),
    &Erased::<ec2_network_acl::NetworkAcls>::new(),
    &Erased::<ec2_flow_log::FlowLogs>::new(),
];

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|kind| kind.name() == name)
}
