//! What a report is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The command that made a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// Where requests went that did not go to AWS's own endpoints; empty for most.
    pub endpoints: Vec<Endpoint>,
}

/// A place that requests went to instead of an endpoint of AWS: whoever answers there wrote what the report says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// The service, or `every service`.
    pub service: String,
    /// Its address.
    pub url: String,
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.service, self.url)
    }
}
