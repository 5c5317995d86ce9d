//! What exists in KMS, in one region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::policy::Document;
use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::Milliseconds;
use crate::sandbox::world::partition_of;

/// What exists in KMS.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Keys by their id.
    pub keys: BTreeMap<String, Versioned<Key>>,
    /// Aliases by their name, `alias/` included; those of AWS only once they have a key (KMS-2).
    pub aliases: BTreeMap<String, Versioned<Alias>>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// When it was made.
    pub created: Milliseconds,
    /// What it is for.
    pub description: String,
    /// The key policy.
    pub policy: Document,
    /// Whether it may be used, unless its deletion is pending.
    pub enabled: bool,
    /// How it rotates; not at all where absent.
    pub rotation: Option<Rotation>,
    /// When it will be deleted (KMS-12).
    pub deletion: Option<Milliseconds>,
    /// `SYMMETRIC_DEFAULT` and its like.
    pub spec: String,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY` and their like.
    pub usage: String,
    /// Whether it may have replicas.
    pub multi_region: bool,
    /// Where its material comes from: `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM` or `EXTERNAL_KEY_STORE`.
    #[serde(default = "made_by_kms")]
    pub origin: String,
    /// Whether its material has still to be imported.
    #[serde(default)]
    pub awaits_material: bool,
    /// The region of the primary key, where it is a replica.
    #[serde(default)]
    pub primary: Option<String>,
    /// Whether AWS manages it.
    pub of_aws: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When its tags were last written.
    pub tagged: Milliseconds,
    /// Its grants by their id.
    pub grants: BTreeMap<String, Grant>,
}

/// How a key rotates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Days between rotations, 90 to 2560.
    pub days: i64,
    /// When it was switched on.
    pub since: Milliseconds,
}

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// When it was made.
    pub created: Milliseconds,
    /// What it was made of, as it was sent.
    pub sent: serde_json::Value,
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The id of the key it names.
    pub target: String,
    /// When it was made.
    pub created: Milliseconds,
    /// When it was last pointed at a key.
    pub updated: Milliseconds,
}

/// The origin of keys whose material KMS makes.
pub const MADE_BY_KMS: &str = "AWS_KMS";

fn made_by_kms() -> String {
    MADE_BY_KMS.to_owned()
}

impl Key {
    /// The state AWS shows.
    pub const fn state(&self) -> &'static str {
        match (self.deletion, self.enabled) {
            (Some(_), _) => "PendingDeletion",
            (None, _) if self.awaits_material => "PendingImport",
            (None, true) => "Enabled",
            (None, false) => "Disabled",
        }
    }

    /// Whether it is the kind of key that encrypts volumes and logs.
    pub fn is_symmetric(&self) -> bool {
        self.spec == "SYMMETRIC_DEFAULT"
    }
}

impl State {
    /// Deletes what is due: keys at the end of their window, and their aliases with them (KMS-12).
    pub fn sweep(&mut self, now: Milliseconds) {
        let due = |key: &Versioned<Key>| key.truth().deletion.is_some_and(|at| at <= now);
        if self.keys.values().any(due) {
            self.keys.retain(|_, key| !due(key));
            self.aliases.retain(|_, alias| self.keys.contains_key(&alias.truth().target));
        }
    }

    /// The id and key that a key id, key ARN, alias or alias ARN of this region names (KMS-16).
    pub fn find(&self, lens: Lens, name: &str) -> Option<(&str, &Key)> {
        let name = if name.starts_with("arn:") { name.splitn(6, ':').nth(5)? } else { name };
        let id = match name.strip_prefix("key/") {
            Some(id) => id,
            None if name.starts_with("alias/") => &self.aliases.get(name)?.seen(lens, name)?.target,
            None => name,
        };
        let (id, key) = self.keys.get_key_value(id)?;
        key.seen(lens, id).map(|key| (id.as_str(), key))
    }
}

impl Index for State {
    fn tagged(&self, account: &str, region: &str) -> Vec<Tagged> {
        let ours = self.keys.iter().filter(|(_, key)| !key.truth().of_aws);
        ours.map(|(id, key)| Tagged {
            arn: format!("arn:{}:kms:{region}:{account}:key/{id}", partition_of(region)),
            tags: key.truth().tags.clone(),
            since: key.truth().tagged,
        })
        .collect()
    }
}
