//! Organizations, as far as a fleet of accounts is found through it (aws-truths 1.13).

mod accounts;
mod state;

pub use state::{Member, Organization, State, of};

use super::service::Service;
use super::wire::Protocol;

/// Organizations.
pub const SERVICE: Service = Service {
    name: "organizations",
    protocol: Protocol::Json,
    version: "2016-11-28",
    namespace: "AWSOrganizationsV20161128",
    operations: &[accounts::OPERATIONS],
};
