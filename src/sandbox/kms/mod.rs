//! KMS: keys, their aliases, policies, rotation, tags and grants (aws-truths 1.1). Nothing is encrypted.

mod aliases;
mod deletion;
mod find;
mod grants;
mod import;
mod keys;
mod policies;
mod replicas;
mod rotation;
mod state;
mod tags;
#[cfg(test)]
mod tests;

pub use find::aws_key;
pub use policies::default_policy;
pub use state::{Alias, Grant, Key, Rotation, State};

use super::service::Service;
use super::wire::Protocol;

/// KMS.
pub const SERVICE: Service = Service {
    name: "kms",
    protocol: Protocol::Json,
    version: "2014-11-01",
    namespace: "TrentService",
    operations: &[
        aliases::OPERATIONS,
        deletion::OPERATIONS,
        grants::OPERATIONS,
        import::OPERATIONS,
        keys::OPERATIONS,
        policies::OPERATIONS,
        replicas::OPERATIONS,
        rotation::OPERATIONS,
        tags::OPERATIONS,
    ],
    members: include_str!("members.txt"),
};
