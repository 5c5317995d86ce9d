//! Rules added to and taken from a security group (SG-4, SG-8).

use super::resource_id::SECURITY_GROUP_RULE;
use super::security_group_rule::{Peer, Place, SecurityGroupRule, permissions};
use super::state::{State, View, current, ids_of};
use super::tags::requested;
use super::{Versioned, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations that add and take rules.
pub const OPERATIONS: &[Operation] = &[
    operation("AuthorizeSecurityGroupIngress", |cx, params| authorize(cx, params, false)),
    operation("AuthorizeSecurityGroupEgress", |cx, params| authorize(cx, params, true)),
    operation("RevokeSecurityGroupIngress", |cx, params| revoke(cx, params, false)),
    operation("RevokeSecurityGroupEgress", |cx, params| revoke(cx, params, true)),
];

/// How EC2 words a rule in its refusals.
pub(super) fn worded(rule: &SecurityGroupRule) -> String {
    let peer = match &rule.peer {
        Peer::V4(text) | Peer::V6(text) | Peer::Group(text) | Peer::List(text) => text,
    };
    let protocol = if rule.protocol == "-1" { "ALL".to_owned() } else { rule.protocol.to_uppercase() };
    let ports =
        rule.ports.map(|(from, to)| format!(", from port: {from}, to port: {to}")).unwrap_or_default();
    format!("peer: {peer}, {protocol}{ports}, ALLOW")
}

/// The refusal of a rule that is there already (SG-8).
pub(super) fn duplicate(rule: &SecurityGroupRule) -> Fault {
    let message = format!("the specified rule \"{}\" already exists", worded(rule));
    Fault::client("InvalidPermission.Duplicate", message)
}

fn is_v6(rule: &SecurityGroupRule) -> bool {
    matches!(rule.peer, Peer::V6(_))
}

fn check_quota(ec2: &State, new: &[SecurityGroupRule]) -> Result<(), Fault> {
    for v6 in [false, true] {
        let added = new.iter().filter(|rule| is_v6(rule) == v6).count();
        let Some(example) = new.iter().find(|rule| is_v6(rule) == v6) else { continue };
        let alike = |rule: &&Versioned<SecurityGroupRule>| {
            let rule = rule.truth();
            rule.group == example.group && rule.egress == example.egress && is_v6(rule) == v6
        };
        let count = ec2.security_group_rules.values().filter(alike).count() + added;
        let code = "RulesPerSecurityGroupLimitExceeded";
        quotas::check(count.saturating_sub(1), quotas::RULES, code, "rules per security group")?;
    }
    Ok(())
}

fn authorize(cx: &mut Context<'_>, params: &Params, egress: bool) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let tags = requested(params, &SECURITY_GROUP_RULE)?;
    let mut ids = ids_of(cx);
    let ec2 = &mut cx.home().ec2;
    let group = ec2.named_group(view.lens, params)?;
    let vpc = ec2.security_group(view.lens, &group)?.vpc.clone();
    let place = Place { lens: view.lens, group: &group, vpc: &vpc, egress };
    let rules = ec2.named_rules(place, params)?;
    let there = |rule: &&SecurityGroupRule| {
        ec2.security_group_rules.values().any(|other| other.truth().is_same(rule))
    };
    if let Some(rule) = rules.iter().find(there) {
        return Err(duplicate(rule));
    }
    check_quota(ec2, &rules)?;
    let mut shown = Vec::new();
    for rule in rules {
        let id = ids.id("sgr-");
        ec2.tag_new(&id, tags.clone(), now);
        shown.push(ec2.show_rule(&view.written(), &id, &rule));
        ec2.security_group_rules.insert(id, Versioned::new(rule, now));
    }
    cx.world.ids = ids;
    Ok(Answer::done().with("securityGroupRuleSet", crate::sandbox::wire::Node::list(shown)))
}

fn show_revoked(id: &str, rule: &SecurityGroupRule) -> Fields {
    let (from, to) = rule.ports.unwrap_or((-1, -1));
    let shown = Fields::new()
        .with("securityGroupRuleId", id)
        .with("groupId", &rule.group)
        .with("isEgress", rule.egress)
        .with("ipProtocol", &rule.protocol)
        .with("fromPort", from)
        .with("toPort", to);
    let shown = match &rule.peer {
        Peer::V4(range) => shown.with("cidrIpv4", range),
        Peer::V6(range) => shown.with("cidrIpv6", range),
        Peer::Group(id) => shown.with("referencedGroupId", id),
        Peer::List(id) => shown.with("prefixListId", id),
    };
    shown.maybe("description", rule.description.as_ref())
}

/// Ids of rules of a group and direction that a request names by id.
fn named_by_id(ec2: &State, place: Place<'_>, params: &Params) -> Result<Vec<String>, Fault> {
    let mut doomed = Vec::new();
    for id in params.texts("SecurityGroupRuleId") {
        let rule = SECURITY_GROUP_RULE.find(&ec2.security_group_rules, place.lens, id)?.truth();
        if rule.group != place.group || rule.egress != place.egress {
            return Err(SECURITY_GROUP_RULE.not_found(id));
        }
        doomed.push(id.to_owned());
    }
    Ok(doomed)
}

fn revoke(cx: &mut Context<'_>, params: &Params, egress: bool) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = current(cx);
    let group = ec2.named_group(view.lens, params)?;
    let vpc = ec2.security_group(view.lens, &group)?.vpc.clone();
    let place = Place { lens: view.lens, group: &group, vpc: &vpc, egress };
    let mut unknown = Vec::new();
    let doomed = if params.has("SecurityGroupRuleId") {
        named_by_id(ec2, place, params)?
    } else {
        let mut doomed = Vec::new();
        for rule in ec2.named_rules(place, params)? {
            let found = ec2.security_group_rules.iter().find(|(_, other)| other.truth().is_same(&rule));
            match found {
                Some((id, _)) => doomed.push(id.clone()),
                None => unknown.push(rule),
            }
        }
        // Elsewhere nothing is revoked; in a default VPC the answer is 200 and lists what was not there (SG-8).
        if !unknown.is_empty() && ec2.default_vpc() != Some(&vpc) {
            let message = "The specified rule does not exist in this security group.";
            return Err(Fault::client("InvalidPermission.NotFound", message));
        }
        doomed
    };
    let mut revoked = Vec::new();
    for id in doomed {
        ec2.tags.remove(&id);
        if let Some(rule) = ec2.security_group_rules.remove(&id) {
            revoked.push(show_revoked(&id, rule.truth()));
        }
    }
    let mut answer = Fields::new().with("return", true).list("revokedSecurityGroupRuleSet", revoked);
    if !unknown.is_empty() {
        let unknown: Vec<_> = unknown.iter().collect();
        answer = answer.list("unknownIpPermissionSet", permissions(&unknown, &view.account));
    }
    Ok(answer.into())
}
