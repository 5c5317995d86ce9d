//! Users and roles use the services that they may use.

use crate::posture::asked::{AuditAsked, Demand};
use crate::posture::control::nist;
use crate::posture::facts::{Iam, Identity, ServiceUse};
use crate::posture::findings::{Findings, Found};
use crate::posture::words::{ago, count, days};
use crate::posture::{Facts, Resource, Rule, Seen, Severity};

/// Users and roles use the services that they may use.
pub const UNUSED_SERVICES: Rule = Rule {
    id: "unused-services",
    title: "users and roles use the services that they may use",
    severity: Severity::Low,
    practice: 5,
    controls: &[nist("AC-6")],
    risk: "a right that nobody uses is of use only to whoever gets hold of the credentials",
    remedy: "Take the services that were not used out of the policies of the user or role.",
    calls: &[
        "iam:GetAccountAuthorizationDetails",
        "iam:GenerateServiceLastAccessedDetails",
        "iam:GetServiceLastAccessedDetails",
    ],
};

/// How many services are named one by one.
const NAMED: usize = 20;

/// The users and roles that are looked at: all that AWS does not manage.
pub(in crate::posture) fn judged(iam: &Iam) -> impl Iterator<Item = &Identity> {
    let users = iam.users.iter().map(|user| &user.identity);
    users.chain(iam.roles.iter().map(|role| &role.identity)).filter(|identity| !identity.is_of_aws())
}

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.unused_services_days else { return };
    let Some(iam) = findings.require(&[&UNUSED_SERVICES], &facts.iam) else { return };
    findings.checked(&UNUSED_SERVICES, 0);
    for identity in judged(iam) {
        let seen = facts.service_use.get(&identity.arn).unwrap_or(&Seen::NotAsked);
        let Some(services) = findings.require(&[&UNUSED_SERVICES], seen) else { continue };
        findings.checked(&UNUSED_SERVICES, 1);
        // Who was made lately has had no time to use anything.
        let is_new = identity.created.is_some_and(|created| days(facts.now, created) < demand.value);
        if !is_new {
            one(facts, identity, services, demand, findings);
        }
    }
}

fn one(
    facts: &Facts,
    identity: &Identity,
    services: &[ServiceUse],
    demand: &Demand<i64>,
    findings: &mut Findings,
) {
    let is_unused =
        |service: &&ServiceUse| service.used.is_none_or(|used| days(facts.now, used) >= demand.value);
    let unused: Vec<&ServiceUse> = services.iter().filter(is_unused).collect();
    if unused.is_empty() {
        return;
    }
    let kind = if identity.arn.contains(":user/") { "user" } else { "role" };
    let never: Vec<&str> =
        unused.iter().filter(|it| it.used.is_none()).map(|it| it.service.as_str()).collect();
    let mut evidence = Vec::new();
    if !never.is_empty() {
        let more = never.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let named: Vec<&str> = never.iter().take(NAMED).copied().collect();
        // IAM keeps this for 400 days.
        evidence.push(format!("granted and not used in 400 days: {}{more}", named.join(", ")));
    }
    let long_ago = unused.iter().filter_map(|it| Some((it, it.used?)));
    evidence.extend(
        long_ago.take(NAMED).map(|(it, used)| format!("{} last used {}", it.service, ago(facts.now, used))),
    );
    let used: Vec<&str> = services
        .iter()
        .filter(|service| !is_unused(service))
        .map(|service| service.service.as_str())
        .collect();
    let keep = if used.is_empty() {
        "nothing was used: take its policies away, or delete it if nobody misses it".to_owned()
    } else {
        format!("give it policies for what it uses, {}, and take the others away", used.join(", "))
    };
    findings.report(
        &UNUSED_SERVICES,
        Found {
            resource: Resource { kind, id: identity.arn.clone(), region: None },
            message: format!(
                "the {kind} {} did not use {} of {} that it may use in {}",
                identity.name,
                unused.len(),
                count(i64::try_from(services.len()).unwrap_or(i64::MAX), "service"),
                count(demand.value, "day")
            ),
            evidence,
            next: keep,
            origin: &demand.origin,
        },
    );
}
