//! Server certificates that IAM keeps have not expired.

use crate::posture::asked::AuditAsked;
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::findings::{Findings, Found};
use crate::posture::words::day;
use crate::posture::{Facts, Resource, Rule, Severity};

/// No server certificate that IAM keeps has expired.
pub const EXPIRED: Rule = Rule {
    id: "server-certificate-expired",
    title: "no server certificate that IAM keeps has expired",
    severity: Severity::Low,
    practice: 5,
    controls: &[cis3("1.19"), cis5("1.18"), hub("IAM.26"), nist("AC-3")],
    risk: "one day a load balancer is given an expired certificate, and every client refuses it",
    remedy: "See that no load balancer uses it, then delete it: aws iam delete-server-certificate.",
    calls: &["iam:ListServerCertificates"],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.certificates else { return };
    let Some(certificates) = findings.require(&[&EXPIRED], &facts.certificates) else { return };
    findings.checked(&EXPIRED, certificates.len());
    for certificate in certificates {
        let Some(ends) = certificate.ends.filter(|ends| *ends < facts.now) else { continue };
        let name = &certificate.name;
        findings.report(
            &EXPIRED,
            Found {
                resource: Resource { kind: "certificate", id: certificate.arn.clone(), region: None },
                message: format!("the server certificate {name} expired on {}", day(ends)),
                evidence: vec![format!("its Expiration is {}", day(ends))],
                next: format!(
                    "see that no load balancer uses it, then: aws iam delete-server-certificate \
                     --server-certificate-name {name}"
                ),
                origin: &demand.origin,
            },
        );
    }
}
