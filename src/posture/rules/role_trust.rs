//! Who outside the account may assume its roles, and against what proof.

use crate::posture::control::nist;
use crate::posture::{Rule, Severity};

/// No role can be assumed by everybody.
pub const EVERYBODY: Rule = Rule {
    id: "role-trust-everybody",
    title: "no role can be assumed by everybody",
    severity: Severity::Critical,
    practice: 9,
    controls: &[nist("AC-2"), nist("AC-3"), nist("AC-6")],
    risk: "anybody with an AWS account, or with an account of a public identity provider, can become that role",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Roles trust known accounts only.
pub const UNKNOWN: Rule = Rule {
    id: "role-trust-unknown-account",
    title: "roles trust known accounts only",
    severity: Severity::High,
    practice: 9,
    controls: &[nist("AC-2"), nist("AC-3"), nist("AC-6")],
    risk: "an account nobody knows can work here, and whoever gets into it can too",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Other accounts prove themselves by external id or MFA.
pub const UNGUARDED: Rule = Rule {
    id: "role-trust-unguarded",
    title: "other accounts prove themselves by external id or MFA",
    severity: Severity::Medium,
    practice: 9,
    controls: &[nist("AC-3"), nist("AC-6")],
    risk: "a service that works for many customers can be talked into using this role for another of them, and a stolen key alone is enough",
    calls: &["iam:GetAccountAuthorizationDetails"],
};
