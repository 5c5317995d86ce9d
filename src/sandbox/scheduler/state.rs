//! What exists in EventBridge Scheduler, in one region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sandbox::world::Milliseconds;

/// What exists in EventBridge Scheduler.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Schedules of the default group, by name.
    pub schedules: BTreeMap<String, Schedule>,
}

/// A one-time schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// When it runs, as it was written: `at(2026-11-29T21:00:00)`.
    pub expression: String,
    /// The same as a moment.
    pub at: Milliseconds,
    /// What it is for.
    pub description: String,
    /// Whether it goes once it has run.
    pub is_deleted_after: bool,
    /// What it calls.
    pub target: Target,
    /// When it was made.
    pub made: Milliseconds,
    /// How often it has been tried.
    pub tries: i64,
    /// Whether it has run, or was given up.
    pub is_over: bool,
    /// What tells the call that made it from another that makes one of the same name.
    #[serde(default)]
    pub token: Option<String>,
}

/// A call of EC2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The ARN as it was written, which ends in the operation.
    pub arn: String,
    /// The operation, such as `RevokeSecurityGroupIngress`.
    pub operation: String,
    /// The ARN of the role that makes the call.
    pub role: String,
    /// The parameters, as JSON.
    pub input: String,
    /// How often a failed call is made again.
    pub retries: i64,
    /// For how long, in seconds.
    pub oldest: i64,
}
