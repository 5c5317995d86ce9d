//! Classic Load Balancers encrypt what comes to them, and take no old TLS. No file declares one.

use crate::posture::asked::AuditAsked;
use crate::posture::control::{hub, nist};
use crate::posture::facts::{ClassicListener, ClassicLoadBalancer, NegotiationPolicy};
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// Every listener is encrypted.
pub const PLAIN: Rule = Rule {
    id: "classic-load-balancer-plain",
    title: "Classic Load Balancers listen with HTTPS or SSL",
    severity: Severity::Medium,
    practice: 11,
    controls: &[hub("ELB.3"), nist("AC-17(2)"), nist("SC-8"), nist("SC-8(1)"), nist("SC-23")],
    risk: "everybody on the way reads passwords and sessions, and can change what is sent",
    remedy: "Make the listener anew with HTTPS or SSL and a certificate, or move to an application load balancer.",
    calls: &["ec2:DescribeRegions", "elasticloadbalancing:DescribeLoadBalancers"],
};

/// Encrypted listeners take no TLS older than 1.2.
pub const OLD_TLS: Rule = Rule {
    id: "classic-load-balancer-old-tls",
    title: "Classic Load Balancers take no TLS older than 1.2",
    severity: Severity::Medium,
    practice: 11,
    // ELB.8 asks for one policy of AWS by name, which nobody needs who turned the old protocols off.
    controls: &[nist("AC-17(2)"), nist("SC-8"), nist("SC-8(1)"), nist("SC-13")],
    risk: "TLS 1.0 and 1.1 have known holes, and a client can be talked down to them",
    remedy: "Give the listener a policy that takes TLS 1.2 and later: aws elb create-load-balancer-policy.",
    calls: &[
        "ec2:DescribeRegions",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancerPolicies",
    ],
};

/// Protocols before TLS 1.2, as attributes of a policy call them ("Predefined SSL security policies for Classic Load Balancers",
/// User Guide for Classic Load Balancers).
const OLD: [&str; 4] = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"];

/// The policies of AWS that take nothing older than TLS 1.2: the same page.
const NEW: &str = "ELBSecurityPolicy-TLS-1-2-2017-01";

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.encrypted_listeners else { return };
    let rules = [&PLAIN, &OLD_TLS];
    let Some(regions) = findings.require(&rules, &facts.regions) else { return };
    for (region, read) in regions {
        let Some(balancers) = findings.require(&rules, &read.classic_load_balancers) else { continue };
        for rule in rules {
            findings.checked(rule, balancers.len());
        }
        for balancer in balancers {
            let arn = format!(
                "arn:{}:elasticloadbalancing:{region}:{}:loadbalancer/{}",
                facts.partition, facts.account, balancer.name
            );
            let resource = Resource { kind: "load balancer", id: arn, region: Some(region.clone()) };
            let plain: Vec<&ClassicListener> =
                balancer.listeners.iter().filter(|listener| !listener.is_encrypted()).collect();
            if !plain.is_empty() {
                let found = Found {
                    resource: resource.clone(),
                    message: format!("the Classic Load Balancer {} listens without TLS", balancer.name),
                    evidence: plain.iter().map(|it| listens(it)).collect(),
                    next: plain.iter().map(|it| close(region, balancer, it)).collect::<Vec<_>>().join("; "),
                    origin: &demand.origin,
                };
                findings.report(&PLAIN, found);
            }
            if plain.len() == balancer.listeners.len() {
                continue;
            }
            let Some(policies) = findings.require(&[&OLD_TLS], &balancer.negotiation) else { continue };
            let old = balancer.listeners.iter().filter_map(|it| Some((it, old_of(it, policies)?)));
            let old: Vec<(&ClassicListener, &NegotiationPolicy)> = old.collect();
            if old.is_empty() {
                continue;
            }
            let next: Vec<String> =
                old.iter().map(|(listener, _)| renew(region, balancer, listener, policies)).collect();
            let found = Found {
                resource,
                message: format!("the Classic Load Balancer {} takes TLS older than 1.2", balancer.name),
                evidence: old.iter().map(|(listener, policy)| negotiates(listener, policy)).collect(),
                next: format!(
                    "aws elb create-load-balancer-policy --region {region} --load-balancer-name {} \
                     --policy-name tls-1-2 --policy-type-name SSLNegotiationPolicyType --policy-attributes \
                     AttributeName=Reference-Security-Policy,AttributeValue={NEW}; {}",
                    balancer.name,
                    next.join("; ")
                ),
                origin: &demand.origin,
            };
            findings.report(&OLD_TLS, found);
        }
    }
}

/// The policy by which an encrypted listener takes something old.
fn old_of<'a>(
    listener: &ClassicListener,
    policies: &'a [NegotiationPolicy],
) -> Option<&'a NegotiationPolicy> {
    let own = policies.iter().find(|policy| listener.policies.contains(&policy.name))?;
    let takes_old = match &own.protocols {
        Some(protocols) => protocols.iter().any(|protocol| OLD.contains(&protocol.as_str())),
        None => own.follows.as_deref() != Some(NEW),
    };
    (listener.is_encrypted() && takes_old).then_some(own)
}

fn listens(listener: &ClassicListener) -> String {
    format!("it listens on {} with {}", listener.port, listener.protocol)
}

fn negotiates(listener: &ClassicListener, policy: &NegotiationPolicy) -> String {
    let follows = policy.follows.as_ref().filter(|name| **name != policy.name);
    let follows = follows.map(|name| format!(", which follows {name}")).unwrap_or_default();
    let old = policy.protocols.iter().flatten().filter(|protocol| OLD.contains(&protocol.as_str()));
    let old: Vec<&str> = old.map(String::as_str).collect();
    let takes = if old.is_empty() { String::new() } else { format!(": it takes {}", old.join(", ")) };
    format!("{} by {}{follows}{takes}", listens(listener), policy.name)
}

fn close(region: &str, balancer: &ClassicLoadBalancer, listener: &ClassicListener) -> String {
    let secure = if listener.protocol == "HTTP" { "HTTPS" } else { "SSL" };
    format!(
        "once it listens with {secure} on another port, aws elb delete-load-balancer-listeners --region {region} \
         --load-balancer-name {} --load-balancer-ports {}",
        balancer.name, listener.port
    )
}

/// The listener's policies are replaced as a whole, so those of other types are named again.
fn renew(
    region: &str,
    balancer: &ClassicLoadBalancer,
    listener: &ClassicListener,
    policies: &[NegotiationPolicy],
) -> String {
    let negotiates = |name: &&String| policies.iter().any(|policy| policy.name == **name);
    let kept: String =
        listener.policies.iter().filter(|name| !negotiates(name)).map(|name| format!(" {name}")).collect();
    format!(
        "aws elb set-load-balancer-policies-of-listener --region {region} --load-balancer-name {} --load-balancer-port {} \
         --policy-names tls-1-2{kept}",
        balancer.name, listener.port
    )
}
