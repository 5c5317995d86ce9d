//! VPN gateways, of which the account has none.

use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Node, Params};

/// Operations on them.
pub const OPERATIONS: &[Operation] = &[operation("DescribeVpnGateways", |_, params| {
    none(params, "VpnGatewayId", "InvalidVpnGatewayID.NotFound", "vpnGatewaySet")
})];

/// An empty list; one that is asked for by id does not exist.
fn none(params: &Params, ids: &str, code: &'static str, set: &'static str) -> Result<Answer, Fault> {
    match params.texts(ids).first() {
        None => Ok(Answer::empty().with(set, Node::List(Vec::new()))),
        Some(id) => Err(Fault::client(code, format!("The ID '{id}' does not exist"))),
    }
}
