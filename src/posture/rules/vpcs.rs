//! Every VPC: its default security group has no rules, its flow logs record, its network ACLs keep the world from administration.

use ipnet::IpNet;

use super::every_region::{self, Departure, Words, resource};
use super::open_ports::{ADMIN_PORTS, is_the_world};
use crate::posture::asked::AuditAsked;
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::facts::{NetworkAcl, Region};
use crate::posture::findings::Findings;
use crate::posture::{Facts, Rule, Severity};

/// The default security group of every VPC has no rules.
pub const DEFAULT_GROUPS: Rule = Rule {
    id: "vpc-default-group",
    title: "the default security group of every VPC has no rules",
    severity: Severity::Medium,
    practice: 11,
    controls: &[cis3("5.4"), cis5("5.5"), hub("EC2.2"), nist("AC-4"), nist("AC-4(21)"), nist("SC-7")],
    risk: "whatever is started without a security group of its own reaches everything that was started alike",
    remedy: "Revoke all rules of the default group. `[default_network]` does it in every region.",
    calls: &["ec2:DescribeRegions", "ec2:DescribeSecurityGroups"],
};

/// Every VPC has flow logs.
pub const FLOW_LOGS: Rule = Rule {
    id: "vpc-flow-logs",
    title: "every VPC has flow logs",
    severity: Severity::Medium,
    practice: 6,
    controls: &[cis3("3.7"), cis5("3.7"), hub("EC2.6"), nist("AU-12"), nist("SI-7(8)")],
    risk: "after an intrusion nobody can say who talked to whom",
    remedy: "Delete default VPCs in which nothing runs, and make flow logs for the others, or declare the network with `flow_logs`.",
    calls: &["ec2:DescribeRegions", "ec2:DescribeVpcs", "ec2:DescribeFlowLogs"],
};

/// No network ACL lets the world reach ports of administration.
pub const ACLS: Rule = Rule {
    id: "network-acl-admin-ports",
    title: "no network ACL lets the world reach ports 22 and 3389",
    severity: Severity::Low,
    practice: 11,
    controls: &[cis3("5.1"), cis5("5.2"), hub("EC2.21"), nist("AC-4(21)"), nist("SC-7"), nist("SC-7(21)")],
    risk: "one security group that is opened by mistake is enough to let the world at a machine",
    remedy: "Deny ports 22 and 3389 from the world before the entry that allows them, or narrow that entry.",
    calls: &["ec2:DescribeRegions", "ec2:DescribeNetworkAcls"],
};

/// What AWS calls the group that every VPC is born with; nobody can rename or delete it.
const DEFAULT: &str = "default";

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    if let Some(demand) = &asked.sealed_default_groups {
        let words = Words {
            message: |open, all| format!("{open} of {all} default security groups have rules"),
            next: "delete default VPCs in which nothing runs; move what uses a default group into one of its own, then \
                   take the group's rules away: aws ec2 revoke-security-group-ingress and \
                   revoke-security-group-egress, each with --region, --group-id and --ip-permissions",
        };
        let look = |region: &str, read: &Region, findings: &mut Findings| {
            let groups = findings.require(&[&DEFAULT_GROUPS], &read.security_groups)?;
            let defaults = || groups.iter().filter(|group| group.name == DEFAULT);
            let open = defaults().filter(|group| group.rules > 0).map(|group| Departure {
                resource: resource(facts, "security group", region, &format!("security-group/{}", group.id)),
                evidence: format!("{} of {}", group.id, group.vpc),
            });
            Some((defaults().count(), open.collect()))
        };
        every_region::judge(facts, &DEFAULT_GROUPS, &demand.origin, findings, &words, look);
    }
    if let Some(demand) = &asked.flow_logs {
        let words = Words {
            message: |bare, all| format!("{bare} of {all} VPCs have no flow logs"),
            next: "delete default VPCs in which nothing runs; for each other: aws ec2 create-flow-logs --region REGION \
                   --resource-type VPC --resource-ids VPC --traffic-type REJECT --log-destination-type s3 \
                   --log-destination ARN-OF-BUCKET",
        };
        let look = |region: &str, read: &Region, findings: &mut Findings| {
            let vpcs = findings.require(&[&FLOW_LOGS], &read.vpcs)?;
            let bare = vpcs.iter().filter(|vpc| !vpc.flow_logs).map(|vpc| Departure {
                resource: resource(facts, "VPC", region, &format!("vpc/{}", vpc.id)),
                evidence: vpc.id.clone(),
            });
            Some((vpcs.len(), bare.collect()))
        };
        every_region::judge(facts, &FLOW_LOGS, &demand.origin, findings, &words, look);
    }
    if let Some(demand) = &asked.network_acls {
        let words = Words {
            message: |open, all| format!("{open} of {all} network ACLs let the world reach port 22 or 3389"),
            next: "delete default VPCs in which nothing runs; for each other put an entry in front for each port that denies it, \
                   or allow only what is needed: aws ec2 create-network-acl-entry --region REGION \
                   --network-acl-id ACL --rule-number 1 --protocol tcp --port-range From=22,To=22 --cidr-block \
                   0.0.0.0/0 --rule-action deny --ingress",
        };
        let look = |region: &str, read: &Region, findings: &mut Findings| {
            let acls = findings.require(&[&ACLS], &read.network_acls)?;
            let open = acls.iter().filter_map(|acl| {
                let ports: Vec<String> = ADMIN_PORTS
                    .iter()
                    .filter(|port| lets_the_world_in(acl, **port))
                    .map(ToString::to_string)
                    .collect();
                (!ports.is_empty()).then(|| Departure {
                    resource: resource(facts, "network ACL", region, &format!("network-acl/{}", acl.id)),
                    evidence: format!("{} (ports {}, {} subnets)", acl.id, ports.join(" and "), acl.subnets),
                })
            });
            Some((acls.len(), open.collect()))
        };
        every_region::judge(facts, &ACLS, &demand.origin, findings, &words, look);
    }
}

