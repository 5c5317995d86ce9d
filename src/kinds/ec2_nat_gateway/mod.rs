//! A public NAT gateway (aws-truths 1.7).

pub(in crate::kinds) mod place;

use std::time::Duration;

use aws_sdk_ec2::types::{NatGatewayState, ResourceType};
use serde::{Deserialize, Serialize};

use self::place::{SEVERAL, Standing, address_of, standing, standing_in};
use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::deletion::until_gone;
use crate::kinds::ec2::obstacle::{is_itself, obstacle};
use crate::kinds::ec2::tags::{adopt, filter, owned_filter, owner, ownership, specification, tags};
use crate::kinds::ec2_elastic_ip::ElasticIp;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::{
    DeleteRequest, Found, Holder, Holders, KindMeta, ReadRequest, ReadResult, Replace, Resource, State,
    Update, by_tag, unreadable,
};
use crate::model::{Addr, Link, ResourceSpec};

/// A NAT gateway. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatGateway {
    /// The public subnet it stands in.
    pub subnet: Link,
    /// The allocation id of its elastic address.
    pub address: Link,
}

impl ResourceSpec for NatGateway {
    const KIND: &'static str = "ec2.nat-gateway";
}

/// NAT gateways.
pub struct NatGateways;

/// How long AWS may take to delete one (NET-11).
const DELETION: Duration = Duration::from_secs(1800);

