//! Policies that AWS itself keeps (`arn:aws:iam::aws:policy/...`): all of them, with their documents.
//!
//! They are AWS's as published in autumn 2026, and kept compressed, since few processes need them: `managed_policies.txt.gz` has
//! one a line. A test makes it anew from moto's package.

use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

use crate::sandbox::chance::{digest, mix};
use crate::sandbox::world::Milliseconds;

/// A policy that AWS itself keeps.
#[derive(Debug, Clone, Copy)]
pub struct Managed {
    /// Its name.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// The number of its default version.
    pub version: u32,
    created: &'static str,
    updated: &'static str,
    /// Its document.
    pub document: &'static str,
}

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    // What is built in is whole; a test reads every line.
    let _read =
        GzDecoder::new(include_bytes!("managed_policies.txt.gz").as_slice()).read_to_string(&mut text);
    text
});

static MANAGED: LazyLock<Vec<Managed>> = LazyLock::new(|| {
    let policy = |line: &'static str| {
        let mut parts = line.splitn(6, '\t');
        Some(Managed {
            name: parts.next()?,
            path: parts.next()?,
            version: parts.next()?.parse().ok()?,
            created: parts.next()?,
            updated: parts.next()?,
            document: parts.next()?,
        })
    };
    TEXT.lines().filter_map(policy).collect()
});

/// Every policy of AWS's, by name.
pub fn all() -> &'static [Managed] {
    &MANAGED
}

/// The policy of AWS's of that name.
pub fn named(name: &str) -> Option<&'static Managed> {
    let found = all().binary_search_by(|policy| policy.name.cmp(name)).ok()?;
    all().get(found)
}

/// Finds a policy of AWS's by its ARN in a partition.
pub fn find(partition: &str, arn: &str) -> Option<&'static Managed> {
    let rest = arn.strip_prefix(&format!("arn:{partition}:iam::aws:policy"))?;
    let policy = named(rest.rsplit('/').next()?)?;
    (rest.strip_prefix(policy.path) == Some(policy.name)).then_some(policy)
}

impl Managed {
    /// Its ARN in a partition.
    pub fn arn(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::aws:policy{}{}", self.path, self.name)
    }

    /// Its unique id: made up, but always the same.
    pub fn id(&self) -> String {
        format!("ANPAI{:016X}", mix(digest(self.name), 0, 0))
    }

    /// When it was made.
    pub fn created(&self) -> Milliseconds {
        time(self.created)
    }

    /// When its default version was made.
    pub fn updated(&self) -> Milliseconds {
        time(self.updated)
    }
}

fn time(text: &str) -> Milliseconds {
    text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn every_line_is_a_policy_with_a_document_and_dates() {
        assert_eq!(all().len(), TEXT.lines().count());
        assert!(all().len() > 1_500, "{}", all().len());
        assert!(all().is_sorted_by(|one, other| one.name < other.name));
        for policy in all() {
            assert!(policy.created() > 0 && policy.updated() >= policy.created(), "{}", policy.name);
            assert!(
                Policy::parse(policy.document).is_ok_and(|it| !it.statements.is_empty()),
                "{}",
                policy.name
            );
            assert_eq!(find("aws", &policy.arn("aws")).unwrap().name, policy.name);
        }
        assert!(find("aws", "arn:aws:iam::aws:policy/ViewOnlyAccess").is_none(), "its path is another");
    }
}
