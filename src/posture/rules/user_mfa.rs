//! Users who sign in to the console have a second factor.

use super::access_keys::REPORTED;
use super::root_user::ROOT_ROW;
use crate::posture::asked::{Demand, Exempt, Factor, UsersAsked};
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::exemption::{Standing, standing};
use crate::posture::findings::{Findings, Found};
use crate::posture::words::{ago, day};
use crate::posture::{Facts, Resource, Rule, Severity};

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
    remedy: "Let the user assign a device under Security credentials, or delete the login profile.",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport"],
};

/// The second factor of users is a device of its own.
pub const USER_HARDWARE_MFA: Rule = Rule {
    id: "user-hardware-mfa",
    title: "the second factor of console users is a device of its own",
    severity: Severity::Low,
    practice: 2,
    controls: &[nist("IA-2(1)"), nist("IA-2(2)"), nist("IA-2(6)"), nist("IA-2(8)")],
    risk: "an app shares its phone with mail and chat, so one lost or infected phone can be both factors",
    remedy: "Let the user assign a security key or a token under Security credentials, and remove the app.",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListVirtualMFADevices"],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &UsersAsked, findings: &mut Findings) {
    let Some(demand) = &asked.mfa else { return };
    if demand.value == Factor::Hardware {
        hardware(facts, asked, demand, findings);
    }
    let Some(report) = findings.require(&[&USER_MFA], &facts.credentials) else { return };
    findings.checked(&USER_MFA, 0);
    for row in report.rows.iter().filter(|row| row.user != ROOT_ROW && row.password == Some(true)) {
        findings.checked(&USER_MFA, 1);
        if row.mfa {
            continue;
        }
        let mut evidence = vec![match row.password_used {
            Some(at) => format!("signed in last {}", ago(facts.now, at)),
            None => "has never signed in".to_owned(),
        }];
        match standing(asked, &row.user, Exempt::Mfa, facts.now) {
            Standing::Exempt => {
                findings.exempt(&USER_MFA);
                continue;
            }
            Standing::Ended(reason) => evidence.push(reason),
            Standing::Counts => {}
        }
        evidence.extend(report.made.map(|made| format!("the credential report is of {}", day(made))));
        let name = &row.user;
        findings.report(
            &USER_MFA,
            Found {
                resource: Resource { kind: "user", id: row.arn.clone(), region: None },
                message: format!("{name} has a console password and no second factor"),
                evidence,
                next: format!(
                    "let {name} sign in and assign a device under Security credentials, or take the password \
                     away: aws iam delete-login-profile --user-name {name}; {REPORTED}"
                ),
                origin: &demand.origin,
            },
        );
    }
}

/// Users with a second factor that is an app. AWS lists the apps and no hardware, so one who has both is shown as well.
fn hardware(facts: &Facts, asked: &UsersAsked, demand: &Demand<Factor>, findings: &mut Findings) {
    let rules = [&USER_HARDWARE_MFA];
    let Some(report) = findings.require(&rules, &facts.credentials) else { return };
    let Some(apps) = findings.require(&rules, &facts.virtual_mfa) else { return };
    findings.checked(&USER_HARDWARE_MFA, 0);
    let with_factor =
        report.rows.iter().filter(|row| row.user != ROOT_ROW && row.password == Some(true) && row.mfa);
    for row in with_factor {
        findings.checked(&USER_HARDWARE_MFA, 1);
        if !apps.contains(&row.arn) {
            continue;
        }
        if matches!(standing(asked, &row.user, Exempt::Mfa, facts.now), Standing::Exempt) {
            findings.exempt(&USER_HARDWARE_MFA);
            continue;
        }
        let name = &row.user;
        findings.report(
            &USER_HARDWARE_MFA,
            Found {
                resource: Resource { kind: "user", id: row.arn.clone(), region: None },
                message: format!("a second factor of {name} is an app"),
                evidence: vec!["its device is in the list of virtual devices".to_owned()],
                next: format!(
                    "let {name} sign in, assign a security key or a token under Security credentials, and remove the app"
                ),
                origin: &demand.origin,
            },
        );
    }
}
