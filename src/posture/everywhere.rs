//! Controls about everything of a kind, which the declared things alone do not show to be kept.

use super::control::{Control, cis3, cis5, hub};

/// Controls that look at every region, trail, bucket, key, VPC, group or template of the account: declared things
/// alone do not show that they are kept.
pub const EVERYWHERE: &[Control] = &[
    cis3("2.1.4"),
    cis5("2.1.4"),
    hub("S3.2"),
    hub("S3.3"),
    hub("S3.8"),
    hub("S3.9"),
    hub("S3.13"),
    cis3("2.2.1"),
    cis5("5.1.1"),
    hub("EC2.7"),
    cis3("3.2"),
    cis5("3.2"),
    hub("CloudTrail.4"),
    cis3("3.4"),
    cis5("3.4"),
    hub("CloudTrail.7"),
    hub("CloudTrail.6"),
    cis3("3.5"),
    cis5("3.5"),
    hub("CloudTrail.2"),
    hub("EC2.170"),
    hub("AutoScaling.1"),
    hub("AutoScaling.2"),
    hub("ELB.1"),
    hub("ELB.5"),
    hub("ELB.13"),
    cis3("3.6"),
    cis5("3.6"),
    hub("KMS.4"),
    cis3("3.7"),
    cis5("3.7"),
    hub("EC2.6"),
    cis3("5.1"),
    cis5("5.2"),
    hub("EC2.21"),
    cis3("5.2"),
    cis3("5.3"),
    cis5("5.3"),
    cis5("5.4"),
    hub("EC2.13"),
    hub("EC2.14"),
    hub("EC2.53"),
    hub("EC2.54"),
    cis3("5.4"),
    cis5("5.5"),
    hub("EC2.2"),
];

/// Whether a thing of the kind decides for the whole account, however many others there are.
pub fn is_account_wide(kind: &str) -> bool {
    matches!(kind, "s3.account-public-access" | "iam.password-policy")
}

/// Whether a thing of the kind decides for its region, so that one in every region decides for the account.
pub fn is_kept_by_region(kind: &str) -> bool {
    matches!(kind, "ec2.ebs-encryption" | "ec2.image-public-access" | "ec2.snapshot-public-access")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::control::Benchmark;
    use crate::posture::kind_controls::KIND_CONTROLS;

    #[test]
    fn a_declared_thing_decides_alone_only_where_one_is_enough() {
        // One trail that records everything is what these ask for.
        let one_is_enough = [cis3("3.1"), cis5("3.1"), hub("CloudTrail.1")];
        for row in KIND_CONTROLS.iter().filter(|row| !is_account_wide(row.kind)) {
            // NIST has no measure of its own: it is kept where everything is that maps to it.
            let own = row.controls.iter().filter(|control| control.benchmark != Benchmark::Nist80053r5);
            for control in own {
                let known = EVERYWHERE.contains(control) || one_is_enough.contains(control);
                assert!(known, "{control:?} of {}: {} is claimed from what is declared", row.kind, row.title);
            }
        }
    }
}
