//! Ports that are open to the whole world.

use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::{Rule, Severity};

/// Ports 22 and 3389 are not open to the world.
pub const ADMIN: Rule = Rule {
    id: "open-admin-port",
    title: "ports 22 and 3389 are not open to the world",
    severity: Severity::High,
    practice: 11,
    controls: &[
        cis3("5.2"),
        cis3("5.3"),
        cis5("5.3"),
        cis5("5.4"),
        hub("EC2.53"),
        hub("EC2.54"),
        nist("AC-4"),
        nist("AC-4(21)"),
        nist("CM-7"),
        nist("SC-7"),
        nist("SC-7(4)"),
        nist("SC-7(5)"),
        nist("SC-7(11)"),
        nist("SC-7(16)"),
        nist("SC-7(21)"),
    ],
    risk: "every machine on the internet tries passwords and old holes on these ports, all day",
    calls: &["ec2:DescribeRegions", "ec2:DescribeSecurityGroups"],
};

/// Ports of databases and other services inside are not open to the world.
pub const DATA: Rule = Rule {
    id: "open-data-port",
    title: "ports of databases and other services inside are not open to the world",
    severity: Severity::High,
    practice: 11,
    controls: &[
        hub("EC2.19"),
        nist("AC-4"),
        nist("AC-4(21)"),
        nist("CM-7"),
        nist("SC-7"),
        nist("SC-7(4)"),
        nist("SC-7(5)"),
        nist("SC-7(11)"),
        nist("SC-7(16)"),
        nist("SC-7(21)"),
    ],
    risk: "databases and caches are built to be reached from inside, and some ask for no password at all",
    calls: &["ec2:DescribeRegions", "ec2:DescribeSecurityGroups"],
};
