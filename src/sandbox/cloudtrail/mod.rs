//! CloudTrail.

mod state;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// CloudTrail.
pub const SERVICE: Service = Service {
    name: "cloudtrail",
    protocol: Protocol::Json,
    version: "2013-11-01",
    namespace: "CloudTrail_20131101",
    operations: &[],
};
