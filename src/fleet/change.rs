//! What an apply changes in an account, so that it can be compared with what it changed in others.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::fold::canonical;

/// The steps of a plan, each with its values; the account's own digits stand as a variable, and no step says its region.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    steps: BTreeSet<String>,
    deletes: bool,
}

impl Change {
    /// From the `steps` of the JSON report of an account. Steps that are held are not carried out, and are left out.
    pub fn of(steps: &Json, account: &str) -> Self {
        let mut change = Self::default();
        for step in steps.as_array().into_iter().flatten().filter(|step| step["held"].is_null()) {
            let (action, addr) =
                (step["action"].as_str().unwrap_or_default(), step["addr"].as_str().unwrap_or_default());
            let thing = addr.split('@').next().unwrap_or(addr);
            change.deletes |= matches!(action, "delete" | "replace");
            change.steps.insert(canonical(&format!("{action} {thing} {}", step["changes"]), account));
        }
        change
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether it does nothing that the other does not do, too.
    pub fn is_within(&self, other: &Self) -> bool {
        self.steps.is_subset(&other.steps)
    }

    /// Whether it deletes something, also to create it again.
    pub fn deletes(&self) -> bool {
        self.deletes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(account: &str, steps: &[(&str, &str, Json)]) -> Change {
        let step = |(action, addr, after): &(&str, &str, Json)| {
            let changes = json!([{ "path": "x", "before": null, "after": after }]);
            json!({ "addr": addr, "action": action, "held": null, "changes": changes })
        };
        Change::of(&steps.iter().map(step).collect(), account)
    }

    #[test]
    fn a_change_is_the_same_whatever_the_account_and_the_region() {
        let one = "111122223333";
        let canary = change(
            one,
            &[
                ("create", "s3.bucket.logs", json!("logs-111122223333")),
                ("update", "ec2.ebs-encryption.account@eu-west-1", json!(true)),
            ],
        );
        let other = "222233334444";
        for (same, steps) in [
            (true, &[("create", "s3.bucket.logs", json!("logs-222233334444"))][..]),
            (true, &[("update", "ec2.ebs-encryption.account@us-east-1", json!(true))]),
            (true, &[]),
            // Other values, another action, another thing.
            (false, &[("create", "s3.bucket.logs", json!("other-222233334444"))]),
            (false, &[("create", "s3.bucket.logs", json!("logs-111122223333"))]),
            (false, &[("update", "s3.bucket.logs", json!("logs-222233334444"))]),
            (false, &[("create", "s3.bucket.more", json!("logs-222233334444"))]),
        ] {
            assert_eq!(change(other, steps).is_within(&canary), same, "{steps:?}");
        }
    }

    #[test]
    fn what_is_deleted_to_be_made_again_is_deleted_and_what_is_held_is_not_done() {
        for (action, deletes) in
            [("create", false), ("adopt", false), ("update", false), ("replace", true), ("delete", true)]
        {
            let change = change("111122223333", &[(action, "ec2.vpc.main", json!(1))]);
            assert_eq!((change.deletes(), change.is_empty()), (deletes, false), "{action}");
        }
        let held =
            json!([{ "addr": "ec2.vpc.main", "action": "delete", "held": "needs --prune", "changes": [] }]);
        assert!(Change::of(&held, "111122223333").is_empty());
    }
}
