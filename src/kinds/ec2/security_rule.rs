//! One rule of a security group, shared by the kinds that have them (SG-7).

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroupRule, UserIdGroupPair,
};
use serde::{Deserialize, Serialize};

use crate::aws::Error;
use crate::kinds::ec2::ip_protocol;
use crate::kinds::ec2::ip_range;
use crate::model::{Link, Set};

/// One allowed flow. Exactly one of `cidr`, `group` and `prefix_list` is set.
///
/// AWS identifies a rule by direction, protocol, ports and that one peer; the description is not
/// part of its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityRule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number as text, or `all`.
    pub protocol: String,
    /// The first port, or the ICMP type; absent for all ports.
    pub from_port: Option<i64>,
    /// The last port, or the ICMP code; absent for all ports.
    pub to_port: Option<i64>,
    /// An IPv4 or IPv6 range in canonical form.
    pub cidr: Option<String>,
    /// A security group.
    pub group: Option<Link>,
    /// A prefix list.
    pub prefix_list: Option<Link>,
    /// What it is for; empty where nobody said.
    pub description: String,
}

/// What leads from the rules that are there to the rules that are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::kinds) struct RuleEdits {
    /// Rules to add.
    pub(in crate::kinds) authorize: Vec<SecurityRule>,
    /// Rules that are there and need another description.
    pub(in crate::kinds) describe: Vec<SecurityRule>,
    /// Rules to take away.
    pub(in crate::kinds) revoke: Vec<SecurityRule>,
}

impl RuleEdits {
    /// Compares by what AWS takes for the identity of a rule, so that another description never
    /// takes a rule away and nothing is sent twice in one request (SG-8).
    pub(in crate::kinds) fn between(wanted: &Set<SecurityRule>, live: &Set<SecurityRule>) -> Self {
        let by_identity = |rules: &Set<SecurityRule>| -> BTreeMap<SecurityRule, SecurityRule> {
            rules.0.iter().map(|rule| (rule.identity(), rule.clone())).collect()
        };
        let (wanted, live) = (by_identity(wanted), by_identity(live));
        let mut edits = Self::default();
        for (identity, rule) in &wanted {
            match live.get(identity) {
                None => edits.authorize.push(rule.clone()),
                Some(there) if there.description != rule.description => edits.describe.push(rule.clone()),
                Some(_) => {}
            }
        }
        let surplus = live.iter().filter(|(identity, _)| !wanted.contains_key(identity));
        edits.revoke = surplus.map(|(_, rule)| rule.clone()).collect();
        edits
    }
}

impl SecurityRule {
    /// The rule without its description: what AWS tells rules apart by (SG-7).
    pub(in crate::kinds) fn identity(&self) -> Self {
        Self { description: String::new(), ..self.clone() }
    }

    /// The rule in the form in which it is sent.
    ///
    /// # Errors
    /// Fails on a group that is not known yet, on a rule without a peer and on impossible ports.
    pub(in crate::kinds) fn permission(&self) -> Result<IpPermission, Error> {
        let protocol = if self.protocol == "all" { "-1" } else { &self.protocol };
        let (from, to) = ip_protocol::wire_ports(&self.protocol, self.from_port, self.to_port)?.unzip();
        let permission = IpPermission::builder().ip_protocol(protocol).set_from_port(from).set_to_port(to);
        // A description is taken away by leaving it out, not by sending an empty one.
        let description = Some(self.description.clone()).filter(|text| !text.is_empty());
        Ok(match (&self.cidr, &self.group, &self.prefix_list) {
            (Some(cidr), None, None) if ip_range::is_v6(cidr) => permission
                .ipv6_ranges(Ipv6Range::builder().cidr_ipv6(cidr).set_description(description).build()),
            (Some(cidr), None, None) => {
                permission.ip_ranges(IpRange::builder().cidr_ip(cidr).set_description(description).build())
            }
            (None, Some(group), None) => permission.user_id_group_pairs(
                UserIdGroupPair::builder().group_id(group.id()?).set_description(description).build(),
            ),
            (None, None, Some(list)) => permission.prefix_list_ids(
                PrefixListId::builder().prefix_list_id(list.id()?).set_description(description).build(),
            ),
            _ => return Err(Error::internal("a security rule needs exactly one peer")),
        }
        .build())
    }
}

/// The rules of one direction, out of the answer that merges those with equal ports (SG-7).
pub(in crate::kinds) fn flatten(permissions: &[IpPermission]) -> Set<SecurityRule> {
    let mut rules = BTreeSet::new();
    for permission in permissions {
        let base = rule(permission.ip_protocol(), (permission.from_port(), permission.to_port()));
        rules.extend(permission.ip_ranges().iter().map(|range| SecurityRule {
            cidr: range.cidr_ip().map(ip_range::canonical),
            description: range.description().unwrap_or_default().to_owned(),
            ..base.clone()
        }));
        rules.extend(permission.ipv6_ranges().iter().map(|range| SecurityRule {
            cidr: range.cidr_ipv6().map(ip_range::canonical),
            description: range.description().unwrap_or_default().to_owned(),
            ..base.clone()
        }));
        rules.extend(permission.user_id_group_pairs().iter().map(|pair| SecurityRule {
            group: pair.group_id().map(Link::from),
            description: pair.description().unwrap_or_default().to_owned(),
            ..base.clone()
        }));
        rules.extend(permission.prefix_list_ids().iter().map(|list| SecurityRule {
            prefix_list: list.prefix_list_id().map(Link::from),
            description: list.description().unwrap_or_default().to_owned(),
            ..base.clone()
        }));
    }
    Set(rules)
}

