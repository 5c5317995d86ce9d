//! Elastic Load Balancing.

mod state;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// Elastic Load Balancing.
pub const SERVICE: Service = Service {
    name: "elasticloadbalancing",
    protocol: Protocol::Query,
    version: "2015-12-01",
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    operations: &[],
};
