//! What a report is about.

use schemars::JsonSchema;
use serde::Serialize;

/// The command that made a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// `baseline validate`.
    Validate,
    /// `baseline plan`.
    Plan,
    /// `baseline apply`.
    Apply,
    /// `baseline drift`.
    Drift,
}

impl Command {
    /// The command as it is typed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Drift => "drift",
        }
    }
}

/// What a report is about: which file, which account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The command.
    pub command: Command,
    /// The baseline file as the person named it.
    pub file: String,
    /// The baseline's name.
    pub baseline: String,
    /// The account's twelve digits.
    pub account: String,
    /// The region.
    pub region: String,
}
