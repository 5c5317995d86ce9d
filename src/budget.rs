//! Request budgets: token buckets by account, region and operation (D-THR; aws-truths 1.1(g), 1.3(g), 1.7(g)).
//!
//! The program stays below them, and the built-in account refuses what goes above them.

use std::collections::BTreeMap;

/// A moment or a length of time in milliseconds.
type Milliseconds = i64;

/// How many calls may come at once, and how many a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// What shares the budget; the operation itself where empty.
    pub shared: &'static str,
    /// Calls at once.
    pub burst: f64,
    /// Calls a second.
    pub rate: f64,
    /// Whether AWS publishes it.
    pub documented: bool,
}

const fn budget(burst: f64, rate: f64) -> Budget {
    Budget { shared: "", burst, rate, documented: true }
}

/// Not published; of the size that people report.
const fn reported(burst: f64, rate: f64) -> Budget {
    Budget { shared: "", burst, rate, documented: false }
}

/// The budget of an operation. `filtered` is whether the request names filters, ids or a page size.
pub fn of(service: &str, operation: &str, filtered: bool) -> Budget {
    let read = ["Describe", "Get", "List", "Head", "Lookup"].iter().any(|verb| operation.starts_with(verb));
    match service {
        "ec2" => ec2(operation, read, filtered),
        "kms" => kms(operation),
        // CloudTrail: reads 10 a second, everything else 1, not raisable (aws-truths 1.3(g)).
        "cloudtrail" if operation == "LookupEvents" => budget(2.0, 2.0),
        "cloudtrail" if read => budget(10.0, 10.0),
        "cloudtrail" => budget(1.0, 1.0),
        // Not documented; S3 slows a caller down far above what anything here sends.
        "s3" => Budget { shared: "s3", ..reported(3_500.0, 3_500.0) },
        // Shared by all that is asked of STS with credentials of an account in a region (IAM User Guide, "IAM and AWS STS quotas").
        "sts" => Budget { shared: "sts", ..budget(600.0, 600.0) },
        // Not published; AWS refuses what comes side by side, and a few calls a second.
        "organizations" => reported(10.0, 4.0),
        // IAM, ELB, Auto Scaling and the rest publish no numbers.
        _ if read => reported(100.0, 20.0),
        _ => reported(50.0, 5.0),
    }
}

fn ec2(operation: &str, read: bool, filtered: bool) -> Budget {
    match operation {
        "DescribeSecurityGroups"
        | "DescribeNetworkInterfaces"
        | "DescribeInstances"
        | "DescribeVolumes"
        | "DescribeSnapshots"
            if !filtered =>
        {
            budget(50.0, 10.0)
        }
        _ if read => budget(100.0, 20.0),
        "CreateNatGateway" | "DeleteNatGateway" => budget(10.0, 1.0),
        "CreateTags" | "DeleteTags" => budget(100.0, 10.0),
        "CreateLaunchTemplateVersion" | "ModifyLaunchTemplate" => budget(100.0, 5.0),
        "RunInstances" => budget(5.0, 2.0),
        "ModifyInstanceMetadataDefaults" => budget(2.0, 2.0),
        "EnableImageBlockPublicAccess"
        | "DisableImageBlockPublicAccess"
        | "EnableSnapshotBlockPublicAccess"
        | "DisableSnapshotBlockPublicAccess" => budget(1.0, 0.1),
        _ => budget(50.0, 5.0),
    }
}

fn kms(operation: &str) -> Budget {
    let rate = match operation {
        "CreateKey"
        | "CreateAlias"
        | "UpdateAlias"
        | "EnableKey"
        | "DisableKey"
        | "UpdateKeyDescription"
        | "CancelKeyDeletion" => 5.0,
        "TagResource" | "UntagResource" => 10.0,
        "DescribeKey" | "ListResourceTags" => 2_000.0,
        "GetKeyPolicy" | "GetKeyRotationStatus" => 1_000.0,
        "ListAliases" | "ListKeys" => 500.0,
        _ => 15.0,
    };
    budget(rate, rate)
}

/// What has been used up of every budget.
#[derive(Debug, Clone, Default)]
pub struct Spent(BTreeMap<String, Level>);

#[derive(Debug, Clone, Copy)]
struct Level {
    left: f64,
    at: Milliseconds,
}

impl Spent {
    /// Nothing used up.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Takes one call out of a budget; false where none is left.
    pub fn take(&mut self, key: &str, budget: Budget, now: Milliseconds) -> bool {
        let level = self.refilled(key, budget, now);
        let granted = level.left >= 1.0;
        if granted {
            level.left -= 1.0;
        }
        granted
    }

    /// Takes one call out of a budget, of the future where none is left, and says how many seconds off that is.
    pub fn book(&mut self, key: &str, budget: Budget, now: Milliseconds) -> f64 {
        let level = self.refilled(key, budget, now);
        level.left -= 1.0;
        (-level.left / budget.rate).max(0.0)
    }

    /// Says that somebody else has used up what was left.
    pub fn use_up(&mut self, key: &str) {
        if let Some(level) = self.0.get_mut(key) {
            level.left = level.left.min(0.0);
        }
    }

    fn refilled(&mut self, key: &str, budget: Budget, now: Milliseconds) -> &mut Level {
        let level = self.0.entry(key.to_owned()).or_insert(Level { left: budget.burst, at: now });
        #[expect(
            clippy::cast_precision_loss,
            reason = "an elapsed time in milliseconds fits a double exactly"
        )]
        let elapsed = now.saturating_sub(level.at).max(0) as f64 / 1000.0;
        level.left = elapsed.mul_add(budget.rate, level.left).min(budget.burst);
        level.at = now;
        level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(service: &str, operation: &str, at: &[Milliseconds]) -> Vec<bool> {
        let mut spent = Spent::new();
        at.iter().map(|now| spent.take("key", of(service, operation, true), *now)).collect()
    }

    #[test]
    fn a_second_write_to_cloudtrail_within_a_second_is_refused() {
        assert_eq!(granted("cloudtrail", "CreateTrail", &[0, 500, 1_500]), [true, false, true]);
    }

    #[test]
    fn a_booked_call_waits_its_turn() {
        let (mut spent, nat) = (Spent::new(), of("ec2", "CreateNatGateway", true));
        let waits: Vec<f64> = (0..12).map(|_| spent.book("key", nat, 0)).collect();
        assert_eq!(waits[..10], [0.0; 10]);
        assert_eq!(waits[10..], [1.0, 2.0]);
        assert!(spent.book("key", nat, 3_000) < 1.0);
    }

    #[test]
    fn image_block_public_access_may_be_set_once_in_ten_seconds() {
        assert_eq!(granted("ec2", "EnableImageBlockPublicAccess", &[0, 9_000, 10_001]), [true, false, true]);
    }
}
