//! Load balancers speak TLS, and no old one, whoever made them.

use crate::posture::asked::{AuditAsked, Declared};
use crate::posture::control::{hub, nist};
use crate::posture::facts::{Listener, LoadBalancer};
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// What is sent over plain HTTP is sent to HTTPS.
pub const PLAIN: Rule = Rule {
    id: "load-balancer-plain-http",
    title: "application load balancers send plain HTTP to HTTPS",
    severity: Severity::Medium,
    practice: 11,
    controls: &[hub("ELB.1"), nist("AC-17(2)"), nist("SC-8"), nist("SC-8(1)"), nist("SC-23")],
    risk: "everybody on the way reads passwords and sessions, and can change what is sent",
    remedy: "Let the listener redirect to HTTPS, or give it a certificate.",
    calls: CALLS,
};

/// Listeners take no TLS older than 1.2.
pub const OLD_TLS: Rule = Rule {
    id: "load-balancer-old-tls",
    title: "load balancers take no TLS older than 1.2",
    severity: Severity::Medium,
    practice: 11,
    controls: &[nist("AC-17(2)"), nist("SC-8"), nist("SC-8(1)"), nist("SC-13")],
    risk: "TLS 1.0 and 1.1 have known holes, and a client can be talked down to them",
    remedy: "Choose a TLS policy that takes TLS 1.2 and later: aws elbv2 modify-listener --ssl-policy.",
    calls: CALLS,
};

const CALLS: &[&str] = &[
    "ec2:DescribeRegions",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners",
];

/// Policies of AWS that take TLS 1.0 or 1.1 and do not say so in their names (Elastic Load Balancing User Guide, "Security
/// policies"); the names of all others of them hold `-1-0-` or `-1-1-`.
const OLD: [&str; 3] =
    ["ELBSecurityPolicy-2015-05", "ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-FS-2018-06"];

/// A policy of AWS that takes nothing older than TLS 1.2.
const NEW: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.encrypted_listeners else { return };
    let rules = [&PLAIN, &OLD_TLS];
    let Some(regions) = findings.require(&rules, &facts.regions) else { return };
    for (region, read) in regions {
        let Some(balancers) = findings.require(&rules, &read.load_balancers) else { continue };
        // What the file declares it says itself, with a warning where there is no certificate.
        let declared =
            |it: &&LoadBalancer| asked.sections.contains_key(&Declared::LoadBalancer(it.name.clone()));
        for balancer in balancers.iter().filter(|it| !declared(it)) {
            let Some(listeners) = findings.require(&rules, &balancer.listeners) else { continue };
            for (rule, departs) in [
                (&PLAIN, is_plain as fn(&Listener) -> bool),
                (&OLD_TLS, takes_old_tls as fn(&Listener) -> bool),
            ] {
                findings.checked(rule, 1);
                let open: Vec<&Listener> = listeners.iter().filter(|listener| departs(listener)).collect();
                if open.is_empty() {
                    continue;
                }
                let what = if rule.id == PLAIN.id { "serves plain HTTP" } else { "takes TLS older than 1.2" };
                let found = Found {
                    resource: Resource {
                        kind: "load balancer",
                        id: balancer.arn.clone(),
                        region: Some(region.clone()),
                    },
                    message: format!("the load balancer {} {what}", balancer.name),
                    evidence: open.iter().map(|listener| shown(listener)).collect(),
                    next: open.iter().map(|it| command(rule, region, it)).collect::<Vec<_>>().join("; "),
                    origin: &demand.origin,
                };
                findings.report(rule, found);
            }
        }
        for rule in rules {
            findings.checked(rule, 0);
        }
    }
}

fn is_plain(listener: &Listener) -> bool {
    listener.protocol == "HTTP" && !listener.redirects
}

fn takes_old_tls(listener: &Listener) -> bool {
    ["HTTPS", "TLS"].contains(&listener.protocol.as_str())
        && listener.tls_policy.as_deref().is_some_and(is_old)
}

/// Whether a policy of AWS takes TLS 1.0 or 1.1.
pub(in crate::posture) fn is_old(policy: &str) -> bool {
    OLD.contains(&policy) || policy.contains("-1-0-") || policy.contains("-1-1-")
}

fn shown(listener: &Listener) -> String {
    let listens = format!("it listens on {} with {}", listener.port, listener.protocol);
    match &listener.tls_policy {
        Some(policy) => format!("{listens} by {policy}"),
        None => format!("{listens} and does not redirect to HTTPS"),
    }
}

fn command(rule: &Rule, region: &str, listener: &Listener) -> String {
    let change = if rule.id == PLAIN.id {
        "--default-actions 'Type=redirect,RedirectConfig={Protocol=HTTPS,Port=443,StatusCode=HTTP_301}' once it listens on 443"
            .to_owned()
    } else {
        format!("--ssl-policy {NEW}")
    };
    format!("aws elbv2 modify-listener --region {region} --listener-arn {} {change}", listener.arn)
}
