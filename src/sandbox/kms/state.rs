//! What exists in KMS.

use serde::{Deserialize, Serialize};

/// What exists in KMS.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}