impl From<&SecurityGroupRule> for SecurityRule {
    fn from(found: &SecurityGroupRule) -> Self {
        Self {
            cidr: found.cidr_ipv4().or(found.cidr_ipv6()).map(ip_range::canonical),
            group: found.referenced_group_info().and_then(|group| group.group_id()).map(Link::from),
            prefix_list: found.prefix_list_id().map(Link::from),
            description: found.description().unwrap_or_default().to_owned(),
            ..rule(found.ip_protocol(), (found.from_port(), found.to_port()))
        }
    }
}

/// A rule that has its flow and no peer yet.
fn rule(protocol: Option<&str>, (from, to): (Option<i32>, Option<i32>)) -> SecurityRule {
    let protocol = ip_protocol::name(protocol.unwrap_or_default());
    let (from_port, to_port) = ip_protocol::ports(&protocol, from, to);
    SecurityRule {
        protocol,
        from_port,
        to_port,
        cidr: None,
        group: None,
        prefix_list: None,
        description: String::new(),
    }
}

/// A rule for one port of a protocol from one range.
pub(in crate::kinds) fn one_port(protocol: &str, cidr: &str, port: i64, description: &str) -> SecurityRule {
    SecurityRule {
        from_port: Some(port),
        to_port: Some(port),
        cidr: Some(cidr.to_owned()),
        description: description.to_owned(),
        ..rule(Some(protocol), (None, None))
    }
}

/// A rule for one port over TCP from one range.
pub(in crate::kinds) fn tcp_from(cidr: &str, port: i64, description: &str) -> SecurityRule {
    one_port("tcp", cidr, port, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(rules: impl IntoIterator<Item = SecurityRule>) -> Set<SecurityRule> {
        rules.into_iter().collect()
    }

    fn everything_out() -> SecurityRule {
        SecurityRule { cidr: Some("0.0.0.0/0".into()), ..rule(Some("-1"), (None, None)) }
    }

    fn of_every_peer() -> Vec<SecurityRule> {
        vec![
            tcp_from("10.0.0.0/8", 443, "office"),
            tcp_from("10.1.0.0/16", 443, ""),
            tcp_from("2001:db8::/32", 443, ""),
            SecurityRule { group: Some("sg-1".into()), ..rule(Some("6"), (Some(443), Some(443))) },
            SecurityRule { prefix_list: Some("pl-1".into()), ..rule(Some("udp"), (Some(0), Some(65535))) },
            SecurityRule { cidr: Some("10.0.0.0/8".into()), ..rule(Some("icmp"), (Some(8), Some(-1))) },
            everything_out(),
        ]
    }

    #[test]
    fn merged_permissions_fall_apart_into_the_rules_that_were_sent() {
        let rules = of_every_peer();
        let sent: Vec<IpPermission> = rules.iter().map(|rule| rule.permission().unwrap()).collect();
        assert_eq!(flatten(&sent), set(rules));

        let merged = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(443)
            .to_port(443)
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").description("office").build())
            .ip_ranges(IpRange::builder().cidr_ip("10.1.0.0/16").build())
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("2001:DB8:0::/32").build())
            .build();
        assert_eq!(flatten(&[merged]), set(of_every_peer().into_iter().take(3)));
    }

    #[test]
    fn both_answers_of_aws_give_the_same_rule_for_all_traffic() {
        let listed = SecurityGroupRule::builder()
            .ip_protocol("-1")
            .from_port(-1)
            .to_port(-1)
            .cidr_ipv4("0.0.0.0/0")
            .description("")
            .build();
        assert_eq!(SecurityRule::from(&listed), everything_out());
        assert_eq!(everything_out().protocol, "all");
    }

    #[test]
    fn a_new_description_neither_adds_nor_takes_away_a_rule() {
        let wanted = set([tcp_from("10.0.0.0/8", 443, "office"), tcp_from("10.0.0.0/8", 80, "")]);
        let live = set([tcp_from("10.0.0.0/8", 443, ""), tcp_from("0.0.0.0/0", 22, "oops")]);
        assert_eq!(
            RuleEdits::between(&wanted, &live),
            RuleEdits {
                authorize: vec![tcp_from("10.0.0.0/8", 80, "")],
                describe: vec![tcp_from("10.0.0.0/8", 443, "office")],
                revoke: vec![tcp_from("0.0.0.0/0", 22, "oops")],
            }
        );
        assert_eq!(RuleEdits::between(&wanted, &wanted), RuleEdits::default());
    }

    #[test]
    fn one_rule_wanted_under_two_descriptions_is_sent_once() {
        let wanted = set([tcp_from("10.0.0.0/8", 443, "a"), tcp_from("10.0.0.0/8", 443, "b")]);
        assert_eq!(RuleEdits::between(&wanted, &Set::default()).authorize.len(), 1);
    }

    #[test]
    fn a_rule_with_two_peers_or_none_is_refused() {
        let two = SecurityRule { group: Some("sg-1".into()), ..tcp_from("10.0.0.0/8", 443, "") };
        let none = SecurityRule { cidr: None, ..tcp_from("10.0.0.0/8", 443, "") };
        assert!(two.permission().is_err() && none.permission().is_err());
    }
}
