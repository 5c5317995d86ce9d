//! Temporary credentials.

use serde::{Deserialize, Serialize};

use super::world::Milliseconds;

/// Temporary credentials, as STS issued them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The account they are for.
    pub account: String,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME`, or the user's own ARN.
    pub arn: String,
    /// `AROA...:NAME`, or the user's own id.
    pub user_id: String,
    /// The token that must come with every request.
    pub token: String,
    /// When they were issued.
    pub issued: Milliseconds,
    /// When they stop working.
    pub expires: Milliseconds,
    /// Whether they come from a session themselves (role chaining, ORG-5).
    pub chained: bool,
    /// The task that a session as a member's root user is limited to.
    #[serde(default)]
    pub task: Option<String>,
    /// Policies that were given with the session and limit it.
    #[serde(default)]
    pub policies: Vec<String>,
    /// Whether whoever asked for it gave a second factor.
    #[serde(default)]
    pub second_factor: bool,
}
