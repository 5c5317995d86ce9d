//! What exists in SQS, in one region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sandbox::policy::Document;
use crate::sandbox::world::Milliseconds;

/// What exists in SQS.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Queues by name.
    pub queues: BTreeMap<String, Queue>,
    /// When queues of these names were last deleted.
    pub deleted: BTreeMap<String, Milliseconds>,
}

/// A queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Queue {
    /// The numbers that were set, by the attribute's name.
    pub numbers: BTreeMap<String, i64>,
    /// Who may use it; nothing where only its own account may.
    pub policy: Option<Document>,
    /// When it was made.
    pub created: Milliseconds,
    /// When an attribute was last set.
    pub changed: Milliseconds,
}
