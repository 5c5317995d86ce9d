//! The root user: its keys, its second factor and its use.

use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::{Rule, Severity};

/// The root user has no access keys.
pub const ACCESS_KEYS: Rule = Rule {
    id: "root-access-keys",
    title: "the root user has no access keys",
    severity: Severity::Critical,
    practice: 1,
    controls: &[
        cis3("1.4"),
        cis5("1.3"),
        hub("IAM.4"),
        nist("AC-2(1)"),
        nist("AC-3(7)"),
        nist("AC-3(15)"),
        nist("AC-6"),
        nist("AC-6(2)"),
        nist("AC-6(10)"),
    ],
    risk: "whoever finds such a key owns the whole account: no policy limits the root user, and the key works without a second factor",
    calls: &["iam:GetAccountSummary", "iam:GetCredentialReport"],
};

/// Nobody works as the root user.
pub const UNUSED: Rule = Rule {
    id: "root-unused",
    title: "nobody works as the root user",
    severity: Severity::Medium,
    practice: 1,
    controls: &[cis3("1.7"), cis5("1.6")],
    risk: "daily work as root leaves no name in the trail and puts the one identity that nothing limits at risk",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport"],
};

/// The root user has a second factor.
pub const MFA: Rule = Rule {
    id: "root-mfa",
    title: "the root user has a second factor",
    severity: Severity::Critical,
    practice: 2,
    controls: &[
        cis3("1.5"),
        cis5("1.4"),
        hub("IAM.9"),
        nist("AC-2(1)"),
        nist("AC-3(15)"),
        nist("IA-2(1)"),
        nist("IA-2(2)"),
        nist("IA-2(6)"),
        nist("IA-2(8)"),
    ],
    risk: "its password alone opens the whole account, and a mailbox is enough to reset the password",
    calls: &["iam:GetAccountSummary"],
};

/// The second factor of the root user is a device of its own.
pub const HARDWARE_MFA: Rule = Rule {
    id: "root-hardware-mfa",
    title: "the second factor of the root user is a device of its own",
    severity: Severity::Medium,
    practice: 2,
    controls: &[
        cis3("1.6"),
        cis5("1.5"),
        hub("IAM.6"),
        nist("AC-2(1)"),
        nist("AC-3(15)"),
        nist("IA-2(1)"),
        nist("IA-2(2)"),
        nist("IA-2(6)"),
        nist("IA-2(8)"),
    ],
    risk: "an app shares its phone with mail and chat, so one lost or infected phone can be both factors",
    calls: &["iam:GetAccountSummary", "iam:ListVirtualMFADevices"],
};
