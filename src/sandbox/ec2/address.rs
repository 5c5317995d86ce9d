//! Elastic addresses (aws-truths 1.7).

use serde::{Deserialize, Serialize};

use super::listing::{Listing, list};
use super::network_interface::public_address;
use super::resource_id::ALLOCATION;
use super::state::{State, View, current, ids_of};
use super::tags::requested;
use super::{Versioned, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// An elastic address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The address itself.
    pub public_ip: String,
    /// What it leads to.
    pub association: Option<AddressAssociation>,
}

/// What an elastic address leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressAssociation {
    /// The association's own id.
    pub id: String,
    /// The network interface's id.
    pub interface: String,
}

/// Operations on elastic addresses.
pub const OPERATIONS: &[Operation] = &[
    operation("AllocateAddress", allocate_address),
    operation("DescribeAddresses", describe_addresses),
    operation("DescribeAddressesAttribute", describe_addresses_attribute),
    operation("ReleaseAddress", release_address),
];

fn show(ec2: &State, view: &View, id: &str, address: &Address) -> Fields {
    let mut shown = Fields::new()
        .with("allocationId", id)
        .with("publicIp", &address.public_ip)
        .with("domain", "vpc")
        .with("publicIpv4Pool", "amazon")
        .with("networkBorderGroup", &view.region);
    if let Some(held) = &address.association
        && let Some(interface) = ec2.network_interfaces.get(&held.interface).map(Versioned::truth)
    {
        shown = shown
            .with("associationId", &held.id)
            .with("networkInterfaceId", &held.interface)
            .with("networkInterfaceOwnerId", &view.account)
            .with("privateIpAddress", &interface.private_ip)
            .maybe("instanceId", interface.instance.as_ref());
    }
    ec2.with_tags(shown, view.lens, id)
}

fn allocate_address(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    params.choice("Domain", &["vpc"])?;
    let tags = requested(params, &ALLOCATION)?;
    let mut ids = ids_of(cx);
    let id = ids.id("eipalloc-");
    let public_ip = public_address(&mut ids);
    let ec2 = &mut cx.home().ec2;
    quotas::check(ec2.addresses.len(), quotas::ADDRESSES, "AddressLimitExceeded", "addresses")?;
    let address = Address { public_ip: public_ip.clone(), association: None };
    ec2.tag_new(&id, tags, now);
    ec2.addresses.insert(id.clone(), Versioned::new(address, now));
    cx.world.ids = ids;
    Ok(Answer::empty()
        .with("publicIp", public_ip)
        .with("allocationId", id)
        .with("publicIpv4Pool", "amazon")
        .with("networkBorderGroup", &cx.region)
        .with("domain", "vpc"))
}

const LISTING: Listing = Listing {
    set: "addressesSet",
    key: "allocationId",
    ids: Some(("AllocationId", &ALLOCATION)),
    filters: &[
        ("allocation-id", "allocationId"),
        ("association-id", "associationId"),
        ("domain", "domain"),
        ("instance-id", "instanceId"),
        ("network-border-group", "networkBorderGroup"),
        ("network-interface-id", "networkInterfaceId"),
        ("network-interface-owner-id", "networkInterfaceOwnerId"),
        ("private-ip-address", "privateIpAddress"),
        ("public-ip", "publicIp"),
    ],
    tagged: true,
    pages: None,
};

fn describe_addresses(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let wanted = params.texts("PublicIp");
    let ec2 = current(cx);
    let seen = || ec2.addresses.iter().filter_map(|(id, it)| Some((id, it.seen(view.lens, id)?)));
    if let Some(ip) = wanted.iter().find(|ip| seen().all(|(_, it)| it.public_ip != **ip)) {
        return Err(unknown_ip(ip));
    }
    let rows = seen()
        .filter(|(_, it)| wanted.is_empty() || wanted.contains(&it.public_ip.as_str()))
        .map(|(id, it)| show(ec2, &view, id, it))
        .collect();
    list(cx, params, &LISTING, rows)
}

/// The refusal of an address that is not the account's.
pub(super) fn unknown_ip(ip: &str) -> Fault {
    Fault::client("InvalidAddress.NotFound", format!("Address '{ip}' not found."))
}

/// Names of addresses; the sandbox's have none.
fn describe_addresses_attribute(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    params.choice("Attribute", &["domain-name"])?;
    let lens = cx.lens();
    let ec2 = &cx.home().ec2;
    let ids = params.texts("AllocationId");
    for id in &ids {
        ALLOCATION.find(&ec2.addresses, lens, id)?;
    }
    let seen = ec2.addresses.iter().filter_map(|(id, address)| Some((id, address.seen(lens, id)?)));
    let wanted = seen.filter(|(id, _)| ids.is_empty() || ids.contains(&id.as_str()));
    let row = |(id, address): (&String, &Address)| {
        Fields::new().with("publicIp", &address.public_ip).with("allocationId", id)
    };
    Ok(Fields::new().list("addressSet", wanted.map(row)).into())
}

fn release_address(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let id = ALLOCATION.required(params, "AllocationId")?;
    let ec2 = current(cx);
    let address = ALLOCATION.find(&ec2.addresses, lens, id)?.truth();
    if let Some(held) = &address.association {
        let interface = ec2.network_interfaces.get(&held.interface).map(Versioned::truth);
        // An address on an interface that AWS manages is not the caller's to take away (NET-14).
        if interface.is_some_and(|interface| !interface.requester.is_empty()) {
            let message = "You do not have permission to access the specified resource.";
            return Err(Fault::client("AuthFailure", message));
        }
        let message = format!("Address {} is in use.", address.public_ip);
        return Err(Fault::client("InvalidIPAddress.InUse", message));
    }
    ec2.addresses.remove(id);
    ec2.tags.remove(id);
    Ok(Answer::done())
}
