//! Organizations: accounts, units, tags, delegated administrators and service control policies (aws-truths 1.13).

mod access;
mod accounts;
mod creation;
mod delegation;
mod policies;
mod state;
mod tags;
mod units;

pub use state::{ControlPolicy, Creation, EVERYTHING, Member, Organization, State, Unit, control_over, of};

use super::service::Service;
use super::wire::Protocol;

/// Organizations.
pub const SERVICE: Service = Service {
    name: "organizations",
    protocol: Protocol::Json,
    version: "2016-11-28",
    namespace: "AWSOrganizationsV20161128",
    operations: &[
        accounts::OPERATIONS,
        creation::OPERATIONS,
        delegation::OPERATIONS,
        policies::OPERATIONS,
        tags::OPERATIONS,
        units::OPERATIONS,
    ],
    members: include_str!("members.txt"),
};

#[cfg(test)]
mod tests;
