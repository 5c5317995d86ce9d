//! Default quotas, and the refusal of what goes beyond them (aws-truths 1.7(g), 1.8, ACL-6).

use crate::sandbox::wire::Fault;

/// VPCs in a region.
pub const VPCS: usize = 5;
/// Internet gateways in a region.
pub const INTERNET_GATEWAYS: usize = 5;
/// Egress-only internet gateways in a region.
pub const EGRESS_ONLY_GATEWAYS: usize = 5;
/// IPv6 ranges of a VPC.
pub const IPV6_RANGES: usize = 5;
/// Virtual private gateways in a region.
pub const VPN_GATEWAYS: usize = 5;
/// Elastic addresses in a region.
pub const ADDRESSES: usize = 5;
/// NAT gateways in an availability zone.
pub const NAT_GATEWAYS: usize = 5;
/// Subnets in a VPC.
pub const SUBNETS: usize = 200;
/// Route tables in a VPC.
pub const ROUTE_TABLES: usize = 200;
/// Routes in a table, without the local one.
pub const ROUTES: usize = 50;
/// Gateway endpoints in a region.
pub const GATEWAY_ENDPOINTS: usize = 20;
/// Interface endpoints in a VPC.
pub const INTERFACE_ENDPOINTS: usize = 50;
/// Security groups in a region.
pub const SECURITY_GROUPS: usize = 2500;
/// Rules of a security group, by direction and address family.
pub const RULES: usize = 60;
/// Network ACLs in a VPC.
pub const NETWORK_ACLS: usize = 200;
/// Entries of a network ACL, by direction and address family.
pub const ENTRIES: usize = 20;

/// Refuses one thing more than the quota.
///
/// # Errors
/// The given code, where `count` has reached `quota`.
pub fn check(count: usize, quota: usize, code: &'static str, what: &str) -> Result<(), Fault> {
    if count < quota {
        return Ok(());
    }
    Err(Fault::client(code, format!("The maximum number of {what} has been reached.")))
}
