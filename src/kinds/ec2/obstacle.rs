//! What stands in the way of a create or a delete in a network, by id: asked once AWS has refused it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::NetworkInterface;
use ipnet::IpNet;

use crate::aws::{Account, Error, Items as _, Owner, OwnershipTags};
use crate::kinds::ec2::tags::{filter, owner};
use crate::kinds::{Found, ReadRequest, ReadResult, Reading, by_tag};
use crate::model::{Addr, Link, Obstacle};

/// How many users of a thing are named.
const NAMED: usize = 8;

/// Whether the tags are those of this very address.
pub(in crate::kinds) fn is_it(account: &Account, addr: &Addr, owner: Option<&Owner>) -> bool {
    owner.is_some_and(|owner| owner.baseline == account.baseline && owner.addr == addr.to_string())
}

fn whose(owner: Option<&Owner>) -> String {
    owner.map_or_else(String::new, |owner| format!(", {} of the baseline {:?}", owner.addr, owner.baseline))
}

/// Whether a thing that holds what that address wants is the wanted one: it carries its very tags, which a list by tag
/// does not show yet, or none at all.
pub(in crate::kinds) fn is_itself(account: &Account, addr: &Addr, holder: Option<&Owner>) -> bool {
    holder.is_none() || is_it(account, addr, holder)
}

/// Sorts things to the addresses asked for: by their tags, and where none carries those, by the id that the file names.
///
/// One that carries the tags of another address of this baseline is left there: it would be in two places.
pub(in crate::kinds) fn by_tag_or_id<S: Clone>(
    account: &Account,
    asked: Vec<ReadRequest<S>>,
    owned: Vec<(Owner, Found<S>)>,
    named: &[Found<S>],
    id: impl Fn(&S) -> Option<&Link>,
) -> Vec<ReadResult<S>> {
    let wanted: BTreeMap<Addr, Link> = asked
        .iter()
        .filter_map(|question| Some((question.addr.clone(), id(&question.wanted)?.clone())))
        .collect();
    let mut results = by_tag(account, asked, owned);
    for (addr, reading) in results.iter_mut().filter(|(_, reading)| matches!(reading, Reading::Absent)) {
        let Some(wanted) = wanted.get(addr) else { continue };
        let is_it = |found: &&Found<S>| {
            let elsewhere = matches!(&found.ownership, OwnershipTags::Tagged(owner)
                if owner.baseline == account.baseline && owner.addr != addr.to_string());
            id(&found.attributes) == Some(wanted) && !elsewhere
        };
        if let Some(found) = named.iter().find(is_it) {
            *reading = Reading::Found(Box::new(found.clone()));
        }
    }
    results
}

/// That what was to be taken over is not there any more: another one is never made in its place.
pub(in crate::kinds) fn is_gone(id: &Link) -> Error {
    let id = id.id().unwrap_or_default();
    Error::internal(format!("{id} is not there any more, and none is made in its place: plan again"))
}

/// Another thing, with its address where it is one of this baseline.
pub(in crate::kinds) fn obstacle(
    account: &Account,
    holder: Option<&Owner>,
    message: &str,
    next: &'static str,
) -> Obstacle {
    let ours = holder.filter(|owner| owner.baseline == account.baseline);
    Obstacle { addr: ours.and_then(Owner::addr), message: format!("{message}{}", whose(holder)), next }
}

/// The other subnet of the VPC that holds a part of the range.
pub(in crate::kinds) async fn range_holder(
    account: &Account,
    addr: &Addr,
    vpc: &str,
    cidr: &str,
) -> Result<Option<String>, Error> {
    let request = account.ec2.describe_subnets().filters(filter("vpc-id", [vpc.to_owned()]));
    let subnets = account.call(|| request.clone().all_items()).await?;
    Ok(subnets.iter().find_map(|subnet| {
        let holder = owner(subnet.tags());
        let held = subnet.cidr_block().unwrap_or_default();
        (overlap(held, cidr) && !is_it(account, addr, holder.as_ref())).then(|| {
            let id = subnet.subnet_id().unwrap_or_default();
            format!("{cidr} overlaps {held} of {id}{}", whose(holder.as_ref()))
        })
    }))
}

