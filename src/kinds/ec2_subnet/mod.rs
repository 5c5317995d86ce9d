//! A subnet (aws-truths 1.7).

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, SubnetCidrBlockStateCode, SubnetState};
use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::create_once::sent_once;
use crate::kinds::ec2::ipv6_blocks::{OUTPUTS, block_and_slot, part_of};
use crate::kinds::ec2::obstacle::{
    by_tag_or_id, interfaces, is_gone, is_itself, obstacle, overlap, range_holder,
};
use crate::kinds::ec2::tags::{
    VALUES_A_FILTER, adopt, filter, owned_filter, owner, ownership, specification, tags,
};
use crate::kinds::ec2_availability_zone::AvailabilityZone;
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::{
    DeleteRequest, Found, Holder, Holders, KindMeta, ReadRequest, ReadResult, Replace, Resource, State,
    Update, unreadable,
};
use crate::model::{Addr, Link, Owned, ResourceSpec};

/// A subnet. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// The one that is taken over; absent where it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Link>,
    /// The VPC's id.
    pub vpc: Link,
    /// The availability zone's name.
    pub zone: Owned<Link>,
    /// The IPv4 range, canonical.
    pub cidr: String,
    /// New instances get a public address.
    pub public_ip_on_launch: bool,
    /// Its IPv6 range. What it has stays where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<SubnetIpv6>,
}

/// The IPv6 range of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubnetIpv6 {
    /// The block of eight ranges that it is one of, a /61.
    pub block: Link,
    /// Which of the eight, counted from 0.
    pub slot: i64,
    /// New instances get an address of it.
    pub on_launch: bool,
}

/// What can be changed where another one is in the way.
const OTHERWISE: &str =
    "give the tier another `block`, or name that subnet in `subnets` of a tier to keep it";
/// What can be changed where the subnet that is to be taken over is in another place of the file.
const ANOTHER_ID: &str = "write the id of another subnet";

impl ResourceSpec for Subnet {
    const KIND: &'static str = "ec2.subnet";
}

/// Subnets.
pub struct Subnets;

