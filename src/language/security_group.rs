//! The rules of the security group of a tier or a load balancer. Groups are stateful, so only the opening of a connection counts.

use super::flows::{End, Flow};
use super::{endpoint, load_balancer};
use crate::kinds::ec2::security_rule::SecurityRule;
use crate::kinds::ec2_prefix_list::PrefixList;
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::model::{ResourceSpec as _, Set};

/// How many rules of a family a group can have in one direction (SG-4).
pub(super) const MAX_RULES: usize = 60;

/// How many rules of one direction AWS counts for the family that has more: one that names a group or a prefix list counts for both
/// (Amazon VPC quotas).
pub(super) fn most(rules: &Set<SecurityRule>) -> usize {
    let is_v6 = |cidr: &str| cidr.contains(':');
    let of = |v6: bool| {
        rules.0.iter().filter(|rule| rule.cidr.as_deref().is_none_or(|it| is_v6(it) == v6)).count()
    };
    of(false).max(of(true))
}

/// What an end lets in.
pub(super) fn ingress(here: &End, flows: &[Flow]) -> Set<SecurityRule> {
    flows
        .iter()
        .filter(|flow| flow.instances && flow.to == *here)
        .map(|flow| rule(flow, &flow.from, "from"))
        .collect()
}

/// What an end lets out.
pub(super) fn egress(here: &End, flows: &[Flow]) -> Set<SecurityRule> {
    flows
        .iter()
        .filter(|flow| flow.instances && flow.from == *here)
        .map(|flow| rule(flow, &flow.to, "to"))
        .collect()
}

fn rule(flow: &Flow, peer: &End, direction: &str) -> SecurityRule {
    let mut prefix_list = None;
    let (cidr, group, words) = match peer {
        End::Range(range) if range.is_everything() => {
            (Some(range.to_string()), None, "the internet".to_owned())
        }
        End::Range(range) => (Some(range.to_string()), None, range.to_string()),
        End::Tier(name) => (None, Some(SecurityGroup::output(name.clone(), "id")), format!("tier {name}")),
        End::LoadBalancer { name, .. } => {
            let group = SecurityGroup::output(load_balancer::group_name(name), "id");
            (None, Some(group), format!("load balancer {name}"))
        }
        End::Endpoint { name, .. } => {
            let group = SecurityGroup::output(endpoint::group_name(name), "id");
            (None, Some(group), format!("endpoint {name}"))
        }
        End::Service(service) => {
            prefix_list = Some(PrefixList::output(service.clone(), "id"));
            (None, None, format!("service {service}"))
        }
    };
    let (from_port, to_port) = flow.traffic.bounds();
    SecurityRule {
        protocol: flow.traffic.protocol(),
        from_port,
        to_port,
        cidr,
        group,
        prefix_list,
        description: format!("{direction} {words}"),
    }
}
