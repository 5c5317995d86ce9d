//! How somebody becomes somebody else.

use super::principal::{Kind, Principal};
use super::providers::by_provider;
use super::running::{Machines, run_as};
use super::step::Step;
use crate::posture::facts::CredentialReport;

/// The step by which one principal becomes another, if it can.
pub(super) fn become_another(
    principal: &Principal<'_>,
    target: &Principal<'_>,
    credentials: Option<&CredentialReport>,
    machines: Machines<'_>,
) -> Option<Step> {
    let name = &target.identity.name;
    match target.kind {
        Kind::User(_) => by_credentials(principal, target, credentials).map(Step::new),
        Kind::Role(role) => {
            if let Some(grant) = principal.may_assume(role) {
                return Some(Step::new(format!("sts:AssumeRole on {name}: {grant}")));
            }
            // Roles that AWS manages can be neither changed nor passed.
            if role.identity.is_of_aws() {
                return None;
            }
            let grant = principal.may("iam:UpdateAssumeRolePolicy", &role.identity.arn, &[]);
            grant
                .map(|grant| format!("iam:UpdateAssumeRolePolicy on {name}, so that it trusts them: {grant}"))
                .or_else(|| by_provider(principal, role))
                .map(Step::new)
                .or_else(|| run_as(principal, role, machines))
        }
    }
}

/// By a new key or a new password of that user.
fn by_credentials(
    principal: &Principal<'_>,
    target: &Principal<'_>,
    credentials: Option<&CredentialReport>,
) -> Option<String> {
    let (arn, name) = (&target.identity.arn, &target.identity.name);
    if let Some(grant) = principal.may("iam:CreateAccessKey", arn, &[]) {
        return Some(format!("iam:CreateAccessKey on {name}: {grant}"));
    }
    // Which of the two is possible depends on whether there is a password; nobody knows without the report.
    let row = credentials?.rows.iter().find(|row| row.arn == *arn)?;
    let action = if row.password == Some(true) { "iam:UpdateLoginProfile" } else { "iam:CreateLoginProfile" };
    let grant = principal.may(action, arn, &[])?;
    if !row.mfa {
        return Some(format!("{action} on {name}: {grant}"));
    }
    let deactivate = principal.may("iam:DeactivateMFADevice", arn, &[])?;
    Some(format!("{action} and iam:DeactivateMFADevice on {name}: {grant}, and {deactivate}"))
}