impl Resource for Subnets {
    type Spec = Subnet;
    const META: KindMeta = KindMeta {
        named_by: Some("id"),
        immutable: &["vpc", "zone", "cidr"],
        replace: Replace::Never(
            "a subnet's range, zone and VPC are fixed, and what runs in it would be lost",
        ),
        outputs: &["id"],
        settle_seconds: 300,
        read_actions: &["ec2:DescribeSubnets"],
        write_actions: &[
            "ec2:AssociateSubnetCidrBlock",
            "ec2:CreateSubnet",
            "ec2:CreateTags",
            "ec2:ModifySubnetAttribute",
            "ec2:DeleteSubnet",
        ],
        refusal_actions: &["ec2:DescribeNetworkInterfaces"],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<Subnet>>) -> Vec<ReadResult<Subnet>> {
        let named: BTreeSet<String> = asked
            .iter()
            .filter_map(|question| Some(question.wanted.id.as_ref()?.id().ok()?.to_owned()))
            .collect();
        let owned =
            account.call(|| account.ec2.describe_subnets().filters(owned_filter(account)).all_items());
        let (owned, named) = tokio::join!(chain(owned), chain(by_id(account, named)));
        match owned.and_then(|owned: Vec<aws_sdk_ec2::types::Subnet>| Ok((owned, named?))) {
            Ok((owned, named)) => {
                let owned = owned.iter().filter_map(|s| Some((owner(s.tags())?, found(s)))).collect();
                by_tag_or_id(account, asked, owned, &named, |subnet| subnet.id.as_ref())
            }
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &Subnet) -> Result<(), Error> {
        if let Some(id) = &wanted.id {
            return Err(is_gone(id));
        }
        let request = account
            .ec2
            .create_subnet()
            .vpc_id(wanted.vpc.id()?)
            .availability_zone(wanted.zone.value().id()?)
            .cidr_block(&wanted.cidr)
            .set_ipv6_cidr_block(wanted.ipv6.as_ref().map(ipv6_range).transpose()?)
            .tag_specifications(specification(account, addr, ResourceType::Subnet));
        account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<Subnet>) -> Result<(), Error> {
        if update.adopt {
            adopt(account, &update.addr, update.output("id")?).await?;
        }
        if let (true, Some(wanted)) = (update.touches("ipv6"), &update.wanted.ipv6) {
            write_ipv6(account, update.output("id")?, wanted, update.live.attributes.ipv6.as_ref()).await?;
        }
        if update.touches("public_ip_on_launch") {
            let value = AttributeBooleanValue::builder().value(update.wanted.public_ip_on_launch).build();
            // One attribute a call (NET-4).
            let request = account
                .ec2
                .modify_subnet_attribute()
                .subnet_id(update.output("id")?)
                .map_public_ip_on_launch(value);
            account.call(|| request.clone().send()).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<Subnet>) -> Result<(), Error> {
        let request = account.ec2.delete_subnet().subnet_id(request.output("id")?);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    async fn held_by(account: &Account, addr: &Addr, wanted: &Subnet) -> Result<Option<String>, Error> {
        range_holder(account, addr, wanted.vpc.id()?, &wanted.cidr).await
    }

    async fn holders(account: &Account, asked: &[ReadRequest<Subnet>]) -> Result<Holders<Subnet>, Error> {
        let vpcs: BTreeSet<String> =
            asked.iter().filter_map(|question| question.wanted.vpc.id().ok().map(str::to_owned)).collect();
        if vpcs.is_empty() {
            return Ok(Vec::new());
        }
        let request = account.ec2.describe_subnets().filters(filter("vpc-id", vpcs));
        let subnets: Vec<aws_sdk_ec2::types::Subnet> = account.call(|| request.clone().all_items()).await?;
        let mut holders = Vec::new();
        for question in asked {
            let Ok(vpc) = question.wanted.vpc.id() else { continue };
            let range = &question.wanted.cidr;
            if let Some(id) = question.wanted.id.as_ref().and_then(|id| id.id().ok()) {
                // It was looked for by its id: what is there is not to be taken.
                let same = subnets.iter().find(|subnet| subnet.subnet_id() == Some(id));
                holders.extend(same.map(|subnet| {
                    let message = format!("{id} is in the file already");
                    let another = obstacle(account, owner(subnet.tags()).as_ref(), &message, ANOTHER_ID);
                    (question.addr.clone(), Holder::Another(another))
                }));
                continue;
            }
            for subnet in subnets.iter().filter(|subnet| subnet.vpc_id() == Some(vpc)) {
                let held = subnet.cidr_block().unwrap_or_default();
                let holder = owner(subnet.tags());
                if held == range && is_itself(account, &question.addr, holder.as_ref()) {
                    holders.push((question.addr.clone(), Holder::Itself(Box::new(found(subnet)))));
                } else if overlap(held, range) {
                    let id = subnet.subnet_id().unwrap_or_default();
                    let message = format!("{range} overlaps {held} of {id}");
                    let another = obstacle(account, holder.as_ref(), &message, OTHERWISE);
                    holders.push((question.addr.clone(), Holder::Another(another)));
                }
            }
        }
        Ok(holders)
    }

    async fn used_by(account: &Account, request: &DeleteRequest<Subnet>) -> Result<Vec<String>, Error> {
        interfaces(account, "subnet-id", request.output("id")?).await
    }

    fn example(seed: u8) -> Subnet {
        let odd = seed % 2 == 1;
        Subnet {
            id: None,
            vpc: Vpc::output("main", "id"),
            zone: Owned::Always(AvailabilityZone::output("a", "name")),
            cidr: "10.0.0.0/24".into(),
            public_ip_on_launch: odd,
            ipv6: odd.then(|| SubnetIpv6 {
                block: Vpc::output("main", OUTPUTS[1]),
                slot: 3,
                on_launch: true,
            }),
        }
    }
}

fn ipv6_range(ipv6: &SubnetIpv6) -> Result<String, Error> {
    let block = ipv6.block.id()?;
    let range = part_of(block, ipv6.slot).ok_or_else(|| {
        Error::internal(format!(
            "{block} has no room for the IPv6 range {}; name a block of eight",
            ipv6.slot
        ))
    })?;
    Ok(range.to_string())
}

/// Gives the subnet its range. One that it has is never taken from it: what runs there may have addresses of it.
async fn write_ipv6(
    account: &Account,
    id: &str,
    wanted: &SubnetIpv6,
    live: Option<&SubnetIpv6>,
) -> Result<(), Error> {
    let range = ipv6_range(wanted)?;
    let there =
        live.map(|live| ipv6_range(live).unwrap_or_else(|_| live.block.id().unwrap_or_default().to_owned()));
    match there {
        None => {
            let request = account.ec2.associate_subnet_cidr_block().subnet_id(id).ipv6_cidr_block(range);
            account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
            // What follows waits until AWS has given it.
            return Ok(());
        }
        Some(there) if there != range => {
            return Err(Error::internal(format!(
                "{id} has the IPv6 range {there}, and a subnet has one: move what runs there, take the range away, \
                 and apply again for {range}"
            )));
        }
        Some(_) => {}
    }
    if live.is_none_or(|live| live.on_launch != wanted.on_launch) {
        let value = AttributeBooleanValue::builder().value(wanted.on_launch).build();
        let request =
            account.ec2.modify_subnet_attribute().subnet_id(id).assign_ipv6_address_on_creation(value);
        account.call(|| request.clone().send()).await?;
    }
    Ok(())
}

/// The IPv6 range of a subnet, and whether AWS is still giving it.
fn ipv6_of(subnet: &aws_sdk_ec2::types::Subnet) -> Option<(Ipv6Net, bool)> {
    subnet.ipv6_cidr_block_association_set().iter().find_map(|association| {
        let state = association.ipv6_cidr_block_state().and_then(|state| state.state());
        let pending = state == Some(&SubnetCidrBlockStateCode::Associating);
        let gone = matches!(
            state,
            Some(
                SubnetCidrBlockStateCode::Disassociated
                    | SubnetCidrBlockStateCode::Disassociating
                    | SubnetCidrBlockStateCode::Failed
                    | SubnetCidrBlockStateCode::Failing
            )
        );
        let range = association.ipv6_cidr_block().filter(|_| !gone)?.parse().ok()?;
        Some((range, pending))
    })
}

/// The subnets of those ids, whoever made them.
async fn by_id(account: &Account, ids: BTreeSet<String>) -> Result<Vec<Found<Subnet>>, Error> {
    let ids: Vec<String> = ids.into_iter().collect();
    let parts = ids.chunks(VALUES_A_FILTER).map(|part| async move {
        // A filter answers with an empty list where naming the id would answer with an error.
        let request = account.ec2.describe_subnets().filters(filter("subnet-id", part.iter().cloned()));
        account.call(|| request.clone().all_items()).await
    });
    let pages = chains(parts).await.into_iter().collect::<Result<Vec<_>, Error>>()?;
    Ok(pages.iter().flatten().map(found).collect())
}

fn found(subnet: &aws_sdk_ec2::types::Subnet) -> Found<Subnet> {
    let ipv6 = ipv6_of(subnet);
    let place = ipv6.map(|(range, _)| block_and_slot(range));
    let on_launch = subnet.assign_ipv6_address_on_creation().unwrap_or_default();
    Found {
        attributes: Subnet {
            id: subnet.subnet_id().map(Link::from),
            vpc: subnet.vpc_id().unwrap_or_default().into(),
            zone: Owned::Always(subnet.availability_zone().unwrap_or_default().into()),
            cidr: subnet.cidr_block().unwrap_or_default().to_owned(),
            public_ip_on_launch: subnet.map_public_ip_on_launch().unwrap_or_default(),
            ipv6: place.map(|(block, slot)| SubnetIpv6 { block: block.to_string().into(), slot, on_launch }),
        },
        outputs: [("id", subnet.subnet_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(subnet.tags()),
        tags: tags(subnet.tags()),
        state: match subnet.state() {
            Some(SubnetState::Pending) => State::Pending("AWS is still making it".to_owned()),
            _ if ipv6.is_some_and(|(_, pending)| pending) => {
                State::Pending("AWS is still giving it its IPv6 range".to_owned())
            }
            _ => State::Ready,
        },
        remarks: Vec::new(),
    }
}
