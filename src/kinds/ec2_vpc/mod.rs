//! A VPC with its DNS attributes and the default security group AWS put into it (aws-truths 1.7).

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    AttributeBooleanValue, NetworkInterface, ResourceType, SecurityGroup, VpcAttributeName,
    VpcCidrBlockStateCode, VpcIpv6CidrBlockAssociation, VpcState,
};
use serde::{Deserialize, Serialize};

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _, Owner, OwnershipTags};
use crate::kinds::ec2::create_once::sent_once;
use crate::kinds::ec2::ip_range;
use crate::kinds::ec2::ipv6_blocks::{OUTPUTS, blocks_of};
use crate::kinds::ec2::obstacle::{by_tag_or_id, contents_of_vpc, is_gone, is_itself, told};
use crate::kinds::ec2::security_rule::{SecurityRule, flatten, tcp_from};
use crate::kinds::ec2::security_rule_edit::{Direction, converge};
use crate::kinds::ec2::tags::{
    VALUES_A_FILTER, adopt, filter, owned_filter, owner, ownership, specification, tags,
};
use crate::kinds::{
    DeleteRequest, Found, Holder, Holders, KindMeta, ReadRequest, ReadResult, Reading, Replace, Resource,
    State, Update, unreadable,
};
use crate::model::{Addr, Link, Remark, ResourceSpec, Set, Severity};

/// What `ipv6` says of a range that Amazon chooses.
pub const AMAZON: &str = "amazon";

/// A VPC. Outputs: `id`, and the blocks of its IPv6 range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// The one that is taken over; absent where it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Link>,
    /// The primary IPv4 range, canonical.
    pub cidr: String,
    /// Where its IPv6 range comes from: `amazon`, or the range itself, which is of `ipv6_pool`. What it has stays where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<String>,
    /// The pool of one's own that the range is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_pool: Option<String>,
    /// Names resolve inside the VPC.
    pub dns_support: bool,
    /// Instances get DNS names.
    pub dns_hostnames: bool,
    /// What the default security group lets in; absent where it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ingress: Option<Set<SecurityRule>>,
    /// What the default security group lets out; absent where it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_egress: Option<Set<SecurityRule>>,
}

impl ResourceSpec for Vpc {
    const KIND: &'static str = "ec2.vpc";
}

/// VPCs.
pub struct Vpcs;

