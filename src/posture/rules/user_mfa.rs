//! Users who sign in to the console have a second factor.

use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::{Rule, Severity};

/// Users with a console password have a second factor.
pub const USER_MFA: Rule = Rule {
    id: "user-mfa",
    title: "users with a console password have a second factor",
    severity: Severity::High,
    practice: 2,
    controls: &[
        cis3("1.10"),
        cis5("1.9"),
        hub("IAM.5"),
        nist("AC-2(1)"),
        nist("AC-3(15)"),
        nist("IA-2(1)"),
        nist("IA-2(2)"),
        nist("IA-2(6)"),
        nist("IA-2(8)"),
    ],
    risk: "a password that is guessed, phished or used elsewhere too is enough to be that user",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport"],
};
