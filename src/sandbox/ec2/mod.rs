//! EC2 and VPC.

mod state;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// EC2 and VPC.
pub const SERVICE: Service = Service {
    name: "ec2",
    protocol: Protocol::Ec2,
    version: "2016-11-15",
    namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    operations: &[],
};
