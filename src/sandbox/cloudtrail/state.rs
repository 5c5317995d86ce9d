//! What exists in CloudTrail.

use serde::{Deserialize, Serialize};

/// What exists in CloudTrail.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}
