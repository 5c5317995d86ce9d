//! What exists in EC2 Auto Scaling.

use serde::{Deserialize, Serialize};

/// What exists in EC2 Auto Scaling.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}
