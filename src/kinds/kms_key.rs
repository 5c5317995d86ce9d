//! A customer key with its alias, policy and rotation (aws-truths 1.1).

use serde::{Deserialize, Serialize};

use crate::model::{Document, Shape};

/// A symmetric encryption key. Outputs: `id`, `arn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The alias, the only unique name a key can have (KMS-1): `alias/landing-zone-trail`.
    pub alias: String,
    /// What it is for, as the console shows it.
    pub description: String,
    /// Who may use and administer it.
    pub policy: Document,
    /// Days between rotations, 90 to 2560; not rotated where absent.
    pub rotation_days: Option<i64>,
    /// Whether it can be used.
    pub enabled: bool,
    /// Days between asking for deletion and deletion, 7 to 30; kept in the tag `baseline:deletion-window`.
    pub deletion_window_days: i64,
}

impl Shape for Key {
    const KIND: &'static str = "kms.key";
}
