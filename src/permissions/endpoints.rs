//! What the actions of endpoints are checked against.

use super::grant::{Grant, Names};

/// The calls that write endpoints.
pub(super) const WRITES: [&str; 3] = ["CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints"];

/// The grants of a writing call: the endpoint, and all that it is put into.
pub(super) fn of(operation: &str, names: &Names<'_>) -> Vec<Grant> {
    let around = || ["route-table", "subnet", "security-group"].map(|what| names.owned(what));
    let first = match operation {
        "CreateVpcEndpoint" => vec![names.made("vpc-endpoint"), names.owned("vpc")],
        "DeleteVpcEndpoints" => return vec![names.owned("vpc-endpoint")],
        _ => vec![names.owned("vpc-endpoint")],
    };
    first.into_iter().chain(around()).collect()
}

/// The zone in which the name of an endpoint stands is AWS's own, and is checked against every zone.
pub(super) fn private_names(operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    (operation == "AssociateVPCWithHostedZone").then(|| vec![names.everything("NamesOfEndpoints")])
}
