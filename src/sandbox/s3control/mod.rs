//! S3 Control: the account's public access block, access points, and the tags of buckets under another name.

mod access_points;
mod public_access;
mod state;
mod tags;
#[cfg(test)]
mod tests;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// S3 Control.
pub const SERVICE: Service = Service {
    name: "s3control",
    protocol: Protocol::RestXml,
    version: "2018-08-20",
    namespace: "http://awss3control.amazonaws.com/doc/2018-08-20/",
    operations: &[public_access::OPERATIONS, access_points::OPERATIONS, tags::OPERATIONS],
    members: include_str!("members.txt"),
};
