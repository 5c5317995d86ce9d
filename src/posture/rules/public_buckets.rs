//! Buckets that the world, or every AWS customer, can reach.

use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::{Rule, Severity};

/// No bucket can be read or listed by the world.
pub const READ: Rule = Rule {
    id: "public-bucket-read",
    title: "no bucket can be read or listed by the world",
    severity: Severity::Critical,
    practice: 13,
    controls: &[
        cis3("2.1.4"),
        cis5("2.1.4"),
        hub("S3.2"),
        hub("S3.8"),
        nist("AC-3"),
        nist("AC-3(7)"),
        nist("AC-4"),
        nist("AC-6"),
        nist("AC-21"),
        nist("SC-7"),
    ],
    risk: "everything in it is as good as published, and people who look for such buckets find it within hours",
    calls: &[
        "s3:ListBuckets",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl",
        "s3:GetPublicAccessBlock",
    ],
};

/// No bucket can be written by the world.
pub const WRITE: Rule = Rule {
    id: "public-bucket-write",
    title: "no bucket can be written by the world",
    severity: Severity::Critical,
    practice: 13,
    controls: &[
        cis3("2.1.4"),
        cis5("2.1.4"),
        hub("S3.3"),
        hub("S3.8"),
        nist("AC-3"),
        nist("AC-3(7)"),
        nist("AC-4"),
        nist("AC-6"),
        nist("AC-21"),
        nist("SC-7"),
    ],
    risk: "strangers can replace what others fetch, delete it, or store at the cost of the account",
    calls: &[
        "s3:ListBuckets",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl",
        "s3:GetPublicAccessBlock",
    ],
};
