//! Instances work with a role and keep its credentials from strangers.

use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::{Rule, Severity};

/// Running instances have an instance profile.
pub const PROFILE: Rule = Rule {
    id: "instance-profile",
    title: "running instances have an instance profile",
    severity: Severity::Medium,
    practice: 4,
    controls: &[cis3("1.18"), cis5("1.17"), nist("AC-3"), nist("CM-5(1)"), nist("CM-6")],
    risk: "a program that needs AWS and has no role is given static keys, which end up in images and repositories",
    calls: &["ec2:DescribeRegions", "ec2:DescribeInstances"],
};

/// Instances answer for metadata only to a token.
pub const IMDSV2: Rule = Rule {
    id: "instance-imdsv2",
    title: "instances answer for metadata only to a token",
    severity: Severity::High,
    practice: 4,
    controls: &[cis3("5.6"), cis5("5.7"), hub("EC2.8")],
    risk: "a program that can be talked into fetching a URL hands out the credentials of the instance (IMDSv1)",
    calls: &["ec2:DescribeRegions", "ec2:DescribeInstances"],
};
