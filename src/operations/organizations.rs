//! Organizations.

use super::grant::no_type;
use super::operation::Operation;

/// Every operation. What lists accounts is granted by the policies of a fleet, and what looks for the root users of members by
/// those of their sessions.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::implied("organizations", "DescribeOrganization", no_type::<true>)
        .where_declared(|declared| declared.is("organization", true)),
    Operation::implied("organizations", "ListAWSServiceAccessForOrganization", no_type::<true>)
        .where_declared(|declared| declared.is("organization", true)),
    Operation::read_beside("organizations", "ListAccounts"),
    Operation::read_beside("organizations", "ListAccountsForParent"),
    Operation::read_beside("organizations", "ListOrganizationalUnitsForParent"),
    Operation::read_beside("organizations", "ListRoots"),
    Operation::read_beside("organizations", "ListTagsForResource"),
];
