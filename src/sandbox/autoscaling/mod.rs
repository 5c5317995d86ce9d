//! EC2 Auto Scaling.

mod activity;
mod group;
mod group_check;
mod group_edit;
mod member;
mod nothing;
mod policy;
mod refresh;
mod state;
mod step;
mod tags;
mod target_group;
#[cfg(test)]
mod tests;

pub use state::State;

use super::service::Service;
use super::wire::Protocol;

/// EC2 Auto Scaling.
pub const SERVICE: Service = Service {
    name: "autoscaling",
    protocol: Protocol::Query,
    version: "2011-01-01",
    namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    operations: &[
        activity::OPERATIONS,
        group::OPERATIONS,
        group_edit::OPERATIONS,
        member::OPERATIONS,
        nothing::OPERATIONS,
        policy::OPERATIONS,
        refresh::OPERATIONS,
        tags::OPERATIONS,
        target_group::OPERATIONS,
    ],
    members: include_str!("members.txt"),
};
