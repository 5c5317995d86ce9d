//! Customer policies allow what is needed and no more.

use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::{Rule, Severity};

/// No customer policy allows every action on everything.
pub const EVERYTHING: Rule = Rule {
    id: "policy-everything",
    title: "no customer policy allows every action on everything",
    severity: Severity::High,
    practice: 5,
    controls: &[
        cis3("1.16"),
        cis5("1.15"),
        hub("IAM.1"),
        nist("AC-2"),
        nist("AC-3"),
        nist("AC-5"),
        nist("AC-6"),
        nist("AC-6(2)"),
        nist("AC-6(3)"),
        nist("AC-6(10)"),
    ],
    risk: "whoever gets such a policy attached owns the account, and its name may not tell",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Customer policies list actions, not whole services.
pub const WHOLE_SERVICE: Rule = Rule {
    id: "policy-whole-service",
    title: "customer policies list actions, not whole services",
    severity: Severity::Low,
    practice: 5,
    controls: &[
        hub("IAM.21"),
        nist("AC-2"),
        nist("AC-3"),
        nist("AC-5"),
        nist("AC-6"),
        nist("AC-6(2)"),
        nist("AC-6(3)"),
        nist("AC-6(10)"),
    ],
    risk: "a whole service holds actions that delete, share and pass on rights, and AWS adds new ones",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Customer policies name the secrets, keys and roles they give away.
pub const SECRETS: Rule = Rule {
    id: "policy-secrets",
    title: "customer policies name the secrets, keys and roles they give away",
    severity: Severity::Medium,
    practice: 5,
    controls: &[hub("KMS.1"), nist("AC-2"), nist("AC-3"), nist("AC-5"), nist("AC-6"), nist("AC-6(3)")],
    risk: "decrypting, reading secrets or passing roles on everything reaches what nobody had in mind",
    calls: &["iam:GetAccountAuthorizationDetails"],
};
