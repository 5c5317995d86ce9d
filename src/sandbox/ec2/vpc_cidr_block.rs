//! IPv6 ranges of a VPC that is there: given and taken away.

use super::ipv6::asked;
use super::resource_id::VPC;
use super::state::{current, ids_of};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Params};

/// Operations on ranges of a VPC.
pub const OPERATIONS: &[Operation] = &[
    operation("AssociateVpcCidrBlock", associate_vpc_cidr_block),
    operation("DisassociateVpcCidrBlock", disassociate_vpc_cidr_block),
];

fn associate_vpc_cidr_block(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens, region) = (cx.now(), cx.lens(), cx.region.clone());
    let vpc = VPC.required(params, "VpcId")?;
    let mut ids = ids_of(cx);
    let ec2 = current(cx);
    ec2.vpc(lens, vpc)?;
    let asked = asked(ec2, &mut ids, lens, params)?;
    let asked = asked.ok_or_else(|| params.missing("AmazonProvidedIpv6CidrBlock"))?;
    let made = ec2.associate_ipv6(&mut ids, now, vpc, asked)?;
    cx.world.ids = ids;
    let shown = made.of_vpc(made.shown_now(false), &region);
    Ok(Answer::empty().with("ipv6CidrBlockAssociation", shown).with("vpcId", vpc))
}

fn disassociate_vpc_cidr_block(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, region) = (cx.now(), cx.region.clone());
    let association = params.required("AssociationId")?;
    let ec2 = current(cx);
    let is_primary = ec2.vpcs.values().any(|vpc| vpc.truth().cidr_association == association);
    if is_primary {
        let message = format!(
            "The vpc CIDR block with association ID {association} may not be disassociated. It is the primary \
             IPv4 CIDR block of the VPC"
        );
        return Err(Fault::client("OperationNotPermitted", message));
    }
    let (vpc, gone) = ec2.disassociate_ipv6(now, association)?;
    let shown = gone.of_vpc(gone.shown_now(true), &region);
    Ok(Answer::empty().with("ipv6CidrBlockAssociation", shown).with("vpcId", vpc))
}
