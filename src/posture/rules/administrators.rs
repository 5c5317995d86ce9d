//! Who is an administrator in effect, and whether they may be.

use crate::posture::asked::UsersAsked;
use crate::posture::control::nist;
use crate::posture::effective::{Administrator, InEffect};
use crate::posture::facts::Identity;
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// Only those whom the file names can do everything.
pub const ALLOWED: Rule = Rule {
    id: "administrators",
    title: "only those whom the file names can do everything",
    severity: Severity::High,
    practice: 3,
    controls: &[nist("AC-2"), nist("AC-3"), nist("AC-5"), nist("AC-6(2)"), nist("AC-6(3)"), nist("AC-6(10)")],
    risk: "each administrator is one more way to lose the whole account, and one that nobody keeps in mind",
    remedy: "Take the rights of those who do not need them, or name them in `admins` of `[users]`.",
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
    remedy: "Bind the grant that leads to more rights to the resources it is meant for, or name whoever has it in `admins` of `[users]`.",
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
    remedy: "Take the rights of those who do not need them.",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

pub(in crate::posture) fn judge<'a>(
    facts: &'a Facts,
    asked: &UsersAsked,
    in_effect: &InEffect<'a>,
    findings: &mut Findings,
) {
    let mut rules: Vec<&'static Rule> = vec![&ALLOWED, &ESCALATION];
    rules.extend(asked.max_admins.is_some().then_some(&COUNT as &'static Rule));
    let Some(iam) = findings.require(&rules, &facts.iam) else { return };
    let (found, missing) = in_effect.administrators(iam);
    for reason in missing {
        for rule in &rules {
            findings.undecided(rule, reason.as_str());
        }
    }
    // Roles of AWS services and of IAM Identity Center are given out there, not here.
    let identities =
        iam.users.iter().map(|user| &user.identity).chain(iam.roles.iter().map(|role| &role.identity));
    let judged = identities.filter(|identity| !identity.is_of_aws()).count();
    for rule in [&ALLOWED, &ESCALATION] {
        findings.checked(rule, judged);
    }
    let found: Vec<&Administrator<'_>> = found.iter().filter(|it| !it.identity.is_of_aws()).collect();
    for administrator in found.iter().filter(|it| !is_named(asked, it.identity)) {
        one(asked, administrator, findings);
    }
    if let Some(most) = &asked.max_admins {
        findings.checked(&COUNT, 1);
        if found.len() > most.value {
            let resource = Resource { kind: "account", id: facts.account.clone(), region: None };
            findings.report(
                &COUNT,
                Found {
                    resource,
                    message: format!("{} administrators, {} are allowed", found.len(), most.value),
                    evidence: found.iter().map(|it| it.identity.arn.clone()).collect(),
                    next: "take the rights of those who do not need them; what makes each one an administrator stands \
                           with the rules administrators and privilege-escalation, for those whom `admins` leaves out"
                        .to_owned(),
                    origin: &most.origin,
                },
            );
        }
    }
}

/// Whether the file names it as an administrator; names ignore case (IAM-1).
fn is_named(asked: &UsersAsked, identity: &Identity) -> bool {
    asked.admins.value.iter().any(|name| name.eq_ignore_ascii_case(&identity.name) || *name == identity.arn)
}

fn one(asked: &UsersAsked, administrator: &Administrator<'_>, findings: &mut Findings) {
    let identity = administrator.identity;
    let name = &identity.name;
    let kind = identity.kind();
    let resource = Resource { kind, id: identity.arn.clone(), region: None };
    let origin = &asked.admins.origin;
    if administrator.direct {
        findings.report(
            &ALLOWED,
            Found {
                resource,
                message: format!("the {kind} {name} can do everything, and `admins` does not name it"),
                evidence: administrator.way.clone(),
                next: format!(
                    "give it the rights it needs in place of that grant, or add \"{name}\" to `admins`"
                ),
                origin,
            },
        );
    } else {
        let steps = administrator.steps;
        let steps = if steps == 1 { "one step".to_owned() } else { format!("{steps} steps") };
        findings.report(
            &ESCALATION,
            Found {
                resource,
                message: format!("the {kind} {name} can make itself an administrator in {steps}"),
                evidence: administrator.way.clone(),
                next: format!(
                    "bind the first of these grants to the resources it is meant for, or add \"{name}\" to `admins`"
                ),
                origin,
            },
        );
    }
}
