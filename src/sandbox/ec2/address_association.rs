//! What elastic addresses lead to.

use super::address::{AddressAssociation, unknown_ip};
use super::resource_id::{ALLOCATION, INSTANCE, NETWORK_INTERFACE};
use super::state::{State, current};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Params};

/// Operations on what elastic addresses lead to.
pub const OPERATIONS: &[Operation] = &[
    operation("AssociateAddress", associate_address),
    operation("DisassociateAddress", disassociate_address),
];

/// The network interface that a request names, itself or by its instance.
fn interface_of(ec2: &State, params: &Params) -> Result<String, Fault> {
    if let Some(id) = params.text("NetworkInterfaceId") {
        NETWORK_INTERFACE.check(id)?;
        let known = ec2.network_interfaces.contains_key(id);
        return known.then(|| id.to_owned()).ok_or_else(|| NETWORK_INTERFACE.not_found(id));
    }
    if params.text("InstanceId").is_none() {
        let message = "Invalid request, expect InstanceId/NetworkId parameter.";
        return Err(Fault::client("MissingParameter", message));
    }
    let instance = INSTANCE.required(params, "InstanceId")?;
    ec2.network_interfaces
        .iter()
        .find(|(_, thing)| thing.truth().instance.as_deref() == Some(instance))
        .map(|(id, _)| id.clone())
        .ok_or_else(|| INSTANCE.not_found(instance))
}

fn associate_address(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = ALLOCATION.required(params, "AllocationId")?;
    let again = params.flag("AllowReassociation")?.unwrap_or(true);
    let association = cx.new_id("eipassoc-");
    let ec2 = current(cx);
    let held = ALLOCATION.find(&ec2.addresses, lens, id)?.truth().association.clone();
    let interface = interface_of(ec2, params)?;
    let vpc = ec2.network_interfaces.get(&interface).map_or("", |thing| thing.truth().vpc.as_str());
    if !ec2.has_gateway(vpc) {
        let message = format!("Network {vpc} is not attached to any internet gateway");
        return Err(Fault::client("Gateway.NotAttached", message));
    }
    if held.is_some() && !again {
        let message = format!("resource {id} is already associated");
        return Err(Fault::client("Resource.AlreadyAssociated", message));
    }
    let address = ALLOCATION.find_mut(&mut ec2.addresses, lens, id)?;
    address.change(now).association = Some(AddressAssociation { id: association.clone(), interface });
    Ok(Answer::done().with("associationId", association))
}

fn disassociate_address(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    let (association, ip) = (params.text("AssociationId"), params.text("PublicIp"));
    let ec2 = current(cx);
    let found = ec2.addresses.values_mut().find(|address| {
        let address = address.truth();
        ip == Some(address.public_ip.as_str())
            || association.is_some()
                && address.association.as_ref().map(|held| held.id.as_str()) == association
    });
    match (found, association, ip) {
        (Some(address), ..) => address.change(now).association = None,
        (None, Some(id), _) => {
            let message = format!("The association ID '{id}' does not exist");
            return Err(Fault::client("InvalidAssociationID.NotFound", message));
        }
        (None, None, Some(ip)) => return Err(unknown_ip(ip)),
        (None, None, None) => return Err(params.missing("AssociationId")),
    }
    Ok(Answer::done())
}
