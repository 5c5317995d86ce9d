//! Security groups and network ACLs as the model of a network has them.

use aws_sdk_ec2::types::{IpPermission, NetworkAcl, NetworkAclEntry, RuleAction, SecurityGroup};

use super::range;
use crate::network::{Acl, AclEntry, Action, Group, Labels, Network, Peer, Rule, Traffic};

/// The highest number an entry of a person can have (ACL-5): behind it stands the one that denies everything.
const LAST_NUMBER: u16 = 32766;

pub(super) fn groups(network: &mut Network, labels: &Labels, groups: &[SecurityGroup]) {
    for group in groups {
        let rules = |permissions: &[IpPermission]| {
            permissions.iter().flat_map(|permission| rules(labels, permission)).collect()
        };
        let read =
            Group { ingress: rules(group.ip_permissions()), egress: rules(group.ip_permissions_egress()) };
        network.groups.insert(labels.of(group.group_id().unwrap_or_default()), read);
    }
}

fn rules(labels: &Labels, permission: &IpPermission) -> Vec<Rule> {
    let (from, to) = (permission.from_port().map(i64::from), permission.to_port().map(i64::from));
    let Some(traffic) = Traffic::of(permission.ip_protocol().unwrap_or("-1"), from, to) else {
        return Vec::new();
    };
    let ranges = permission.ip_ranges().iter().filter_map(|peer| range(peer.cidr_ip()?));
    let ranges_v6 = permission.ipv6_ranges().iter().filter_map(|peer| range(peer.cidr_ipv6()?));
    let ranges = ranges.chain(ranges_v6).map(Peer::Range);
    let groups = permission.user_id_group_pairs().iter().filter_map(|peer| peer.group_id());
    let groups = groups.map(|id| Peer::Group(labels.of(id)));
    let lists = permission.prefix_list_ids().iter().filter_map(|peer| peer.prefix_list_id());
    let peers = ranges.chain(groups).chain(lists.map(|id| Peer::PrefixList(id.to_owned())));
    peers.map(|peer| Rule { peer, traffic: traffic.clone() }).collect()
}

pub(super) fn acls(network: &mut Network, labels: &Labels, acls: &[NetworkAcl]) {
    for acl in acls {
        let label = labels.of(acl.network_acl_id().unwrap_or_default());
        for subnet in acl.associations().iter().filter_map(|association| association.subnet_id()) {
            if let Some(subnet) = network.subnets.get_mut(&labels.of(subnet)) {
                subnet.acl.clone_from(&label);
            }
        }
        let entries = |egress: bool| {
            let entries = acl.entries().iter().filter(|entry| entry.egress().unwrap_or_default() == egress);
            entries.filter_map(entry).collect()
        };
        network.acls.insert(label, Acl { ingress: entries(false), egress: entries(true) });
    }
}

fn entry(live: &NetworkAclEntry) -> Option<AclEntry> {
    let number = u16::try_from(live.rule_number()?).ok().filter(|number| *number <= LAST_NUMBER)?;
    let (from, to) = match (live.icmp_type_code(), live.port_range()) {
        (Some(icmp), _) => (icmp.r#type(), icmp.code()),
        (None, ports) => ports.map_or((None, None), |ports| (ports.from(), ports.to())),
    };
    Some(AclEntry {
        number,
        action: if live.rule_action() == Some(&RuleAction::Allow) { Action::Allow } else { Action::Deny },
        range: range(live.cidr_block().or(live.ipv6_cidr_block())?)?,
        traffic: Traffic::of(live.protocol().unwrap_or("-1"), from.map(i64::from), to.map(i64::from))?,
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{IcmpTypeCode, IpRange, PortRange, UserIdGroupPair};

    use super::*;

    #[test]
    fn permissions_are_a_rule_for_each_peer() {
        let permission = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(443)
            .to_port(443)
            .ip_ranges(IpRange::builder().cidr_ip("203.0.113.0/24").build())
            .user_id_group_pairs(UserIdGroupPair::builder().group_id("sg-2").build())
            .build();
        let peers: Vec<Peer> =
            rules(&Labels::default(), &permission).into_iter().map(|rule| rule.peer).collect();
        assert_eq!(peers, [Peer::Range("203.0.113.0/24".parse().unwrap()), Peer::Group("sg-2".to_owned())]);
        // Everything has neither ports nor, in some answers, a protocol.
        let everything = IpPermission::builder().ip_protocol("-1").from_port(0).to_port(0);
        let everything = everything.ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build()).build();
        assert_eq!(rules(&Labels::default(), &everything)[0].traffic, Traffic::all());
    }

    #[test]
    fn entries_have_ports_or_messages_and_the_last_denial_is_aws_own() {
        let of = |number: i32, protocol: &str| {
            NetworkAclEntry::builder()
                .rule_number(number)
                .protocol(protocol)
                .rule_action(RuleAction::Allow)
                .cidr_block("0.0.0.0/0")
        };
        let web = of(100, "6").port_range(PortRange::builder().from(443).to(443).build()).build();
        assert_eq!(entry(&web).unwrap().traffic, Traffic::tcp(443, 443));
        let ping = of(110, "1").icmp_type_code(IcmpTypeCode::builder().r#type(8).code(-1).build()).build();
        let messages = entry(&ping).unwrap().traffic.ports;
        assert_eq!(messages.ranges(), [(8 * 256, 8 * 256 + 255)]);
        assert_eq!(entry(&of(32767, "-1").build()), None);
    }
}
