//! Edits the rules of a live security group, one by one (aws-truths 1.8).

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{IpPermission, ResourceType, SecurityGroupRule};

use crate::aws::trace::chains;
use crate::aws::{Account, Class, Error, Items as _};
use crate::kinds::ec2::security_rule::{RuleEdits, SecurityRule};
use crate::kinds::ec2::tags::{VALUES_A_FILTER, filter, of_part};
use crate::model::Set;

/// Whether rules let in or let out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kinds) enum Direction {
    /// What comes in.
    Ingress,
    /// What goes out.
    Egress,
}

impl Direction {
    /// Whether a rule is of this direction.
    pub(in crate::kinds) fn has(self, rule: &SecurityGroupRule) -> bool {
        rule.is_egress().unwrap_or_default() == (self == Self::Egress)
    }
}

/// Every rule of those groups, in both directions.
pub(in crate::kinds) async fn rules_of(
    account: &Account,
    groups: &[String],
) -> Result<Vec<SecurityGroupRule>, Error> {
    let parts = groups.chunks(VALUES_A_FILTER).map(|part| async move {
        let request =
            account.ec2.describe_security_group_rules().filters(filter("group-id", part.iter().cloned()));
        account.call(|| request.clone().all_items()).await
    });
    let pages = chains(parts).await.into_iter().collect::<Result<Vec<_>, Error>>()?;
    Ok(pages.into_iter().flatten().collect())
}

/// Brings one direction of a group from the rules that are there to those that are wanted.
///
/// What is missing is let in before what is surplus is taken away, so that no traffic is cut in
/// between; only a group whose quota of rules is used up has to make room first (SG-4).
pub(in crate::kinds) async fn converge(
    account: &Account,
    group: &str,
    direction: Direction,
    wanted: &Set<SecurityRule>,
    live: &Set<SecurityRule>,
) -> Result<(), Error> {
    let edits = RuleEdits::between(wanted, live);
    match authorize(account, group, direction, &edits.authorize).await {
        Err(error) if error.class == Class::Quota && !edits.revoke.is_empty() => {
            revoke(account, group, direction, &edits.revoke).await?;
            authorize(account, group, direction, &edits.authorize).await?;
            describe(account, group, direction, &edits.describe).await
        }
        Err(error) => Err(error),
        Ok(()) => {
            describe(account, group, direction, &edits.describe).await?;
            revoke(account, group, direction, &edits.revoke).await
        }
    }
}

/// Takes away rules by id, because properties that do not match exactly are ignored with a 200 (SG-8).
pub(in crate::kinds) async fn revoke_by_id(
    account: &Account,
    group: &str,
    direction: Direction,
    rules: &[String],
) -> Result<(), Error> {
    if rules.is_empty() || revoke_all(account, group, direction, rules).await? || rules.len() == 1 {
        return Ok(());
    }
    // One that is gone already must not keep the others.
    for rule in rules {
        revoke_all(account, group, direction, std::slice::from_ref(rule)).await?;
    }
    Ok(())
}

/// Whether the call went through; false where a rule is gone already.
async fn revoke_all(
    account: &Account,
    group: &str,
    direction: Direction,
    rules: &[String],
) -> Result<bool, Error> {
    let rules = Some(rules.to_vec());
    Ok(match direction {
        Direction::Ingress => {
            let request = account.ec2.revoke_security_group_ingress().group_id(group);
            let request = request.set_security_group_rule_ids(rules);
            account.find(|| request.clone().send()).await?.is_some()
        }
        Direction::Egress => {
            let request = account.ec2.revoke_security_group_egress().group_id(group);
            let request = request.set_security_group_rule_ids(rules);
            account.find(|| request.clone().send()).await?.is_some()
        }
    })
}

/// Takes away the rules that are the same but for their description.
pub(in crate::kinds) async fn revoke(
    account: &Account,
    group: &str,
    direction: Direction,
    surplus: &[SecurityRule],
) -> Result<(), Error> {
    if surplus.is_empty() {
        return Ok(());
    }
    let surplus: BTreeSet<SecurityRule> = surplus.iter().map(SecurityRule::identity).collect();
    let rules = rules_of(account, &[group.to_owned()]).await?;
    let ids: Vec<String> = rules
        .iter()
        .filter(|rule| direction.has(rule) && surplus.contains(&SecurityRule::from(*rule).identity()))
        .filter_map(|rule| rule.security_group_rule_id().map(str::to_owned))
        .collect();
    revoke_by_id(account, group, direction, &ids).await
}

fn permissions(rules: &[SecurityRule]) -> Result<Vec<IpPermission>, Error> {
    rules.iter().map(SecurityRule::permission).collect()
}

/// Adds rules; one that is there already is no error.
pub(in crate::kinds) async fn authorize(
    account: &Account,
    group: &str,
    direction: Direction,
    rules: &[SecurityRule],
) -> Result<(), Error> {
    if rules.is_empty() {
        return Ok(());
    }
    match authorize_all(account, group, direction, permissions(rules)?).await {
        // One that is there already must not keep the others out (SG-8).
        Err(error) if is_there_already(&error) => {
            for permission in permissions(rules)? {
                match authorize_all(account, group, direction, vec![permission]).await {
                    Err(error) if !is_there_already(&error) => return Err(error),
                    Err(_) | Ok(()) => {}
                }
            }
            Ok(())
        }
        answer => answer,
    }
}

fn is_there_already(error: &Error) -> bool {
    error.code == "InvalidPermission.Duplicate"
}

async fn authorize_all(
    account: &Account,
    group: &str,
    direction: Direction,
    permissions: Vec<IpPermission>,
) -> Result<(), Error> {
    let tags = of_part(account, ResourceType::SecurityGroupRule);
    match direction {
        Direction::Ingress => {
            let request = account.ec2.authorize_security_group_ingress().group_id(group);
            let request = request.set_ip_permissions(Some(permissions)).set_tag_specifications(tags);
            account.call(|| request.clone().send()).await?;
        }
        Direction::Egress => {
            let request = account.ec2.authorize_security_group_egress().group_id(group);
            let request = request.set_ip_permissions(Some(permissions)).set_tag_specifications(tags);
            account.call(|| request.clone().send()).await?;
        }
    }
    Ok(())
}

async fn describe(
    account: &Account,
    group: &str,
    direction: Direction,
    rules: &[SecurityRule],
) -> Result<(), Error> {
    if rules.is_empty() {
        return Ok(());
    }
    let permissions = Some(permissions(rules)?);
    match direction {
        Direction::Ingress => {
            let request = account.ec2.update_security_group_rule_descriptions_ingress().group_id(group);
            let request = request.set_ip_permissions(permissions);
            account.call(|| request.clone().send()).await?;
        }
        Direction::Egress => {
            let request = account.ec2.update_security_group_rule_descriptions_egress().group_id(group);
            let request = request.set_ip_permissions(permissions);
            account.call(|| request.clone().send()).await?;
        }
    }
    Ok(())
}
