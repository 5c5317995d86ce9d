//! What exists in S3 Control.

use serde::{Deserialize, Serialize};

/// What exists in S3 Control.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}
