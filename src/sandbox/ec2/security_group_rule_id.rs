//! Rules of security groups by their ids: listed, reworded and described anew (SG-1, SG-2).

use super::Versioned;
use super::listing::{Listing, filters, list};
use super::resource_id::{SECURITY_GROUP, SECURITY_GROUP_RULE};
use super::security_group_edit::duplicate;
use super::security_group_rule::{Place, SecurityGroupRule, description};
use super::state::View;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Params};

/// Operations on rules by their ids.
pub const OPERATIONS: &[Operation] = &[
    operation("DescribeSecurityGroupRules", describe_security_group_rules),
    operation("ModifySecurityGroupRules", modify_security_group_rules),
    operation("UpdateSecurityGroupRuleDescriptionsIngress", |cx, params| describe_anew(cx, params, false)),
    operation("UpdateSecurityGroupRuleDescriptionsEgress", |cx, params| describe_anew(cx, params, true)),
];

const LISTING: Listing = Listing {
    set: "securityGroupRuleSet",
    key: "securityGroupRuleId",
    ids: Some(("SecurityGroupRuleId", &SECURITY_GROUP_RULE)),
    filters: &[("group-id", "groupId"), ("security-group-rule-id", "securityGroupRuleId")],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_security_group_rules(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    for filter in filters(params)?.iter().filter(|filter| filter.name == "group-id") {
        if let Some(id) =
            filter.values.iter().find(|id| !id.contains(['*', '?']) && SECURITY_GROUP.check(id).is_err())
        {
            let message = format!("The security group ID '{id}' is malformed");
            return Err(Fault::client(SECURITY_GROUP.malformed, message));
        }
    }
    let ec2 = &cx.home().ec2;
    let row = |(id, rule): (&String, &Versioned<SecurityGroupRule>)| {
        Some(ec2.show_rule(&view, id, rule.seen(view.lens, id)?))
    };
    let rows = ec2.security_group_rules.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn modify_security_group_rules(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let group = SECURITY_GROUP.required(params, "GroupId")?;
    let updates = params.maps("SecurityGroupRule");
    if updates.is_empty() {
        return Err(params.missing("SecurityGroupRule"));
    }
    let ec2 = &mut cx.home().ec2;
    let vpc = ec2.security_group(lens, group)?.vpc.clone();
    // All are checked against each other before any is written.
    let mut after = ec2.security_group_rules.clone();
    let mut changed = Vec::new();
    for update in updates {
        let id = SECURITY_GROUP_RULE.required(update, "SecurityGroupRuleId")?;
        let old = SECURITY_GROUP_RULE.find(&after, lens, id)?.truth();
        if old.group != group {
            return Err(SECURITY_GROUP_RULE.not_found(id));
        }
        let place = Place { lens, group, vpc: &vpc, egress: old.egress };
        let wanted = update.map("SecurityGroupRule").ok_or_else(|| update.missing("SecurityGroupRule"))?;
        let new = ec2.reworded_rule(place, wanted)?;
        if let Some(rule) = after.get_mut(id) {
            *rule.change(now) = new.clone();
        }
        changed.push((id, new));
    }
    for (id, new) in &changed {
        if after.iter().any(|(other, rule)| other != id && rule.truth().is_same(new)) {
            return Err(duplicate(new));
        }
    }
    ec2.security_group_rules = after;
    Ok(Answer::done())
}

fn describe_anew(cx: &mut Context<'_>, params: &Params, egress: bool) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let ec2 = &mut cx.home().ec2;
    let group = ec2.named_group(lens, params)?;
    let vpc = ec2.security_group(lens, &group)?.vpc.clone();
    let place = Place { lens, group: &group, vpc: &vpc, egress };
    let mut news = Vec::new();
    if params.has("SecurityGroupRuleDescription") {
        for update in params.maps("SecurityGroupRuleDescription") {
            let id = SECURITY_GROUP_RULE.required(update, "SecurityGroupRuleId")?;
            let rule = SECURITY_GROUP_RULE.find(&ec2.security_group_rules, lens, id)?.truth();
            if rule.group != group || rule.egress != egress {
                return Err(SECURITY_GROUP_RULE.not_found(id));
            }
            let said = update.text("Description").filter(|said| !said.is_empty());
            said.map_or(Ok(()), |said| description(said, "rule"))?;
            news.push((id.to_owned(), said.map(str::to_owned)));
        }
    } else {
        for rule in ec2.named_rules(place, params)? {
            let found = ec2.security_group_rules.iter().find(|(_, other)| other.truth().is_same(&rule));
            let (id, _) = found.ok_or_else(|| {
                let message = "The specified rule does not exist in this security group.";
                Fault::client("InvalidPermission.NotFound", message)
            })?;
            news.push((id.clone(), rule.description));
        }
    }
    for (id, said) in news {
        if let Some(rule) = ec2.security_group_rules.get_mut(&id) {
            rule.change(now).description = said;
        }
    }
    Ok(Answer::done())
}
