//! Secrets Manager: secrets, their versions and the label of the one in force.

mod secrets;
mod state;
#[cfg(test)]
mod tests;

pub use state::{Secret, State, Version};

use super::service::Service;
use super::wire::Protocol;

/// Secrets Manager.
pub const SERVICE: Service = Service {
    name: "secretsmanager",
    protocol: Protocol::Json,
    version: "2017-10-17",
    namespace: "secretsmanager",
    operations: &[secrets::OPERATIONS],
    members: include_str!("members.txt"),
};
