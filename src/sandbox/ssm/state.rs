//! What exists in Parameter Store, in one region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sandbox::lag::Lens;
use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::Milliseconds;
use crate::sandbox::world::partition_of;

/// How many versions of a parameter are kept; the oldest goes first.
const MOST_VERSIONS: usize = 100;

/// What exists in Parameter Store.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// `String` or `StringList`.
    pub kind: String,
    /// What it is for.
    pub description: String,
    /// Its versions by number, without gaps; never empty.
    pub versions: BTreeMap<i64, Written>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When its tags were last written.
    pub tagged: Milliseconds,
}

/// One version of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The value.
    pub value: String,
    /// When it was written.
    pub at: Milliseconds,
    /// Who wrote it.
    pub by: String,
    /// What it was for then.
    #[serde(default)]
    pub description: String,
}

impl State {
    /// The name under which a parameter is kept: one that it is asked by, its ARN or its name with or without the first
    /// slash, which are one parameter (moto's authors found so on AWS).
    pub fn named(&self, asked: &str, arn_prefix: &str) -> Option<String> {
        let name = asked.strip_prefix(arn_prefix).unwrap_or(asked);
        let other = name.strip_prefix('/').map_or_else(|| format!("/{name}"), str::to_owned);
        [name.to_owned(), other].into_iter().find(|name| self.parameters.contains_key(name))
    }
}

impl Parameter {
    /// Adds a version, drops the oldest beyond what is kept, and answers the new number.
    pub fn write(&mut self, written: Written) -> i64 {
        let number = self.versions.last_key_value().map_or(0, |(number, _)| *number) + 1;
        self.versions.insert(number, written);
        while self.versions.len() > MOST_VERSIONS {
            self.versions.pop_first();
        }
        number
    }

    /// The versions this call sees, oldest first.
    pub fn seen(&self, lens: Lens, name: &str) -> Vec<(i64, &Written)> {
        let seen = |number: i64, written: &Written| lens.sees(written.at, &format!("{name}:{number}"));
        self.versions
            .iter()
            .filter(|(number, written)| seen(**number, written))
            .map(|(number, written)| (*number, written))
            .collect()
    }
}

impl Index for State {
    fn tagged(&self, account: &str, region: &str) -> Vec<Tagged> {
        let tagged = |(name, parameter): (&String, &Parameter)| Tagged {
            arn: format!(
                "arn:{}:ssm:{region}:{account}:parameter/{}",
                partition_of(region),
                name.trim_start_matches('/')
            ),
            tags: parameter.tags.clone(),
            since: parameter.tagged,
        };
        self.parameters.iter().map(tagged).collect()
    }
}
