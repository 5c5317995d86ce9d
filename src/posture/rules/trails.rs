//! Trails record every region, and global events once.

use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::{Rule, Severity};

/// A trail records management events in every region.
pub const EVERY_REGION: Rule = Rule {
    id: "trail-in-every-region",
    title: "a trail records management events in every region",
    severity: Severity::High,
    practice: 6,
    controls: &[
        cis3("3.1"),
        cis5("3.1"),
        hub("CloudTrail.1"),
        nist("AC-2(4)"),
        nist("AC-6(9)"),
        nist("AU-2"),
        nist("AU-3"),
        nist("AU-6"),
        nist("AU-10"),
        nist("AU-12"),
        nist("AU-14"),
        nist("CA-7"),
        nist("SI-4(20)"),
    ],
    risk: "an intruder works in the region nobody uses, and nothing is written down",
    calls: &[
        "ec2:DescribeRegions",
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
    ],
};

/// One trail records global events.
pub const GLOBAL_ONCE: Rule = Rule {
    id: "trail-global-events-once",
    title: "one trail records global events",
    severity: Severity::Low,
    practice: 6,
    controls: &[],
    risk: "events that are recorded twice cost twice, and counts and alarms on them are wrong",
    calls: &[
        "ec2:DescribeRegions",
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
    ],
};
