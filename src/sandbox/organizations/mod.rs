//! Organizations.

mod state;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// Organizations.
pub const SERVICE: Service = Service {
    name: "organizations",
    protocol: Protocol::Json,
    version: "2016-11-28",
    namespace: "AWSOrganizationsV20161128",
    operations: &[],
};
