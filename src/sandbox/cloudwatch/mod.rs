//! CloudWatch, as far as alarms of a metric go.

mod alarm;
mod state;
#[cfg(test)]
mod tests;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// CloudWatch.
pub const SERVICE: Service = Service {
    name: "monitoring",
    protocol: Protocol::Cbor,
    version: "2010-08-01",
    namespace: "GraniteServiceVersion20100801",
    operations: &[alarm::OPERATIONS],
    members: include_str!("members.txt"),
};

/// The same in JSON, which the AWS CLI speaks.
pub const IN_JSON: Service = Service { protocol: Protocol::Json, ..SERVICE };
