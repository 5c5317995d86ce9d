//! Which practices and controls the settings of declared things serve, as data.
//!
//! A row counts only where the file asks for what the control asks for: a trail that is declared without
//! validation serves no control about validation, however well it is kept.

use super::control::{Control, cis3, cis5, hub, nist};
use super::declared::{
    ADMINISTRATION, WORLD, all_true, always, at_least_two, is, is_empty, is_set, is_trails,
    lets_the_world_at, listeners, never, number, opens_administration, records_refusals, text,
};
use super::rule::Severity;
use super::rules::listeners::is_old;
use crate::model::{Value, Wanted};

/// Settings of a kind, and what they are good for.
#[derive(Debug)]
pub struct KindControls {
    /// The kind, such as `cloudtrail.trail`.
    pub kind: &'static str,
    /// The top-level attributes it is about; all of them where empty.
    pub attributes: &'static [&'static str],
    /// What holds where they are kept, in a few words.
    pub title: &'static str,
    /// How much a departure matters.
    pub severity: Severity,
    /// The practice of the thirteen; none for what only the benchmarks ask for.
    pub practice: Option<u8>,
    /// The controls they serve.
    pub controls: &'static [Control],
    /// What can happen where they are not kept.
    pub risk: &'static str,
    /// Whether a declared thing that does not meet the controls breaks them: where they ask it of every such thing.
    pub breaks: fn(&Value, &Wanted) -> bool,
    /// Whether what is declared meets the controls.
    pub meets: fn(&Value, &Wanted) -> bool,
}

