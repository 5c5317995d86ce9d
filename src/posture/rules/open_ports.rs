//! Ports that are open to the whole world.

use crate::posture::control::{cis3, cis5, hub, nist};
use ipnet::IpNet;

use crate::posture::asked::{AuditAsked, PortRange};
use crate::posture::facts::{Ingress, Region, SecurityGroup};
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Seen, Severity};

/// Ports 22 and 3389 are not open to the world.
pub const ADMIN: Rule = Rule {
    id: "open-admin-port",
    title: "ports 22 and 3389 are not open to the world",
    severity: Severity::High,
    practice: 11,
    controls: &[
        cis3("5.2"),
        cis3("5.3"),
        cis5("5.3"),
        cis5("5.4"),
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
    risk: "every machine on the internet tries passwords and old holes on these ports, all day",
    remedy: "Revoke the rule, or narrow it to the addresses you administer from. Session Manager needs no open port, and `baseline admit` opens one for a while.",
    calls: &["ec2:DescribeRegions", "ec2:DescribeSecurityGroups", "ec2:GetManagedPrefixListEntries"],
};

/// Ports of databases and other services inside are not open to the world.
pub const DATA: Rule = Rule {
    id: "open-data-port",
    title: "ports of databases and other services inside are not open to the world",
    severity: Severity::High,
    practice: 11,
    controls: &[
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
    risk: "databases and caches are built to be reached from inside, and some ask for no password at all",
    remedy: "Revoke the rule, or narrow it to the security groups of those who need the port.",
    calls: &["ec2:DescribeRegions", "ec2:DescribeSecurityGroups", "ec2:GetManagedPrefixListEntries"],
};

/// Ports by which machines are administered: SSH and remote desktop.
pub(super) const ADMIN_PORTS: [u16; 2] = [22, 3389];

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let demand = &asked.closed_ports;
    let both = ADMIN_PORTS.map(|port| (port, port));
    let (admin, other) = split(&demand.value);
    let asked: Vec<(&'static Rule, Vec<PortRange>)> =
        [(&ADMIN, admin), (&DATA, other)].into_iter().filter(|(_, ports)| !ports.is_empty()).collect();
    let rules: Vec<&'static Rule> = asked.iter().map(|(rule, _)| *rule).collect();
    let Some(regions) = findings.require(&rules, &facts.regions) else { return };
    if rules.contains(&&ADMIN) {
        findings.measure(&ADMIN, ADMIN.controls, "ports 22 and 3389 that are closed");
    }
    for (name, region) in regions {
        let Some(groups) = findings.require(&rules, &region.security_groups) else { continue };
        for (rule, ports) in &asked {
            findings.checked(rule, groups.len());
            for group in groups {
                if rule.id == ADMIN.id && !opening(region, group, &both).is_empty() {
                    findings.lapse(rule, rule.controls, false);
                } else if rule.id == ADMIN.id && unread_lists(region, group, &both).next().is_some() {
                    findings.doubt(rule, rule.controls, || "a prefix list could not be read".to_owned());
                }
                let open = opening(region, group, ports);
                if !open.is_empty() {
                    findings.report(rule, found(facts, name, group, &open, ports, &demand.origin));
                    continue;
                }
                // A list of ranges that could not be read may hold the world.
                for list in unread_lists(region, group, ports) {
                    findings.require(&[rule], list);
                }
            }
        }
    }
}

/// The ports for administration among those asked for, by themselves or within a range, and the rest.
fn split(ports: &[PortRange]) -> (Vec<PortRange>, Vec<PortRange>) {
    let (mut admin, mut other) = (Vec::new(), Vec::new());
    for (first, last) in ports {
        let mut from = *first;
        for port in ADMIN_PORTS.into_iter().filter(|port| (*first..=*last).contains(port)) {
            admin.push((port, port));
            if from < port {
                other.push((from, port - 1));
            }
            from = port + 1;
        }
        if from <= *last {
            other.push((from, *last));
        }
    }
    admin.sort_unstable();
    admin.dedup();
    (admin, other)
}

/// The prefix lists by which a group lets somebody in on one of the ports and that could not be read.
fn unread_lists<'a>(
    region: &'a Region,
    group: &'a SecurityGroup,
    ports: &'a [PortRange],
) -> impl Iterator<Item = &'a Seen<Vec<String>>> {
    let reaching = group.ingress.iter().filter(|ingress| reaches(ingress, ports));
    let lists = reaching.filter_map(|ingress| region.prefix_lists.get(&ingress.range));
    lists.filter(|list| !matches!(list, Seen::Seen(_)))
}

/// The rules that open one of the ports to the world: each by itself, or all that reach a port together.
fn opening<'a>(region: &Region, group: &'a SecurityGroup, ports: &[PortRange]) -> Vec<&'a Ingress> {
    let mut open: Vec<&Ingress> = Vec::new();
    for port in ports {
        let reaching: Vec<&Ingress> =
            group.ingress.iter().filter(|ingress| reaches(ingress, &[*port])).collect();
        let alone: Vec<&Ingress> =
            reaching.iter().copied().filter(|ingress| is_the_world(&ranges(region, ingress))).collect();
        let together: Vec<IpNet> = reaching.iter().flat_map(|ingress| ranges(region, ingress)).collect();
        let found = if alone.is_empty() && is_the_world(&together) { reaching } else { alone };
        for ingress in found {
            if !open.iter().any(|known| std::ptr::eq(*known, ingress)) {
                open.push(ingress);
            }
        }
    }
    open
}

