//! SQS, as far as queues and who may use them go. Nothing is sent and nothing received.

mod queues;
mod state;
#[cfg(test)]
mod tests;

pub use queues::of_url;
pub use state::{Queue, State};

use super::service::Service;
use super::wire::Protocol;

/// SQS.
pub const SERVICE: Service = Service {
    name: "sqs",
    protocol: Protocol::Json,
    version: "2012-11-05",
    namespace: "AmazonSQS",
    operations: &[queues::OPERATIONS],
    members: include_str!("members.txt"),
};
