//! The default security group of a VPC that no baseline made, such as the default VPC of a region (NET-7).

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{NetworkInterface, SecurityGroup};
use serde::{Deserialize, Serialize};

use crate::aws::trace::chain;
use crate::aws::{Account, Error, Items as _, OwnershipTags, Tags};
use crate::kinds::account_setting::always_exists;
use crate::kinds::ec2::obstacle::told;
use crate::kinds::ec2::security_rule::{SecurityRule, flatten, tcp_from};
use crate::kinds::ec2::security_rule_edit::{Direction, revoke_by_id, rules_of};
use crate::kinds::ec2::tags::{filter, owner};
use crate::kinds::{
    DeleteRequest, Deletion, Found, KindMeta, Lives, ReadRequest, ReadResult, Reading, Resource, State,
    Tagged, Update, unreadable,
};
use crate::model::{Addr, Link, ResourceSpec, Set};

/// What the default group of a VPC lets in and out. It is only ever emptied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultSecurityGroup {
    /// What it lets in; a rule that names the group itself says `self`.
    pub ingress: Set<SecurityRule>,
    /// What it lets out.
    pub egress: Set<SecurityRule>,
}

impl DefaultSecurityGroup {
    /// A group that lets nothing in and nothing out.
    pub fn sealed() -> Self {
        Self { ingress: Set::default(), egress: Set::default() }
    }
}

impl ResourceSpec for DefaultSecurityGroup {
    const KIND: &'static str = "ec2.default-security-group";
}

/// The name of the group of a region's default VPC; the groups of other VPCs are named by their VPC.
const OF_DEFAULT_VPC: &str = "default";

/// Default security groups.
pub struct DefaultSecurityGroups;

impl Resource for DefaultSecurityGroups {
    type Spec = DefaultSecurityGroup;
    const META: KindMeta = KindMeta {
        lives: Lives::EveryRegion,
        deletion: Deletion::Never,
        tags: Tagged::Cannot("AWS makes it with its VPC; it is only emptied"),
        outputs: &["id", "vpc"],
        consistent_reads: 3,
        read_actions: &["ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs"],
        write_actions: &[
            "ec2:DescribeSecurityGroupRules",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        ],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<DefaultSecurityGroup>>,
    ) -> Vec<ReadResult<DefaultSecurityGroup>> {
        if asked.is_empty() {
            return Vec::new();
        }
        let mut groups: BTreeMap<String, Found<DefaultSecurityGroup>> = match every(account).await {
            Ok(groups) => groups.into_iter().collect(),
            Err(error) => return unreadable(asked, &error),
        };
        let answer = |question: ReadRequest<DefaultSecurityGroup>| {
            let found = groups.remove(question.addr.name());
            (question.addr, found.map_or(Reading::Absent, |found| Reading::Found(Box::new(found))))
        };
        asked.into_iter().map(answer).collect()
    }

    async fn create(_: &Account, addr: &Addr, _: &DefaultSecurityGroup) -> Result<(), Error> {
        Err(always_exists(addr))
    }

    async fn update(account: &Account, update: &Update<DefaultSecurityGroup>) -> Result<(), Error> {
        let group = update.output("id")?;
        let rules = rules_of(account, &[group.to_owned()]).await?;
        for (field, direction) in [("ingress", Direction::Ingress), ("egress", Direction::Egress)] {
            if update.touches(field) {
                let of_direction = rules.iter().filter(|rule| direction.has(rule));
                let ids: Vec<String> = of_direction
                    .filter_map(|rule| rule.security_group_rule_id().map(str::to_owned))
                    .collect();
                revoke_by_id(account, group, direction, &ids).await?;
            }
        }
        Ok(())
    }

    async fn delete(_: &Account, request: &DeleteRequest<DefaultSecurityGroup>) -> Result<(), Error> {
        Err(always_exists(&request.addr))
    }

    fn example(seed: u8) -> DefaultSecurityGroup {
        let rules = || -> Set<SecurityRule> {
            (seed % 2 == 1).then(|| tcp_from("10.0.0.0/8", 443, "example")).into_iter().collect()
        };
        DefaultSecurityGroup { ingress: rules(), egress: rules() }
    }
}

/// The default groups of every VPC of the account in its region that no baseline made, by name.
///
/// A VPC that another account shares has its group there. One of a baseline is sealed by that baseline.
///
/// # Errors
/// Fails where one of the three lists cannot be read.
pub(super) async fn every(account: &Account) -> Result<Vec<(String, Found<DefaultSecurityGroup>)>, Error> {
    let ec2 = &account.ec2;
    let named_default = || filter("group-name", ["default".to_owned()]);
    let vpcs = account.call(|| ec2.describe_vpcs().all_items());
    let groups = account.call(|| ec2.describe_security_groups().filters(named_default()).all_items());
    let interfaces = account.call(|| ec2.describe_network_interfaces().filters(named_default()).all_items());
    let (vpcs, groups, interfaces): (Result<Vec<_>, _>, Result<Vec<_>, _>, Result<Vec<_>, _>) =
        tokio::join!(chain(vpcs), chain(groups), chain(interfaces));
    let (vpcs, groups, interfaces) = (vpcs?, groups?, interfaces?);
    let mut found = Vec::new();
    for vpc in vpcs.iter().filter(|vpc| owner(vpc.tags()).is_none()) {
        let Some(id) = vpc.vpc_id().filter(|_| vpc.owner_id().is_none_or(|owner| owner == account.id()))
        else {
            continue;
        };
        let name = if vpc.is_default() == Some(true) { OF_DEFAULT_VPC } else { id };
        if let Some(group) = groups.iter().find(|group| group.vpc_id() == Some(id)) {
            let mut group = group_as_found(group, &interfaces);
            group.outputs.insert("vpc", id.to_owned());
            found.push((name.to_owned(), group));
        }
    }
    Ok(found)
}

fn group_as_found(group: &SecurityGroup, interfaces: &[NetworkInterface]) -> Found<DefaultSecurityGroup> {
    let id = group.group_id().unwrap_or_default();
    let uses = |interface: &&NetworkInterface| interface.groups().iter().any(|it| it.group_id() == Some(id));
    let users = told(interfaces.iter().filter(uses));
    // Its own id differs from region to region, and means the same.
    let named = |mut rule: SecurityRule| {
        if rule.group.as_ref().is_some_and(|group| group.id().is_ok_and(|group| group == id)) {
            rule.group = Some(Link::from("self"));
        }
        rule
    };
    Found {
        attributes: DefaultSecurityGroup {
            ingress: flatten(group.ip_permissions()).0.into_iter().map(named).collect(),
            egress: flatten(group.ip_permissions_egress()).0.into_iter().map(named).collect(),
        },
        outputs: [("id", id.to_owned())].into(),
        ownership: OwnershipTags::Setting,
        tags: Tags::new(),
        state: if users.is_empty() { State::Ready } else { State::InUse(users.join(", ")) },
        remarks: Vec::new(),
    }
}