impl Resource for Vpcs {
    type Spec = Vpc;
    const META: KindMeta = KindMeta {
        duplicates_on_retry: true,
        named_by: Some("id"),
        immutable: &["cidr"],
        replace: Replace::Never(
            "write its range as it is: a VPC's primary range is fixed, and everything in it would be lost",
        ),
        outputs: OUTPUTS,
        consistent_reads: 3,
        settle_seconds: 300,
        read_actions: &["ec2:DescribeSecurityGroups", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs"],
        write_actions: &[
            "ec2:AssociateVpcCidrBlock",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateTags",
            "ec2:CreateVpc",
            "ec2:DeleteVpc",
            "ec2:DescribeSecurityGroupRules",
            "ec2:ModifyVpcAttribute",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
            "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ],
        refusal_actions: &["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<Vpc>>) -> Vec<ReadResult<Vpc>> {
        let declared: BTreeSet<String> = asked.iter().filter_map(|asked| asked.wanted.ipv6.clone()).collect();
        let named: BTreeSet<String> = asked
            .iter()
            .filter_map(|question| Some(question.wanted.id.as_ref()?.id().ok()?.to_owned()))
            .collect();
        let (owned, named) =
            tokio::join!(chain(live(account, &declared)), chain(by_id(account, named, &declared)));
        match owned.and_then(|owned| Ok((owned, named?))) {
            Ok((owned, mut named)) => {
                for question in &asked {
                    let is_it = |vpc: &&mut Found<Vpc>| vpc.attributes.id == question.wanted.id;
                    if let Some(vpc) = named.iter_mut().find(is_it)
                        && !seals(&question.wanted, &vpc.attributes)
                    {
                        vpc.state = State::Ready;
                    }
                }
                let others: BTreeSet<Addr> = asked
                    .iter()
                    .filter(|asked| asked.wanted.ipv6.is_none())
                    .map(|asked| asked.addr.clone())
                    .collect();
                let mut results = by_tag_or_id(account, asked, owned, &named, |vpc| vpc.id.as_ref());
                for (addr, reading) in &mut results {
                    if let (Reading::Found(found), true) = (reading, others.contains(addr)) {
                        tell_undeclared(found);
                    }
                }
                results
            }
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &Vpc) -> Result<(), Error> {
        if let Some(id) = &wanted.id {
            return Err(is_gone(id));
        }
        let request = account.ec2.create_vpc().cidr_block(&wanted.cidr).tag_specifications(specification(
            account,
            addr,
            ResourceType::Vpc,
        ));
        let request = match wanted.ipv6.as_deref() {
            Some(AMAZON) => request.amazon_provided_ipv6_cidr_block(true),
            range => {
                request.set_ipv6_cidr_block(range.map(str::to_owned)).set_ipv6_pool(wanted.ipv6_pool.clone())
            }
        };
        account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<Vpc>) -> Result<(), Error> {
        let id = update.output("id")?;
        if update.adopt {
            adopt(account, &update.addr, id).await?;
        }
        let (wanted, live) = (&update.wanted, &update.live.attributes);
        if update.touches("ipv6") || update.touches("ipv6_pool") {
            associate(account, id, wanted).await?;
        }
        // Host names need DNS support, so support is switched on first and off last (NET-3).
        let mut attributes = [VpcAttributeName::EnableDnsSupport, VpcAttributeName::EnableDnsHostnames];
        if !wanted.dns_support {
            attributes.reverse();
        }
        for attribute in attributes {
            let (field, value) = match attribute {
                VpcAttributeName::EnableDnsSupport => ("dns_support", wanted.dns_support),
                _ => ("dns_hostnames", wanted.dns_hostnames),
            };
            if update.touches(field) {
                set_attribute(account, id, &attribute, value).await?;
            }
        }
        if update.touches("default_ingress") || update.touches("default_egress") {
            let groups = default_groups(account, &[id.to_owned()]).await?;
            let group = default_group(&groups, id)?.group_id().unwrap_or_default();
            for (direction, wanted, live) in [
                (Direction::Ingress, &wanted.default_ingress, &live.default_ingress),
                (Direction::Egress, &wanted.default_egress, &live.default_egress),
            ] {
                if let (Some(wanted), Some(live)) = (wanted, live) {
                    converge(account, group, direction, wanted, live).await?;
                }
            }
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<Vpc>) -> Result<(), Error> {
        let request = account.ec2.delete_vpc().vpc_id(request.output("id")?);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    /// A VPC has nothing unique, but what is in it has: the one that holds this baseline's subnets is it.
    async fn holders(account: &Account, asked: &[ReadRequest<Vpc>]) -> Result<Holders<Vpc>, Error> {
        let request = account.ec2.describe_subnets().filters(owned_filter(account));
        let subnets: Vec<aws_sdk_ec2::types::Subnet> = account.call(|| request.clone().all_items()).await?;
        let ids: BTreeSet<String> =
            subnets.iter().filter_map(|subnet| subnet.vpc_id().map(str::to_owned)).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let request = account.ec2.describe_vpcs().filters(filter("vpc-id", ids));
        let mut vpcs: Vec<aws_sdk_ec2::types::Vpc> = account.call(|| request.clone().all_items()).await?;
        vpcs.retain(|vpc| {
            let holder = owner(vpc.tags());
            asked.iter().any(|question| is_itself(account, &question.addr, holder.as_ref()))
        });
        let declared = asked.iter().filter_map(|asked| asked.wanted.ipv6.clone()).collect();
        let untagged = details(account, &vpcs, &declared).await?;
        let holder = |question: &ReadRequest<Vpc>| {
            // One that is named was looked for by its id.
            let question = Some(question).filter(|question| question.wanted.id.is_none())?;
            let same = untagged.iter().find(|vpc| vpc.attributes.cidr == question.wanted.cidr)?;
            Some((question.addr.clone(), Holder::Itself(Box::new(same.clone()))))
        };
        Ok(asked.iter().filter_map(holder).collect())
    }

    async fn used_by(account: &Account, request: &DeleteRequest<Vpc>) -> Result<Vec<String>, Error> {
        contents_of_vpc(account, request.output("id")?).await
    }

    fn example(seed: u8) -> Vpc {
        let odd = seed % 2 == 1;
        let rules = || -> Set<SecurityRule> {
            odd.then(|| tcp_from("10.0.0.0/8", 443, "example")).into_iter().collect()
        };
        Vpc {
            id: None,
            cidr: "10.0.0.0/16".into(),
            ipv6: (!odd).then(|| AMAZON.to_owned()),
            ipv6_pool: None,
            dns_support: !odd,
            dns_hostnames: !odd,
            default_ingress: Some(rules()),
            default_egress: Some(rules()),
        }
    }
}

/// Says that a VPC has IPv6 of which the file says nothing: its range stays.
fn tell_undeclared(found: &mut Found<Vpc>) {
    if found.attributes.ipv6.is_some() {
        let id = found.outputs.get("id").cloned().unwrap_or_default();
        found.remarks.push(Remark {
            severity: Severity::Note,
            message: format!("{id} has an IPv6 range that the file does not declare, and it stays"),
            next: String::new(),
        });
    }
}

/// Gives the VPC another range. One that it has is never taken from it: what runs there may have addresses of it.
async fn associate(account: &Account, id: &str, wanted: &Vpc) -> Result<(), Error> {
    let request = account.ec2.associate_vpc_cidr_block().vpc_id(id);
    let request = match wanted.ipv6.as_deref() {
        None => return Ok(()),
        Some(AMAZON) => request.amazon_provided_ipv6_cidr_block(true),
        Some(range) => request.ipv6_cidr_block(range).set_ipv6_pool(wanted.ipv6_pool.clone()),
    };
    account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
    Ok(())
}

/// The IPv6 range of a VPC: the one that is declared where it has several.
fn ipv6_of<'a>(
    vpc: &'a aws_sdk_ec2::types::Vpc,
    declared: &BTreeSet<String>,
) -> Option<&'a VpcIpv6CidrBlockAssociation> {
    let held = |association: &&VpcIpv6CidrBlockAssociation| {
        let state = association.ipv6_cidr_block_state().and_then(|state| state.state());
        !matches!(
            state,
            Some(
                VpcCidrBlockStateCode::Disassociated
                    | VpcCidrBlockStateCode::Disassociating
                    | VpcCidrBlockStateCode::Failed
                    | VpcCidrBlockStateCode::Failing
            )
        )
    };
    let mut all = vpc.ipv6_cidr_block_association_set().iter().filter(held);
    all.clone().find(|one| declared.contains(&source(one))).or_else(|| all.next())
}

/// Where a range comes from, as `ipv6` says it.
fn source(association: &VpcIpv6CidrBlockAssociation) -> String {
    match association.ipv6_pool() {
        Some("Amazon") => AMAZON.to_owned(),
        _ => ip_range::canonical(association.ipv6_cidr_block().unwrap_or_default()),
    }
}

fn is_associating(association: &VpcIpv6CidrBlockAssociation) -> bool {
    let state = association.ipv6_cidr_block_state().and_then(|state| state.state());
    state == Some(&VpcCidrBlockStateCode::Associating)
}

/// Every VPC of this baseline: one round for the list, one for all that the list does not say.
async fn live(account: &Account, declared: &BTreeSet<String>) -> Result<Vec<(Owner, Found<Vpc>)>, Error> {
    let pages = || account.ec2.describe_vpcs().filters(owned_filter(account)).all_items();
    let vpcs: Vec<aws_sdk_ec2::types::Vpc> = account.call(pages).await?;
    let owners: Vec<Owner> = vpcs.iter().filter_map(|vpc| owner(vpc.tags())).collect();
    let vpcs: Vec<_> = vpcs.into_iter().filter(|vpc| owner(vpc.tags()).is_some()).collect();
    Ok(owners.into_iter().zip(details(account, &vpcs, declared).await?).collect())
}

/// Whether the default group has rules that the file does not want.
fn seals(wanted: &Vpc, live: &Vpc) -> bool {
    let other = |wanted: &Option<Set<SecurityRule>>, live| wanted.is_some() && wanted != live;
    other(&wanted.default_ingress, &live.default_ingress)
        || other(&wanted.default_egress, &live.default_egress)
}

/// The VPCs of those ids, whoever made them, each that carries no tags with what uses its default group: of a VPC that is to be
/// taken over, somebody may rely on the rules.
async fn by_id(
    account: &Account,
    ids: BTreeSet<String>,
    declared: &BTreeSet<String>,
) -> Result<Vec<Found<Vpc>>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // A filter answers with an empty list where naming the id would answer with an error.
    let request = account.ec2.describe_vpcs().filters(filter("vpc-id", ids.clone()));
    let users = account
        .ec2
        .describe_network_interfaces()
        .filters(filter("vpc-id", ids))
        .filters(filter("group-name", ["default".to_owned()]));
    let (vpcs, users): (Result<Vec<aws_sdk_ec2::types::Vpc>, _>, Result<Vec<NetworkInterface>, _>) = tokio::join!(
        chain(account.call(|| request.clone().all_items())),
        chain(account.call(|| users.clone().all_items())),
    );
    let users = users?;
    let mut found = details(account, &vpcs?, declared).await?;
    for vpc in found.iter_mut().filter(|vpc| vpc.ownership == OwnershipTags::Untagged) {
        let here = |user: &&NetworkInterface| user.vpc_id() == vpc.outputs.get("id").map(String::as_str);
        let users = told(users.iter().filter(here));
        if !users.is_empty() {
            vpc.state = State::InUse(format!("the default security group is that of {}", users.join(", ")));
        }
    }
    Ok(found)
}

/// Those VPCs with what no list says of them.
async fn details(
    account: &Account,
    vpcs: &[aws_sdk_ec2::types::Vpc],
    declared: &BTreeSet<String>,
) -> Result<Vec<Found<Vpc>>, Error> {
    let ids: Vec<String> = vpcs.iter().filter_map(|vpc| vpc.vpc_id().map(str::to_owned)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let questions = ids.iter().flat_map(|id| {
        [VpcAttributeName::EnableDnsSupport, VpcAttributeName::EnableDnsHostnames]
            .map(|attribute| attribute_of(account, id, attribute))
    });
    let (attributes, groups) =
        futures::future::join(chains(questions), chain(default_groups(account, &ids))).await;
    let attributes = attributes.into_iter().collect::<Result<BTreeMap<_, _>, Error>>()?;
    let groups = groups?;
    let mut found = Vec::new();
    for vpc in vpcs {
        let id = vpc.vpc_id().unwrap_or_default();
        let attribute = |name: VpcAttributeName| {
            attributes.get(&(id.to_owned(), name.as_str().to_owned())).copied().unwrap_or_default()
        };
        let group = default_group(&groups, id)?;
        let ipv6 = ipv6_of(vpc, declared);
        let attributes = Vpc {
            id: Some(Link::from(id)),
            ipv6: ipv6.map(source),
            ipv6_pool: ipv6
                .and_then(|range| range.ipv6_pool())
                .filter(|pool| *pool != "Amazon")
                .map(str::to_owned),
            cidr: vpc.cidr_block().unwrap_or_default().to_owned(),
            dns_support: attribute(VpcAttributeName::EnableDnsSupport),
            dns_hostnames: attribute(VpcAttributeName::EnableDnsHostnames),
            default_ingress: Some(flatten(group.ip_permissions())),
            default_egress: Some(flatten(group.ip_permissions_egress())),
        };
        let state = match vpc.state() {
            Some(VpcState::Pending) => State::Pending("AWS is still making the VPC".to_owned()),
            _ if ipv6.is_some_and(is_associating) => {
                State::Pending("AWS is still giving the VPC its IPv6 range".to_owned())
            }
            _ => State::Ready,
        };
        let range = ipv6.and_then(|range| range.ipv6_cidr_block()?.parse().ok());
        let blocks = range.into_iter().flat_map(blocks_of);
        let outputs = blocks.chain([("id", id.to_owned())]).collect();
        found.push(Found {
            attributes,
            outputs,
            ownership: ownership(vpc.tags()),
            tags: tags(vpc.tags()),
            state,
            remarks: Vec::new(),
        });
    }
    Ok(found)
}

/// One DNS attribute of one VPC, by id and attribute.
///
/// A listed VPC whose attributes are "not found" is an answer of two replicas and not an absence,
/// so it stays an error.
async fn attribute_of(
    account: &Account,
    id: &str,
    attribute: VpcAttributeName,
) -> Result<((String, String), bool), Error> {
    let request = account.ec2.describe_vpc_attribute().vpc_id(id).attribute(attribute.clone());
    let answer = account.call(|| request.clone().send()).await?;
    let value = match attribute {
        VpcAttributeName::EnableDnsSupport => answer.enable_dns_support(),
        _ => answer.enable_dns_hostnames(),
    };
    let value = value.and_then(AttributeBooleanValue::value).unwrap_or_default();
    Ok(((id.to_owned(), attribute.as_str().to_owned()), value))
}

/// The default security groups of those VPCs.
async fn default_groups(account: &Account, vpcs: &[String]) -> Result<Vec<SecurityGroup>, Error> {
    let parts = vpcs.chunks(VALUES_A_FILTER).map(|part| async move {
        let request = account
            .ec2
            .describe_security_groups()
            .filters(filter("vpc-id", part.iter().cloned()))
            .filters(filter("group-name", ["default".to_owned()]));
        account.call(|| request.clone().all_items()).await
    });
    let pages = chains(parts).await.into_iter().collect::<Result<Vec<_>, Error>>()?;
    Ok(pages.into_iter().flatten().collect())
}

/// The default group of one VPC; every VPC has one (NET-7), so a missing one is only not seen yet.
fn default_group<'a>(groups: &'a [SecurityGroup], vpc: &str) -> Result<&'a SecurityGroup, Error> {
    groups.iter().find(|group| group.vpc_id() == Some(vpc)).ok_or_else(|| {
        let message = format!("the default group of {vpc} is not listed yet; run it again");
        Error::reported("ec2", "DescribeSecurityGroups", "InvalidGroup.NotFound", &message)
    })
}

/// Writes one attribute, the only number AWS takes in a call (NET-3).
async fn set_attribute(
    account: &Account,
    id: &str,
    attribute: &VpcAttributeName,
    value: bool,
) -> Result<(), Error> {
    let value = AttributeBooleanValue::builder().value(value).build();
    let request = account.ec2.modify_vpc_attribute().vpc_id(id);
    let request = match attribute {
        VpcAttributeName::EnableDnsSupport => request.enable_dns_support(value),
        _ => request.enable_dns_hostnames(value),
    };
    account.call(|| request.clone().send()).await?;
    Ok(())
}