pub(in crate::kinds) fn overlap(one: &str, other: &str) -> bool {
    match (one.parse::<IpNet>(), other.parse::<IpNet>()) {
        (Ok(one), Ok(other)) => one.contains(&other) || other.contains(&one),
        _ => false,
    }
}

/// The other security group of the VPC that has the name.
pub(in crate::kinds) async fn group_name_holder(
    account: &Account,
    addr: &Addr,
    vpc: &str,
    name: &str,
) -> Result<Option<String>, Error> {
    let request = account
        .ec2
        .describe_security_groups()
        .filters(filter("vpc-id", [vpc.to_owned()]))
        .filters(filter("group-name", [name.to_owned()]));
    let groups = account.call(|| request.clone().all_items()).await?;
    Ok(groups.iter().find_map(|group| {
        let holder = owner(group.tags());
        (!is_it(account, addr, holder.as_ref())).then(|| {
            let id = group.group_id().unwrap_or_default();
            format!("{id}{} has the name {name:?} in {vpc}", whose(holder.as_ref()))
        })
    }))
}

/// The network interfaces that match a filter, with what AWS says they are for.
///
/// Those of endpoints, load balancers and other services are among them.
pub(in crate::kinds) async fn interfaces(
    account: &Account,
    name: &str,
    value: &str,
) -> Result<Vec<String>, Error> {
    let request = account.ec2.describe_network_interfaces().filters(filter(name, [value.to_owned()]));
    let interfaces = account.call(|| request.clone().all_items()).await?;
    Ok(told(interfaces.iter()))
}

/// Network interfaces as people are told of them, not more than can be read.
pub(in crate::kinds) fn told<'a>(interfaces: impl Iterator<Item = &'a NetworkInterface>) -> Vec<String> {
    let told = interfaces.map(|interface| {
        let id = interface.network_interface_id().unwrap_or_default();
        match interface.description().filter(|text| !text.is_empty()) {
            Some(text) => format!("the network interface {id} ({text})"),
            None => format!("the network interface {id}"),
        }
    });
    at_most(told.collect())
}

/// The security groups whose rules name a group.
pub(in crate::kinds) async fn groups_that_name(account: &Account, id: &str) -> Result<Vec<String>, Error> {
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for direction in ["ip-permission.group-id", "egress.ip-permission.group-id"] {
        let request = account.ec2.describe_security_groups().filters(filter(direction, [id.to_owned()]));
        let groups = account.call(|| request.clone().all_items()).await?;
        ids.extend(groups.iter().filter_map(|group| group.group_id().map(str::to_owned)));
    }
    ids.remove(id);
    Ok(at_most(ids.into_iter().map(|id| format!("a rule of the security group {id}")).collect()))
}

/// What is left in a VPC that AWS does not delete with it.
pub(in crate::kinds) async fn contents_of_vpc(account: &Account, vpc: &str) -> Result<Vec<String>, Error> {
    let in_vpc = || filter("vpc-id", [vpc.to_owned()]);
    let subnets = account.ec2.describe_subnets().filters(in_vpc());
    let subnets = account.call(|| subnets.clone().all_items()).await?;
    let groups = account.ec2.describe_security_groups().filters(in_vpc());
    let groups = account.call(|| groups.clone().all_items()).await?;
    let mut told: Vec<String> = interfaces(account, "vpc-id", vpc).await?;
    told.extend(subnets.iter().filter_map(|subnet| Some(format!("the subnet {}", subnet.subnet_id()?))));
    let others = groups.iter().filter(|group| group.group_name() != Some("default"));
    told.extend(others.filter_map(|group| Some(format!("the security group {}", group.group_id()?))));
    Ok(at_most(told))
}

fn at_most(mut told: Vec<String>) -> Vec<String> {
    let more = told.len().saturating_sub(NAMED);
    told.truncate(NAMED);
    if more > 0 {
        told.push(format!("{more} more"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_overlap_where_one_holds_the_other() {
        assert!(overlap("10.0.0.0/16", "10.0.3.0/24") && overlap("10.0.3.0/24", "10.0.0.0/16"));
        assert!(!overlap("10.0.0.0/24", "10.0.1.0/24") && !overlap("10.0.0.0/24", "text"));
    }

    #[test]
    fn a_long_list_ends_in_how_many_more_there_are() {
        let told = at_most((0..10).map(|n| n.to_string()).collect());
        assert_eq!(told.last().map(String::as_str), Some("2 more"));
    }
}
