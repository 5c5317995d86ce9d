//! KMS.

mod state;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// KMS.
pub const SERVICE: Service = Service {
    name: "kms",
    protocol: Protocol::Json,
    version: "2014-11-01",
    namespace: "TrentService",
    operations: &[],
};
