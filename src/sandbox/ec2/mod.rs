//! EC2 and VPC.

mod account_settings;
mod address;
mod address_association;
mod egress_only_gateway;
mod flow_log;
mod flow_log_bucket;
pub mod image;
mod instance;
mod instance_change;
pub mod instance_launch;
#[cfg(test)]
mod instance_tests;
mod instance_type;
mod interface_lingering;
mod internet_gateway;
pub mod ipv6;
mod ipv6_pool;
mod launch_template;
mod launch_template_data;
#[cfg(test)]
mod launch_template_tests;
pub mod listing;
pub mod managed_prefix_list;
mod nat_gateway;
mod network_acl;
mod network_acl_entry;
pub mod network_interface;
mod network_range;
#[cfg(test)]
mod network_tests;
mod new_vpc;
mod peering_connection;
mod quotas;
pub mod resource_id;
mod route;
mod route_table;
mod route_table_association;
mod security_group;
mod security_group_edit;
mod security_group_rule;
mod security_group_rule_id;
mod seed;
pub mod snapshot;
mod state;
mod subnet;
mod subnet_cidr_block;
pub mod tags;
mod token;
mod transit_gateway;
mod vpc;
mod vpc_attribute;
mod vpc_block_public_access;
mod vpc_cidr_block;
mod vpc_endpoint;
mod vpc_endpoint_interfaces;
mod vpc_endpoint_service;
mod vpn_gateway;
pub mod zone;

pub use instance::Instance;
pub use seed::neglect;
pub use state::{State, Things, ids_of};

use super::lag::Versioned;
use super::service::Service;
use super::wire::Protocol;

/// EC2 and VPC.
pub const SERVICE: Service = Service {
    name: "ec2",
    protocol: Protocol::Ec2,
    version: "2016-11-15",
    namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    operations: &[
        // Compute and settings.
        account_settings::OPERATIONS,
        image::OPERATIONS,
        instance::OPERATIONS,
        instance_change::OPERATIONS,
        instance_launch::OPERATIONS,
        instance_type::OPERATIONS,
        launch_template::OPERATIONS,
        snapshot::OPERATIONS,
        // Networks.
        address::OPERATIONS,
        address_association::OPERATIONS,
        vpn_gateway::OPERATIONS,
        egress_only_gateway::OPERATIONS,
        flow_log::OPERATIONS,
        internet_gateway::OPERATIONS,
        ipv6_pool::OPERATIONS,
        managed_prefix_list::OPERATIONS,
        nat_gateway::OPERATIONS,
        network_acl::OPERATIONS,
        network_acl_entry::OPERATIONS,
        network_interface::OPERATIONS,
        peering_connection::OPERATIONS,
        route::OPERATIONS,
        route_table::OPERATIONS,
        route_table_association::OPERATIONS,
        security_group::OPERATIONS,
        security_group_edit::OPERATIONS,
        security_group_rule_id::OPERATIONS,
        subnet::OPERATIONS,
        subnet_cidr_block::OPERATIONS,
        tags::OPERATIONS,
        transit_gateway::OPERATIONS,
        vpc::OPERATIONS,
        vpc_attribute::OPERATIONS,
        vpc_block_public_access::OPERATIONS,
        vpc_cidr_block::OPERATIONS,
        vpc_endpoint::OPERATIONS,
        vpc_endpoint_service::OPERATIONS,
        zone::OPERATIONS,
    ],
    members: include_str!("members.txt"),
};
