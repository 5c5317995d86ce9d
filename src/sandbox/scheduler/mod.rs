//! EventBridge Scheduler: one-time schedules that call EC2 as a role.

mod run;
mod schedules;
mod state;
#[cfg(test)]
mod tests;

pub use run::run_due;
pub use state::{Schedule, State};

use super::service::Service;
use super::wire::Protocol;

/// EventBridge Scheduler.
pub const SERVICE: Service = Service {
    name: "scheduler",
    protocol: Protocol::RestJson,
    version: "2021-06-30",
    namespace: "scheduler",
    operations: &[schedules::OPERATIONS],
    members: include_str!("members.txt"),
};

/// Who assumes the role of a target.
const PRINCIPAL: &str = "scheduler.amazonaws.com";
