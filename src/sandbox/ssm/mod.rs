//! Systems Manager, as far as Parameter Store goes: parameters, their versions and their tags.

mod history;
mod parameters;
mod state;
mod tags;
#[cfg(test)]
mod tests;

pub use state::{Parameter, State, Written};

use super::service::Service;
use super::wire::Protocol;

/// Systems Manager.
pub const SERVICE: Service = Service {
    name: "ssm",
    protocol: Protocol::Json,
    version: "2014-11-06",
    namespace: "AmazonSSM",
    operations: &[history::OPERATIONS, parameters::OPERATIONS, tags::OPERATIONS],
    members: include_str!("members.txt"),
};