/// Whether the world reaches a port by TCP: AWS takes the first entry that fits. What an earlier entry denies to all of the
/// world is closed; what it denies to a few is not.
fn lets_the_world_in(acl: &NetworkAcl, port: u16) -> bool {
    let fitting = acl.entries.iter().filter(|entry| {
        ["-1", "6"].contains(&entry.protocol.as_str())
            && (entry.protocol == "-1"
                || entry.ports.is_none_or(|(first, last)| (first..=last).contains(&port)))
    });
    let (mut allowed, mut denied): (Vec<IpNet>, Vec<IpNet>) = (Vec::new(), Vec::new());
    for entry in fitting {
        let Ok(range) = entry.range.parse::<IpNet>() else { continue };
        if denied.iter().any(|known| known.contains(&range)) {
            continue;
        }
        if entry.allow { allowed.push(range) } else { denied.push(range) }
    }
    is_the_world(&allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::facts::AclEntry;

    #[test]
    fn the_first_entry_that_fits_decides_for_each_family() {
        type Line = (bool, &'static str, Option<(u16, u16)>, &'static str);
        let open = |lines: &[Line]| {
            let entries = lines.iter().zip(1..).map(|((allow, protocol, ports, range), number)| AclEntry {
                number,
                allow: *allow,
                protocol: (*protocol).into(),
                ports: *ports,
                range: (*range).into(),
            });
            let acl = NetworkAcl { id: "acl-1".into(), subnets: 1, entries: entries.collect() };
            lets_the_world_in(&acl, 22)
        };
        let ssh = Some((22, 22));
        // As AWS makes it.
        assert!(open(&[(true, "-1", None, "0.0.0.0/0")]));
        assert!(!open(&[(false, "6", ssh, "0.0.0.0/0"), (true, "-1", None, "0.0.0.0/0")]));
        assert!(open(&[(true, "-1", None, "0.0.0.0/0"), (false, "6", ssh, "0.0.0.0/0")]));
        // Shut for IPv4 only, or for a few.
        assert!(open(&[(false, "6", ssh, "0.0.0.0/0"), (true, "-1", None, "::/0")]));
        assert!(open(&[(false, "6", ssh, "198.51.100.0/24"), (true, "6", ssh, "0.0.0.0/0")]));
        assert!(open(&[(true, "6", Some((0, 1024)), "0.0.0.0/1"), (true, "6", ssh, "128.0.0.0/1")]));
        // Another protocol, other ports, a range of an office.
        assert!(!open(&[(true, "17", ssh, "0.0.0.0/0"), (true, "6", Some((443, 443)), "0.0.0.0/0")]));
        assert!(!open(&[(true, "6", ssh, "203.0.113.0/24")]));
        assert!(!open(&[]));
    }
}
