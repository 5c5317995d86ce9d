//! IAM.

mod state;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// IAM.
pub const SERVICE: Service = Service {
    name: "iam",
    protocol: Protocol::Query,
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    operations: &[],
};
