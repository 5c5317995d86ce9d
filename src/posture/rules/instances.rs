//! Instances work with a role and keep its credentials from strangers.

use crate::posture::asked::{AuditAsked, Declared};
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::facts::Instance;
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// Running instances have an instance profile.
pub const PROFILE: Rule = Rule {
    id: "instance-profile",
    title: "running instances have an instance profile",
    severity: Severity::Medium,
    practice: 4,
    controls: &[cis3("1.18"), cis5("1.17"), nist("AC-3"), nist("CM-5(1)"), nist("CM-6")],
    risk: "a program that needs AWS and has no role is given static keys, which end up in images and repositories",
    remedy: "Associate an instance profile with the instance, and take the access keys off it.",
    calls: &["ec2:DescribeRegions", "ec2:DescribeInstances"],
};

/// Instances answer for metadata only to a token.
pub const IMDSV2: Rule = Rule {
    id: "instance-imdsv2",
    title: "instances answer for metadata only to a token",
    severity: Severity::High,
    practice: 4,
    controls: &[cis3("5.6"), cis5("5.7"), hub("EC2.8")],
    risk: "a program that can be talked into fetching a URL hands out the credentials of the instance (IMDSv1)",
    remedy: "Require tokens: aws ec2 modify-instance-metadata-options --http-tokens required. `imdsv2 = \"required\"` in `[account]` does it for new instances.",
    calls: &["ec2:DescribeRegions", "ec2:DescribeInstances"],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let rules: Vec<&'static Rule> = [(&PROFILE, &asked.instance_profiles), (&IMDSV2, &asked.imdsv2)]
        .into_iter()
        .filter_map(|(rule, demand)| demand.is_some().then_some(rule))
        .collect();
    if rules.is_empty() {
        return;
    }
    let Some(regions) = findings.require(&rules, &facts.regions) else { return };
    for (region, read) in regions {
        let Some(instances) = findings.require(&rules, &read.instances) else { continue };
        let running: Vec<&Instance> = instances.iter().filter(|instance| instance.running).collect();
        for rule in &rules {
            findings.checked(rule, running.len());
        }
        for instance in running {
            let id = &instance.id;
            let arn = format!("arn:{}:ec2:{region}:{}:instance/{id}", facts.partition, facts.account);
            let resource = Resource { kind: "instance", id: arn, region: Some(region.clone()) };
            if let Some(demand) = asked.instance_profiles.as_ref().filter(|_| instance.profile.is_none()) {
                findings.report(
                    &PROFILE,
                    Found {
                        resource: resource.clone(),
                        message: format!("{id} runs without an instance profile"),
                        evidence: vec!["it has no IamInstanceProfile".to_owned()],
                        next: give_profile(asked, region, instance),
                        origin: &demand.origin,
                    },
                );
            }
            if let Some(demand) = asked.imdsv2.as_ref().filter(|_| instance.imdsv1) {
                findings.report(
                    &IMDSV2,
                    Found {
                        resource,
                        message: format!("{id} answers for metadata without a token (IMDSv1)"),
                        evidence: vec![
                            "its MetadataOptions have HttpTokens optional and HttpEndpoint enabled"
                                .to_owned(),
                        ],
                        next: require_tokens(region, instance),
                        origin: &demand.origin,
                    },
                );
            }
        }
    }
}

/// How to give it a profile: where it comes from, or its successor has none either.
fn give_profile(asked: &AuditAsked, region: &str, instance: &Instance) -> String {
    let id = &instance.id;
    match &instance.group {
        None => format!(
            "declare a `[role.NAME]` with `instance_profile = true`, then: aws ec2 associate-iam-instance-profile \
             --region {region} --instance-id {id} --iam-instance-profile Name=NAME; look for static keys on it"
        ),
        Some(group) => match asked.sections.get(&Declared::AutoScaling(group.clone())) {
            Some(section) => format!(
                "declare a `[role.NAME]` with `instance_profile = true`, set `role = \"NAME\"` in `[{section}]`, apply, \
                 then: aws autoscaling start-instance-refresh --region {region} --auto-scaling-group-name {group}"
            ),
            None => format!(
                "give the launch template of the Auto Scaling group {group} an instance profile, then: aws autoscaling \
                 start-instance-refresh --region {region} --auto-scaling-group-name {group}"
            ),
        },
    }
}

/// How to have it ask for tokens: where it comes from, or its successor does not either.
fn require_tokens(region: &str, instance: &Instance) -> String {
    let first = "make sure its programs ask with a token (the metric MetadataNoToken stays 0), then";
    let id = &instance.id;
    match &instance.group {
        None => format!(
            "{first}: aws ec2 modify-instance-metadata-options --region {region} --instance-id {id} --http-tokens \
             required"
        ),
        Some(group) => format!(
            "{first} set HttpTokens to required in the launch template of the Auto Scaling group {group}, and: aws \
             autoscaling start-instance-refresh --region {region} --auto-scaling-group-name {group}"
        ),
    }
}
