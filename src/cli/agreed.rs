//! What somebody agreed to: the plan of an account as it was shown or saved. It is carried out as it was, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::look::Look;
use super::saved_plan::digest;
use crate::model::Addr;
use crate::report::json::Report;

/// The plan of an account, as far as it is compared with another look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Agreed {
    /// The program that made it; only to be shown.
    pub(super) program: String,
    /// The home region.
    pub(super) region: String,
    /// The SHA-256 of the steps in JSON.
    pub(super) steps: String,
    /// A digest of what was found, by address.
    pub(super) fingerprints: BTreeMap<Addr, String>,
}

impl Agreed {
    /// The plan of a look.
    pub(super) fn of(look: &Look, report: &Report) -> Result<Self, Failure> {
        Ok(Self {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            region: look.heading.region.clone(),
            steps: digest_of_steps(&serde_json::to_value(&report.steps).map_err(Failure::bug)?),
            fingerprints: look.plan.fingerprints.clone(),
        })
    }

    /// Fails unless a new look finds the account as it was, and comes to the same steps.
    pub(super) fn check(&self, look: &Look, report: &Report) -> Result<(), Failure> {
        let again = "look at the account, then make the plan again";
        let moved = moved(&self.fingerprints, &look.plan.fingerprints);
        if !moved.is_empty() {
            return Err(Failure::list("the account has changed since the plan was made:", moved, again));
        }
        let now = Self::of(look, report)?;
        if (&self.region, &self.steps) != (&now.region, &now.steps) {
            return Err(Failure::with_hint(
                format!(
                    "this baseline ({}) comes to other steps than the one that made the plan ({})",
                    now.program, self.program
                ),
                again,
            ));
        }
        Ok(())
    }
}

/// The SHA-256 of the steps of a report in JSON.
pub(super) fn digest_of_steps(steps: &serde_json::Value) -> String {
    digest(steps.to_string().as_bytes())
}

/// What moved between two looks, one line each.
fn moved(then: &BTreeMap<Addr, String>, now: &BTreeMap<Addr, String>) -> Vec<String> {
    let absent = "absent".to_owned();
    let addrs: BTreeSet<&Addr> = then.keys().chain(now.keys()).collect();
    addrs
        .into_iter()
        .filter_map(|addr| {
            let before = then.get(addr).unwrap_or(&absent);
            let after = now.get(addr).unwrap_or(&absent);
            let verb = match (before.as_str(), after.as_str()) {
                (before, after) if before == after => return None,
                (_, "unreadable") => "can no longer be read",
                ("unreadable", _) => "can be read now",
                ("absent", "taken") => "is taken by something else now",
                ("taken", "absent") => "is no longer taken by something else",
                ("absent" | "taken", _) => "appeared",
                (_, "absent" | "taken") => "vanished",
                _ => "changed",
            };
            Some(format!("{addr} {verb}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests<const N: usize>(entries: [(&str, &str); N]) -> BTreeMap<Addr, String> {
        entries.into_iter().map(|(addr, digest)| (addr.parse().unwrap(), digest.to_owned())).collect()
    }

    #[test]
    fn everything_that_moved_is_named_with_what_happened() {
        let then = digests([
            ("ec2.vpc.a", "1"),
            ("ec2.vpc.b", "absent"),
            ("ec2.vpc.c", "3"),
            ("ec2.vpc.d", "4"),
            ("ec2.vpc.e", "5"),
            ("ec2.vpc.f", "unreadable"),
            ("ec2.vpc.g", "absent"),
        ]);
        let now = digests([
            ("ec2.vpc.a", "1"),
            ("ec2.vpc.b", "2"),
            ("ec2.vpc.c", "absent"),
            ("ec2.vpc.d", "40"),
            ("ec2.vpc.e", "unreadable"),
            ("ec2.vpc.f", "6"),
            ("ec2.vpc.h", "8"),
        ]);
        insta::assert_snapshot!(moved(&then, &now).join("\n"), @r#"
        ec2.vpc.b appeared
        ec2.vpc.c vanished
        ec2.vpc.d changed
        ec2.vpc.e can no longer be read
        ec2.vpc.f can be read now
        ec2.vpc.h appeared
        "#);
    }
}
