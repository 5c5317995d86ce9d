//! S3: buckets with their settings, and objects with what is kept beside their bytes (aws-truths 1.2).

mod abac;
mod acl;
mod buckets;
pub(super) mod checksum;
mod conditions;
mod copy;
mod deletion;
mod encryption;
mod find;
mod lifecycle;
mod listing;
mod lock;
mod logging;
mod names;
mod object_headers;
#[cfg(test)]
mod object_tests;
mod objects;
mod policy;
mod public;
mod seed;
mod settings;
mod state;
mod tagging;
#[cfg(test)]
mod tests;
mod uploads;
mod versioning;

pub(super) use buckets::has_tags_by_arn;
pub(super) use names::is_valid as is_valid_name;
pub(super) use public::is_public;
pub use seed::{neglect, neglected_log_bucket};
pub(super) use settings::switches;
pub(super) use state::tags_of;
pub use state::{Bucket, Content, Owner, State, Version};
pub(super) use tagging::check as check_tags;

use super::service::Service;
use super::wire::Protocol;

/// S3.
pub const SERVICE: Service = Service {
    name: "s3",
    protocol: Protocol::RestXml,
    version: "2006-03-01",
    namespace: "http://s3.amazonaws.com/doc/2006-03-01/",
    operations: &[
        abac::OPERATIONS,
        acl::OPERATIONS,
        buckets::OPERATIONS,
        copy::OPERATIONS,
        deletion::OPERATIONS,
        encryption::OPERATIONS,
        lifecycle::OPERATIONS,
        listing::OPERATIONS,
        lock::OPERATIONS,
        logging::OPERATIONS,
        objects::OPERATIONS,
        policy::OPERATIONS,
        settings::OPERATIONS,
        tagging::OPERATIONS,
        uploads::OPERATIONS,
        versioning::OPERATIONS,
    ],
    members: include_str!("members.txt"),
};
