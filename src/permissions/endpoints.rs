//! What the actions of endpoints are checked against.

use super::grant::{Grant, Names};

/// The grants of a writing call: the endpoint, and all that it is put into.
pub(super) fn of(operation: &str, names: &Names<'_>) -> Vec<Grant> {
    if operation == "DeleteVpcEndpoints" {
        return vec![names.owned("vpc-endpoint")];
    }
    let mut grants = ["route-table", "subnet", "security-group"].map(|what| names.owned(what)).to_vec();
    match operation {
        "CreateVpcEndpoint" => grants.extend([names.made("vpc-endpoint"), names.owned("vpc")]),
        _ => grants.push(names.owned("vpc-endpoint")),
    }
    grants
}

/// The zone in which the name of an endpoint stands is AWS's own, and is checked against every zone.
pub(super) fn private_names(operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    (operation == "AssociateVPCWithHostedZone").then(|| vec![names.everything("NamesOfEndpoints")])
}
