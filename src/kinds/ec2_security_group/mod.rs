//! A security group with its rules, edited rule by rule (aws-truths 1.8).

pub mod temporary;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::ResourceType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::temporary::{group, settle_group, without};
use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::create_once::sent_once;
use crate::kinds::ec2::obstacle::{group_name_holder, groups_that_name, interfaces, is_itself, obstacle};
use crate::kinds::ec2::security_rule::{SecurityRule, flatten, tcp_from};
use crate::kinds::ec2::security_rule_edit::{Direction, converge, revoke_by_id, rules_of};
use crate::kinds::ec2::tags::{adopt, filter, owned_filter, owner, ownership, specification, tags};
use crate::kinds::ec2::temporary::{departures, remarks, time};
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::{
    DeleteRequest, Found, Holder, Holders, KindMeta, ReadRequest, ReadResult, Replace, Resource, State,
    Update, by_tag, unreadable,
};
use crate::model::{Addr, Link, Owned, ResourceSpec, Set};

/// How many names are asked for in one filter; EC2 takes 200 values in all of a call's filters.
const NAMES_A_FILTER: usize = 100;

/// A security group. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// The name, unique in the VPC.
    pub name: Owned<String>,
    /// What it is for; AWS never lets it change.
    pub description: Owned<String>,
    /// The VPC's id.
    pub vpc: Link,
    /// What it lets in.
    pub ingress: Set<SecurityRule>,
    /// What it lets out; a new group lets everything out (SG-3).
    pub egress: Set<SecurityRule>,
    /// What `baseline admit` lets in that has ended, or that never became whole; none is wanted. What holds is no rule above.
    pub temporary: Set<String>,
}

/// What can be changed where another one is in the way.
const OTHERWISE: &str = "give the tier another name";

impl ResourceSpec for SecurityGroup {
    const KIND: &'static str = "ec2.security-group";
}

/// Security groups.
pub struct SecurityGroups;

impl Resource for SecurityGroups {
    type Spec = SecurityGroup;
    const META: KindMeta = KindMeta {
        immutable: &["name", "description", "vpc"],
        // A group of the same name cannot stand beside the old one, and one in use cannot go first (SG-2).
        replace: Replace::Never(
            "AWS never changes a security group's name, description or VPC; declare it under another name",
        ),
        deferred: &["ingress", "egress"],
        outputs: &["id"],
        consistent_reads: 3,
        settle_seconds: 300,
        read_actions: &["ec2:DescribeSecurityGroups"],
        write_actions: &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteTags",
            "ec2:DescribeSecurityGroupRules",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
            "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ],
        refusal_actions: &["ec2:DescribeNetworkInterfaces"],
        practices: &[11, 12],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<SecurityGroup>>,
    ) -> Vec<ReadResult<SecurityGroup>> {
        let groups = match owned(account).await {
            Ok(groups) => groups,
            Err(error) => return unreadable(asked, &error),
        };
        let now = time(account);
        let wanted: BTreeMap<Addr, Set<SecurityRule>> =
            asked.iter().map(|asked| (asked.addr.clone(), asked.wanted.ingress.clone())).collect();
        let seen = groups.iter().filter_map(|group| {
            let owner = owner(group.tags())?;
            let wanted = owner.addr().and_then(|addr| wanted.get(&addr).cloned()).unwrap_or_default();
            Some((owner, found(group, &wanted, now)))
        });
        by_tag(account, asked, seen.collect())
    }

