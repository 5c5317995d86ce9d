//! CloudTrail: trails, with the looks at bucket and key policies that emulators lack (aws-truths 1.3). Nothing is
//! recorded.

mod find;
mod logging;
mod names;
mod preflight;
mod read;
mod seed;
mod selectors;
mod state;
mod tags;
#[cfg(test)]
mod tests;
mod trails;

pub use seed::neglect;
pub use state::{Selectors, State, Trail};

use super::service::Service;
use super::wire::Protocol;

/// CloudTrail.
pub const SERVICE: Service = Service {
    name: "cloudtrail",
    protocol: Protocol::Json,
    version: "2013-11-01",
    namespace: "CloudTrail_20131101",
    operations: &[
        logging::OPERATIONS,
        read::OPERATIONS,
        selectors::OPERATIONS,
        tags::OPERATIONS,
        trails::OPERATIONS,
    ],
    members: include_str!("members.txt"),
};