impl Resource for NatGateways {
    type Spec = NatGateway;
    const META: KindMeta = KindMeta {
        duplicates_on_retry: true,
        found_by_place: true,
        immutable: &["subnet", "address"],
        replace: Replace::DeleteFirst,
        keeps: &["subnet"],
        outputs: &["id"],
        settle_seconds: 900,
        read_actions: &["ec2:DescribeNatGateways"],
        write_actions: &["ec2:CreateNatGateway", "ec2:CreateTags", "ec2:DeleteNatGateway"],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<NatGateway>>) -> Vec<ReadResult<NatGateway>> {
        match owned(account).await {
            Ok(gateways) => {
                let mut found: Vec<_> = gateways
                    .iter()
                    .filter_map(|gateway| Some((owner(gateway.tags())?, found(gateway)?)))
                    .collect();
                // One that failed stays listed for an hour and must not hide the one that replaced it.
                let usable: Vec<String> = found
                    .iter()
                    .filter(|(_, gateway)| !matches!(gateway.state, State::Broken(_)))
                    .map(|(owner, _)| owner.addr.clone())
                    .collect();
                found.retain(|(owner, gateway)| {
                    !matches!(gateway.state, State::Broken(_)) || !usable.contains(&owner.addr)
                });
                by_tag(account, asked, found)
            }
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &NatGateway) -> Result<(), Error> {
        let (subnet, address) = (wanted.subnet.id()?, wanted.address.id()?);
        // The SDK puts in a client token and repeats it when it sends the call again (NET-19). One that follows from what is wanted
        // would be answered with a gateway that somebody deleted long ago: AWS remembers tokens longer than gateways (NET-20).
        let request = account
            .ec2
            .create_nat_gateway()
            .subnet_id(subnet)
            .allocation_id(address)
            .tag_specifications(specification(account, addr, ResourceType::Natgateway));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<NatGateway>) -> Result<(), Error> {
        if update.adopt {
            adopt(account, &update.addr, update.output("id")?).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<NatGateway>) -> Result<(), Error> {
        let id = request.output("id")?;
        let request = account.ec2.delete_nat_gateway().nat_gateway_id(id);
        if account.find(|| request.clone().send()).await?.is_none() {
            return Ok(());
        }
        // Its elastic address and its subnet are in use until it is gone (NET-12, NET-14).
        until_gone(id, DELETION, || is_gone(account, id)).await
    }

    /// The one that stands in the subnet already.
    async fn holders(
        account: &Account,
        asked: &[ReadRequest<NatGateway>],
    ) -> Result<Holders<NatGateway>, Error> {
        let subnet = |question: &ReadRequest<NatGateway>| question.wanted.subnet.id().ok().map(str::to_owned);
        let gateways = standing_in(account, asked.iter().filter_map(subnet).collect()).await?;
        let mut holders = Vec::new();
        for question in asked {
            let Some(subnet) = subnet(question) else { continue };
            let gateway = match standing(&gateways, &subnet) {
                Standing::Nothing => continue,
                Standing::One(gateway) => gateway,
                Standing::Several(message) => {
                    let another = obstacle(account, None, &message, SEVERAL);
                    holders.push((question.addr.clone(), Holder::Another(another)));
                    continue;
                }
            };
            let Some(found) = found(gateway) else { continue };
            // Another baseline's may stand beside one of this one.
            if is_itself(account, &question.addr, owner(gateway.tags()).as_ref()) {
                holders.push((question.addr.clone(), Holder::Itself(Box::new(found))));
            }
        }
        Ok(holders)
    }

    fn example(_: u8) -> NatGateway {
        NatGateway { subnet: Subnet::output("main", "id"), address: ElasticIp::output("main", "id") }
    }
}

/// Every NAT gateway of this baseline, the dead ones of the last hour included (NET-15).
async fn owned(account: &Account) -> Result<Vec<aws_sdk_ec2::types::NatGateway>, Error> {
    let request = account.ec2.describe_nat_gateways().filter(owned_filter(account));
    account.call(|| request.clone().all_items()).await
}

async fn is_gone(account: &Account, id: &str) -> Result<bool, Error> {
    // A filter answers with an empty list where naming the id would answer with an error.
    let request = account.ec2.describe_nat_gateways().filter(filter("nat-gateway-id", [id.to_owned()]));
    let answer = account.call(|| request.clone().send()).await?;
    Ok(answer.nat_gateways().iter().all(is_over))
}

/// Whether a gateway that was deleted needs no more waiting. One that had failed may keep that state until it vanishes from the
/// list, and holds neither address nor interface.
fn is_over(gateway: &aws_sdk_ec2::types::NatGateway) -> bool {
    matches!(gateway.state(), Some(NatGatewayState::Deleted | NatGatewayState::Failed))
}

/// A gateway that exists; nothing for one that is on its way out (NET-15).
fn found(gateway: &aws_sdk_ec2::types::NatGateway) -> Option<Found<NatGateway>> {
    let state = match gateway.state()? {
        NatGatewayState::Available => State::Ready,
        NatGatewayState::Pending => State::Pending("AWS is still making the NAT gateway".to_owned()),
        NatGatewayState::Failed => State::Broken(format!(
            "{}: {}; remove the cause, delete the gateway and run it again",
            gateway.failure_code().unwrap_or("it failed"),
            gateway.failure_message().unwrap_or("AWS gave no reason"),
        )),
        NatGatewayState::Deleted | NatGatewayState::Deleting => return None,
        other => State::Pending(format!("AWS calls its state {other}")),
    };
    Some(Found {
        attributes: NatGateway {
            subnet: gateway.subnet_id().unwrap_or_default().into(),
            address: Link::from(address_of(gateway).unwrap_or_default()),
        },
        outputs: [("id", gateway.nat_gateway_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(gateway.tags()),
        tags: tags(gateway.tags()),
        state,
        remarks: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_that_had_failed_is_over_once_it_is_deleted() {
        let in_state =
            |state: NatGatewayState| is_over(&aws_sdk_ec2::types::NatGateway::builder().state(state).build());
        assert!(in_state(NatGatewayState::Deleted) && in_state(NatGatewayState::Failed));
        assert!(!in_state(NatGatewayState::Deleting) && !in_state(NatGatewayState::Available));
    }

    #[test]
    fn only_a_gateway_that_carries_traffic_or_will_is_there() {
        let in_state = |state: NatGatewayState| {
            let gateway = aws_sdk_ec2::types::NatGateway::builder()
                .state(state)
                .failure_code("Gateway.NotAttached")
                .failure_message("the network has no internet gateway");
            found(&gateway.build()).map(|found| found.state)
        };
        assert_eq!(in_state(NatGatewayState::Available), Some(State::Ready));
        assert!(matches!(in_state(NatGatewayState::Pending), Some(State::Pending(_))));
        assert!(matches!(in_state(NatGatewayState::Failed), Some(State::Broken(why))
            if why.starts_with("Gateway.NotAttached: the network has no internet gateway")));
        assert_eq!(in_state(NatGatewayState::Deleting), None);
        assert_eq!(in_state(NatGatewayState::Deleted), None);
    }
}
