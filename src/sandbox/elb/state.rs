//! What exists in Elastic Load Balancing.

use serde::{Deserialize, Serialize};

/// What exists in Elastic Load Balancing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}
