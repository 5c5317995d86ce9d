//! What exists in SNS, in one region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sandbox::policy::Document;

/// What exists in SNS.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Topics by name.
    pub topics: BTreeMap<String, Topic>,
}

/// A topic.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Topic {
    /// What it is called where it is shown to people.
    pub display_name: String,
    /// Who may use it.
    pub policy: Document,
}