/// The ranges of a rule: its own, or those of the prefix list that it names, as far as it could be read.
fn ranges(region: &Region, ingress: &Ingress) -> Vec<IpNet> {
    match region.prefix_lists.get(&ingress.range) {
        Some(Seen::Seen(ranges)) => ranges.iter().filter_map(|range| range.parse().ok()).collect(),
        Some(Seen::Unreadable(_) | Seen::NotAsked) => Vec::new(),
        None => ingress.range.parse().into_iter().collect(),
    }
}

/// Whether it lets anybody at all in on one of the ports.
fn reaches(ingress: &Ingress, ports: &[PortRange]) -> bool {
    let carries_ports = ["-1", "tcp", "udp", "6", "17"].contains(&ingress.protocol.as_str());
    carries_ports
        && match ingress.ports.filter(|_| ingress.protocol != "-1") {
            None => true,
            Some((from, to)) => ports.iter().any(|(first, last)| from <= *last && *first <= to),
        }
}

/// Addresses that the internet does not carry: private, of one link or one machine, multicast, reserved.
const NOT_ROUTED: [&str; 12] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
    "::/8",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// Whether anybody on the internet has an address in a range.
fn is_routed(net: &IpNet) -> bool {
    !NOT_ROUTED.iter().any(|range| range.parse::<IpNet>().is_ok_and(|range| range.contains(net)))
}

/// Everything, or so much of it that it makes no difference: one range wider than /7, or /15 of IPv6, or many that add up to
/// half of all addresses. The internet is written in two lines as well as in one, and in 256.
pub(super) fn is_the_world(ranges: &[IpNet]) -> bool {
    let wide = |net: &IpNet| match net {
        IpNet::V4(net) => net.prefix_len() < 8,
        IpNet::V6(net) => net.prefix_len() < 16,
    };
    if ranges.iter().any(|net| wide(net) && is_routed(net)) {
        return true;
    }
    let (mut v4, mut v6) = (0_u64, 0_u64);
    for net in IpNet::aggregate(&ranges.to_vec()).into_iter().filter(is_routed) {
        match net {
            IpNet::V4(net) => v4 += 1 << (32 - net.prefix_len()),
            // In networks of /32, the smallest that providers get.
            IpNet::V6(net) => v6 += 1 << 32_u8.saturating_sub(net.prefix_len()),
        }
    }
    // Of IPv6 an eighth is given out (2000::/3).
    v4 >= 1 << 31 || v6 >= 1 << 28
}

fn found<'a>(
    facts: &Facts,
    region: &str,
    group: &SecurityGroup,
    open: &[&Ingress],
    ports: &[PortRange],
    origin: &'a crate::model::Origin,
) -> Found<'a> {
    let reached: Vec<String> = ports
        .iter()
        .filter(|port| open.iter().any(|ingress| reaches(ingress, &[**port])))
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") })
        .collect();
    let id = format!("arn:{}:ec2:{region}:{}:security-group/{}", facts.partition, facts.account, group.id);
    let word = if reached.len() == 1 { "port" } else { "ports" };
    Found {
        resource: Resource { kind: "security group", id, region: Some(region.to_owned()) },
        message: format!("{} ({}) opens {word} {} to the world", group.id, group.name, reached.join(", ")),
        evidence: open.iter().map(|ingress| shown(ingress)).collect(),
        next: open.iter().map(|ingress| revocation(region, group, ingress)).collect::<Vec<_>>().join("; "),
        origin,
    }
}

fn shown(ingress: &Ingress) -> String {
    let protocol = if ingress.protocol == "-1" { "every protocol" } else { &ingress.protocol };
    let ports = match ingress.ports.filter(|_| ingress.protocol != "-1") {
        None => "every port".to_owned(),
        Some((from, to)) if from == to => from.to_string(),
        Some((from, to)) => format!("{from}-{to}"),
    };
    format!("{protocol} {ports} from {}", ingress.range)
}

fn revocation(region: &str, group: &SecurityGroup, ingress: &Ingress) -> String {
    let ports = match ingress.ports.filter(|_| ingress.protocol != "-1") {
        Some((from, to)) => format!(",FromPort={from},ToPort={to}"),
        None => String::new(),
    };
    let range = if ingress.range.starts_with("pl-") {
        format!("PrefixListIds=[{{PrefixListId={}}}]", ingress.range)
    } else if ingress.range.contains(':') {
        format!("Ipv6Ranges=[{{CidrIpv6={}}}]", ingress.range)
    } else {
        format!("IpRanges=[{{CidrIp={}}}]", ingress.range)
    };
    format!(
        "aws ec2 revoke-security-group-ingress --region {region} --group-id {} --ip-permissions \
         'IpProtocol={}{ports},{range}'",
        group.id, ingress.protocol
    )
}
