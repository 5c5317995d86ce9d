//! Nobody has the policy that lets a shell in AWS send files to and from the internet.

use crate::posture::asked::AuditAsked;
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::facts::Identity;
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// The managed policy of AWS that this is about.
const POLICY: &str = "AWSCloudShellFullAccess";

/// Nobody has `AWSCloudShellFullAccess` attached.
pub const CLOUDSHELL: Rule = Rule {
    id: "cloudshell-full-access",
    title: "nobody has AWSCloudShellFullAccess attached",
    severity: Severity::Medium,
    practice: 5,
    controls: &[cis3("1.22"), cis5("1.21"), hub("IAM.27"), nist("AC-6")],
    risk: "a shell inside AWS, with a way to the internet, carries files out past every control of the network",
    remedy: "Attach a policy without cloudshell:GetFileDownloadUrls and cloudshell:GetFileUploadUrls in its place.",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.narrow_policies else { return };
    let Some(iam) = findings.require(&[&CLOUDSHELL], &facts.iam) else { return };
    let users = iam.users.iter().map(|user| &user.identity);
    let roles = iam.roles.iter().map(|role| &role.identity);
    let everybody: Vec<&Identity> = users.chain(&iam.groups).chain(roles).collect();
    findings.checked(&CLOUDSHELL, everybody.len());
    let suffix = format!(":aws:policy/{POLICY}");
    for identity in everybody {
        let Some(arn) = identity.attached.iter().find(|arn| arn.ends_with(&suffix)) else { continue };
        let (kind, name) = (identity.kind(), &identity.name);
        findings.report(
            &CLOUDSHELL,
            Found {
                resource: Resource { kind, id: identity.arn.clone(), region: None },
                message: format!("{kind} {name} has {POLICY} attached"),
                evidence: vec![format!("{arn} allows cloudshell:* on *")],
                next: format!(
                    "attach a policy without cloudshell:GetFileDownloadUrls and cloudshell:GetFileUploadUrls, then: aws \
                     iam detach-{kind}-policy --{kind}-name {name} --policy-arn {arn}"
                ),
                origin: &demand.origin,
            },
        );
    }
}
