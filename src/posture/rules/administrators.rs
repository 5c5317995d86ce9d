//! Who is an administrator in effect, and whether they may be.

use crate::posture::control::nist;
use crate::posture::{Rule, Severity};

/// Only those whom the file names can do everything.
pub const ALLOWED: Rule = Rule {
    id: "administrators",
    title: "only those whom the file names can do everything",
    severity: Severity::High,
    practice: 3,
    controls: &[nist("AC-2"), nist("AC-3"), nist("AC-5"), nist("AC-6(2)"), nist("AC-6(3)"), nist("AC-6(10)")],
    risk: "each administrator is one more way to lose the whole account, and one that nobody keeps in mind",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Nobody else can make themselves an administrator.
pub const ESCALATION: Rule = Rule {
    id: "privilege-escalation",
    title: "nobody else can make themselves an administrator",
    severity: Severity::High,
    practice: 3,
    controls: &[nist("AC-2"), nist("AC-3"), nist("AC-5"), nist("AC-6(2)"), nist("AC-6(3)"), nist("AC-6(10)")],
    risk: "a right that looks small, such as putting a policy in force or passing a role, is as good as all rights",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// There are few administrators.
pub const COUNT: Rule = Rule {
    id: "administrator-count",
    title: "there are few administrators",
    severity: Severity::Medium,
    practice: 3,
    controls: &[nist("AC-2"), nist("AC-5"), nist("AC-6(2)")],
    risk: "the more administrators there are, the less anybody notices one more",
    calls: &["iam:GetAccountAuthorizationDetails"],
};
