//! SNS, as far as topics and who may use them go. Nothing is published and nobody subscribes.

mod state;
#[cfg(test)]
mod tests;
mod topics;

pub use state::{State, Topic};

use super::service::Service;
use super::wire::Protocol;

/// SNS.
pub const SERVICE: Service = Service {
    name: "sns",
    protocol: Protocol::Query,
    version: "2010-03-31",
    namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    operations: &[topics::OPERATIONS],
    members: include_str!("members.txt"),
};
