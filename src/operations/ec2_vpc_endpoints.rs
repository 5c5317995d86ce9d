//! What the actions of VPC endpoints are checked against: the endpoint, and all that it is put into.

use super::grant::{Grant, Names};

fn put_into(names: &Names<'_>) -> Vec<Grant> {
    ["route-table", "subnet", "security-group"].map(|what| names.owned(what)).to_vec()
}

/// One is made.
pub(super) fn create(_: &str, names: &Names<'_>) -> Vec<Grant> {
    let mut grants = put_into(names);
    grants.extend([names.made("vpc-endpoint"), names.owned("vpc")]);
    grants
}

/// One is changed.
pub(super) fn modify(_: &str, names: &Names<'_>) -> Vec<Grant> {
    let mut grants = put_into(names);
    grants.push(names.owned("vpc-endpoint"));
    grants
}
