//! A network ACL with its entries and the subnets it guards (aws-truths 1.9).

use serde::{Deserialize, Serialize};

use crate::model::{Dict, Link, Set, Shape};

/// A network ACL. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkAcl {
    /// The VPC's id.
    pub vpc: Link,
    /// Inbound entries by five-digit rule number, `00100`; AWS's own 32767 is left out (ACL-5).
    pub ingress: Dict<AclEntry>,
    /// Outbound entries, likewise.
    pub egress: Dict<AclEntry>,
    /// Ids of the subnets it guards.
    pub subnets: Set<Link>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AclEntry {
    /// `allow` or `deny`.
    pub action: String,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number as text, or `all`.
    pub protocol: String,
    /// The IPv4 or IPv6 range, canonical.
    pub cidr: String,
    /// The first port, or the ICMP type; absent for all ports.
    pub from_port: Option<i64>,
    /// The last port, or the ICMP code; absent for all ports.
    pub to_port: Option<i64>,
}

impl Shape for NetworkAcl {
    const KIND: &'static str = "ec2.network-acl";
}
