//! NAT gateways by the subnet that they stand in, where what is there is taken over.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{ConnectivityType, NatGateway, NatGatewayState};

use crate::aws::trace::chains;
use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::tags::{VALUES_A_FILTER, filter};

/// The public NAT gateways that stand in those subnets and can be used or soon can, whoever made them.
pub(in crate::kinds) async fn standing_in(
    account: &Account,
    subnets: BTreeSet<String>,
) -> Result<Vec<NatGateway>, Error> {
    let subnets: Vec<String> = subnets.into_iter().collect();
    let parts = subnets.chunks(VALUES_A_FILTER).map(|part| async move {
        let request = account.ec2.describe_nat_gateways().filter(filter("subnet-id", part.iter().cloned()));
        account.call(|| request.clone().all_items()).await
    });
    let pages = chains(parts).await.into_iter().collect::<Result<Vec<_>, Error>>()?;
    let mut gateways: Vec<NatGateway> = pages.into_iter().flatten().collect();
    gateways.retain(|gateway| {
        matches!(gateway.state(), Some(NatGatewayState::Available | NatGatewayState::Pending))
            && gateway.connectivity_type() != Some(&ConnectivityType::Private)
    });
    Ok(gateways)
}

/// What stands in a subnet already.
pub(in crate::kinds) enum Standing<'a> {
    /// Nothing.
    Nothing,
    /// One gateway.
    One(&'a NatGateway),
    /// Several, which are named: a person says which is meant.
    Several(String),
}

/// Which of those gateways stand in a subnet.
pub(in crate::kinds) fn standing<'a>(gateways: &'a [NatGateway], subnet: &str) -> Standing<'a> {
    let there: Vec<&NatGateway> =
        gateways.iter().filter(|gateway| gateway.subnet_id() == Some(subnet)).collect();
    match there.as_slice() {
        [] => Standing::Nothing,
        [one] => Standing::One(one),
        several => {
            let ids: Vec<&str> = several.iter().filter_map(|gateway| gateway.nat_gateway_id()).collect();
            Standing::Several(format!("{subnet} has several NAT gateways, {}", ids.join(", ")))
        }
    }
}

/// What can be done where several are there.
pub(in crate::kinds) const SEVERAL: &str =
    "delete all but one of them, or tag the one that is meant with baseline:name and baseline:addr";

/// The allocation id of its elastic address.
pub(in crate::kinds) fn address_of(gateway: &NatGateway) -> Option<&str> {
    let addresses = gateway.nat_gateway_addresses();
    let address = addresses.iter().find(|address| address.is_primary() == Some(true)).or(addresses.first());
    address?.allocation_id()
}
