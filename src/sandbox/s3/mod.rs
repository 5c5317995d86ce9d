//! S3.

mod state;

pub use state::{Owner, State};

use super::service::Service;
use super::wire::Protocol;

/// S3.
pub const SERVICE: Service = Service {
    name: "s3",
    protocol: Protocol::RestXml,
    version: "2006-03-01",
    namespace: "http://s3.amazonaws.com/doc/2006-03-01/",
    operations: &[],
};
