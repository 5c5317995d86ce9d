//! A role with its policies and its instance profile (aws-truths 1.5).

use serde::{Deserialize, Serialize};

use crate::model::{Dict, Document, Set, Shape};

/// A role. Its ARN is computable, so it has no outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The name, unique in the account ignoring case (IAM-1).
    pub role: String,
    /// What it is for.
    pub description: String,
    /// Who may assume it.
    pub trust: Document,
    /// The longest session, in seconds, 3600 to 43200.
    pub max_session_seconds: i64,
    /// Inline policies by name.
    pub inline: Dict<Document>,
    /// ARNs of attached managed policies.
    pub managed: Set<String>,
    /// The ARN of the permissions boundary; none where absent.
    pub boundary: Option<String>,
    /// Whether an instance profile of the same name holds the role.
    pub instance_profile: bool,
}

impl Shape for Role {
    const KIND: &'static str = "iam.role";
}
