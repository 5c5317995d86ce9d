//! Classic Load Balancers: the older API, which shares host and signing name with the newer one and differs in its version.
//!
//! Listeners and what they negotiate are kept. Instances, health checks, attributes and policies of other types than SSL
//! negotiation are not: what asks for them is refused by name.

mod balancer;
mod listener;
mod policy;
mod state;
#[cfg(test)]
mod tests;

pub use state::{Balancer, Listener};

use crate::sandbox::service::Service;
use crate::sandbox::wire::{Fault, Protocol};

/// The API of Classic Load Balancers.
pub const SERVICE: Service = Service {
    name: super::SERVICE.name,
    protocol: Protocol::Query,
    version: "2012-06-01",
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/",
    operations: &[balancer::OPERATIONS, listener::OPERATIONS, policy::OPERATIONS],
    members: include_str!("members.txt"),
};

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidConfigurationRequest", message)
}

fn not_there(name: &str) -> Fault {
    Fault::client("LoadBalancerNotFound", format!("There is no ACTIVE Load Balancer named '{name}'"))
}
