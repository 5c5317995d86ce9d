//! EC2 Auto Scaling.

mod state;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// EC2 Auto Scaling.
pub const SERVICE: Service = Service {
    name: "autoscaling",
    protocol: Protocol::Query,
    version: "2011-01-01",
    namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    operations: &[],
};
