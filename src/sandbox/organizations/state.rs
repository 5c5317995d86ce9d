//! What exists in Organizations.

use serde::{Deserialize, Serialize};

/// What exists in Organizations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}