/// Every row, by kind.
pub const KIND_CONTROLS: &[KindControls] = &[
    KindControls {
        kind: "cloudtrail.trail",
        attributes: &["multi_region", "logging", "management_events", "global_events", "excluded_sources"],
        title: "one trail records every management event of every region",
        severity: Severity::Critical,
        practice: Some(6),
        controls: &[
            cis3("3.1"),
            cis5("3.1"),
            hub("CloudTrail.1"),
            nist("AC-2(4)"),
            nist("AC-6(9)"),
            nist("AU-2"),
            nist("AU-3"),
            nist("AU-6"),
            nist("AU-10"),
            nist("AU-12"),
            nist("AU-14"),
            nist("CA-7"),
            nist("SI-4(20)"),
        ],
        risk: "what is not recorded cannot be found out afterwards: an intruder works in a region, or after a \
               StopLogging, that leaves no trace",
        breaks: never,
        meets: |trail, _| {
            is(trail, "multi_region", true)
                && is(trail, "logging", true)
                && is(trail, "global_events", true)
                && text(trail, "management_events") == "All"
        },
    },
    KindControls {
        kind: "cloudtrail.trail",
        attributes: &["validation"],
        title: "log files are signed with digests",
        severity: Severity::High,
        practice: Some(6),
        controls: &[cis3("3.2"), cis5("3.2"), hub("CloudTrail.4"), nist("AU-9"), nist("SI-7")],
        risk: "without digests nobody can prove that log files were not changed or left out",
        breaks: always,
        meets: |trail, _| is(trail, "validation", true),
    },
    KindControls {
        kind: "cloudtrail.trail",
        attributes: &["kms_key"],
        title: "log files are encrypted with a key of the account's own",
        severity: Severity::Medium,
        practice: Some(6),
        controls: &[
            cis3("3.5"),
            cis5("3.5"),
            hub("CloudTrail.2"),
            nist("AU-9"),
            nist("SC-13"),
            nist("SC-28"),
        ],
        risk: "whoever may read the bucket reads the logs: no key policy stands in between",
        breaks: always,
        meets: |trail, _| is_set(trail, "kms_key"),
    },
    KindControls {
        kind: "kms.key",
        attributes: &["rotation_days", "enabled"],
        title: "keys rotate",
        severity: Severity::Medium,
        practice: Some(8),
        controls: &[cis3("3.6"), cis5("3.6"), hub("KMS.4")],
        risk: "one key protects more data the longer it is used, and its loss is worth more",
        breaks: |key, _| is(key, "enabled", true),
        meets: |key, _| is_set(key, "rotation_days") && is(key, "enabled", true),
    },
    KindControls {
        kind: "s3.bucket",
        attributes: &["logging"],
        title: "the trail's bucket records who reads and changes it",
        severity: Severity::Medium,
        practice: Some(7),
        controls: &[cis3("3.4"), cis5("3.4"), hub("CloudTrail.7")],
        risk: "whoever reads or deletes the logs of the trail is not seen",
        breaks: is_trails,
        meets: |bucket, wanted| is_set(bucket, "logging") && is_trails(bucket, wanted),
    },
    KindControls {
        kind: "s3.bucket",
        attributes: &["logging"],
        title: "the bucket records who reads and changes it",
        severity: Severity::Low,
        practice: Some(7),
        controls: &[
            hub("S3.9"),
            nist("AC-2(4)"),
            nist("AC-6(9)"),
            nist("AU-2"),
            nist("AU-3"),
            nist("AU-6"),
            nist("AU-10"),
            nist("AU-12"),
            nist("CA-7"),
        ],
        risk: "whoever reads or deletes objects is not seen",
        breaks: never,
        meets: |bucket, _| is_set(bucket, "logging"),
    },
    KindControls {
        kind: "s3.bucket",
        attributes: &["public_access"],
        title: "the bucket cannot become public",
        severity: Severity::High,
        practice: Some(13),
        controls: &[
            cis3("2.1.4"),
            cis5("2.1.4"),
            hub("S3.2"),
            hub("S3.3"),
            hub("S3.8"),
            nist("AC-3"),
            nist("AC-3(7)"),
            nist("AC-4"),
            nist("AC-6"),
            nist("AC-21"),
            nist("SC-7"),
        ],
        risk: "one policy or ACL, written by mistake or by an intruder, opens what is in it to the world",
        breaks: always,
        meets: |bucket, _| bucket.get("public_access").is_some_and(all_true),
    },
    KindControls {
        kind: "s3.bucket",
        attributes: &["public_access", "policy"],
        title: "the trail's bucket is not public",
        severity: Severity::Critical,
        practice: Some(6),
        controls: &[hub("CloudTrail.6")],
        risk: "the trail tells an intruder which accounts, roles and addresses there are",
        breaks: never,
        meets: |bucket, wanted| {
            bucket.get("public_access").is_some_and(all_true) && is_trails(bucket, wanted)
        },
    },
    KindControls {
        kind: "s3.bucket",
        attributes: &["lifecycle"],
        title: "old objects are archived or deleted",
        severity: Severity::Low,
        practice: Some(6),
        controls: &[hub("S3.13"), nist("CP-9"), nist("CP-10")],
        risk: "logs are lost before they are needed, or kept and paid for without end",
        breaks: never,
        meets: |bucket, _| matches!(bucket.get("lifecycle"), Some(Value::Dict(rules)) if !rules.is_empty()),
    },
    KindControls {
        kind: "s3.account-public-access",
        attributes: &[],
        title: "no bucket of the account can become public",
        severity: Severity::High,
        practice: Some(13),
        controls: &[
            cis3("2.1.4"),
            cis5("2.1.4"),
            hub("S3.1"),
            nist("AC-3"),
            nist("AC-3(7)"),
            nist("AC-4"),
            nist("AC-6"),
            nist("AC-21"),
            nist("SC-7"),
        ],
        risk: "any bucket can be opened to the world by one policy or ACL",
        breaks: always,
        meets: |block, _| all_true(block),
    },
    KindControls {
        kind: "iam.password-policy",
        attributes: &["min_length"],
        title: "passwords are at least 14 characters long",
        severity: Severity::Medium,
        practice: None,
        controls: &[cis3("1.8"), cis5("1.7"), hub("IAM.15")],
        risk: "short passwords are guessed",
        breaks: never,
        meets: |policy, _| number(policy, "min_length") >= 14,
    },
    KindControls {
        kind: "iam.password-policy",
        attributes: &["reuse_prevention"],
        title: "the last 24 passwords cannot be used again",
        severity: Severity::Low,
        practice: None,
        controls: &[cis3("1.9"), cis5("1.8"), hub("IAM.16")],
        risk: "a password that leaked once comes back",
        breaks: never,
        meets: |policy, _| number(policy, "reuse_prevention") >= 24,
    },
    KindControls {
        kind: "iam.password-policy",
        attributes: &[],
        title: "passwords are complex and expire",
        severity: Severity::Low,
        practice: None,
        controls: &[hub("IAM.7"), nist("AC-2(1)"), nist("AC-2(3)"), nist("AC-3(15)"), nist("IA-5(1)")],
        risk: "a weak or old password opens the console",
        breaks: never,
        meets: |policy, _| {
            let strong = ["require_symbols", "require_numbers", "require_uppercase", "require_lowercase"];
            strong.iter().all(|flag| is(policy, flag, true))
                && (1..=90).contains(&number(policy, "max_age_days"))
                && number(policy, "min_length") >= 8
        },
    },
    KindControls {
        kind: "ec2.ebs-encryption",
        attributes: &["enabled"],
        title: "new volumes are encrypted",
        severity: Severity::Medium,
        practice: None,
        controls: &[
            cis3("2.2.1"),
            cis5("5.1.1"),
            hub("EC2.7"),
            nist("CA-9(1)"),
            nist("CM-3(6)"),
            nist("SC-13"),
            nist("SC-28"),
            nist("SC-28(1)"),
            nist("SC-7(10)"),
            nist("SI-7(6)"),
        ],
        risk: "a copied snapshot or a lost volume is readable",
        breaks: always,
        meets: |setting, _| is(setting, "enabled", true),
    },
    KindControls {
        kind: "ec2.instance-metadata-defaults",
        attributes: &["http_tokens"],
        title: "new instances hand out credentials only with a token (IMDSv2)",
        severity: Severity::High,
        practice: Some(4),
        controls: &[],
        risk: "one request that a server can be tricked into sends the credentials of its role to a stranger",
        breaks: never,
        meets: |setting, _| text(setting, "http_tokens") == "required",
    },
    KindControls {
        kind: "ec2.launch-template",
        attributes: &["http_tokens"],
        title: "instances of the template hand out credentials only with a token (IMDSv2)",
        severity: Severity::High,
        practice: Some(4),
        controls: &[hub("EC2.170")],
        risk: "one request that a server can be tricked into sends the credentials of its role to a stranger",
        breaks: always,
        meets: |template, _| text(template, "http_tokens") == "required",
    },
    KindControls {
        kind: "ec2.vpc",
        attributes: &["default_ingress", "default_egress"],
        title: "the default security group lets nothing in or out",
        severity: Severity::Medium,
        practice: Some(12),
        controls: &[
            cis3("5.4"),
            cis5("5.5"),
            hub("EC2.2"),
            nist("AC-4"),
            nist("AC-4(21)"),
            nist("SC-7"),
            nist("SC-7(4)"),
            nist("SC-7(5)"),
            nist("SC-7(11)"),
            nist("SC-7(16)"),
            nist("SC-7(21)"),
        ],
        risk: "what is started without a group of its own talks to everything else that was",
        breaks: always,
        meets: |vpc, _| is_empty(vpc, "default_ingress") && is_empty(vpc, "default_egress"),
    },
    KindControls {
        kind: "ec2.flow-log",
        attributes: &[],
        title: "the traffic of the VPC is recorded",
        severity: Severity::Medium,
        practice: Some(12),
        controls: &[cis3("3.7"), cis5("3.7"), hub("EC2.6")],
        risk: "nobody can say afterwards who talked to whom",
        breaks: never,
        meets: |log, _| records_refusals(log),
    },
    KindControls {
        kind: "ec2.vpc",
        attributes: &["cidr"],
        title: "the VPC has a flow log",
        severity: Severity::Medium,
        practice: Some(12),
        controls: &[cis3("3.7"), cis5("3.7"), hub("EC2.6")],
        risk: "nobody can say afterwards who talked to whom",
        breaks: always,
        meets: |_, wanted| {
            let logs = wanted.things.iter().filter(|(addr, _)| addr.kind() == "ec2.flow-log");
            // A file declares one VPC.
            logs.into_iter().any(|(_, log)| records_refusals(&log.value))
        },
    },
    KindControls {
        kind: "ec2.network-acl",
        attributes: &["ingress"],
        title: "network ACLs let nobody in to ports of administration",
        severity: Severity::High,
        practice: Some(11),
        controls: &[
            cis3("5.1"),
            cis5("5.2"),
            hub("EC2.21"),
            nist("AC-4"),
            nist("AC-4(21)"),
            nist("CM-7"),
            nist("SC-7"),
            nist("SC-7(4)"),
            nist("SC-7(5)"),
            nist("SC-7(11)"),
            nist("SC-7(16)"),
            nist("SC-7(21)"),
        ],
        risk: "the first checkpoint is open: a mistake in one security group is enough",
        breaks: always,
        meets: |acl, _| match acl.get("ingress") {
            // Denials come before allowances.
            Some(Value::Set(entries)) => WORLD.iter().all(|world| {
                ADMINISTRATION.iter().all(|port| {
                    let says = |action: &str| {
                        entries.iter().any(|entry| {
                            text(entry, "action") == action
                                && text(entry, "cidr") == *world
                                && lets_the_world_at(entry, *port)
                        })
                    };
                    says("deny") || !says("allow")
                })
            }),
            _ => false,
        },
    },
    KindControls {
        kind: "ec2.security-group",
        attributes: &["ingress"],
        title: "security groups let nobody in to ports of administration",
        severity: Severity::High,
        practice: Some(11),
        controls: &[
            cis3("5.2"),
            cis3("5.3"),
            cis5("5.3"),
            cis5("5.4"),
            hub("EC2.13"),
            hub("EC2.14"),
            hub("EC2.53"),
            hub("EC2.54"),
            nist("AC-4"),
            nist("AC-4(21)"),
            nist("CM-7"),
            nist("SC-7"),
            nist("SC-7(4)"),
            nist("SC-7(5)"),
            nist("SC-7(11)"),
            nist("SC-7(16)"),
            nist("SC-7(21)"),
        ],
        risk: "the whole internet tries passwords and holes on 22 and 3389 within minutes",
        breaks: always,
        meets: |group, _| match group.get("ingress") {
            Some(Value::Set(rules)) => !rules.iter().any(opens_administration),
            _ => false,
        },
    },
    KindControls {
        kind: "autoscaling.group",
        attributes: &["health_check"],
        title: "instances that the load balancer finds ill are replaced",
        severity: Severity::Medium,
        practice: Some(10),
        controls: &[hub("AutoScaling.1"), nist("CA-7"), nist("CP-2(2)"), nist("SI-2")],
        risk: "instances that answer nobody stay in the group",
        breaks: never,
        meets: |group, _| text(group, "health_check") == "ELB",
    },
    KindControls {
        kind: "autoscaling.group",
        attributes: &["subnets"],
        title: "instances stand in several zones",
        severity: Severity::Medium,
        practice: Some(10),
        controls: &[
            hub("AutoScaling.2"),
            nist("CP-2(2)"),
            nist("CP-6(2)"),
            nist("CP-10"),
            nist("SC-5(2)"),
            nist("SC-36"),
            nist("SI-13(5)"),
        ],
        risk: "the loss of one zone, or an attack on it, takes everything down",
        breaks: never,
        meets: |group, _| at_least_two(group, "subnets"),
    },
    KindControls {
        kind: "elb.load-balancer",
        attributes: &["subnets"],
        title: "the load balancer stands in several zones",
        severity: Severity::Medium,
        practice: Some(10),
        controls: &[
            hub("ELB.13"),
            nist("CP-6(2)"),
            nist("CP-10"),
            nist("SC-5(2)"),
            nist("SC-36"),
            nist("SI-13(5)"),
        ],
        risk: "the loss of one zone, or an attack on it, takes everything down",
        breaks: never,
        meets: |balancer, _| at_least_two(balancer, "subnets"),
    },
    KindControls {
        kind: "elb.load-balancer",
        attributes: &["attributes"],
        title: "the load balancer records its requests",
        severity: Severity::Low,
        practice: Some(10),
        controls: &[hub("ELB.5")],
        risk: "nobody can say afterwards who asked for what",
        breaks: never,
        meets: |balancer, _| {
            let attributes = balancer.get("attributes");
            attributes.is_some_and(|attributes| text(attributes, "access_logs.s3.enabled") == "true")
        },
    },
    KindControls {
        kind: "elb.load-balancer",
        attributes: &["listeners"],
        title: "the load balancer sends plain HTTP to HTTPS",
        severity: Severity::Medium,
        practice: Some(11),
        controls: &[hub("ELB.1"), nist("AC-17(2)"), nist("SC-8"), nist("SC-8(1)"), nist("SC-23")],
        risk: "everybody on the way reads passwords and sessions, and can change what is sent",
        breaks: always,
        meets: |balancer, _| {
            !listeners(balancer).any(|it| text(it, "protocol") == "HTTP" && !is_set(it, "redirect"))
        },
    },
    KindControls {
        kind: "elb.load-balancer",
        attributes: &["listeners"],
        title: "the load balancer takes no TLS older than 1.2",
        severity: Severity::Medium,
        practice: Some(11),
        controls: &[nist("AC-17(2)"), nist("SC-8"), nist("SC-8(1)"), nist("SC-13")],
        risk: "TLS 1.0 and 1.1 have known holes, and a client can be talked down to them",
        breaks: always,
        meets: |balancer, _| !listeners(balancer).any(|it| is_old(text(it, "tls_policy"))),
    },
];

/// The rows of a kind.
pub fn of_kind(kind: &str) -> impl Iterator<Item = &'static KindControls> {
    KIND_CONTROLS.iter().filter(move |row| row.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_says_what_it_is_good_for() {
        for row in KIND_CONTROLS {
            assert!(!row.title.is_empty() && !row.risk.is_empty(), "{}", row.kind);
            assert!(row.practice.is_none_or(|practice| (1..=13).contains(&practice)), "{}", row.kind);
            assert!(row.practice.is_some() || !row.controls.is_empty(), "{}: {}", row.kind, row.title);
            let unique: BTreeSet<&Control> = row.controls.iter().collect();
            assert_eq!(unique.len(), row.controls.len(), "{}: {}", row.kind, row.title);
        }
    }
}