    async fn create(account: &Account, addr: &Addr, wanted: &SecurityGroup) -> Result<(), Error> {
        let request = account
            .ec2
            .create_security_group()
            .group_name(wanted.name.value())
            .description(wanted.description.value())
            .vpc_id(wanted.vpc.id()?)
            .tag_specifications(specification(account, addr, ResourceType::SecurityGroup));
        account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<SecurityGroup>) -> Result<(), Error> {
        let id = update.output("id")?;
        if update.adopt {
            adopt(account, &update.addr, id).await?;
        }
        let (wanted, live) = (&update.wanted, &update.live.attributes);
        if ["temporary", "ingress"].iter().any(|field| update.touches(field)) {
            settle_group(account, id, &[], &wanted.ingress).await?;
        }
        if update.touches("ingress") {
            converge(account, id, Direction::Ingress, &wanted.ingress, &live.ingress).await?;
        }
        if update.touches("egress") {
            converge(account, id, Direction::Egress, &wanted.egress, &live.egress).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<SecurityGroup>) -> Result<(), Error> {
        let id = request.output("id")?;
        revoke_references(account, id).await?;
        let request = account.ec2.delete_security_group().group_id(id);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    async fn held_by(
        account: &Account,
        addr: &Addr,
        wanted: &SecurityGroup,
    ) -> Result<Option<String>, Error> {
        group_name_holder(account, addr, wanted.vpc.id()?, wanted.name.value()).await
    }

    async fn holders(
        account: &Account,
        asked: &[ReadRequest<SecurityGroup>],
    ) -> Result<Holders<SecurityGroup>, Error> {
        let (mut vpcs, mut names) = (BTreeSet::new(), BTreeSet::new());
        for question in asked {
            if let Ok(vpc) = question.wanted.vpc.id() {
                vpcs.insert(vpc.to_owned());
                names.insert(question.wanted.name.value().clone());
            }
        }
        if vpcs.is_empty() {
            return Ok(Vec::new());
        }
        let mut groups = Vec::new();
        for part in names.into_iter().collect::<Vec<_>>().chunks(NAMES_A_FILTER) {
            let request = account
                .ec2
                .describe_security_groups()
                .filters(filter("vpc-id", vpcs.clone()))
                .filters(filter("group-name", part.iter().cloned()));
            let page: Vec<aws_sdk_ec2::types::SecurityGroup> =
                account.call(|| request.clone().all_items()).await?;
            groups.extend(page);
        }
        let mut holders = Vec::new();
        for question in asked {
            let (name, vpc) = (question.wanted.name.value(), question.wanted.vpc.id().ok());
            let same = |group: &&aws_sdk_ec2::types::SecurityGroup| {
                vpc.is_some() && group.vpc_id() == vpc && group.group_name() == Some(name)
            };
            let Some(group) = groups.iter().find(same) else { continue };
            let holder = owner(group.tags());
            let holder = if is_itself(account, &question.addr, holder.as_ref()) {
                Holder::Itself(Box::new(found(group, &question.wanted.ingress, time(account))))
            } else {
                let (id, vpc) = (group.group_id().unwrap_or_default(), vpc.unwrap_or_default());
                let message = format!("the name {name:?} in {vpc} is that of {id}");
                Holder::Another(obstacle(account, holder.as_ref(), &message, OTHERWISE))
            };
            holders.push((question.addr.clone(), holder));
        }
        Ok(holders)
    }

    async fn used_by(
        account: &Account,
        request: &DeleteRequest<SecurityGroup>,
    ) -> Result<Vec<String>, Error> {
        let id = request.output("id")?;
        let mut users = interfaces(account, "group-id", id).await?;
        users.extend(groups_that_name(account, id).await?);
        Ok(users)
    }

    fn example(seed: u8) -> SecurityGroup {
        let odd = seed % 2 == 1;
        let described = if odd { "office" } else { "branch office" };
        let mut rules = vec![tcp_from("10.0.0.0/8", 443, described)];
        if odd {
            rules.push(tcp_from("192.168.0.0/16", 443, ""));
        }
        SecurityGroup {
            name: Owned::Always("example".into()),
            description: Owned::Always("example".into()),
            vpc: Vpc::output("main", "id"),
            ingress: rules.iter().cloned().collect(),
            egress: rules.into_iter().collect(),
            temporary: Set::default(),
        }
    }
}

/// Every security group of this baseline.
pub(super) async fn owned(account: &Account) -> Result<Vec<aws_sdk_ec2::types::SecurityGroup>, Error> {
    let request = account.ec2.describe_security_groups().filters(owned_filter(account));
    account.call(|| request.clone().all_items()).await
}

fn found(
    live: &aws_sdk_ec2::types::SecurityGroup,
    wanted: &Set<SecurityRule>,
    now: Option<Timestamp>,
) -> Found<SecurityGroup> {
    let group = group(live);
    let kept = group.kept(now);
    Found {
        attributes: SecurityGroup {
            name: Owned::Always(live.group_name().unwrap_or_default().to_owned()),
            description: Owned::Always(live.description().unwrap_or_default().to_owned()),
            vpc: Link::from(live.vpc_id().unwrap_or_default()),
            // The answer merges rules with equal ports; flattened, it says what a second call
            // for the rules alone would say (SG-7).
            ingress: without(&group, flatten(live.ip_permissions()), wanted),
            egress: flatten(live.ip_permissions_egress()),
            temporary: departures(&kept),
        },
        outputs: [("id", live.group_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(live.tags()),
        tags: tags(live.tags()),
        state: State::Ready,
        remarks: remarks(&kept),
    }
}

/// Takes away the rules of other groups of this baseline that name a group, which keep it alive (SG-6).
async fn revoke_references(account: &Account, request: &str) -> Result<(), Error> {
    let groups = owned(account).await?;
    let others: Vec<String> =
        groups.iter().filter_map(|g| g.group_id()).filter(|id| *id != request).map(str::to_owned).collect();
    let rules = rules_of(account, &others).await?;
    for group in &others {
        for direction in [Direction::Ingress, Direction::Egress] {
            let naming: Vec<String> = rules
                .iter()
                .filter(|rule| rule.group_id() == Some(group.as_str()) && direction.has(rule))
                .filter(|rule| rule.referenced_group_info().and_then(|peer| peer.group_id()) == Some(request))
                .filter_map(|rule| rule.security_group_rule_id().map(str::to_owned))
                .collect();
            revoke_by_id(account, group, direction, &naming).await?;
        }
    }
    Ok(())
}
