//! Which subnets use which route table; the rest use their VPC's main table (NET-7).

use super::resource_id::{ROUTE_TABLE, SUBNET};
use super::route_table::Association;
use super::state::State;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations on associations of route tables.
pub const OPERATIONS: &[Operation] = &[
    operation("AssociateRouteTable", associate_route_table),
    operation("ReplaceRouteTableAssociation", replace_route_table_association),
    operation("DisassociateRouteTable", disassociate_route_table),
];

fn unknown(id: &str) -> Fault {
    Fault::client("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist"))
}

fn associated() -> Fields {
    Fields::new().with("state", "associated")
}

/// The table that holds an association, and what it associates.
fn holder(ec2: &State, id: &str) -> Result<(String, Association), Fault> {
    ec2.route_tables
        .iter()
        .find_map(|(table, it)| Some((table.clone(), it.truth().associations.get(id)?.clone())))
        .ok_or_else(|| unknown(id))
}

fn associate_route_table(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = ROUTE_TABLE.required(params, "RouteTableId")?;
    if params.has("GatewayId") || params.has("PublicIpv4Pool") {
        return Err(Fault::not_implemented(
            "associations of route tables with gateways and pools of addresses",
        ));
    }
    let subnet = SUBNET.required(params, "SubnetId")?;
    let association = cx.new_id("rtbassoc-");
    let ec2 = &mut cx.home().ec2;
    let vpc = &ec2.route_table(lens, id)?.vpc;
    if ec2.subnet(lens, subnet)?.vpc != *vpc {
        let message = format!("Route table {id} and subnet {subnet} belong to different networks");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    let own = &ec2.route_table(lens, id)?.associations;
    let same = own.iter().find(|(_, it)| it.subnet.as_deref() == Some(subnet)).map(|(id, _)| id.clone());
    if let Some(same) = same {
        return Ok(Answer::empty().with("associationId", same).with("associationState", associated()));
    }
    if ec2.route_tables.values().any(|table| table.truth().serves(subnet)) {
        let message =
            format!("the specified association for route table {id} conflicts with an existing association");
        return Err(Fault::client("Resource.AlreadyAssociated", message));
    }
    let table = ROUTE_TABLE.find_mut(&mut ec2.route_tables, lens, id)?.change(now);
    table.associations.insert(association.clone(), Association { subnet: Some(subnet.to_owned()) });
    Ok(Answer::empty().with("associationId", association).with("associationState", associated()))
}

fn replace_route_table_association(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let old = params.required("AssociationId")?;
    let id = ROUTE_TABLE.required(params, "RouteTableId")?;
    let new = cx.new_id("rtbassoc-");
    let ec2 = &mut cx.home().ec2;
    let (from, what) = holder(ec2, old)?;
    let vpc = ec2.route_tables.get(&from).map(|table| table.truth().vpc.clone());
    if Some(&ec2.route_table(lens, id)?.vpc) != vpc.as_ref() {
        let message = format!("Route table {id} and association {old} belong to different networks");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    if from == id {
        return Ok(Answer::empty().with("newAssociationId", old).with("associationState", associated()));
    }
    if let Some(table) = ec2.route_tables.get_mut(&from) {
        table.change(now).associations.remove(old);
    }
    let table = ROUTE_TABLE.find_mut(&mut ec2.route_tables, lens, id)?.change(now);
    table.associations.insert(new.clone(), what);
    Ok(Answer::empty().with("newAssociationId", new).with("associationState", associated()))
}

fn disassociate_route_table(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    let id = params.required("AssociationId")?;
    let ec2 = &mut cx.home().ec2;
    let (table, what) = holder(ec2, id)?;
    if what.subnet.is_none() {
        let message = format!("cannot disassociate the main route table association {id}");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    if let Some(table) = ec2.route_tables.get_mut(&table) {
        table.change(now).associations.remove(id);
    }
    Ok(Answer::done())
}
