//! Access keys and passwords: age, use and number.

use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::{Rule, Severity};

/// Access keys are replaced in time.
pub const AGE: Rule = Rule {
    id: "access-key-age",
    title: "access keys are replaced in time",
    severity: Severity::Medium,
    practice: 8,
    controls: &[cis3("1.14"), cis5("1.13"), hub("IAM.3"), nist("AC-2(1)"), nist("AC-2(3)"), nist("AC-3(15)")],
    risk: "the longer a key lives, the more places hold a copy of it, and one that leaked works until somebody notices",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListAccessKeys"],
};

/// Passwords and keys that nobody uses are gone.
pub const UNUSED: Rule = Rule {
    id: "credentials-unused",
    title: "passwords and keys that nobody uses are gone",
    severity: Severity::Medium,
    practice: 8,
    controls: &[
        cis3("1.12"),
        cis5("1.11"),
        hub("IAM.22"),
        nist("AC-2(1)"),
        nist("AC-2(3)"),
        nist("AC-3(15)"),
    ],
    risk: "nobody notices when a forgotten password or key is used by somebody else",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListAccessKeys"],
};

/// A user has no more active access keys than allowed.
pub const ACTIVE_KEYS: Rule = Rule {
    id: "active-keys",
    title: "a user has no more active access keys than allowed",
    severity: Severity::Low,
    practice: 8,
    controls: &[cis3("1.13"), cis5("1.12")],
    risk: "a second active key is one more secret to lose, and shows a rotation that was never finished",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListAccessKeys"],
};
