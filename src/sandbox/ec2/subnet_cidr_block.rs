//! The IPv6 range of a subnet: given and taken away.

use ipnet::Ipv6Net;

use super::Versioned;
use super::ipv6::Ipv6Range;
use super::network_range;
use super::resource_id::SUBNET;
use super::state::{State, current, ids_of};
use crate::sandbox::context::Context;
use crate::sandbox::ids::Ids;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Params};
use crate::sandbox::world::Milliseconds;

/// Operations on the range of a subnet.
pub const OPERATIONS: &[Operation] = &[
    operation("AssociateSubnetCidrBlock", associate_subnet_cidr_block),
    operation("DisassociateSubnetCidrBlock", disassociate_subnet_cidr_block),
];

impl State {
    /// The IPv6 range that a request asks for a subnet of a VPC: a /44 to a /64, four bits apart, of a range of the VPC and of no other
    /// subnet ("Subnet CIDR blocks", Amazon VPC User Guide).
    ///
    /// # Errors
    /// `InvalidSubnet.Range`, `InvalidSubnet.Conflict`.
    pub fn ipv6_of_subnet(
        &self,
        ids: &mut Ids,
        now: Milliseconds,
        vpc: &str,
        text: &str,
    ) -> Result<Ipv6Range, Fault> {
        let range = network_range::v6("ipv6CidrBlock", text)?;
        let there = self.vpcs.get(vpc).map(Versioned::truth);
        let whole = there.into_iter().flat_map(|vpc| &vpc.ipv6).find(|whole| whole.net().contains(&range));
        let is_of_size = (44..=64).contains(&range.prefix_len()) && range.prefix_len().is_multiple_of(4);
        let (true, Some(whole)) = (is_of_size, whole) else {
            return Err(Fault::client("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
        };
        let overlap = |other: Ipv6Net| other.contains(&range) || range.contains(&other);
        let others = self.subnets.values().filter_map(|subnet| subnet.truth().ipv6.as_ref());
        if others.map(Ipv6Range::net).any(overlap) {
            let message = format!("The CIDR '{text}' conflicts with another subnet");
            return Err(Fault::client("InvalidSubnet.Conflict", message));
        }
        Ok(Ipv6Range {
            association: ids.id("subnet-cidr-assoc-"),
            range: range.to_string(),
            pool: whole.pool.clone(),
            since: now,
        })
    }
}

fn associate_subnet_cidr_block(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = SUBNET.required(params, "SubnetId")?;
    let text = params.required("Ipv6CidrBlock")?;
    let mut ids = ids_of(cx);
    let ec2 = current(cx);
    let subnet = ec2.subnet(lens, id)?;
    if let Some(there) = &subnet.ipv6 {
        // A subnet has one range ("Subnet CIDR blocks", Amazon VPC User Guide).
        let message = format!("The subnet '{id}' has the IPv6 CIDR block {} already", there.range);
        return Err(Fault::client("SubnetCidrBlockAssociationLimitExceeded", message));
    }
    let made = ec2.ipv6_of_subnet(&mut ids, now, &subnet.vpc, text)?;
    SUBNET.find_mut(&mut ec2.subnets, lens, id)?.change(now).ipv6 = Some(made.clone());
    cx.world.ids = ids;
    Ok(Answer::empty().with("ipv6CidrBlockAssociation", made.shown_now(false)).with("subnetId", id))
}

fn disassociate_subnet_cidr_block(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    let association = params.required("AssociationId")?;
    let ec2 = current(cx);
    let found = ec2.subnets.iter().find_map(|(id, subnet)| {
        let range = subnet.truth().ipv6.as_ref().filter(|range| range.association == association)?;
        Some((id.clone(), range.clone(), subnet.truth().assigns_ipv6))
    });
    let (id, range, assigns) = found.ok_or_else(|| {
        let message = format!("The subnet CIDR block association ID '{association}' does not exist");
        Fault::client("InvalidSubnetCidrBlockAssociationID.NotFound", message)
    })?;
    let mut interfaces = ec2.network_interfaces.values().map(Versioned::truth);
    let in_use = interfaces.any(|interface| interface.subnet == id && !interface.ipv6.is_empty());
    if in_use || assigns {
        let why = if in_use { "addresses of it are in use" } else { "new interfaces get addresses of it" };
        let message = format!("The subnet {id} cannot lose the CIDR block {}: {why}", range.range);
        return Err(Fault::client("InvalidCidrBlock.InUse", message));
    }
    if let Some(subnet) = ec2.subnets.get_mut(&id) {
        subnet.change(now).ipv6 = None;
    }
    Ok(Answer::empty().with("ipv6CidrBlockAssociation", range.shown_now(true)).with("subnetId", id))
}
