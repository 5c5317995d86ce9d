//! Elastic Load Balancing: application load balancers, and Classic Load Balancers beside them.

mod access_log;
mod action;
mod attribute;
mod certificate;
pub mod classic;
mod find;
mod listener;
mod load_balancer;
mod load_balancer_edit;
mod placement;
mod rule;
mod state;
mod tags;
mod target;
mod target_group;
#[cfg(test)]
mod tests;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// Elastic Load Balancing.
pub const SERVICE: Service = Service {
    name: "elasticloadbalancing",
    protocol: Protocol::Query,
    version: "2015-12-01",
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    operations: &[
        attribute::OPERATIONS,
        listener::OPERATIONS,
        load_balancer::OPERATIONS,
        load_balancer_edit::OPERATIONS,
        rule::OPERATIONS,
        tags::OPERATIONS,
        target::OPERATIONS,
        target_group::OPERATIONS,
    ],
    members: include_str!("members.txt"),
};
